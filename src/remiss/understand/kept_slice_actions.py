"""What one can do with slices that were kept: list them, and show one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Any

from remiss.action import action
from remiss.parameters import Help, Position
from remiss.records.catalog import reached
from remiss.records.slice import KeptSlice, KeptSlices, SliceState
from remiss.records.view_entry import ViewEntry, ViewKind
from remiss.understand.ports import ESTIMATE, SliceWorkspace
from remiss.understand.slices.keeping import found_slice, recorded, told

SliceName = Annotated[str, Help("The name of a kept slice, or its id.")]


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
