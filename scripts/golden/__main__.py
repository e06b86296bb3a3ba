"""`python -m scripts.golden record DIR`, `compare OLD NEW` and `upgrade OLD`."""

from __future__ import annotations

import argparse
import sys
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from scripts.golden.comparing import Difference, compared, figures
from scripts.golden.explaining import reasons, unexplained
from scripts.golden.renames import load

EXPLANATIONS = Path(__file__).resolve().parents[2] / "changes" / "golden.md"


def main(arguments: list[str]) -> int:
    """Make a record, or compare two; 1 when something differs that nobody has explained."""
    chosen = _parser().parse_args(arguments)
    if chosen.what == "record":
        from scripts.golden.databases import DATABASES
        from scripts.golden.recording import record

        record(chosen.folder, chosen.database or DATABASES, load(chosen.renames))
        return 0
    if chosen.what == "upgrade":
        return _upgrade(chosen.old)
    return _compare(chosen)


def _compare(chosen: argparse.Namespace) -> int:
    renames, known = load(chosen.renames), reasons(chosen.explained)
    every = list(compared(chosen.old, chosen.new, renames))
    left = unexplained(every, known)
    for line in _grouped(left) if chosen.grouped else map(str, left):
        print(line)
    if chosen.figures:
        print("\nWhat databases are asked otherwise, which is no difference:")
        for line in figures(chosen.old, chosen.new, renames):
            print(f"  {line}")
    for each in known:
        if not each.explained:
            print(f"nothing differs as explained: {each.pattern}", file=sys.stderr)
    print(f"{len(every)} differences, {len(every) - len(left)} explained, {len(left)} not", file=sys.stderr)
    return 1 if left else 0


def _grouped(differences: Sequence[Difference]) -> list[str]:
    """Return one line for all differences that say the same, with how many places they are in and the first of them."""
    places: dict[tuple[str, str], list[str]] = defaultdict(list)
    for each in differences:
        places[each.was, each.now].append(each.address)
    return [f"{len(there):5} {there[0]}: {was} -> {now}" for (was, now), there in places.items()]


def _upgrade(old: Path) -> int:
    from scripts.golden.keeping import upgraded

    lines = list(upgraded(old))
    for line in lines:
        print(line)
    print("every leaf and every checkpoint is as it was" if not lines else f"{len(lines)} differ", file=sys.stderr)
    return 1 if lines else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m scripts.golden", description="Record what remiss answers, and compare.")
    what = parser.add_subparsers(dest="what", required=True)
    record = what.add_parser("record", help="Record what the tree on PYTHONPATH answers to everything.")
    record.add_argument("folder", type=Path, help="A new folder.")
    record.add_argument("--database", action="append", choices=("sqlite", "postgresql"), help="Default: both.")
    record.add_argument("--renames", type=Path, help="What this tree calls otherwise than the questions here.")
    compare = what.add_parser("compare", help="Print what differs between two records.")
    compare.add_argument("old", type=Path)
    compare.add_argument("new", type=Path)
    compare.add_argument("--renames", type=Path, help="What is called otherwise in the new record.")
    compare.add_argument(
        "--explained", type=Path, default=EXPLANATIONS, help="Patterns with reasons; default: changes/golden.md."
    )
    compare.add_argument("--grouped", action="store_true", help="Print the same difference once, with how many places it is in.")
    compare.add_argument("--figures", action="store_true", help="Print how the statements for the database differ, too.")
    upgrade = what.add_parser("upgrade", help="Upgrade copies of the catalogs that a record keeps, and check their logs.")
    upgrade.add_argument("old", type=Path)
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
