"""From declarations to the table of actions: what `scripts/actions` writes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from importlib import import_module
from pathlib import Path
from typing import Any

import remiss
from remiss.action import ACTIONS, Action
from remiss.contract.forms import Json, described, given
from remiss.contract.table import Entry


def load() -> dict[str, Action]:
    """Import every module of actions, and return all actions by name, sorted."""
    root = Path(remiss.__file__).parent
    for chapter in sorted(path for path in root.iterdir() if path.is_dir() and path.name not in {"edges", "faces"}):
        for path in sorted(chapter.rglob("*actions.py")):
            import_module(".".join(("remiss", *path.relative_to(root).with_suffix("").parts)))
    return dict(sorted(ACTIONS.items()))


def table() -> dict[str, Json]:
    """Return what the file holds: each action by name."""
    usual = {each.name: each.default for each in fields(Entry)}
    return {name: {key: value for key, value in _entry(action) if value != usual[key]} for name, action in load().items()}


def _entry(action: Action) -> Iterator[tuple[str, Any]]:
    # Only what writes the table needs the codec, which stands above the contract.
    codec: Any = import_module("remiss.codec")
    doc = described(action.run.__doc__)
    yield "module", action.run.__module__
    yield "function", action.run.__name__
    yield "permission", action.permission
    yield "http", action.http
    yield "summary", doc.summary
    yield "text", doc.text
    yield "example", doc.example
    yield "kind", codec.kind_of(action.returns)
    yield "kinds", sorted(codec.kinds_of(action.returns) - {codec.kind_of(action.returns)}) or ()
    yield "reads", action.reads
    yield "document", action.document
    yield "catalog", action.catalog
    yield "cached", action.cached
    yield "within", action.within
    yield "created", action.created
    yield "posted", action.posted
    yield "parameters", [given(each, doc.parameters).to_json() for each in action.parameters.values()]
