"""Making many records at once: thousands of sampled events, each with its lists and mappings."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def in_bulk() -> Iterator[None]:
    """Keep the collector of cycles out of a block of seconds that makes many records and no cycles.

    Every few thousand new ones it would walk all that there are again: two fifths of what making sampled events took.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
