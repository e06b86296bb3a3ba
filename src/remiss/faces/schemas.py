"""JSON Schemas of what remiss prints, of all its actions, as `remiss schema NAME` publishes them."""

from __future__ import annotations

from functools import cache
from importlib import import_module

from remiss import codec
from remiss.codec.form import Schema
from remiss.contract.table import entries


@cache
def all_schemas() -> dict[str, Schema]:
    """Return the schema of every published kind but the protocol's; this loads all chapters."""
    for each in {entry.module for entry in entries().values()}:
        import_module(each)
    return codec.schemas()


def published(name: str) -> Schema:
    """Return the JSON Schema of that name.

    Raises
    ------
    KeyError : no such schema
    """
    all_schemas()
    return codec.published(name)


def names() -> tuple[str, ...]:
    """Return the names of all published schemas."""
    all_schemas()
    return codec.names()
