"""Statements that are put together and compiled once for all catalogs that a process opens, as a server does for its one.

SQLAlchemy keeps what it compiled, and remiss what it put together, by engine and dialect, and each test opens engines of its own:
a sixth of what tests with databases took was to compile the same statements again.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Dialect, Engine, create_engine, event
from sqlalchemy.util import LRUCache

from remiss.edges.stores.dialect import driving

# More than all tests compile, so that no order of tests is dearer than another.
ROOM = 4_000


@pytest.fixture(scope="session", autouse=True)
def compiled_once() -> Iterator[None]:
    """Have each engine after the first that reached its database take over that one's dialect and what it compiled."""
    kept: dict[str, tuple[Dialect, LRUCache[Any]]] = {}

    def made(*given: Any, **options: Any) -> Engine:
        engine = create_engine(*given, **options)
        if (known := kept.get(engine.dialect.name)) is not None:
            engine.dialect, engine._compiled_cache = known
            engine.pool._dialect = engine.dialect
            # Who listens to an engine's errors listens at its dialect: by now as many as there were engines, each of which would
            # look into every error. The next to listen does it for all.
            engine.dialect.dispatch.handle_error.clear()
        else:
            engine._compiled_cache = LRUCache(ROOM)
            # A dialect learns from its first connection which server this is.
            learnt = (engine.dialect, engine._compiled_cache)
            event.listen(engine, "connect", lambda *_: kept.setdefault(learnt[0].name, learnt))
        return engine

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(driving, "create_engine", made)
        yield
