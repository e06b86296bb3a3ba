"""Discussing: what a comment may be, who is mentioned in it, and when a thread can be resolved or opened again."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from remiss.catalog.filing import check_text
from remiss.errors import Conflict, InputError
from remiss.govern.redaction.written import Gate
from remiss.protocol.nearest import near
from remiss.records.discussion import Thread, ThreadStatus
from remiss.records.person import Governed, Person

# As long a text as a page shows as Markdown.
COMMENT_LIMIT = 20_000
MENTIONS_LIMIT = 20
# What stands in code is not said to anybody.
_CODE = re.compile(r"(?ms)^(?:```|~~~).*?(?:^(?:```|~~~)|\Z)|`[^`\n]*`")
# Not within a word or an address: `ana@example` mentions nobody.
_MENTION = re.compile(r"(?<![\w@./+-])@(\w[\w.-]{0,63})")


class Mention(NamedTuple):
    """One line of an inbox: who mentioned one where, and what became of it (a value of `Mentioned`)."""

    thread: str
    case: str
    person: str
    at: datetime
    number: int
    status: str
    text: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxPage:
    """Some lines, how many there are in all, the key of the last when more follow, and where the catalog stood."""

    lines: tuple[Mention, ...]
    total: int
    last: int | None
    head: int


def prepared(text: str, gate: Gate) -> str:
    """Return a comment as the catalog may hold it: redacted.

    Raises
    ------
    InputError : empty, too long, such as no catalog can hold, or a mention of too many
    """
    if not text.strip():
        raise InputError("the comment is empty", do="say what you want to say")
    if len(text) > COMMENT_LIMIT:
        raise InputError(f"the comment has {len(text)} characters, more than {COMMENT_LIMIT}", do="say it in several")
    check_text("the comment", text)
    written = gate.words(text.strip())
    if len(mentions(written)) > MENTIONS_LIMIT:
        raise InputError(f"the comment mentions more than {MENTIONS_LIMIT} people", do="mention those who should answer")
    return written


def mentions(text: str) -> tuple[str, ...]:
    """Return the names that a comment mentions, as names are compared, each once.

    >>> mentions("@Ana, read_state. @bo.b and `@chen` too; mail@example")
    ('ana', 'bo.b')
    """
    return tuple(dict.fromkeys(name_of(found) for found in _MENTION.findall(_CODE.sub(" ", text))))


def name_of(person: str) -> str:
    """Return a person's name as a mention is compared with it.

    >>> name_of("Bo.B.")
    'bo.b'
    """
    return person.strip().rstrip(".-").casefold()


def unreached(named: Sequence[str], people: Iterable[Person], case: Governed) -> tuple[str, ...]:
    """Return a note for each name that a comment mentions and that nobody has who may see its case.

    Whether somebody has it who may not see the case is not told. Where there is nobody but who made the catalog, people are who
    their machine says.
    """
    known = list(people)
    seeing = {
        name_of(each.name) for each in known if each.position_to is None and any(case.seen_by(grant) for grant in each.grants)
    }
    notes = []
    for each in named if len(known) > 1 else ():
        if each not in seeing:
            meant = " or ".join(f"@{name}" for name in near(each, sorted(seeing)))
            also = f" Did you mean {meant}?" if meant else ""
            notes.append(f"@{each} reaches nobody: nobody who may see this case is called that.{also}")
    return tuple(notes)


def check_status(thread: Thread, status: ThreadStatus) -> None:
    """Refuse to resolve what is resolved, and to open what is open.

    Raises
    ------
    Conflict
    """
    if thread.status is status:
        by = f", since {thread.turned[-1].person} did so" if thread.turned else ""
        raise Conflict(f"{thread.id} is {status.value} already{by}", do="do nothing, or comment on it")
