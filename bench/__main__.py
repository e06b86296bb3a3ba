"""`python -m bench [NAME ...]`: run the benchmarks and write RESULTS.md."""

from __future__ import annotations

import importlib
import sys

from bench.results import write

NAMES = ("startup", "serve", "capture", "labels", "catalog", "pages", "overview")


def main(wanted: list[str]) -> None:
    """Run the benchmarks named, or all."""
    for name in wanted or NAMES:
        if name not in NAMES:
            sys.exit(f"no benchmark is called {name}; there are {', '.join(NAMES)}")
        write(name, importlib.import_module(f"bench.{name}").measure())


main(sys.argv[1:])
