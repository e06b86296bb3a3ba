"""What can be asked of the audit, and what it answers: entries that match, signed checkpoints, proofs about one entry."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from heapq import merge

from remiss.errors import InputError
from remiss.govern.audit.log import ALSO, CAME_FROM, JOURNAL, LOGS, VIEWS
from remiss.records.event import Scalar
from remiss.records.identity import digest, format_time, from_micros
from remiss.records.published import Count, published
from remiss.records.view_entry import CHANGE

COLUMNS = (
    "entry",
    "at",
    "actor",
    "role",
    "team",
    "action",
    "kind",
    "subject",
    "count",
    "position",
    "purpose",
    "request",
    "also",
    CAME_FROM,
)
_ID = re.compile(r"(journal|views)-([1-9][0-9]{0,17})")


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditSearch:
    """Which entries: all that are given hold. `teams` None is every team; `until` is the first moment after."""

    actor: str | None = None
    action: str | None = None
    subject: str | None = None
    kind: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    teams: frozenset[str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """An entry as it is kept: its log and number, its canonical text, and the seal before it, which its leaf is linked to.

    `blinded` names what of it the asker may not know, each by what stands in its place.
    """

    log: str
    number: int
    text: str
    link: bytes
    blinded: Mapping[str, str | None] = field(default_factory=dict, compare=False)

    @property
    def id(self) -> str:
        return f"{self.log}-{self.number}"

    @property
    def fields(self) -> Mapping[str, object]:
        """What the entry says."""
        found: Mapping[str, object] = json.loads(self.text)
        return found


@published("checkpoint")
@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """Checkpoints of a catalog's logs, as signed notes, and the public key that they can be checked with.

    `position` is the catalog's, up to which the journal is signed.
    """

    notes: tuple[str, ...]
    key: str
    position: Count


@published("proof")
@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """That an entry is in a log of which a checkpoint was signed; a holder of the public key can check it without the catalog.

    `entry` is the canonical text, `link` the seal before it and `path` the hashes up to the root, in hex; `index` counts from 0.
    `position` is the catalog's when it was made.
    """

    id: str
    entry: str
    link: str
    index: Count
    size: Count
    path: tuple[str, ...]
    checkpoint: str
    key: str
    position: Count


def parse_id(text: str) -> tuple[str, int]:
    """Return the log and the number that an entry's id names.

    Raises
    ------
    InputError : it is none

    >>> parse_id("views-12")
    ('views', 12)
    """
    found = _ID.fullmatch(text)
    if found is None:
        raise InputError(f"{text!r} names no entry", do="give an id that `remiss audit search` shows, for example journal-7")
    return found[1], int(found[2])


def line(entry: AuditEntry) -> tuple[Scalar, ...]:
    """Return an entry as a row of a list."""
    said = entry.fields
    shown = {
        **said,
        "entry": entry.id,
        "at": _at(entry),
        "kind": said.get("kind", CHANGE),
        "subject": ", ".join(subjects_of(entry)) or None,
        "position": said.get("position", entry.number),
        "also": _also(said),
        **entry.blinded,
    }
    return tuple(shown.get(name) for name in COLUMNS)  # type: ignore[misc]


def subjects_of(entry: AuditEntry) -> tuple[str, ...]:
    """Return what an entry is about."""
    subjects = entry.fields.get("subjects")
    if isinstance(subjects, list):
        return tuple(map(str, subjects))
    subject = entry.fields.get("subject")
    return () if subject is None else (str(subject),)


def _also(said: Mapping[str, object]) -> str | None:
    """Return the actions by which an entry says that more was shown, beside what it is about."""
    others = said.get(ALSO)
    if others is None:
        return None
    if not isinstance(others, list) or not all(isinstance(each, dict) for each in others):
        raise TypeError("what was shown beside is no list of objects")
    return ", ".join(dict.fromkeys(str(each.get("action", said["action"])) for each in others))


def _at(entry: AuditEntry) -> datetime:
    at = entry.fields["at"]
    assert isinstance(at, int)
    return from_micros(at)


def newest(found: Iterable[Sequence[AuditEntry]], limit: int) -> tuple[AuditEntry, ...]:
    """Return the newest entries of several logs, each of which has its own newest first."""
    merged = merge(*found, key=_at, reverse=True)
    return tuple(entry for entry, _ in zip(merged, range(limit), strict=False))


def logs_with(kind: str | None, log: str | None) -> tuple[str, ...]:
    """Return the logs in which entries of a kind can be; a kind or a log of None is any.

    >>> logs_with("change", None), logs_with("refused", None), logs_with("refused", "journal")
    (('journal',), ('views',), ())
    """
    holding = LOGS if kind is None else (JOURNAL,) if kind == CHANGE else (VIEWS,)
    return tuple(each for each in holding if log in {None, each})


def list_name(wanted: AuditSearch, log: str | None) -> str:
    """Return what makes two pages pages of the same list."""
    times = [None if each is None else format_time(each) for each in (wanted.since, wanted.until)]
    given = [each and each.encode("utf-8", "backslashreplace").decode() for each in (wanted.actor, wanted.action, wanted.subject)]
    return digest([log, wanted.kind, *given, *times])[:16]


def token(name: str, before: Mapping[str, int | None]) -> str:
    """Return where the next page of a list begins, as opaque text: for each log the number above which all was shown."""
    content = json.dumps([name, *(before.get(log) for log in LOGS)], separators=(",", ":"))
    return base64.urlsafe_b64encode(content.encode()).decode().rstrip("=")


def turn(text: str, name: str) -> dict[str, int | None]:
    """Return the numbers that a token has.

    Raises
    ------
    InputError : no token of ours, or of another list
    """
    try:
        of, *numbers = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (ValueError, TypeError):
        of, numbers = None, []
    if of != name or len(numbers) != len(LOGS) or not all(each is None or type(each) is int for each in numbers):
        raise InputError("this is not a token of this list", do="give `next` of the page before, with the same filter")
    return dict(zip(LOGS, numbers, strict=True))
