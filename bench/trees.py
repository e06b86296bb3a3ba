"""Two trees beside each other: `python -m bench.trees REF [NAME ...]` compares this one with another commit.

Each runs its own benchmarks on catalogs that it made itself (`side.py`), in turn, so that what else the machine does meets both.
What counts is processor time, and the median of the ratios pair by pair.
"""

from __future__ import annotations

import argparse
import compileall
import json
import os
import shutil
import statistics
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from bench import results
from bench.results import WORK, Figure

ROOT = Path(__file__).resolve().parents[1]
NAMES = ("capture", "catalog", "pages", "reading", "serve")
BOUND = 1.05
# Smaller than those of the promises: there are many runs, and a constant cost weighs more.
SIZES = {"BENCH_ROWS": "5000000", "BENCH_CASES": "50000"}
ASSETS = Path("src/remiss/faces/web/assets")


def main(arguments: Sequence[str]) -> None:
    """Compare, print, and put a section for each benchmark into RESULTS.md."""
    parser = argparse.ArgumentParser(prog="python -m bench.trees", description="Compare this tree with another commit.")
    parser.add_argument("ref", help="A commit, tag or branch.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"Of {', '.join(NAMES)}; default: all.")
    parser.add_argument("--pairs", type=int, default=9, help="Runs of each tree.")
    chosen = parser.parse_args(arguments)
    if unknown := set(chosen.names) - set(NAMES):
        parser.error(f"no benchmark of two trees is called {', '.join(sorted(unknown))}")
    old = tree_of(chosen.ref)
    for name in chosen.names or NAMES:
        results.write(f"{name}, beside {chosen.ref}", measured(name, old, chosen.pairs), chosen.pairs)


def tree_of(ref: str) -> Path:
    """Return a checkout of a commit, made unless it is there, with the assets of this one."""
    commit = _git("rev-parse", "--verify", f"{ref}^{{commit}}")
    folder = WORK / "trees" / commit[:12]
    if not folder.exists():
        _git("worktree", "add", "--detach", str(folder), commit)
        shutil.copytree(ROOT / ASSETS, folder / ASSETS, dirs_exist_ok=True)
    return folder


def measured(name: str, old: Path, pairs: int) -> list[Figure]:
    """Return what a benchmark says of the other tree and of this one, after a round that nobody measures."""
    for tree in (old, ROOT):
        compileall.compile_dir(tree / "src", quiet=1)
        side(name, tree)
    runs: dict[Path, list[Mapping[str, float]]] = {old: [], ROOT: []}
    for at in range(pairs):
        sys.stderr.write(f"{name}: pair {at + 1} of {pairs}\n")
        # Whoever comes first may find the machine cooler, or its files colder.
        for tree in (old, ROOT) if at % 2 else (ROOT, old):
            runs[tree].append(side(name, tree))
    return [figure(each, runs[old], runs[ROOT]) for each in runs[ROOT][0] if each in runs[old][0]]


def side(name: str, tree: Path) -> Mapping[str, float]:
    """Return the seconds of processor time of each figure of a tree."""
    environment = {**SIZES, **os.environ, "PYTHONPATH": os.pathsep.join((str(tree / "src"), str(tree)))}
    command = [sys.executable, "-P", str(Path(__file__).with_name("side.py")), name]
    told = subprocess.run(command, env=environment, cwd=tree, stdout=subprocess.PIPE, check=True).stdout
    found: Mapping[str, float] = json.loads(told)
    return found


def figure(name: str, was: Sequence[Mapping[str, float]], now: Sequence[Mapping[str, float]]) -> Figure:
    """Return how one figure of both trees compares."""
    ratios = sorted(after[name] / before[name] for before, after in zip(was, now, strict=True))
    ratio = statistics.median(ratios)
    before, after = (1000 * statistics.median(run[name] for run in runs) for runs in (was, now))
    most = f"{ratios[1]:.2f} to {ratios[-2]:.2f}" if len(ratios) > 3 else f"{ratios[0]:.2f} to {ratios[-1]:.2f}"
    told = f"{before:.2f} -> {after:.2f} ms of processor time; ratio {ratio:.2f} ({most})"
    return Figure(name, told, f"{BOUND:g}", ratio <= BOUND)


def _git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=ROOT, stdout=subprocess.PIPE, check=True, text=True).stdout.strip()


if __name__ == "__main__":
    main(sys.argv[1:])
