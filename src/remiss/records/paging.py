"""Pages of lists: how long one may be, and the token by which one turns to the next.

Pages follow one another by what the last line was, not by how many came before: what is filed meanwhile shifts nothing, and each
thing is met once.
"""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass

from remiss.errors import InputError
from remiss.records.identity import digest


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """Where a next page begins: the list it belongs to, as of which position, how many matched, the last sort values."""

    of: str
    position: int | None
    total: int | None
    last: tuple[int, ...]


def list_name(query: str, sort: str, as_of: int | None) -> str:
    """Return what makes two pages pages of the same list."""
    # A list may be asked for by what is no text; it is empty, and has a name all the same.
    return digest([query.encode("utf-8", "backslashreplace").decode(), sort, as_of])[:16]


def token(turn: Turn) -> str:
    """Return a turn as opaque text."""
    content = json.dumps([turn.of, turn.position, turn.total, *turn.last], separators=(",", ":"))
    return base64.urlsafe_b64encode(content.encode()).decode().rstrip("=")


def turn(text: str, of: str, values: int) -> Turn:
    """Return the turn that a token names, in a list whose lines are sorted by so many values.

    Raises
    ------
    InputError : no token of ours, or of another list
    """
    again = "start again without it"
    try:
        content = json.loads(base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True))
        name, position, total, *last = content
    except (binascii.Error, ValueError, TypeError, RecursionError) as error:
        raise InputError("the page token cannot be read", do=again) from error
    counts = [number for number in (position, total) if number is not None]
    # An int of JSON is of any size; what a database stores is not.
    if not isinstance(name, str) or len(last) != values or not all(type(n) is int and abs(n) < 2**63 for n in (*counts, *last)):
        raise InputError("the page token cannot be read", do=again)
    if name != of:
        raise InputError("the page token belongs to another query, sort or position", do=again)
    return Turn(of=name, position=position, total=total, last=tuple(last))
