"""Revisions: what a person changes on a case, and what the next state of it is.

A writer names the revision that they read. If somebody else wrote in between, nothing is written and the writer is told:
no update is ever lost.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from remiss.catalog.filing import check_mode, check_severity, check_text
from remiss.errors import Conflict, InputError, NotFound
from remiss.govern.policy import WRITTEN
from remiss.govern.redaction import Redactor, redact
from remiss.records.case import Revision


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What to change; None leaves a thing as it is, an empty note takes the note away."""

    title: str | None = None
    note: str | None = None
    mode: str | None = None
    severity: int | None = None

    @property
    def empty(self) -> bool:
        return self == Change()


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What of a case a revision says."""

    revision: int
    mode: str | None
    severity: int | None
    title: str | None
    note: str | None


def prepared(change: Change, key: bytes) -> Change:
    """Return a change checked and redacted.

    Raises
    ------
    InputError : nothing to change, an empty title, or a value that no case can have
    """
    if change.empty:
        raise InputError("nothing is changed", do="give a title, a note, a mode or a severity")
    if change.title is not None and not change.title.strip():
        raise InputError("the title is empty", do="say in a sentence what went wrong")
    check_mode(change.mode)
    check_severity(change.severity)
    for name, text in (("title", change.title), ("note", change.note)):
        if text is not None:
            check_text(name, text)
    by = Redactor(WRITTEN, key)
    return Change(
        title=None if change.title is None else redact(change.title.strip(), by),
        note=None if change.note is None else redact(change.note, by),
        mode=change.mode,
        severity=change.severity,
    )


def revised(case_id: str, state: State, read: int, change: Change) -> State:
    """Return the state that follows `state` when somebody who read revision `read` makes a change.

    Raises
    ------
    Conflict : the case was written since it was read
    InputError : a revision that never was, or a change that changes nothing
    """
    if read > state.revision:
        raise InputError(f"case {case_id} has no revision {read} yet, it is at {state.revision}", do="read it again")
    if read < state.revision:
        raise Conflict(
            f"case {case_id} was changed since revision {read}, it is at revision {state.revision}; nothing was written",
            do=f"look at `remiss case history {case_id}` and make the change again on revision {state.revision}",
        )
    after = State(
        revision=state.revision + 1,
        mode=state.mode if change.mode is None else change.mode,
        severity=state.severity if change.severity is None else change.severity,
        title=state.title if change.title is None else change.title,
        note=state.note if change.note is None else (change.note or None),
    )
    if (after.mode, after.severity, after.title, after.note) == (state.mode, state.severity, state.title, state.note):
        raise InputError(f"case {case_id} says all that already", do="nothing, or change something")
    return after


def as_it_stood(revisions: Sequence[Revision], position: int) -> tuple[Revision, ...]:
    """Return the states that a case had been in at a position, the last of them without an end.

    Raises
    ------
    NotFound : the case was not there yet
    """
    found = [each for each in revisions if each.position_from <= position]
    if not found:
        raise NotFound(f"the case was not there yet at position {position}", do="give a later position, or none")
    last = found[-1]
    return (*found[:-1], replace(last, position_to=None))
