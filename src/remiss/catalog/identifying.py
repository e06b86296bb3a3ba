"""Which case somebody means: an id, or enough of its beginning that no other case shares."""

from __future__ import annotations

import re
from collections.abc import Sequence

from remiss.errors import Ambiguous, InputError, NotFound
from remiss.records.identity import CROCKFORD

LENGTH = 12
SHORTEST = 6
# As it is written, with its two dashes.
WHOLE_ID = 14
# Crockford's base 32 reads what people confuse as what was meant.
CONFUSED = str.maketrans({"o": "0", "i": "1", "l": "1", "-": "", " ": ""})
LISTED = 5


def prefix_of(text: str) -> str:
    """Return the beginning of ids that `text` means, in their own form; a whole id is its own beginning.

    Raises
    ------
    InputError : too short, too long, or letters that no id has

    >>> prefix_of("K7M4-QP"), prefix_of("k7m4qp2x9w3d")
    ('k7m4-qp', 'k7m4-qp2x-9w3d')
    """
    letters = text.strip().lower().translate(CONFUSED)
    if not re.fullmatch(f"[{CROCKFORD}]*", letters) or len(letters) > LENGTH:
        do = "an id is like k7m4-qp2x-9w3d; its first six characters are enough"
        raise InputError(f"{text!r} is not the id of a case", do=do)
    if len(letters) < SHORTEST:
        raise InputError(
            f"{text!r} is too short for a case", do=f"give at least {SHORTEST} characters of the id; dashes do not count"
        )
    return "-".join(letters[at : at + 4] for at in range(0, len(letters), 4))


def id_spelled_out(text: str) -> str:
    """Return a beginning of an id in the form of ids; what is none, as it stands.

    >>> id_spelled_out("K7M4QP2X9W3D"), id_spelled_out("ana@example.org")
    ('k7m4-qp2x-9w3d', 'ana@example.org')
    """
    try:
        return prefix_of(text)
    except InputError:
        return text


def only(text: str, found: Sequence[str]) -> str:
    """Return the one id that was found for what somebody wrote.

    Raises
    ------
    NotFound, Ambiguous
    """
    if not found:
        raise NotFound(f"there is no case {text}", do="look for it with: remiss case search")
    if len(found) > 1:
        shown = ", ".join(found[:LISTED]) + (" and more" if len(found) > LISTED else "")
        raise Ambiguous(f"several cases begin with {text}: {shown}", do="give more characters of the id")
    return found[0]
