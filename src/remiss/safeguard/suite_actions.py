"""What one can do with suites: build them from the catalog, list and show them, and take their rows out."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Annotated, Any

from remiss.action import action
from remiss.catalog.field_names import query_of
from remiss.catalog.query.parsing import parse
from remiss.errors import Conflict, Denied, InputError, NotFound
from remiss.parameters import Help, PageToken, Position, Query, Range
from remiss.protocol.terms import Protocol
from remiss.protocol.versions import kept_version
from remiss.records.case import Sensitivity
from remiss.records.catalog import reached
from remiss.records.identity import digest
from remiss.records.rows import Turn, list_name, token, turn
from remiss.records.suite import SealedPart, Suite, SuiteRow, SuiteRowPage, Suites
from remiss.records.view_entry import ViewEntry, ViewKind
from remiss.safeguard.judging import UNKNOWN, YES, CriterionJudge, criteria_of
from remiss.safeguard.ports import SuiteWorkspace
from remiss.safeguard.suite_assembly import SEALED_SHARE, SuiteRows, filled, parted
from remiss.safeguard.suite_document import document, from_json
from remiss.safeguard.suite_rows import OUTSIDE, TakenRows, taken
from remiss.understand.ports import SampledLine

BUILD, READ = "suite:build", "suite:read"
SEAL = "suites"
PAGE = 10_000
SuiteName = Annotated[str, Help("The name of a suite, or NAME@DIGEST with at least six digits of it.")]
MostRows = Annotated[int, Range(1, 1_000_000), Help("How many rows at most.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class BuiltSuite:
    """A suite with all of its rows."""

    suite: Suite
    rows: SuiteRows


@contextmanager
def _prepare(ws: SuiteWorkspace, name: str, query: str, *, within: str, as_of: int | None, sealed: float) -> Iterator[BuiltSuite]:
    with ws.reading():
        found = built(ws, name, query, within, as_of, sealed)
    yield found


@action("suite.build", permission=BUILD, http="POST /suites", created="suite.show", subject="name", prepare=_prepare)
def build_suite(
    ws: SuiteWorkspace,
    name: Annotated[str, Help("What the suite is called: letters, digits, dots and hyphens.")],
    query: Query = "",
    *,
    within: Annotated[str, Help("Of which events it is at all, in the filter language, for example of one airport.")] = "",
    as_of: Position | None = None,
    sealed: Annotated[
        float, Range(0, 0.9), Help("The share of families that is in no file and that gates alone run.")
    ] = SEALED_SHARE,
    prepared: BuiltSuite | None = None,
) -> Suite:
    """Build the suite NAME of the cases that match QUERY.

    Verified failures that match are what a version is to fix, resolved ones and controls what it is not to break; all that was
    sampled in their windows says how it does in production. They are of one protocol version, the newest of those that match.
    What is expected of a case is what people wrote, else its label or that its criteria are not met again. Near-duplicates are
    one family. Some families are sealed: they are in no file, and gates alone run them. It prints how often a gate over the suite
    passes a version that is as good. The same catalog at the same position gives the same digest. Who labels cannot build one.

    Example: remiss suite build arrivals 'mode:model/weak-slice' --out arrivals/

    Raises
    ------
    QueryError : a query cannot be understood
    InputError : nothing matches, or cases of several protocols; a position that is not there yet
    Denied : some of the events are yours to label
    """
    assert prepared is not None
    suite = replace(prepared.suite, made_at=ws.now, made_by=ws.actor.name)
    ws.allow(BUILD, suite.team)
    former = ws.suites.find(suite.name, suite.digest)
    if former is not None:
        return from_json(former, suite.name)
    ws.suites.save(suite.name, suite.digest, suite.team, json.dumps(document(suite), ensure_ascii=False))
    return suite


@action("suite.list", permission=READ, http="GET /suites", reads=True)
def list_suites(ws: SuiteWorkspace, *, as_of: Position | None = None) -> Suites:
    """List the suites of the catalog, the newest first.

    Example: remiss suite list
    """
    at = reached(as_of, ws.position())
    found = (from_json(text, "suite") for text in ws.suites.listed(at))
    return Suites(position=ws.position() if at is None else at, items=tuple(each for each in found if ws.may(READ, each.team)))


@action("suite.show", permission=READ, http="GET /suites/{name}", reads=True, subject="name")
def show_suite(ws: SuiteWorkspace, name: SuiteName, *, as_of: Position | None = None) -> Suite:
    """Show what a suite is made of, and how often a gate over it passes.

    Example: remiss suite show arrivals

    Raises
    ------
    NotFound
    """
    at = reached(as_of, ws.position())
    return replace(found_suite(ws, name, READ, at), read_position=ws.position() if at is None else at)


def _rows_seen(ws: SuiteWorkspace, given: Mapping[str, Any], page: SuiteRowPage) -> Sequence[ViewEntry]:
    ids = tuple(row.id for row in page.items)
    return (ViewEntry(kind=ViewKind.LIST, subject=given["name"], position=page.position, ids=ids, count=len(ids)),)


@action("suite.rows", permission=BUILD, http="GET /suites/{name}/rows", reads=True, subject="name", views=_rows_seen)
def list_suite_rows(
    ws: SuiteWorkspace, name: SuiteName, *, limit: MostRows = 100_000, after: PageToken | None = None
) -> SuiteRowPage:
    """Take out the rows of a suite page by page, without the sealed part.

    `remiss.suite_folder` puts them into a folder.

    Example: remiss suite rows arrivals --limit 100 --format json

    Raises
    ------
    NotFound
    Conflict : events of it were erased since
    InputError : a token of another list
    """
    suite = found_suite(ws, name, BUILD)
    rows = rows_of(ws, suite).open
    listed, secret = list_name(suite.digest, "suite", suite.position), ws.keys.secret("pages")
    begins = 0 if after is None else turn(after, listed, (int,), secret).last[0]
    page = rows[begins : begins + limit]
    ends = begins + len(page)
    turned = Turn(of=listed, position=suite.position, total=len(rows), last=(ends,))
    following = token(turned, secret) if ends < len(rows) else None
    return SuiteRowPage(position=suite.position, total=len(rows), items=page, next=following)


def found_suite(ws: SuiteWorkspace, name: str, permission: str, position: int | None = None) -> Suite:
    """Return a suite by its name, the newest that there was at a position, or by `NAME@DIGEST`.

    Raises
    ------
    NotFound
    """
    plain_name, _, of = name.partition("@")
    text = ws.suites.find(plain_name, of or None, position)
    suite = None if text is None else from_json(text, plain_name)
    if suite is None or not ws.may(permission, suite.team):
        raise NotFound(f"there is no suite {name}", do="see `remiss suite list`", field="name")
    return suite


def rows_of(ws: SuiteWorkspace, suite: Suite) -> SuiteRows:
    """Return the rows of a suite, read from the catalog as it stood.

    Raises
    ------
    Conflict : they are not what they were: events were erased since
    """
    with ws.reading():
        again = built(ws, suite.name, suite.query, suite.within, suite.position, suite.sealed.share)
    if again.suite.digest != suite.digest:
        raise Conflict(
            f"the catalog no longer has what suite {suite.name} was built of: events of it were erased or redacted since",
            do=f"build it anew: remiss suite build {suite.name} {suite.query!r}",
        )
    return again.rows


def built(ws: SuiteWorkspace, name: str, query: str, within: str, as_of: int | None, share: float) -> BuiltSuite:
    """Return the suite that the catalog gives at a position."""
    position = reached(as_of, ws.position()) or ws.position()
    chosen = [*_lines(ws, query, position)]
    if not chosen:
        raise InputError("no sampled event matches", do="see what does: remiss sample list QUERY", field="query")
    drawn = {(line.source, line.protocol) for line in chosen}
    if len(drawn) > 1:
        names = ", ".join(sorted({protocol for _, protocol in drawn}))
        raise InputError(f"the events that match are of several protocols: {names}", do="add protocol:NAME", field="query")
    version = max(line.version for line in chosen)
    those = [line for line in chosen if line.version == version]
    (source, protocol_name) = drawn.pop()
    stored = ws.protocols.find(protocol_name, version)
    if stored is None:
        raise NotFound(f"protocol {protocol_name}@{version} is not in the catalog", do="capture by it")
    protocol = kept_version(stored, f"{protocol_name}.yaml")
    since, last = min(line.window for line in those), max(line.window for line in those)
    of_protocol = f"protocol:{protocol_name}@{version} {within}".strip()
    every = [line for line in _lines(ws, of_protocol, position) if line.source == source and since <= line.window <= last]
    if any(line.hidden for line in every):
        raise Denied(
            "some of these events are yours to label, and a suite would tell how they were drawn",
            do="have somebody build it who labels nothing, for example a steward",
        )
    criteria = criteria_of(protocol)
    if not every:
        raise InputError(
            "no sampled event of these windows matches --within", do="see what does: remiss sample list", field="within"
        )
    found = taken(every, frozenset(line.id for line in those), criteria, {})
    outside = len({line.id for line in those} - {line.id for line in every})
    found.left_out.update({OUTSIDE: outside} if outside else {})
    found.rows = _judged(found, CriterionJudge(ws.engine, criteria, found.rows))
    suite = Suite(
        name=name,
        digest="",
        protocol=protocol_name,
        protocol_version=version,
        protocol_digest=stored.digest,
        taxonomy_digest=digest({name: mode.title for name, mode in protocol.taxonomy.modes.items()}),
        source=source,
        model=protocol.model,
        team=stored.team,
        query=query,
        within=within,
        position=position,
        since=since,
        until=last + protocol.sampling.window,
        sensitivity=_sensitivity(protocol).name.lower(),
        criteria=criteria,
        files=(),
        sealed=SealedPart(share=share, families=(), rows={}, strata={}, digest=""),
        production=dict(sorted(found.production.items())),
        modes={},
        severities={},
        power=(),
        left_out=dict(sorted(found.left_out.items())),
        notes=(),
    )
    secret = ws.keys.secret(SEAL)
    rows = parted(found.rows, share, secret)
    return BuiltSuite(suite=filled(suite, rows, share, secret), rows=rows)


def _lines(ws: SuiteWorkspace, query: str, position: int) -> Iterator[SampledLine]:
    """Yield the sampled events that match, page by page."""
    out = query_of(ws, query, of_sample=True)
    wanted, after = parse(out.query, of_sample=True), None
    while True:
        page = ws.samples.page(wanted, limit=PAGE, after=after, position=position)
        yield from page.lines
        after = page.last
        if after is None:
            return


def _judged(found: TakenRows, judge: CriterionJudge) -> list[SuiteRow]:
    """Return the rows with what each criterion is on the answer of the log."""
    states = judge.of_log()
    known = {UNKNOWN: None, YES: True}
    return [
        replace(row, met_by_log={name: known.get(int(states[name][at]), False) for name in judge.names})
        for at, row in enumerate(found.rows)
    ]


def _sensitivity(protocol: Protocol) -> Sensitivity:
    """Return the highest level of what the catalog holds of the protocol's events."""
    levels = (protocol.sensitivity.get(name, Sensitivity.INTERNAL) for name in protocol.fields)
    return max((level for level in levels if level < Sensitivity.RESTRICTED), default=Sensitivity.INTERNAL)
