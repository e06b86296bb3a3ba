"""Parts of the page of a case: what it is compared with, its files, and its history.

A case beside controls: what differs stands out, what all have in common is said once.

The files of a case as a part of its page, and the form by which one is added.

The story of a case: each of its states with who made it, when, and what changed by it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar

from remiss import former
from remiss.catalog import attachment_actions as attachments
from remiss.catalog.attachment import MOST_BYTES
from remiss.present import sampling
from remiss.present.facts import called, headed
from remiss.records.case import Case, Revision
from remiss.records.comparison import Comparison
from remiss.records.event import NONE_OF, Event, Scalar
from remiss.records.evidence import Attachment
from remiss.records.states import Status

if TYPE_CHECKING:
    from remiss.workspace import Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedCell:
    """What one control has in a field, and whether that differs from the case."""

    value: Scalar
    differs: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One field of a case beside its controls; `missing` says that there is no value."""

    name: str
    missing: str
    own: Scalar
    others: tuple[ComparedCell, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlsPart:
    """case/controls.html: the case beside the controls that are most like it; `same` is what all have in common."""

    template: ClassVar[str] = "case/controls.html"
    case: str
    controls: tuple[tuple[str, float], ...]
    rows: tuple[Row, ...]
    same: tuple[tuple[str, Scalar], ...]
    where: str
    hidden: str | None


def controls_of(found: Comparison) -> ControlsPart:
    """Return a case beside its controls: fields that differ somewhere, then what all have in common."""
    events = [found.event, *(control.event for control in found.controls)]
    rows, same = [], []
    for field, words, values in compared(events):
        own, *others = values
        name = headed(found.show, field, words)
        if field in {"output", "label"} or any(value != own for value in others):
            cells = tuple(ComparedCell(value=value, differs=value != own) for value in others)
            rows.append(Row(name=name, missing=NONE_OF.get(field, "\N{EN DASH}"), own=own, others=cells))
        elif own is not None:
            same.append((name, own))
    return ControlsPart(
        case=found.case,
        controls=tuple((control.event.id, control.likeness) for control in found.controls),
        rows=tuple(rows),
        same=tuple(same),
        where=f"{sampling.period(found)}{sampling.where(found)}",
        hidden=found.hidden,
    )


def compared(events: list[Event]) -> Iterator[tuple[str, str, list[Scalar]]]:
    """Yield what is known of some events, field by field: its name, what else it is called, and the values."""
    for words, name in (("Predicted", "output"), ("Actual", "label"), ("Confidence", "confidence"), ("Occurred", "at")):
        yield name, words, [getattr(event, name) for event in events]
    for family in ("inputs", "context"):
        names = dict.fromkeys(name for event in events for name in getattr(event, family))
        for name in names:
            yield f"{family}.{name}", f"{family}.{name}", [getattr(event, family).get(name) for event in events]
    for words, name in (("Version", "model_version"), ("Latency, ms", "latency_ms"), ("Text", "text")):
        yield name, words, [getattr(event, name) for event in events]


@dataclass(frozen=True, slots=True, kw_only=True)
class AttachedPart:
    """case/attachments.html: the files, and the form unless the page is of the past; `problem` says why one was not taken.

    `removed` are those that the viewer may restore, `changeable` the ids of those that they may remove, restore and erase;
    `readable` is whether they may download any.
    """

    case: str
    files: Sequence[Attachment]
    removed: Sequence[Attachment]
    changeable: frozenset[str]
    adding: bool
    readable: bool
    most_megabytes: int
    problem: tuple[str, str] | None


def attached_of(ws: Workspace, case: Case, as_of: int | None, problem: tuple[str, str] | None) -> AttachedPart:
    """Return the files that a case has, or had at a position."""
    files = attachments.list_attachments(ws, case.id, as_of=as_of)
    removed = attachments.list_attachments(ws, case.id, removed=True).items if as_of is None else ()
    every, own = ws.may(attachments.REMOVE, case.team), ws.may(attachments.OWN, case.team)
    known = (each for each in (*files, *removed) if each.hidden is None and as_of is None)
    return AttachedPart(
        case=case.id,
        files=files,
        removed=removed,
        changeable=frozenset(each.id for each in known if every or (own and each.person == ws.actor.name)),
        adding=as_of is None and ws.may(attachments.ADD, case.team),
        readable=ws.may(attachments.READ, case.team),
        most_megabytes=MOST_BYTES >> 20,
        problem=problem,
    )


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
    "case.link": "linked to a similar case",
    "case.unlink": "unlinked",
}
SHOWN = (
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
    for name, words in SHOWN:
        old = None if before is None else getattr(before, name)
        new = getattr(after, name)
        if old != new:
            yield ShownChange(what=words, before=None if old is None else str(old), after=None if new is None else str(new))
    if after.reason is not None:
        yield ShownChange(what="reason", before=None, after=after.reason)


@dataclass(frozen=True, slots=True, kw_only=True)
class LifeStep:
    """One step in the life of a case: done, the one that it is at, or to come."""

    words: str
    done: bool
    current: bool = False


def life_of(case: Case) -> tuple[LifeStep, ...]:
    """Return the steps from its capture to its end, for a case whose verdict may be told; else only what everybody sees."""
    first = "Filed" if case.origin == "filed" else "Captured"
    ended = {Status.REJECTED: "No failure", Status.CLEARED: "No failure", Status.UNDECIDABLE: "Nobody can tell"}
    if case.status in ended:
        return (LifeStep(words=first, done=True), LifeStep(words=ended[case.status], done=True, current=True))
    names = (first, "Labelled", "Verified", "Resolved")
    at = {Status.ANNOTATED: 2, Status.DISPUTED: 2, Status.VERIFIED: 3, Status.REGRESSED: 3, Status.RESOLVED: 4}.get(
        case.status, 1
    )
    waits = {1: "To be labelled", 2: "To be verified", 3: "To be resolved"}
    if case.status is Status.DISPUTED:
        waits[2] = "Disputed, to be decided"
    steps = [LifeStep(words=name, done=True) for name in names[:at]]
    if at < len(names):
        steps.append(LifeStep(words=waits[at], done=False, current=True))
    return (*steps, *(LifeStep(words=name, done=False) for name in names[at + 1 :]))


def missing_of(case: Case) -> tuple[str, ...]:
    """Return what people call the inputs and fields of context that the log left empty."""
    values = (("inputs", case.event.inputs), ("context", case.event.context))
    return tuple(called(case.show, f"{of}.{name}", name) for of, each in values for name, value in each.items() if value is None)


def facts_of(case: Case) -> Iterator[tuple[str, Any]]:
    """Yield what else is known of the event: what neither stands at the top nor went in."""
    event = case.event
    pairs: tuple[tuple[str, Any], ...] = (
        ("digest", event.model_digest),
        ("features", event.features),
        ("latency, ms", event.latency_ms),
        ("the call ended", event.status),
        ("trace", event.trace_id),
        ("event", event.id),
        ("source", case.source),
    )
    return (pair for pair in pairs if pair[1] is not None)
