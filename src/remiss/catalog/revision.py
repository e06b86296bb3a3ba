"""Revisions: what a person changes on a case, and what the next state of it is.

A writer names the revision that they read. If somebody else wrote in between, nothing is written and the writer is told:
no update is ever lost.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from remiss.catalog.filing import check_mode, check_severity, check_text
from remiss.errors import InputError, NotFound, Precondition
from remiss.govern.redaction.written import Gate
from remiss.records.case import Revision
from remiss.records.states import Status

# Where mode and severity of a case are suggestions that anybody may better.
SUGGESTED = frozenset({Status.CANDIDATE, Status.CONTROL})

# What people say of a case, which they may change or take away.
CLEARABLE = ("title", "note", "mode", "severity")


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseChange:
    """What to change; None leaves a thing as it is. `clear` names, among SAID, what to take away; an empty note does it too."""

    title: str | None = None
    note: str | None = None
    mode: str | None = None
    severity: int | None = None
    clear: tuple[str, ...] = ()

    @property
    def empty(self) -> bool:
        return self == CaseChange()

    @property
    def words(self) -> bool:
        """Whether title or note are changed."""
        return self.title is not None or self.note is not None or not {"title", "note"}.isdisjoint(self.clear)


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What of a case a revision says."""

    revision: int
    mode: str | None
    severity: int | None
    title: str | None
    note: str | None
    status: Status = Status.CANDIDATE


def prepared(change: CaseChange, gate: Gate) -> CaseChange:
    """Return a change checked and redacted.

    Raises
    ------
    InputError : nothing to change, an empty title, a value that no case can have, or a thing both given and taken away
    """
    if change.empty:
        raise InputError("nothing is changed", do="give a title, a note, a mode or a severity, or clear one")
    for name in change.clear:
        if name not in CLEARABLE:
            raise InputError(f"{name!r} cannot be cleared", do=f"clear {', '.join(CLEARABLE)}")
        if getattr(change, name) is not None:
            raise InputError(f"the {name} is both given and cleared", do="do one of them")
    if change.title is not None and not change.title.strip():
        raise InputError("the title is empty", do="say in a sentence what went wrong", field="title")
    check_mode(change.mode)
    check_severity(change.severity)
    for name, text in (("title", change.title), ("note", change.note)):
        if text is not None:
            check_text(name, text)
    return CaseChange(
        title=None if change.title is None else gate.words(change.title.strip()),
        note=None if change.note is None else gate.words(change.note),
        mode=change.mode,
        severity=change.severity,
        clear=change.clear,
    )


def check_read(thing: str, read: int, now: int) -> None:
    """Refuse a change that is based on another state of a thing than the one that it is in.

    Parameters
    ----------
    thing : what is changed, for messages: `case k7m4-qp`, `hypothesis 1`
    read : the revision that the writer names
    now : the revision that it is at, read under the lock under which the next is written

    Raises
    ------
    Precondition : somebody wrote since; InputError : a revision that never was
    """
    if read > now:
        raise InputError(f"{thing} has no revision {read} yet, it is at {now}", do="read it again")
    if read < now:
        raise Precondition(
            f"{thing} was changed since revision {read}, it is at revision {now}; nothing was written",
            do=f"read it again, and make the change on revision {now}",
        )


def revised(case_id: str, state: State, change: CaseChange) -> State:
    """Return the state that follows `state`, which the writer has read (`check_read`), when a change is made.

    Raises
    ------
    InputError : a change that changes nothing, mode or severity of a case that people labelled
    """
    graded = change.mode is not None or change.severity is not None or not {"mode", "severity"}.isdisjoint(change.clear)
    if state.status not in SUGGESTED and graded:
        raise InputError(
            f"case {case_id} is {state.status.value}: its mode and severity follow from what people say when they label it",
            do="label it, or have it reopened; title and note may be changed at any time",
        )
    said: dict[str, Any] = {name: _after(name, state, change) for name in CLEARABLE}
    after = State(status=state.status, revision=state.revision + 1, **said)
    if (after.mode, after.severity, after.title, after.note) == (state.mode, state.severity, state.title, state.note):
        raise InputError(f"case {case_id} is already up to date", do="change something, or leave it as it is")
    return after


def _after(name: str, state: State, change: CaseChange) -> object:
    """Return what a case says under one name of SAID after a change."""
    given = getattr(change, name)
    if name in change.clear or given == "":
        return None
    return getattr(state, name) if given is None else given


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
