"""How patterns relate: one can link one to what belongs to it, and merge and split them so that nothing of either is lost."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any

from remiss.action import action
from remiss.catalog.query.expression import Not, both, either
from remiss.catalog.query.parsing import parse
from remiss.catalog.query.printing import unparse
from remiss.catalog.revision import check_read
from remiss.curate.investigating import checked
from remiss.errors import Conflict, InputError, NotFound, QueryError
from remiss.parameters import MOST_REVISION, CaseId, Help, Option, Query, Range
from remiss.records.identity import kind_id
from remiss.records.investigation import Citation, CitationKind
from remiss.records.pattern import Pattern, PatternAct, PatternChange, PatternLink, PatternLinkKind
from remiss.understand.kept_pattern_actions import PatternName, found_pattern
from remiss.understand.pattern_actions import (
    ABOUT_LENGTH,
    About,
    Name,
    Owner,
    PatternRevision,
    changed,
    meant_by,
    next_change,
    owner_of,
    pattern_name,
    words,
)
from remiss.understand.patterns.ports import KEEP, PatternWorkspace

MOST_LINKS = 100


@action("pattern.link", permission=KEEP, http="POST /patterns/{pattern}/links", subject="pattern")
def link_pattern(
    ws: PatternWorkspace,
    pattern: PatternName,
    *,
    case: Annotated[CaseId, Option()] | None = None,
    hypothesis: Annotated[int, Range(1, MOST_REVISION), Help("The number of a hypothesis of that case.")] | None = None,
    experiment: Annotated[int, Range(1, MOST_REVISION), Help("The number of an experiment of that case.")] | None = None,
    ticket: Annotated[str, Help("A URL, or a name without spaces, such as REM-17.")] | None = None,
    remove: Annotated[bool, Help("Take that link away.")] = False,
) -> Pattern:
    """Link PATTERN to a case, to a part of one, or a ticket.

    A part of a case is a hypothesis or an experiment of its investigation.

    Whoever may not know a case is not told that it is linked. A link changes no revision.

    Example: remiss pattern link pattern-4f7q2m9x3kbd --case k7m4-qp --hypothesis 1

    Raises
    ------
    NotFound : no such pattern, case, hypothesis or experiment, or no such link
    Ambiguous : several cases, or patterns, are meant
    InputError : nothing or several things at once, or no address
    Conflict : it has 100 links
    Denied : no permission in its team
    """
    position = ws.patterns.wait()
    found = found_pattern(ws, pattern, KEEP)
    link = _link(ws, case, hypothesis, experiment, ticket)
    if remove:
        ws.patterns.unlink(found.id, link)
    elif len(found.links) >= MOST_LINKS:
        raise Conflict(f"the pattern has {len(found.links)} links", do="link what stands for the others")
    else:
        ws.patterns.link(found.id, link)
    return replace(ws.patterns.written(found.id), read_position=position)


def _link(
    ws: PatternWorkspace, case: str | None, hypothesis: int | None, experiment: int | None, ticket: str | None
) -> PatternLink:
    if (case is None) == (ticket is None) or (ticket is not None and (hypothesis or experiment)) or (hypothesis and experiment):
        do = "give a case, with one hypothesis or one experiment of it if that is meant, or a ticket"
        raise InputError("a link leads to one thing", do=do)
    said: dict[str, Any] = {"person": ws.actor.name, "at": ws.now}
    if case is None:
        [cited] = checked([Citation(kind=CitationKind.TICKET, address=ticket or "")])
        return PatternLink(kind=PatternLinkKind.TICKET, address=cited.address, number=None, **said)
    whole = ws.cases.get(case, None).id
    if hypothesis is None and experiment is None:
        return PatternLink(kind=PatternLinkKind.CASE, address=whole, number=None, **said)
    made = ws.investigations.get(whole, None)
    parts = made.hypotheses if experiment is None else made.experiments
    kind = PatternLinkKind.HYPOTHESIS if experiment is None else PatternLinkKind.EXPERIMENT
    number = hypothesis or experiment
    if number not in [each.number for each in parts]:
        raise NotFound(f"case {whole} has no {kind.value} {number}", do="see which there are: remiss case investigation")
    return PatternLink(kind=kind, address=whole, number=number, **said)


@action("pattern.merge", permission=KEEP, http="POST /patterns/{pattern}/merge", subject="pattern")
def merge_patterns(
    ws: PatternWorkspace,
    pattern: PatternName,
    revision: PatternRevision,
    other: Annotated[str, Help("The id or the name of the pattern that goes into it.")],
) -> Pattern:
    """Have OTHER go into PATTERN, which then stands for both.

    PATTERN keeps its name, its owner and its state. The id and the names of OTHER mean PATTERN, and its history, its links and
    those who subscribed to it go on there.

    Example: remiss pattern merge pattern-4f7q2m9x3kbd pattern-9tvx2c5h8wzq --revision 2

    Raises
    ------
    NotFound, Ambiguous
    InputError : they are the same
    Precondition : PATTERN was changed since; Conflict : they are of two teams, or not equally sensitive
    QueryError : both together are too long a query
    Denied : no permission in its team
    """
    position = ws.patterns.wait()
    found = found_pattern(ws, pattern, KEEP)
    check_read(f"pattern {found.id}", revision, found.revision)
    goes = found_pattern(ws, other, KEEP)
    if found.id == goes.id:
        raise InputError(f"{other[:80]} is {found.id} itself", do="name another pattern", field="other")
    if (found.team, found.sensitivity) != (goes.team, goes.sensitivity):
        raise Conflict("they are of two teams, or not equally sensitive", do="name one pattern for what each stands for")
    both_of = _short(unparse(either(parse(found.query), parse(goes.query))))
    named = tuple(dict.fromkeys([*found.named, *goes.named]))
    ws.patterns.change(next_change(ws, goes, PatternAct.JOINED, position, other=found.id), goes.team, goes.sensitivity)
    return changed(ws, found, PatternAct.MERGED, position, query=both_of, other=goes.id, named=named)


@action("pattern.split", permission=KEEP, http="POST /patterns/{pattern}/split", created="pattern.show", subject="pattern")
def split_pattern(
    ws: PatternWorkspace,
    pattern: PatternName,
    revision: PatternRevision,
    query: Query,
    *,
    name: Annotated[Name, Option()],
    about: About = "",
    owner: Owner | None = None,
) -> Pattern:
    """Split off as another pattern what QUERY matches too.

    PATTERN keeps the others; so each case is in one of the two. What was split off has the history until then, and the state that
    PATTERN has.

    Example: remiss pattern split pattern-4f7q2m9x3kbd inputs.carrier:UA --revision 4 --name "UA alone"

    Raises
    ------
    NotFound, Ambiguous
    InputError : no name, or one that is too long
    Precondition : PATTERN was changed since; Conflict : a pattern of the team has that name
    QueryError : the query cannot be understood, or what comes of it is too long
    Denied : no permission in its team
    """
    position = ws.patterns.wait()
    found = found_pattern(ws, pattern, KEEP)
    check_read(f"pattern {found.id}", revision, found.revision)
    meant = meant_by(ws, query)
    whole, part = parse(found.query), parse(meant.query)
    named = tuple(dict.fromkeys([*found.named, *meant.named]))
    made = PatternChange(
        pattern=kind_id("pattern", [found.team, found.id, meant.query, position]),
        revision=1,
        act=PatternAct.NAMED,
        person=ws.actor.name,
        at=ws.now,
        position=position,
        name=pattern_name(ws, name, found.team),
        about=words(ws, about, ABOUT_LENGTH, "about"),
        query=_short(unparse(both(whole, part))),
        owner=owner_of(ws, owner, found.team, found.sensitivity),
        state=found.state,
        other=found.id,
        named=named,
    )
    rest = _short(unparse(both(whole, Not(part))))
    ws.patterns.change(made, found.team, found.sensitivity)
    changed(ws, found, PatternAct.SPLIT, position, query=rest, other=made.pattern, named=named)
    return replace(ws.patterns.written(made.pattern), read_position=position)


def _short(query: str) -> str:
    """Return a query as it is to be kept.

    Raises
    ------
    QueryError : it is too long, or has too many parts
    """
    try:
        parse(query)
    except QueryError as error:
        do = "name patterns of fewer parts, or merge and split otherwise"
        raise QueryError(f"what comes of it is no query any more: {error.what}", do=do) from error
    return query
