"""Say how the tree keeps its shape: each rule with its figure today, and the bound that it is held to.

    python -m scripts.shape

The bounds are held by `tests/repository/test_shape.py`: what is worse than a bound fails there. A bound goes down as the tree
gets better, and never up, but for the number of modules when the product can do more; what it is to come to is the aim.
"""

from __future__ import annotations

import ast
import resource
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from statistics import median

import remiss
from remiss.contract.table import entries

ROOT = Path(remiss.__file__).parent
LEAST_LINES, MOST_LINES = 60, 300
# Modules under 60 lines, outside of the faces, that are joined with no other, and why (docs/adr/0037).
SMALL: Mapping[str, str] = {
    "edges.stores.crashing": "for tests that kill the process; nothing else may stand in it",
    "demo.arrival_delay": "the demo copies it beside the saved models, where it stands alone",
    "edges.stores.in_force": "the one condition that a row is in force, which all statements share",
    "edges.stores.redactions": "redactions as cells, for events and for runs, which do not import one another",
    "edges.stores.storable": "what no database holds alike; five stores of different chapters ask it",
    "protocol.nearest": "advice on names for twelve modules; difflib costs too much for errors.py",
    "records.bulk": "six makers of many records in capture and the store ask it, and none of them another",
    "records.view_entry": "what was shown: action.py imports it, and with it as little as can be",
}
UNCOUNTED = ("ports", "tables", "migrations")
GROUPS = ("case", "run", "person", "audit")


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A rule, what it comes to today, the bound that is not passed, and the aim; None where there is none but what is told."""

    rule: str
    today: float
    bound: float | None = None
    aim: float | None = None
    room: float = 0  # what a chapter that is being written may still add before the bound has to go down
    unit: str = ""

    @property
    def holds(self) -> bool:
        """Whether the bound is kept."""
        return self.bound is None or self.today <= self.bound

    def __str__(self) -> str:
        bound = "" if self.bound is None else f"at most {self.bound:,g}"
        aim = "" if self.aim is None else f"aim {self.aim:,g}"
        return f"{self.today:>8,g} {self.unit:<2} {bound:<14} {aim:<9} {self.rule}" + ("" if self.holds else "  <-- passed")


@cache
def sources() -> Mapping[str, str]:
    """Return the text of every module by its dotted name."""
    return {
        ".".join(("remiss", *path.relative_to(ROOT).with_suffix("").parts)): path.read_text("utf-8")
        for path in sorted(ROOT.rglob("*.py"))
        if "assets" not in path.parts
    }


@cache
def trees() -> Sequence[ast.Module]:
    """Return every module as Python reads it: to do so takes longer than to look through it."""
    return [ast.parse(text) for text in sources().values()]


def joinable() -> list[str]:
    """Return all modules but migrations, of which each change of the tables needs one more; 18 were in the first aim, 400."""
    return [name for name in sources() if "migrations" not in name.split(".")]


def small() -> list[str]:
    """Return the modules under 60 lines that are no port, table, migration or front."""
    return [
        name
        for name, text in sources().items()
        if text.count("\n") < LEAST_LINES
        and not name.endswith(("__init__", "__main__", ".version"))
        and not any(part in UNCOUNTED for part in name.split("."))
    ]


def large() -> list[str]:
    """Return the modules over 300 lines; a released migration never changes."""
    return [name for name, text in sources().items() if text.count("\n") > MOST_LINES and "migrations" not in name]


def late_imports() -> int:
    """Return how many import statements stand within functions."""
    return sum(
        isinstance(node, ast.Import | ast.ImportFrom)
        for tree in trees()
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for node in function.body
    )


def face_lines() -> float:
    """Return the lines of Python in `faces/` and `present/` that there are for each action."""
    lines = sum(text.count("\n") for name, text in sources().items() if name.startswith(("remiss.faces.", "remiss.present.")))
    return round(lines / len(entries()), 1)


def repeated_classes() -> list[str]:
    """Return the names that public classes of several modules share."""
    names = Counter(
        node.name for tree in trees() for node in tree.body if isinstance(node, ast.ClassDef) and not node.name.startswith("_")
    )
    return sorted(name for name, count in names.items() if count > 1)


def help_seconds(group: str) -> float:
    """Return the processor time of `remiss GROUP --help`: the median of five."""
    return round(median(_spent([sys.executable, "-m", "remiss", group, "--help"]) for _ in range(5)), 3)


def _spent(command: list[str]) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def of_the_source() -> Iterator[Figure]:
    """Yield the figures that are read from the source."""
    # Of these 26 are of the chapter safeguard, 16 of slices, 7 for those that are kept and confirmed, 12 of drift; one is the
    # health port, 8 are of heatmaps: axes, cells and grid with their front, the action, its answer, how people read it, and
    # the page; 13 are of alerts: detector, looking, what was raised and port with their front, two of actions, the answer, how
    # people read it, the page, what a protocol says of them, and two that store them; 12 are of clusters: points,
    # groups, lineage, keeping and port with their front, two of actions, the answer, the page, and two that store them; 9 are
    # of patterns: how they stand and port with their front, three of actions, the answer, the page, and what stores them. Before
    # them stood 500.
    yield Figure(rule="modules but migrations", today=len(joinable()), bound=673, aim=382)
    yield Figure(rule="modules under 60 lines, no port, table, migration or front", today=len(small()), bound=10, aim=25)
    yield Figure(rule="modules over 300 lines", today=len(large()), bound=0, aim=0)
    yield Figure(rule="imports within functions", today=late_imports(), bound=45, aim=60)
    yield Figure(rule="lines of faces and presentation for each action", today=face_lines(), bound=126, aim=80, room=12)
    yield Figure(rule="names that public classes share", today=len(repeated_classes()), bound=0, aim=0)
    yield Figure(rule="lines of source", today=sum(text.count("\n") for text in sources().values()))
    yield Figure(rule="actions", today=len(entries()))


def main() -> int:
    """Print all figures; 1 when a bound is passed."""
    found = [*of_the_source()]
    found += [
        Figure(rule=f"remiss {each} --help, processor time", today=help_seconds(each), aim=0.12, unit="s") for each in GROUPS
    ]
    for each in found:
        print(each)
    return 0 if all(each.holds for each in found) else 1


if __name__ == "__main__":
    sys.exit(main())
