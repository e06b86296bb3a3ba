"""From rows to a suite: what is sealed, what each file holds, its digest, and how often a gate over it would pass."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from operator import attrgetter
from typing import Any

import numpy as np
import numpy.typing as npt

from remiss.records.identity import from_micros
from remiss.records.states import Status
from remiss.records.suite import (
    GUARD,
    PRODUCTION,
    TARGET,
    CaptureRole,
    SealedPart,
    Suite,
    SuiteFile,
    SuitePart,
    SuitePower,
    SuiteRow,
)
from remiss.safeguard.judging import UNKNOWN, YES, LoggedColumns, States
from remiss.safeguard.kept_documents import suite_digest
from remiss.safeguard.non_inferiority import ROLES, Flags, PairedCases, Places, RowColumns, columns_of, shares_of, strata_of
from remiss.safeguard.power import play, times_needed
from remiss.safeguard.replaying import redacted
from remiss.safeguard.suite_columns import Coded, Objects, SuiteColumns, coded, families, objects, together
from remiss.safeguard.suite_content import feed
from remiss.safeguard.suite_rows import RESOLVED, is_apart, is_open, is_sealed, keyed, stratum_text

# The least that a version may be worse by, and the share of events on which two versions differ, where nobody says.
MARGINS: Mapping[str, float] = {GUARD: 0.05, PRODUCTION: 0.02}
DIFFERING = 0.05
SEALED_SHARE = 0.2
CRITICAL = 1

# Columns of sampled events, by name.
Read = Mapping[str, npt.NDArray[Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """How an event was drawn: its capture role, and the criteria that it met."""

    role: CaptureRole
    criteria: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SuiteParts:
    """The rows of a suite, sorted by id, and which of them are sealed."""

    every: SuiteColumns
    inside: Flags

    @property
    def open(self) -> SuiteColumns:
        """The rows that are in its files."""
        return self.every.take(~self.inside)

    @property
    def sealed(self) -> SuiteColumns:
        """The rows of its sealed part."""
        return self.every.take(self.inside)

    def rows(self) -> SuiteRows:
        """Return them one by one."""
        return SuiteRows(open=tuple(self.open), sealed=tuple(self.sealed))


@dataclass(frozen=True, slots=True, kw_only=True)
class SuiteRows:
    """The rows of a suite one by one: those that are in its files, and the sealed ones."""

    open: tuple[SuiteRow, ...]
    sealed: tuple[SuiteRow, ...]

    @property
    def every(self) -> tuple[SuiteRow, ...]:
        """All rows, sorted by id."""
        return tuple(sorted((*self.open, *self.sealed), key=lambda row: row.id))

    @property
    def asked(self) -> tuple[SuiteRow, ...]:
        """All rows but the cases that are graded apart, sorted by id."""
        return tuple(row for row in self.every if not is_apart(row))


def as_array(values: Sequence[Any], kind: Any = object) -> npt.NDArray[Any]:
    """Return values as an array of one dimension, whatever they are."""
    return np.fromiter(values, dtype=kind, count=len(values))


def logged(read: Read) -> LoggedColumns:
    """Return what criteria read of the events of a suite."""
    return LoggedColumns(
        inputs=read["inputs"].tolist(),
        context=read["context"].tolist(),
        output=read["output"].tolist(),
        plain={
            **{name: read[name].tolist for name in ("label", "text", "model_version")},
            "id": read["event"].tolist,
            "time": lambda: [*map(from_micros, read["occurred"].tolist())],
        },
    )


def met_by_log(states: Mapping[str, States]) -> Coded:
    """Return what each criterion is on the answer of the log."""
    known = {UNKNOWN: None, YES: True}
    if not states:
        return Coded([], np.empty(0, dtype=np.intp))
    found = together(*(coded(each) for each in states.values()))
    return found.mapped(lambda those: {name: known.get(state, False) for name, state in zip(states, those, strict=True)})


def judged_otherwise(states: Mapping[str, States], drawn: Coded) -> Iterator[str]:
    """Yield of which criteria the values of the suite say something else than the log did when it was captured."""
    for name, now in states.items():
        then = drawn.flags(partial(_caught_by, name))
        differ = int(((now != UNKNOWN) & ((now == YES) != then)).sum())
        if differ:
            yield f"{name}: of {differ:,} events the answer of the log is judged otherwise than when it was captured"


def _caught_by(name: str, drawn: Drawn) -> bool:
    return name in drawn.criteria


def assembled(read: Read, texts: Objects, drawn: Coded, ids: Sequence[str], told: Coded, met: Coded) -> SuiteColumns:
    """Return the rows of a suite, sorted by id.

    Parameters
    ----------
    texts : what `objects` makes of their inputs
    """
    inputs, alike = texts
    context, _ = objects(read["context"], alike=False)
    found = SuiteColumns(
        repeated={
            **{name: coded(read[name]) for name in ("model", "model_version", "output", "label", "status", "mode", "severity")},
            "part": told.mapped(attrgetter("part")),
            "expectations": told.mapped(attrgetter("expectations")),
            "role": drawn.mapped(attrgetter("role")),
            "criteria": drawn.mapped(attrgetter("criteria")),
            "stratum": coded(read["stratum"]).mapped(stratum_text),
            "audited": coded(read["status"]).mapped(lambda status: status == Status.CLEARED),
            "met_by_log": met if met.values else Coded([{}], np.zeros(len(ids), dtype=np.intp)),
        },
        single={
            **{name: read[name] for name in ("event", "occurred", "window", "weight", "text", "inputs", "context")},
            "id": as_array(ids),
            "family": as_array(families(alike, read["text"])),
        },
        cells={"inputs": inputs, "context": context},
    )
    return found.take(np.argsort(found.single["id"].astype("S"), kind="stable"))


def sealed_rows(rows: SuiteColumns, share: float, secret: bytes) -> Flags:
    """Return which rows are of families in the sealed part of every suite of the catalog."""
    if share <= 0:
        return np.zeros(len(rows), dtype=bool)
    return coded(rows.single["family"]).flags(lambda family: is_sealed(family, share, secret))


def filled(suite: Suite, rows: SuiteParts, share: float, secret: bytes) -> Suite:
    """Return a suite with what follows from its rows: files, sealed part, counts, power and digest."""
    files, sealed = contents(rows, share, secret)
    cases = rows.every.of(SuitePart.CASES)
    made = replace(
        suite,
        files=files,
        sealed=sealed,
        modes=cases.counts("mode"),
        severities=cases.counts("severity"),
        power=tuple(power(question, rows.every, MARGINS[question], suite.production) for question in MARGINS),
    )
    return replace(made, digest=suite_digest(made))


def contents(rows: SuiteParts, share: float, secret: bytes) -> tuple[tuple[SuiteFile, ...], SealedPart]:
    """Return what the files and the sealed part of a suite hold, with their digests."""
    return tuple(_file(part, rows.open.of(part)) for part in SuitePart), _sealed(rows.sealed, share, secret)


def _file(part: SuitePart, rows: SuiteColumns) -> SuiteFile:
    digest_of = hashlib.sha256()
    feed(rows, digest_of.update)
    return SuiteFile(
        part=part,
        rows=len(rows),
        families=len({*rows.single["family"]}),
        weight=sum(rows.single["weight"].tolist()),
        digest=f"sha256:{digest_of.hexdigest()}",
    )


def _sealed(rows: SuiteColumns, share: float, secret: bytes) -> SealedPart:
    digest_of = hmac.new(secret, digestmod=hashlib.sha256)
    feed(rows, digest_of.update)
    return SealedPart(
        share=share,
        families=tuple(sorted(keyed(family, secret).hex()[:32] for family in {*rows.single["family"]})),
        rows=rows.counts("part"),
        strata=rows.counts("role"),
        digest=f"hmac-sha256:{digest_of.hexdigest()}",
    )


def asked_in(question: str, row: SuiteRow) -> bool:
    """Return whether a row has a part in a question, as far as the row alone decides."""
    match question:
        case "guard":
            return row.part is SuitePart.CONTROLS or (row.part is SuitePart.CASES and row.status in RESOLVED)
        case "target":
            return is_open(row)
        case _:
            return True


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class GateRows:
    """The rows of a suite as a gate asks them, made once: as arrays, and by question the places of those with a part in it.

    `production` is what each capture role stands for, by its name; `critical` are the places of resolved cases of severity 1,
    which may not break.
    """

    every: Sequence[SuiteRow]
    columns: RowColumns
    asked: Mapping[str, Places]
    critical: Places
    production: Mapping[str, float]
    sealed: frozenset[str] = frozenset()

    def named(self, places: Iterable[int]) -> list[str]:
        """Return the ids of the rows in some places; of sealed ones nothing is told."""
        return [row.id for row in (self.every[at] for at in places) if row.id not in self.sealed]


def gate_rows(rows: Sequence[SuiteRow], production: Mapping[str, float], sealed: frozenset[str] = frozenset()) -> GateRows:
    """Return the rows of a suite as a gate asks them."""
    asked = {question: _places(asked_in(question, row) for row in rows) for question in (GUARD, PRODUCTION, TARGET)}
    critical = [at for at in asked[GUARD] if rows[at].severity == CRITICAL]
    return GateRows(
        every=rows,
        columns=columns_of(rows),
        asked=asked,
        critical=np.array(critical, dtype=np.intp),
        production=production,
        sealed=sealed,
    )


def _places(those: Iterable[bool]) -> Places:
    return np.flatnonzero(np.fromiter(those, dtype=bool))


def power(question: str, rows: SuiteColumns, margin: float, production: Mapping[str, float]) -> SuitePower:
    """Return how often a gate over these rows passes a version that is as good."""
    part, status, met = (rows.repeated[name] for name in ("part", "status", "met_by_log"))
    if question == PRODUCTION:
        asked = met.flags(lambda those: any(state is not None for state in those.values()))
    else:
        cases = part.flags(lambda each: each is SuitePart.CASES) & status.flags(RESOLVED.__contains__)
        inputs = rows.single["inputs"]
        # Who is not asked shows nothing.
        cases[[at for at in np.flatnonzero(cases) if redacted(inputs[at])]] = False
        asked = cases | part.flags(lambda each: each is SuitePart.CONTROLS)
    if not asked.any():
        return SuitePower(question=question, margin=margin, differing=DIFFERING, passed=0.0, events=0, effective=0.0)
    roles = rows.repeated["role"]
    role = np.array([ROLES.index(each) for each in roles.values], dtype=np.intp)[roles.codes[asked]]
    nobody = np.zeros(len(role), dtype=bool)
    family = coded(rows.single["family"][asked]).codes
    pairs = PairedCases(baseline=nobody, candidate=nobody, weight=rows.single["weight"][asked], role=role, family=family)
    # Guard cases stand for themselves; of production it is known what each role stands for.
    shares = shares_of(production, role) if question == PRODUCTION else None
    played = play(pairs, margin, differing=DIFFERING, production=shares)
    times = None if played.can_pass else times_needed(pairs, margin, differing=DIFFERING, production=shares)
    return SuitePower(
        question=question,
        margin=margin,
        differing=DIFFERING,
        passed=played.passed,
        events=len(role),
        effective=round(float(strata_of(pairs, shares).pairs.sum()), 6),
        needed=None if times is None else times * len(role),
    )
