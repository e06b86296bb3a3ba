"""Building a suite: which events it is of, what is expected of them, and what follows."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from remiss.catalog.field_names import query_of
from remiss.catalog.query.parsing import parse
from remiss.errors import Denied, InputError, NotFound
from remiss.protocol.nearest import nearest
from remiss.protocol.ports import StoredProtocol
from remiss.protocol.terms import Protocol
from remiss.protocol.versions import kept_version
from remiss.records.case import Sensitivity
from remiss.records.catalog import reached
from remiss.records.identity import digest
from remiss.records.success import SuccessCriterion
from remiss.records.suite import SealedPart, Suite, SuiteRow
from remiss.safeguard.judging import UNKNOWN, YES, CriterionJudge, criteria_of
from remiss.safeguard.ports import SuiteWorkspace
from remiss.safeguard.suite_assembly import SuiteRows, filled, parted
from remiss.safeguard.suite_rows import OLDER, OUTSIDE, TakenRows, taken
from remiss.understand.ports import SampledLine

SEAL = "suites"
PAGE = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class BuiltSuite:
    """A suite with all of its rows."""

    suite: Suite
    rows: SuiteRows


@dataclass(frozen=True, slots=True, kw_only=True)
class _Chosen:
    """What the query of a suite matches: events of one protocol version, and how many of older ones are left out."""

    source: str
    protocol: Protocol
    stored: StoredProtocol
    ids: frozenset[str]
    since: datetime
    last: datetime
    older: int


def built(
    ws: SuiteWorkspace, name: str, query: str, within: str, as_of: int | None, share: float, success: Sequence[SuccessCriterion]
) -> BuiltSuite:
    """Return the suite that the catalog gives at a position.

    Parameters
    ----------
    success : what a version has to come to, as it was typed
    """
    found = gathered(ws, name, query, within, as_of, share)
    suite = replace(found.suite, success=tuple(_known(each, found) for each in success))
    return replace(found, suite=filled(suite, found.rows, share, ws.keys.secret(SEAL)))


def _known(typed: SuccessCriterion, found: BuiltSuite) -> SuccessCriterion:
    """Return a criterion with the name by which results have what it is about.

    Raises
    ------
    InputError : no event of the suite is of that kind
    """
    rows = found.rows.every
    match typed.group:
        case "mode":
            names = {row.mode: (row.mode or "").partition(":")[2] for row in rows if row.mode}
        case "severity":
            names = {str(row.severity): "" for row in rows if row.severity}
        case "slice":
            names = {row.stratum: _short(row.stratum) for row in rows}
        case "criterion":
            names = {each.name: "" for each in found.suite.criteria if each.unjudged is None}
        case _:
            # Scenarios may be made later.
            return typed
    wanted = typed.name if typed.group != "slice" else _short(typed.name)
    for name, short in names.items():
        if (name and typed.name in {name, short}) or (typed.group == "slice" and wanted == short):
            return replace(typed, name=name)
    do = nearest(typed.name, sorted(each for each in names if each), f"there are {typed.group}")
    raise InputError(f"no event of the suite is of {typed.group} {typed.name}", do=do, field="success")


def _short(stratum: str) -> str:
    """Return a slice by the last words of its names, as a person may type them."""
    return json.dumps({name.rpartition(".")[2]: value for name, value in json.loads(stratum).items()}, sort_keys=True)


def gathered(ws: SuiteWorkspace, name: str, query: str, within: str, as_of: int | None, share: float) -> BuiltSuite:
    """Return the rows of a suite, and of it what does not follow from them. Raises like `built`."""
    position = reached(as_of, ws.position()) or ws.position()
    chosen = _chosen(ws, query, position)
    every = _sample(ws, chosen, within, position)
    criteria = criteria_of(chosen.protocol)
    found = taken(every, chosen.ids, criteria, ws.resolutions.expected([*chosen.ids], position))
    outside = len(chosen.ids - {line.id for line in every})
    found.left_out.update({why: count for why, count in ((OUTSIDE, outside), (OLDER, chosen.older)) if count})
    judge = CriterionJudge(ws.engine, criteria, found.rows)
    found.rows = _judged(found, judge)
    suite = Suite(
        name=name,
        digest="",
        protocol=chosen.stored.name,
        protocol_version=chosen.stored.version,
        protocol_digest=chosen.stored.digest,
        taxonomy_digest=digest({mode.id: mode.title for mode in chosen.protocol.taxonomy.modes.values()}),
        source=chosen.source,
        model=chosen.protocol.model,
        team=chosen.stored.team,
        query=query,
        within=within,
        position=position,
        since=chosen.since,
        until=chosen.last + chosen.protocol.sampling.window,
        sensitivity=_sensitivity(chosen.protocol).name.lower(),
        criteria=criteria,
        files=(),
        sealed=SealedPart(share=share, families=(), rows={}, strata={}, digest=""),
        production=dict(sorted(found.production.items())),
        modes={},
        severities={},
        power=(),
        left_out=dict(sorted(found.left_out.items())),
        notes=tuple(_otherwise(found.rows, judge.names)),
    )
    return BuiltSuite(suite=suite, rows=parted(found.rows, share, ws.keys.secret(SEAL)))


def _chosen(ws: SuiteWorkspace, query: str, position: int) -> _Chosen:
    """Return what a query matches.

    Raises
    ------
    InputError : nothing, or events of several protocols
    """
    lines = [*_lines(ws, query, position)]
    if not lines:
        raise InputError("no sampled event matches", do="see what does: remiss sample list QUERY", field="query")
    drawn = {(line.source, line.protocol) for line in lines}
    if len(drawn) > 1:
        names = ", ".join(sorted({protocol for _, protocol in drawn}))
        raise InputError(f"the events that match are of several protocols: {names}", do="add protocol:NAME", field="query")
    [(source, name)] = drawn
    version = max(line.version for line in lines)
    those = [line for line in lines if line.version == version]
    stored = ws.protocols.find(name, version)
    if stored is None:
        raise NotFound(f"protocol {name}@{version} is not in the catalog", do="capture by it")
    windows, ids = [line.window for line in those], frozenset(line.id for line in those)
    return _Chosen(
        source=source,
        protocol=kept_version(stored, f"{name}.yaml"),
        stored=stored,
        ids=ids,
        since=min(windows),
        last=max(windows),
        older=len({line.id for line in lines} - ids),
    )


def _sample(ws: SuiteWorkspace, chosen: _Chosen, within: str, position: int) -> list[SampledLine]:
    """Return all that was sampled in the windows of what was chosen, by the same protocol version.

    Raises
    ------
    InputError : nothing is within; Denied : some of it is the asker's to label
    """
    # By itself it is one whole query, whatever stands beside it.
    parse(query_of(ws, within, of_sample=True).query, of_sample=True)
    asked = f"protocol:{chosen.stored.name}@{chosen.stored.version}" + (f" ({within})" if within.strip() else "")
    every = [
        line
        for line in _lines(ws, asked, position)
        if line.source == chosen.source and chosen.since <= line.window <= chosen.last
    ]
    if any(line.hidden for line in every):
        raise Denied(
            "some of these events are yours to label, and a suite would tell how they were drawn",
            do="have somebody build it who labels nothing, for example a steward",
        )
    if not every:
        what = "no sampled event of these windows matches --within"
        raise InputError(what, do="see what does: remiss sample list", field="within")
    return every


def _otherwise(rows: Sequence[SuiteRow], names: Sequence[str]) -> Iterator[str]:
    """Yield of which criteria the values of the suite say something else than the log did when it was captured."""
    for name in names:
        told = [(row.met_by_log[name], name in row.criteria) for row in rows if row.met_by_log[name] is not None]
        differ = sum(now is not then for now, then in told)
        if differ:
            yield f"{name}: of {differ:,} events the answer of the log is judged otherwise than when it was captured"


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
