"""The table of actions: what was declared, as plain data, so that a command answers without loading a chapter.

`actions.json` is written from the declarations (`python -m scripts.actions`), and `make docs` checks that it is in step. The
module of an action is imported when it is called.

The front of a chapter is read from it: `remiss.catalog.similar` is the action `case.similar`, loaded on first use. Every action
has its place in the front of its chapter, under its function's name; the stub beside each `__init__` says so to checkers of
types, and is written with the table of actions.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from importlib import import_module
from importlib.resources import files
from typing import Any

from remiss import former
from remiss.action import ACTIONS, Action
from remiss.contract.forms import ParameterEntry, given_of
from remiss.errors import NotFound

FILE = "actions.json"
ROOT = "/api/v1"
# The published kinds that are lines and columns, or can be.
TABULAR = frozenset({"list", "estimate", "agreement", "heatmap"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An action as faces know it.

    `summary`, `text` and `example` are of its docstring. `kind` is the published kind of its answer, `kinds` are the others
    that the answer holds. The rest is as `Action` has it.
    """

    name: str
    module: str
    function: str
    permission: str
    http: str
    summary: str
    kind: str
    parameters: tuple[ParameterEntry, ...]
    kinds: tuple[str, ...] = ()
    text: str = ""
    example: str | None = None
    reads: bool = False
    document: str | None = None
    catalog: bool = True
    cached: bool = False
    within: str | None = None
    created: str | None = None
    posted: str | None = None

    @property
    def words(self) -> tuple[str, ...]:
        """The words of its command after `remiss`: of the command that it is called within, where it has none of its own."""
        return tuple((self.within or self.name).partition(" ")[0].split("."))

    @property
    def flag(self) -> str | None:
        """The flag by which it is called within another command."""
        return None if self.within is None else self.within.partition(" ")[2]

    @property
    def command(self) -> str:
        """How it is called on the command line."""
        return " ".join(("remiss", *self.words, *([self.flag] if self.flag else [])))

    @property
    def tabular(self) -> bool:
        """Whether its answer can be had as lines and columns."""
        return self.kind in TABULAR

    @property
    def method(self) -> str:
        return self.http.partition(" ")[0]

    @property
    def path(self) -> str:
        """The path of its route, from the root of the server."""
        return ROOT + self.http.partition(" ")[2]

    @property
    def route(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def chapter(self) -> str:
        """The chapter whose front has it."""
        return self.module.split(".")[1]


@cache
def entries() -> Mapping[str, Entry]:
    """Return all actions by name."""
    table: Mapping[str, dict[str, Any]] = json.loads(files(__package__).joinpath(FILE).read_text("utf-8"))
    return {name: _entry(name, each) for name, each in table.items()}


def _entry(name: str, json: Mapping[str, Any]) -> Entry:
    parameters, kinds = (tuple(json.get(key, ())) for key in ("parameters", "kinds"))
    return Entry(**{**json, "name": name, "kinds": kinds, "parameters": tuple(map(given_of, parameters))})


def entry_of(name: str) -> Entry:
    """Return what is known of an action.

    Raises
    ------
    NotFound : no such action
    """
    found = entries().get(name)
    if found is None and name in former.ACTIONS:
        raise NotFound(f"there is no action {name}: it is {former.ACTIONS[name]} now", do=f"use {former.ACTIONS[name]}")
    if found is None:
        close = get_close_matches(name, entries(), n=3)
        do = f"did you mean {' or '.join(close)}?" if close else "see the reference of actions"
        raise NotFound(f"there is no action {name}", do=do)
    return found


def action_of(name: str) -> Action:
    """Return the action of that name, loading its chapter.

    Raises
    ------
    NotFound : no such action
    """
    import_module(entry_of(name).module)
    return ACTIONS[name]


def function_of(name: str) -> Callable[..., Any]:
    """Return the function by which the library calls an action, loading its chapter.

    Raises
    ------
    NotFound : no such action
    """
    entry = entry_of(name)
    found: Callable[..., Any] = getattr(import_module(entry.module), entry.function)
    return found


def permission_of(name: str) -> str:
    """Return the permission that an action needs; what is a permission already stays one.

    Raises
    ------
    NotFound : no such action
    """
    return name if ":" in name else entry_of(name).permission


def front(package: str) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """Return `__getattr__` and `__dir__` of a chapter, which know its actions by the names of their functions, and `__all__`."""
    chapter = package.rpartition(".")[2]

    def found(name: str) -> Any:
        homes = verbs(chapter)
        if name == "__all__":
            return sorted(homes)
        # Verbs only: a module of the chapter must be found by the import system, not through the actions that import it.
        if name in homes:
            return getattr(import_module(homes[name]), name)
        raise AttributeError(f"module {package!r} has no attribute {name!r}")

    return found, lambda: sorted(verbs(chapter))


@cache
def verbs(chapter: str) -> Mapping[str, str]:
    """Return the functions of a chapter's actions, each with its module."""
    return {each.function: each.module for each in entries().values() if each.chapter == chapter}
