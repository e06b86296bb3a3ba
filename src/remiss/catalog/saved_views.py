"""Saved views: a list of cases, or a question of Trends, under a name that people find again.

What is saved is the address of a page without what belongs to one look at it: a position, a page of the list. Whoever opens the
view asks anew, and sees what they may see. So a view tells others nothing but its words, which are theirs whose view it is or of
the team that it is shared with.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import parse_qsl, urlencode, urlsplit

from remiss.catalog.listing import parse_sort
from remiss.catalog.query.guessing import NamedQuery, written_out
from remiss.errors import InputError, NotFound
from remiss.govern.redaction.written import Gate, check_shows_nothing
from remiss.records.event import is_text
from remiss.records.published import Count, published

LISTS, TRENDS = "/cases", "/trends"
# What a list of cases is, and what belongs to a look at it alone.
OF_LISTS = frozenset({"query", "sort", "columns"})
# Stands for what a name stands for, while that is not looked up.
UNREAD = NamedQuery("has:id")
OF_A_LOOK = frozenset({"after", "start", "facets", "more", "as_of", "format"})
NAME_LENGTH = 80
# A query of the greatest length, with every character written in three.
ADDRESS_LENGTH = 14_000
EXAMPLE = "/cases?query=severity:1&sort=-occurred"


@published("saved-view", keys={"id": "view"}, read="position")
@dataclass(frozen=True, slots=True, kw_only=True)
class SavedView:
    """A page under a name. `team` is that which it is shared with; None is nobody but who saved it."""

    id: str
    name: str
    address: str
    person: str
    team: str | None
    saved_at: datetime
    position: Count | None = field(default=None, compare=False)


def view_name(text: str, gate: Gate) -> str:
    """Return the name of a view, in one line and redacted.

    Raises
    ------
    InputError : empty, too long, or no text
    """
    name = " ".join(text.split())
    if not name or not is_text(name):
        raise InputError("the view has no name", do="name it in a few words")
    if len(name) > NAME_LENGTH:
        raise InputError(f"the name has {len(name)} characters, more than {NAME_LENGTH}", do="name it in a few words")
    return gate.name(name)


def view_address(text: str) -> str:
    """Return the address of a page as a view keeps it; of a whole address, that of a server is left out.

    Raises
    ------
    InputError : no page that can be saved, one that cannot be understood, or one that shows what is personal

    >>> view_address("https://remiss.example.org/cases?query=severity%3A1&as_of=7&start=50")
    '/cases?query=severity%3A1'
    """
    if len(text) > ADDRESS_LENGTH or not is_text(text):
        raise InputError("the address is too long, or no text", do=f"give one such as {EXAMPLE}")
    try:
        parts = urlsplit(text.strip())
        given = parse_qsl(parts.query, errors="strict")
    except ValueError as error:
        raise InputError("the address cannot be read", do=f"give one such as {EXAMPLE}") from error
    if parts.path not in {LISTS, TRENDS} or parts.scheme not in {"", "http", "https"}:
        raise InputError("a view is a list of cases or a question of Trends", do=f"give the address of one, such as {EXAMPLE}")
    kept = [(name, value) for name, value in given if name not in OF_A_LOOK]
    for name, value in kept:
        if not is_text(name + value):
            raise InputError("the address has a character that no text may hold", do="remove it")
        check_shows_nothing("the view", value)
    if parts.path == LISTS:
        _check_list(kept)
    return parts.path + (f"?{urlencode(kept)}" if kept else "")


def _check_list(given: list[tuple[str, str]]) -> None:
    for name, value in given:
        if name not in OF_LISTS:
            raise InputError(f"a list of cases has no {name[:80]!r}", do=f"give {', '.join(sorted(OF_LISTS))}")
        if name == "sort":
            parse_sort(value)
        if name == "query":
            # A key without its family, and a name, are read when the view is opened, by whoever opens it.
            written_out(value, lambda key: (f"context.{key}",), lambda _kind, _name: UNREAD)


def no_view(view: str) -> NotFound:
    """Return the error that there is no view, or none that the asker sees."""
    return NotFound(f"there is no saved view {view[:80]!r}", do="see `remiss view list`")
