"""What differs each time elsewhere, held still here: the clock, ids of tokens and links, and the key of a catalog.

A run's digest is over the time of its capture, so that trees can only be compared at the same time. Only the standard library
is held still, before the tree under test imports it, and only what ends in an answer: what is encrypted keeps its true
randomness. Ids rise, so that lists that are sorted by them stay in the order in which things were made.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import itertools
import secrets
import sys
import uuid
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any

KEY = hashlib.sha256(b"the key of a golden record").digest()
NOW = dt.datetime(2026, 3, 2, 9, 30, tzinfo=dt.UTC)
CATALOG = uuid.UUID("00000000-0000-4000-8000-000000000001")
# What looks types up by their identity, and so must have met the true class before another stands in its place.
OTHERS = (
    "sqlalchemy",
    "sqlalchemy.dialects.postgresql",
    "psycopg",
    "duckdb",
    "pandas",
    "sklearn.ensemble",
    "pyarrow",
    "pyarrow.parquet",
    "pyarrow.compute",
    "pyarrow.csv",
    "pyarrow.dataset",
    "pydantic",
    "fastapi",
    "uvicorn",
    "httpx",
    "yaml",
    "rich.console",
)


class _Still(type):
    """Makes every time an instance of the clock that stands still, which makes none of its own."""

    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, _TRUE) if cls is _Clock else super().__instancecheck__(instance)


_TRUE = dt.datetime


class _Clock(_TRUE, metaclass=_Still):
    """The class of times, but that it is always the same moment; what it makes are true times."""

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        return _TRUE(*args, **kwargs) if cls is _Clock else super().__new__(cls, *args, **kwargs)

    @classmethod
    def now(cls, tz: dt.tzinfo | None = None) -> Any:
        return NOW.astimezone(tz) if tz is not None else NOW.replace(tzinfo=None)


def fix_clock() -> None:
    """Have it be the same moment for everything that is imported from now on.

    Raises
    ------
    RuntimeError : remiss is imported already, and has the true clock
    """
    if "remiss" in sys.modules:
        raise RuntimeError("remiss was imported before its clock could be held still")
    for name in OTHERS:
        with suppress(ImportError):
            import_module(name)
    dt.datetime = _Clock  # type: ignore[misc]


def fix_randomness(salt: str) -> None:
    """Replace what `secrets` draws by counted values; `salt` keeps the draws of two processes apart."""
    counted = itertools.count(int.from_bytes(hashlib.sha256(salt.encode()).digest()[:2]) << 20)

    def drawn() -> bytes:
        return hashlib.sha256(f"{salt} {next(counted)}".encode()).digest()

    def token_hex(size: int | None = None) -> str:
        return drawn().hex()[: 2 * (size or 32)]

    def token_urlsafe(size: int | None = None) -> str:
        return drawn().hex()[: (4 * (size or 32) + 2) // 3].ljust((4 * (size or 32) + 2) // 3, "0")

    fixed: dict[str, Any] = {"randbits": lambda _: next(counted), "token_hex": token_hex, "token_urlsafe": token_urlsafe}
    for name, draw in fixed.items():
        setattr(secrets, name, draw)
    uuid.uuid4 = lambda: CATALOG


def put_key(folder: Path) -> None:
    """Put the key of a catalog that is still to be made into its folder of keys."""
    folder.mkdir(mode=0o700)
    path = folder / "catalog.key"
    path.touch(mode=0o600)
    path.write_bytes(KEY)
