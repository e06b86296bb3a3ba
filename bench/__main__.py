"""`python -m bench [NAME ...]`: run the benchmarks and write RESULTS.md."""

from __future__ import annotations

import compileall
import importlib
import sys

import remiss
from bench.results import write

NAMES = (
    *("startup", "commands", "serve", "capture", "redaction", "labels", "catalog", "pages", "overview", "visible", "taking"),
    *("audit", "reading", "status", "files", "exact", "gate", "suites", "slices", "clusters", "maps"),
)


def main(wanted: list[str]) -> None:
    """Run the benchmarks named, or all, on compiled modules: installing does that, but not for a tree that people work in."""
    compileall.compile_dir(remiss.__path__[0], quiet=1)
    for name in wanted or NAMES:
        if name not in NAMES:
            sys.exit(f"no benchmark is called {name}; there are {', '.join(NAMES)}")
        write(name, importlib.import_module(f"bench.{name}").measure())


main(sys.argv[1:])
