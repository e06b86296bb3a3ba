"""The story of a case: each of its states with who made it, when, and what changed by it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from remiss.contract import former
from remiss.records.case import Revision

# What a journal's action did to a case, in words.
DONE = {
    "capture": "caught by a capture",
    "run.accept": "caught by a capture",
    "case.file": "filed by hand",
    "case.revise": "revised",
    "case.annotate": "annotated",
    "case.verify": "verified",
    "case.adjudicate": "adjudicated",
    "case.reopen": "reopened",
    "case.link": "linked to a case that is alike",
    "case.unlink": "unlinked",
}
TOLD = (
    ("status", "status"),
    ("mode", "failure mode"),
    ("severity", "severity"),
    ("title", "title"),
    ("note", "note"),
    ("reason", "reason"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownChange:
    """One thing that changed; a text of None is not having any."""

    what: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Chapter:
    """One state of a case."""

    revision: int
    position: int
    at: datetime
    actor: str
    done: str
    changes: tuple[ShownChange, ...]


def story(revisions: Sequence[Revision]) -> tuple[Chapter, ...]:
    """Return the states of a case, the newest first. Of the first, what it said at all is told."""
    before: list[Revision | None] = [None, *revisions[:-1]]
    told = [
        Chapter(
            revision=now.revision,
            position=now.position_from,
            at=now.at,
            actor=now.actor,
            done=DONE.get(former.ACTIONS.get(now.action, now.action), now.action),
            changes=tuple(changes(earlier, now)),
        )
        for earlier, now in zip(before, revisions, strict=True)
    ]
    return tuple(reversed(told))


def changes(before: Revision | None, after: Revision) -> Iterator[ShownChange]:
    """Yield what differs between two states."""
    for name, words in TOLD:
        old = None if before is None else getattr(before, name)
        new = getattr(after, name)
        if old != new:
            yield ShownChange(what=words, before=None if old is None else str(old), after=None if new is None else str(new))
    if after.reason is not None:
        yield ShownChange(what="reason", before=None, after=after.reason)
