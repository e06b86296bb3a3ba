"""What one can do with slices that were kept: list them, show one, and put one to confirmation on windows it has never used."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any

from remiss.action import action
from remiss.parameters import Help, Position
from remiss.records.catalog import reached
from remiss.records.slice import KeptSlice, KeptSlices, SliceState
from remiss.records.view_entry import ViewEntry, ViewKind
from remiss.understand.actions import ESTIMATE
from remiss.understand.ports import SliceLogWorkspace, SliceWorkspace
from remiss.understand.slices.attempting import Attempted, by_sample, over_log
from remiss.understand.slices.keeping import KEEP, found_slice, recorded, stored_attempt, told

SliceName = Annotated[str, Help("The name of a kept slice, or its id.")]
Before = Annotated[datetime, Help("Use windows that begin before this time only; default: all whose labels are in.")]


def _listed(_: object, __: Mapping[str, Any], found: KeptSlices) -> Sequence[ViewEntry]:
    return (ViewEntry(kind=ViewKind.FIGURE, query="slices", position=found.position, count=len(found)),)


def _shown(_: object, __: Mapping[str, Any], found: KeptSlice) -> Sequence[ViewEntry]:
    return (ViewEntry(kind=ViewKind.FIGURE, query=f"slice:{found.name}", position=found.read_position, count=1),)


@action("slice.list", permission=ESTIMATE, http="GET /slices", reads=True, views=_listed)
def list_slices(
    ws: SliceWorkspace,
    *,
    state: Annotated[SliceState, Help("Only those that stand so.")] | None = None,
    as_of: Position | None = None,
) -> KeptSlices:
    """List kept slices, and what later windows said of each.

    The newest first.

    Example: remiss slice list --state confirmed
    """
    at = reached(as_of, ws.evidence.position())
    position = ws.evidence.position() if at is None else at
    found = (told(ws, each, position) for each in recorded(ws, at) if ws.may(ESTIMATE, each.team))
    return KeptSlices(position=position, items=tuple(each for each in found if state in {None, each.state}))


@action("slice.show", permission=ESTIMATE, http="GET /slices/{name}", reads=True, subject="name", views=_shown)
def show_slice(ws: SliceWorkspace, name: SliceName, *, as_of: Position | None = None) -> KeptSlice:
    """Show a kept slice, and each attempt to confirm it.

    The effects stand side by side: where it was found, in later windows, and the best guess.

    The effect where it was found is too large, for it was chosen for being large; the one that is told of an attempt is shrunken.

    Example: remiss slice show carrier-ua-distance-below-451-3kbd

    Raises
    ------
    NotFound
    """
    at = reached(as_of, ws.evidence.position())
    position = ws.evidence.position() if at is None else at
    return replace(told(ws, found_slice(ws, name, ESTIMATE, at), position), read_position=position)


@action("slice.confirm", permission=KEEP, http="POST /slices/{name}/attempts", subject="name", prepare=by_sample)
def confirm_slice(
    ws: SliceWorkspace,
    name: SliceName,
    *,
    until: Before | None = None,
    protocol: Annotated[str, Help("By which version of its protocol, as NAME@VERSION; default: the newest.")] | None = None,
    prepared: Attempted | None = None,
) -> KeptSlice:
    """Have windows that a slice has never used confirm it.

    It is confirmed where it fails more often than the rest there, too, at a level that allows for every attempt that was ever
    made against any of the same windows, and for its own before: the first has half of 5 %, the second a quarter, and so on.
    All windows from where it was found, or asked last, are used up by an attempt.

    Example: remiss slice confirm carrier-ua-distance-below-451-3kbd

    Raises
    ------
    NotFound : no such slice
    Conflict : too few windows that it has never used, or too few failures expected in them; then no attempt is used
    QueryError : a version of the protocol that lacks a field of the slice
    """
    return _kept_attempt(ws, prepared)


@action(
    "slice.confirm-exact",
    permission=KEEP,
    http="POST /slices/{name}/exact-attempts",
    within="slice.confirm --exact",
    subject="name",
    prepare=over_log,
)
def confirm_slice_exactly(
    ws: SliceLogWorkspace,
    name: SliceName,
    *,
    until: Before | None = None,
    protocol: Annotated[str, Help("By which version of its protocol, as NAME@VERSION; default: the newest.")] | None = None,
    prepared: Attempted | None = None,
) -> KeptSlice:
    """Have the log itself confirm a slice, where it can still be read.

    As `slice confirm`, of all events of the windows and not of the sampled ones. The log has to be where it was, and as it was.

    Example: remiss slice confirm carrier-ua-distance-below-451-3kbd --exact

    Raises
    ------
    NotFound, Conflict, QueryError : as `slice confirm`
    SourceError : the log is gone, or is not what it was when its windows were captured
    Denied : no permission to capture; or the asker may still be given events of these windows to label
    """
    return _kept_attempt(ws, prepared)


def _kept_attempt(ws: SliceWorkspace, prepared: Attempted | None) -> KeptSlice:
    assert prepared is not None
    position, kept = ws.slices.wait(), prepared.kept
    ws.allow(KEEP, kept.team)
    ws.slices.attempt(kept.id, prepared.attempt.number, stored_attempt(prepared.attempt), prepared.sensitivity)
    made = next(each for each in recorded(ws) if each.id == kept.id)
    return replace(told(ws, made, ws.evidence.position()), read_position=position)
