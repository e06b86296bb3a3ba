"""Building a suite: which events it is of, what is expected of them, and what follows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain
from operator import attrgetter

import numpy as np
import numpy.typing as npt

from remiss.catalog.field_names import query_of
from remiss.catalog.query.parsing import parse
from remiss.errors import Denied, InputError, NotFound
from remiss.protocol.ports import StoredProtocol
from remiss.protocol.terms import Protocol
from remiss.protocol.versions import kept_version
from remiss.records.bulk import in_bulk
from remiss.records.case import Sensitivity
from remiss.records.catalog import reached
from remiss.records.event import Scalar
from remiss.records.expectation import Expectation
from remiss.records.identity import digest, from_micros
from remiss.records.suite import APART, CaptureRole, SealedPart, Suite, SuiteCriterion, SuitePart
from remiss.safeguard.expectations import by_default
from remiss.safeguard.judging import UNKNOWN, CriterionJudge
from remiss.safeguard.ports import SuiteWorkspace
from remiss.safeguard.raw_inputs import FoundInputs
from remiss.safeguard.replaying import redacted
from remiss.safeguard.suite_assembly import (
    Drawn,
    Read,
    SuiteParts,
    as_array,
    assembled,
    judged_otherwise,
    logged,
    met_by_log,
    sealed_rows,
)
from remiss.safeguard.suite_columns import Coded, Flags, Objects, case_ids, coded, objects, together
from remiss.safeguard.suite_criteria import criteria_of
from remiss.safeguard.suite_rows import (
    NO_EXPECTATION,
    NO_INPUTS,
    OLDER,
    OPEN,
    OUTSIDE,
    REDACTED_INPUTS,
    REDACTED_LABEL,
    RESOLVED,
    SOUND,
    names_in,
    role_of,
)

SEAL = "suites"
# What a suite has of a sampled event; `key` stands for the event itself.
CHOSEN = ("key", "source", "protocol", "version", "window")
TAKEN = (
    *("key", "source", "event", "recurrence", "occurred", "window", "stratum", "criteria", "undecided", "weight", "model"),
    *("model_version", "output", "label", "text", "status", "mode", "severity", "hidden", "inputs", "context"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class BuiltSuite:
    """A suite with all of its rows, and the raw inputs of some of its cases."""

    suite: Suite
    rows: SuiteParts
    raw: FoundInputs | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Chosen:
    """What the query of a suite matches: events of one protocol version, and how many of older ones are left out.

    `sampled` has what a suite takes of them where they are all that was sampled.
    """

    source: str
    protocol: Protocol
    stored: StoredProtocol
    keys: npt.NDArray[np.int64]
    since: int
    last: int
    older: int
    sampled: Read | None


@in_bulk()
def gathered(
    ws: SuiteWorkspace, name: str, query: str, within: str, as_of: int | None, share: float, *, apart: bool
) -> BuiltSuite:
    """Return the rows that the catalog gives a suite at a position, and of it what does not follow from them."""
    position = reached(as_of, ws.position()) or ws.position()
    chosen = _chosen(ws, query, position, whole=not query.strip() and not within.strip())
    read = _sample(ws, chosen, within, position)
    criteria, outside = criteria_of(chosen.protocol), np.setdiff1d(chosen.keys, read["key"]).size
    drawn, production = drawn_of(read)
    texts, asked = objects(read["inputs"]), np.isin(read["key"], chosen.keys)
    kept, marked, left_out = usable(read, texts, asked & apart)
    read, texts, drawn, marked = _where(read, kept), texts.where(kept), Coded(drawn.values, drawn.codes[kept]), marked[kept]
    ids = case_ids(read["source"], read["event"], read["recurrence"])
    written = partial(ws.resolutions.expected, position=position)
    told = told_of(read, drawn, ids, asked[kept], criteria, written)
    states = CriterionJudge(ws.engine, criteria, logged(read)).of_log()
    states = {name: np.where(marked, np.int8(UNKNOWN), each) for name, each in states.items()}
    rows = assembled(read, texts, drawn, ids, told, met_by_log(states))
    left_out += Counter({OLDER: chosen.older, OUTSIDE: outside, NO_EXPECTATION: int(told.flags(attrgetter("missing")).sum())})
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
        since=from_micros(chosen.since),
        until=from_micros(chosen.last) + chosen.protocol.sampling.window,
        sensitivity=_sensitivity(chosen.protocol).name.lower(),
        criteria=criteria,
        files=(),
        sealed=SealedPart(share=share, families=(), rows={}, strata={}, digest=""),
        production=dict(sorted(production.items())),
        modes={},
        severities={},
        power=(),
        left_out=dict(sorted(left_out.items())),
        notes=tuple(judged_otherwise(states, drawn)),
        apart=apart,
    )
    return BuiltSuite(suite=suite, rows=SuiteParts(every=rows, inside=sealed_rows(rows, share, ws.keys.secret(SEAL))))


def _chosen(ws: SuiteWorkspace, query: str, position: int, *, whole: bool) -> _Chosen:
    """Return what a query matches.

    Parameters
    ----------
    whole : whether the suite is of nothing else, so that one reading of it does

    Raises
    ------
    InputError : nothing, or events of several protocols
    """
    read = _read(ws, query, (*TAKEN, "protocol", "version") if whole else CHOSEN, position)
    if not read["key"].size:
        raise InputError("no sampled event matches", do="see what does: remiss sample list QUERY", field="query")
    drawn = {*together(coded(read["source"]), coded(read["protocol"])).values}
    if len(drawn) > 1:
        names = ", ".join(sorted({protocol for _, protocol in drawn}))
        raise InputError(f"the events that match are of several protocols: {names}", do="add protocol:NAME", field="query")
    [(source, name)] = drawn
    version = int(read["version"].max())
    those = read["version"] == version
    stored = ws.protocols.find(name, version)
    if stored is None:
        raise NotFound(f"protocol {name}@{version} is not in the catalog", do="capture by it")
    windows, keys = read["window"][those], np.unique(read["key"][those])
    return _Chosen(
        source=source,
        protocol=kept_version(stored, f"{name}.yaml"),
        stored=stored,
        keys=keys,
        since=int(windows.min()),
        last=int(windows.max()),
        older=0 if those.all() else np.setdiff1d(read["key"], keys).size,
        sampled=read if whole and those.all() else None,
    )


def _sample(ws: SuiteWorkspace, chosen: _Chosen, within: str, position: int) -> Read:
    """Return all that was sampled in the windows of what was chosen, by the same protocol version.

    Raises
    ------
    InputError : nothing is within; Denied : some of it is the asker's to label
    """
    # By itself it is one whole query, whatever stands beside it.
    parse(query_of(ws, within, of_sample=True).query, of_sample=True)
    asked = f"protocol:{chosen.stored.name}@{chosen.stored.version}" + (f" ({within})" if within.strip() else "")
    read = _read(ws, asked, TAKEN, position) if chosen.sampled is None else chosen.sampled
    windows = (read["window"] >= chosen.since) & (read["window"] <= chosen.last)
    read = _where(read, windows & (read["source"] == chosen.source))
    if any(each is not None for each in read["hidden"]):
        raise Denied(
            "some of these events are yours to label, and a suite would tell how they were drawn",
            do="have somebody build it who labels nothing, for example a steward",
        )
    if not read["key"].size:
        what = "no sampled event of these windows matches --within"
        raise InputError(what, do="see what does: remiss sample list", field="within")
    return {**read, "weight": read["weight"].astype(np.float64)}


def _read(ws: SuiteWorkspace, query: str, names: Sequence[str], position: int) -> Read:
    """Return columns of the sampled events that match."""
    out = query_of(ws, query, of_sample=True)
    pages = [*ws.samples.columns(parse(out.query, of_sample=True), names, position=position)]
    numbers = dict.fromkeys(("key", "version", "window", "occurred"), np.int64)
    return {name: as_array([*chain.from_iterable(page[name] for page in pages)], numbers.get(name, object)) for name in names}


def _where(read: Read, those: Flags) -> Read:
    return read if those.all() else {name: column[those] for name, column in read.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told:
    """Which part an event is in, and what is expected of it; whether something would have to be, and nothing is."""

    part: SuitePart = SuitePart.PRODUCTION
    expectations: tuple[Expectation, ...] = ()
    missing: bool = False


def drawn_of(read: Read) -> tuple[Coded, Mapping[str, float]]:
    """Return how each event was drawn, and how many events of the log each capture role stands for."""
    lists = together(coded(read["criteria"]), coded(read["undecided"]))
    drawn = Coded([Drawn(role=role_of(met, undecided), criteria=names_in(met)) for met, undecided in lists.values], lists.codes)
    roles = drawn.mapped(attrgetter("role"))
    weights = {role: read["weight"][roles.flags(role.__eq__)] for role in CaptureRole}
    # One after the other, in the order in which they are read: so the sum is the same on every database and machine.
    return drawn, {role.value: float(np.add.accumulate(those)[-1]) for role, those in weights.items() if those.size}


def usable(read: Read, texts: Objects, chosen: Flags) -> tuple[Flags, Flags, Counter[str]]:
    """Return which events are in a suite, in which redaction touched an input, and how many others there are, by reason."""
    left_out: Counter[str] = Counter()
    kept = np.ones(len(read["key"]), dtype=bool)
    marked = texts.with_mark()
    for at in np.flatnonzero(marked).tolist():
        marked[at] = redacted(read["inputs"][at])
    apart = marked & chosen & coded(read["status"]).flags((OPEN | RESOLVED).__contains__)
    answers = zip(*(coded(read[name]).flags(lambda said: redacted({"": said})) for name in ("output", "label")), strict=True)
    for why, those in (
        (NO_INPUTS, [not given for given in read["inputs"]]),
        (REDACTED_INPUTS, marked & ~apart),
        (REDACTED_LABEL, map(any, answers)),
    ):
        found = np.fromiter(those, dtype=bool, count=kept.size) & kept
        left_out[why] += int(found.sum())
        kept &= ~found
    left_out[APART] += int((apart & kept).sum())
    return kept, marked, left_out


def told_of(
    read: Read,
    drawn: Coded,
    ids: Sequence[str],
    chosen: Flags,
    criteria: Sequence[SuiteCriterion],
    written: Callable[[Sequence[str]], Mapping[str, Sequence[Expectation]]],
) -> Coded:
    """Return what is told of each event: those that the query chose are cases, others controls or the rest of the sample.

    Parameters
    ----------
    written : by the ids of cases, what people wrote that is expected of them
    """
    by_name = {each.name: each for each in criteria}
    status = coded(read["status"])
    cases = chosen & status.flags((OPEN | RESOLVED).__contains__)
    controls = ~cases & status.flags(SOUND.__contains__) & drawn.flags(lambda each: each.role is CaptureRole.CONTROL)

    def told(case: object, control: object, how: Drawn, output: Scalar, label: Scalar) -> _Told:
        if case:
            expected = by_default(how.criteria, output, label, by_name)
            return _Told(part=SuitePart.CASES, expectations=expected) if expected else _Told(missing=True)
        if control and label is not None:
            expected = by_default((), output, label, by_name)
            return _Told(part=SuitePart.CONTROLS, expectations=expected) if expected else _Told()
        return _Told()

    several = together(coded(cases), coded(controls), drawn, coded(read["output"]), coded(read["label"]))
    values, codes = [told(*each) for each in several.values], several.codes.copy()
    # What people wrote comes before what follows by default.
    places = {ids[at]: at for at in np.flatnonzero(cases).tolist()}
    for case, expected in written([*places]).items():
        if expected:
            codes[places[case]] = len(values)
            values.append(_Told(part=SuitePart.CASES, expectations=tuple(expected)))
    return Coded(values, codes)


def _sensitivity(protocol: Protocol) -> Sensitivity:
    """Return the highest level of what the catalog holds of the protocol's events."""
    levels = (protocol.sensitivity.get(name, Sensitivity.INTERNAL) for name in protocol.fields)
    return max((level for level in levels if level < Sensitivity.RESTRICTED), default=Sensitivity.INTERNAL)
