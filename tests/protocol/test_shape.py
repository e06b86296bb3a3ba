"""The descriptions of sections, which are read from the source of the models."""

from __future__ import annotations

import gc
import time
from concurrent.futures import ThreadPoolExecutor

from remiss.protocol import model, shape


def test_threads_that_read_descriptions_at_the_same_time_all_get_them():
    kinds = [each for each in vars(model).values() if isinstance(each, type) and issubclass(each, shape.Section)]
    said = {kind: shape.descriptions(kind) for kind in kinds}

    def again(_: int) -> bool:
        shape._said.cache_clear()
        return all(shape.descriptions.__wrapped__(kind) == said[kind] for kind in kinds)

    def gives_way(*_: object) -> None:
        time.sleep(0)

    before = gc.get_threshold()
    # Another thread goes on in the middle of each tree.
    gc.set_threshold(200)
    gc.callbacks.append(gives_way)
    try:
        with ThreadPoolExecutor(2) as pool:
            assert all(pool.map(again, range(4)))
    finally:
        gc.callbacks.remove(gives_way)
        gc.set_threshold(*before)
