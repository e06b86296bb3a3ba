"""remiss whose audit keeps nothing of what is looked at, to measure what that costs: a product that cannot be had.

`python -m bench.unaudited --catalog ADDRESS serve --port N` is `remiss serve` without it.
"""

from __future__ import annotations

import sys

from remiss.faces.cli import main
from remiss.recording import Recording


def keep_nothing() -> None:
    """Have no workspace of this process record what is looked at."""
    Recording.record_views = lambda *_: None  # type: ignore[method-assign]


if __name__ == "__main__":
    keep_nothing()
    main.main(sys.argv[1:])
