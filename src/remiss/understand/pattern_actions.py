"""What one can do to patterns: name one, describe and own it, and say how it stands."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated, Any

from remiss.action import action
from remiss.catalog.field_names import query_of
from remiss.catalog.filing import check_text
from remiss.catalog.listing import parse_sort
from remiss.catalog.query.expression import EVERYTHING, Level, Operator, Term, both, leaves
from remiss.catalog.query.parsing import parse
from remiss.catalog.revision import check_read
from remiss.errors import Conflict, InputError, QueryError
from remiss.govern.redaction.written import check_shows_nothing, gate
from remiss.govern.roles import checked_name
from remiss.parameters import MOST_REVISION, Help, IfMatch, Option, Query, Range, Username
from remiss.records.case import Sensitivity
from remiss.records.event import is_text
from remiss.records.identity import kind_id
from remiss.records.pattern import Pattern, PatternAct, PatternChange, PatternState
from remiss.records.person import Governed
from remiss.understand.kept_pattern_actions import PatternName, found_pattern
from remiss.understand.patterns.folding import is_set
from remiss.understand.patterns.ports import KEEP, PatternWorkspace

NAME_LENGTH, ABOUT_LENGTH = 80, 4_000
PatternRevision = Annotated[
    int, Range(1, MOST_REVISION), Help("The revision that you read; see `pattern show`."), Option(), IfMatch()
]
Name = Annotated[str, Help("What it is called, at most 80 characters; redacted before it is kept.")]
About = Annotated[str, Help("What there is to know of it, at most 4,000 characters; redacted before it is kept."), Option()]
Owner = Annotated[Username, Help("Whose it is; default: yours."), Option()]


@dataclass(frozen=True, slots=True, kw_only=True)
class MeantQuery:
    """What a pattern is to stand for: a query with all names written out, and the slices and clusters that stood in it."""

    query: str
    named: tuple[str, ...]


@action("pattern.name", permission=KEEP, http="POST /patterns", created="pattern.show")
def name_pattern(
    ws: PatternWorkspace,
    name: Name,
    query: Query,
    *,
    about: About = "",
    owner: Owner | None = None,
    team: Annotated[str, Help("The team that it belongs to, and that may know it.")] = "default",
) -> Pattern:
    """Give what QUERY matches a NAME, so that people can work on it.

    QUERY is in the filter language, and may name kept slices (`criterion:missed-delay slice:NAME`) and clusters (`cluster:ID`).
    From then on `pattern:ID`, or `pattern:"NAME"`, is that query wherever one is asked for. It is a hypothesis until somebody
    says otherwise.

    Example: remiss pattern name "Short flights of UA" "criterion:missed-delay inputs.carrier:UA inputs.distance:<451"

    Raises
    ------
    InputError : no name, or one that is too long
    QueryError : the query cannot be understood, or asks for everything
    Conflict : a pattern of the team has that name
    Denied : no permission in the team
    """
    position = ws.patterns.wait()
    ws.allow(KEEP, checked_name(team, "team"))
    meant = meant_by(ws, query)
    sensitivity = most_sensitive(ws, meant)
    made = PatternChange(
        pattern=kind_id("pattern", [team, meant.query, position]),
        revision=1,
        act=PatternAct.NAMED,
        person=ws.actor.name,
        at=ws.now,
        position=position,
        name=pattern_name(ws, name, team),
        about=words(ws, about, ABOUT_LENGTH, "about"),
        query=meant.query,
        owner=owner_of(ws, owner, team, sensitivity),
        state=PatternState.HYPOTHESIS,
        named=meant.named,
    )
    ws.patterns.change(made, team, sensitivity)
    return replace(ws.patterns.written(made.pattern), read_position=position)


@action("pattern.describe", permission=KEEP, http="PATCH /patterns/{pattern}", subject="pattern")
def describe_pattern(
    ws: PatternWorkspace,
    pattern: PatternName,
    revision: PatternRevision,
    *,
    name: Name | None = None,
    about: About | None = None,
) -> Pattern:
    """Give PATTERN another name, or say something else of it.

    It is found by the names that it had, too.

    Example: remiss pattern describe pattern-4f7q2m9x3kbd --revision 1 --about "The feeder airports answer late."

    Raises
    ------
    NotFound, InputError
    Precondition : it was changed since; Conflict : another pattern of the team has that name
    Denied : no permission in its team
    """
    position, found = _read(ws, pattern, revision)
    called = None if name is None else pattern_name(ws, name, found.team, but=found.id)
    said = None if about is None else words(ws, about, ABOUT_LENGTH, "about")
    if (called or found.name, found.about if said is None else said) == (found.name, found.about):
        raise InputError("nothing is changed", do="give another name, or say something else of it")
    return changed(ws, found, PatternAct.DESCRIBED, position, name=called, about=said)


@action("pattern.own", permission=KEEP, http="POST /patterns/{pattern}/owner", subject="pattern")
def own_pattern(ws: PatternWorkspace, pattern: PatternName, revision: PatternRevision, *, owner: Owner | None = None) -> Pattern:
    """Say who sees to it that something becomes of PATTERN.

    Example: remiss pattern own pattern-4f7q2m9x3kbd --revision 2 --owner ana

    Raises
    ------
    NotFound
    InputError : nobody who may know the pattern is called that
    Precondition : it was changed since
    Denied : no permission in its team
    """
    position, found = _read(ws, pattern, revision)
    named = owner_of(ws, owner, found.team, found.sensitivity)
    if named == found.owner:
        raise InputError(f"{named} owns it already", do="name somebody else", field="owner")
    return changed(ws, found, PatternAct.OWNED, position, owner=named)


@action("pattern.mark", permission=KEEP, http="POST /patterns/{pattern}/state", subject="pattern")
def mark_pattern(
    ws: PatternWorkspace,
    pattern: PatternName,
    revision: PatternRevision,
    state: Annotated[PatternState, Help("A hypothesis, confirmed, addressed or closed.")],
    *,
    note: Annotated[str, Help("Why, in a sentence; redacted before it is kept."), Option()] | None = None,
) -> Pattern:
    """Say how PATTERN stands, as whether it is addressed.

    Example: remiss pattern mark pattern-4f7q2m9x3kbd addressed --revision 3 --note "Version 2 reads the feed anew."

    Raises
    ------
    NotFound, InputError
    Precondition : it was changed since
    Denied : no permission in its team
    """
    position, found = _read(ws, pattern, revision)
    if state is found.state:
        raise InputError(f"it is marked as {state.value} already", do="give another state", field="state")
    said = None if note is None else words(ws, note, ABOUT_LENGTH, "note")
    return changed(ws, found, PatternAct.MARKED, position, state=state, note=said)


def _read(ws: PatternWorkspace, asked: str, revision: int) -> tuple[int, Pattern]:
    """Have other writers wait; return the position that is written, and the pattern at the revision that was read.

    Raises
    ------
    NotFound, Ambiguous, Denied
    Precondition : it was changed since
    """
    position = ws.patterns.wait()
    found = found_pattern(ws, asked, KEEP)
    check_read(f"pattern {found.id}", revision, found.revision)
    return position, found


def changed(ws: PatternWorkspace, found: Pattern, act: PatternAct, position: int, **said: Any) -> Pattern:
    """Write the next change of a pattern, and return it as it is then."""
    ws.patterns.change(next_change(ws, found, act, position, **said), found.team, found.sensitivity)
    return replace(ws.patterns.written(found.id), read_position=position)


def next_change(ws: PatternWorkspace, found: Pattern, act: PatternAct, position: int, **said: Any) -> PatternChange:
    """Return the next change of a pattern."""
    made = PatternChange(
        pattern=found.id, revision=found.revision + 1, act=act, person=ws.actor.name, at=ws.now, position=position
    )
    return replace(made, **said)


def meant_by(ws: PatternWorkspace, query: str) -> MeantQuery:
    """Return what a query is to stand for, with what it names.

    Raises
    ------
    QueryError : it cannot be understood, asks for everything, or names a pattern
    InputError : it shows what is personal
    """
    # It is kept, and no mark can stand in it.
    check_shows_nothing("the query", query)
    out = query_of(ws, query)
    if parse(out.query) == EVERYTHING:
        raise QueryError("the query asks for everything", do="ask for what the cases have in common", field="query")
    if any(each.startswith("pattern:") for each in out.named):
        raise QueryError("a pattern is not made of patterns", do="write what it stands for, or merge the two", field="query")
    # A cluster stays the one that it was when it was named.
    sets = [str(leaf.value).partition("@")[0] for leaf in leaves(parse(out.query)) if is_set(leaf)]
    slices = [each for each in out.named if each.startswith("slice:")]
    return MeantQuery(query=out.query, named=tuple(dict.fromkeys([*slices, *(f"cluster:{each}" for each in sets)])))


def most_sensitive(ws: PatternWorkspace, meant: MeantQuery) -> Sensitivity:
    """Return how sensitive a pattern is: as the most sensitive of the cases that it stands for now, and internal at least."""
    wanted, first = parse(meant.query), parse_sort("-occurred")
    for level in (Sensitivity.SECRET, Sensitivity.RESTRICTED):
        those = both(wanted, Term("sensitivity", Operator.EQUAL, level.name.lower(), Level.PEOPLE))
        if ws.cases.page(those, sort=first, limit=1, after=None, position=None).lines:
            return level
    return Sensitivity.INTERNAL


def pattern_name(ws: PatternWorkspace, text: str, team: str, *, but: str | None = None) -> str:
    """Return the name of a pattern, in one line and redacted.

    Raises
    ------
    InputError : empty, too long, or no text
    Conflict : another pattern of the team, which the actor knows, has it
    """
    name = " ".join(text.split())
    if not name or not is_text(name):
        raise InputError("the pattern has no name", do="name it in a few words", field="name")
    if len(name) > NAME_LENGTH:
        raise InputError(
            f"the name has {len(name)} characters, more than {NAME_LENGTH}", do="name it in a few words", field="name"
        )
    name = gate(ws).name(name)
    for each in ws.patterns.told():
        if each.team == team and each.id != but and each.name.casefold() == name.casefold():
            raise Conflict(f"{each.id} has that name already", do="give another name, or merge the two")
    return name


def words(ws: PatternWorkspace, text: str, most: int, of: str) -> str:
    """Return what somebody says of a pattern, redacted.

    Raises
    ------
    InputError : too long, or no text
    """
    if len(text) > most:
        raise InputError(f"the text has {len(text):,} characters, more than {most:,}", do="shorten it", field=of)
    check_text(of, text)
    return gate(ws).words(text.strip())


def owner_of(ws: PatternWorkspace, owner: str | None, team: str, sensitivity: Sensitivity) -> str:
    """Return who is to own a pattern: the actor, or somebody who may know what is of that team and sensitivity.

    Raises
    ------
    InputError : nobody who may is called that
    """
    if owner is None or owner == ws.actor.name:
        return ws.actor.name
    of = Governed(id="", team=team, sensitivity=sensitivity)
    known = [each for each in ws.people.everybody(None) if each.position_to is None]
    if not any(each.name == owner and any(map(of.seen_by, each.grants)) for each in known):
        raise InputError(
            f"nobody who may know it is called {owner[:80]}", do="name one who may; see `person list`", field="owner"
        )
    return owner
