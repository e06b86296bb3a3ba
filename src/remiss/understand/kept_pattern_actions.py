"""What one can do with patterns that were named: list them, show one, and be told of what happens to one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Any

from remiss.action import action
from remiss.parameters import Help, Position, Username
from remiss.records.catalog import reached
from remiss.records.pattern import Pattern, Patterns, PatternState
from remiss.records.view_entry import ViewEntry, ViewKind
from remiss.understand.patterns.folding import meant, no_pattern
from remiss.understand.patterns.ports import FOLLOW, PatternWorkspace
from remiss.understand.ports import ESTIMATE

PatternName = Annotated[str, Help("The id of a pattern, also of one that was merged, or a name that it has or had.")]


def _listed(_: object, __: Mapping[str, Any], found: Patterns) -> Sequence[ViewEntry]:
    return (ViewEntry(kind=ViewKind.FIGURE, query="patterns", position=found.position, count=len(found)),)


def _shown(_: object, __: Mapping[str, Any], found: Pattern) -> Sequence[ViewEntry]:
    return (ViewEntry(kind=ViewKind.FIGURE, query=f"pattern:{found.id}", position=found.read_position, count=1),)


def found_pattern(ws: PatternWorkspace, asked: str, permission: str = ESTIMATE, position: int | None = None) -> Pattern:
    """Return the pattern that an id or a name means, and go on only if the actor holds a permission in its team.

    Raises
    ------
    NotFound : none that the actor may know
    Ambiguous : several have the name
    Denied : no permission in its team
    """
    found = meant([each for each in ws.patterns.told(position) if ws.may(ESTIMATE, each.team)], asked)
    if found is None:
        raise no_pattern(asked)
    ws.allow(permission, found.team)
    return found


@action("pattern.list", permission=ESTIMATE, http="GET /patterns", reads=True, views=_listed)
def list_patterns(
    ws: PatternWorkspace,
    *,
    state: Annotated[PatternState, Help("Only those that stand so.")] | None = None,
    owner: Annotated[Username, Help("Only those that this person owns.")] | None = None,
    subscribed: Annotated[bool, Help("Only those that you are told of.")] = False,
    as_of: Position | None = None,
) -> Patterns:
    """List patterns that people named, and how each stands.

    What changed last comes first. A pattern with a case that you may be given to label is not told; who keeps patterns is told
    unless they have one of its cases in hand.

    Example: remiss pattern list --state confirmed --owner ana
    """
    at = reached(as_of, ws.evidence.position())
    found = [each for each in ws.patterns.told(at) if ws.may(ESTIMATE, each.team)]
    wanted = [each for each in found if state in {None, each.state} and owner in {None, each.owner}]
    items = tuple(each for each in wanted if each.subscribed or not subscribed)
    return Patterns(position=ws.evidence.position() if at is None else at, items=items)


@action("pattern.show", permission=ESTIMATE, http="GET /patterns/{pattern}", reads=True, subject="pattern", views=_shown)
def show_pattern(ws: PatternWorkspace, pattern: PatternName, *, as_of: Position | None = None) -> Pattern:
    """Show what a pattern stands for, and what was done to it.

    With its figures' query, its links to cases and tickets, and its history.

    Of one that was merged into another, that other. How often it happens `estimate pattern:ID` says.

    Example: remiss pattern show pattern-4f7q2m9x3kbd

    Raises
    ------
    NotFound
    Ambiguous : several patterns have the name
    """
    at = reached(as_of, ws.evidence.position())
    position = ws.evidence.position() if at is None else at
    return replace(found_pattern(ws, pattern, position=at), read_position=position)


@action("pattern.subscribe", permission=FOLLOW, http="POST /patterns/{pattern}/subscription", subject="pattern")
def subscribe_to_pattern(
    ws: PatternWorkspace, pattern: PatternName, *, stop: Annotated[bool, Help("Be told no more.")] = False
) -> Pattern:
    """Follow PATTERN: be told how many changes others made.

    `pattern list --subscribed` says it. What happened before counts as seen: whoever subscribes again has read all news of it.

    Example: remiss pattern subscribe pattern-4f7q2m9x3kbd

    Raises
    ------
    NotFound
    Ambiguous : several patterns have the name
    """
    position = ws.patterns.wait()
    found = found_pattern(ws, pattern, FOLLOW)
    ws.patterns.subscribe(found.id, follows=not stop)
    return replace(ws.patterns.written(found.id), read_position=position)
