"""Keeping what versions made of the cases of a suite: each counts, and a resolved case that a later one fails is regressed."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from remiss.records.result import ResultRow, SuiteResult
from remiss.records.states import Move
from remiss.records.suite import SuitePart, SuiteRow
from remiss.safeguard.asking import Answers
from remiss.safeguard.gate_thresholds import Played
from remiss.safeguard.judging import NO, UNKNOWN
from remiss.safeguard.ports import SuiteWorkspace
from remiss.safeguard.recurrences import CaseStanding, Exposure, follows, recurs

# By the case and whether somebody said that the version is to follow the one that resolved it.
Exposures = Mapping[tuple[str, bool], Exposure]


def side_by_side(played: Iterable[Played]) -> Exposures:
    """Return what both versions of a gate made of the cases of its suites: of the two, the candidate is to follow."""
    return {
        (each.case, declared): each
        for suite in played
        for declared, answers in ((False, suite.baseline), (True, suite.candidate))
        for each in _exposures(answers, suite.rows.every, suite.rows.sealed)
    }


def _exposures(answers: Answers, rows: Sequence[SuiteRow], sealed: Collection[str]) -> Iterator[Exposure]:
    """Yield what a version made of the cases of a suite whose answers can be judged; of sealed ones nothing is told."""
    model = answers.model
    digest = model.digest if answers.environment is None else answers.environment.digest
    for at, row in enumerate(rows):
        if row.part is not SuitePart.CASES or row.id in sealed:
            continue
        states = answers.passed[at]
        asked, failed = int((states != UNKNOWN).sum()), int((states == NO).sum())
        if asked:
            yield Exposure(case=row.id, model=model.name, version=model.version, digest=digest, asked=asked, failed=failed)


def exposures_in(result: SuiteResult, rows: Sequence[ResultRow]) -> Exposures:
    """Return what a version made of the cases of a result, by what it answered. Nobody said that it follows another."""
    model = result.model
    return {
        (row.id, False): Exposure(
            case=row.id,
            model=model.name,
            version=model.version,
            digest=model.digest,
            asked=row.asked,
            failed=row.asked - row.passes,
        )
        for row in rows
        if row.part is SuitePart.CASES and row.asked
    }


def broken(held: Mapping[str, CaseStanding], exposures: Exposures) -> frozenset[str]:
    """Return the resolved cases that a version fails which follows the one that resolved them."""
    return frozenset(
        case for (case, declared), each in exposures.items() if case in held and recurs(held[case], each, declared=declared)
    )


def keep_exposures(ws: SuiteWorkspace, held: Mapping[str, CaseStanding], exposures: Exposures, found_by: str) -> None:
    """Keep what versions made of cases that are held, and make those regressed that broke."""
    others: list[tuple[Exposure, bool]] = []
    moved: set[str] = set()
    for (case, declared), each in exposures.items():
        if case not in held:
            continue
        if case not in moved and recurs(held[case], each, declared=declared):
            ws.resolutions.move(case, Move.RECUR, each, found_by)
            moved.add(case)
        else:
            earlier = not follows(held[case], (each.model, each.version), declared=declared)
            others.append((each, earlier))
    ws.resolutions.expose(others, found_by)
