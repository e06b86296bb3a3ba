"""Talk: what goes to stderr, and never decides how a command ends."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def to_stderr() -> Iterator[None]:
    """Talk in this block. Where stderr takes nothing (a full disk, a reader that is gone), talk is left out from then on."""
    try:
        yield
    except OSError:
        # What is buffered would fail once more when Python ends, with a status of its own.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())
