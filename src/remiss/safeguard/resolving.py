"""Trying a version on one case: the case as the row of a suite, what is expected of it, and what the version made of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from remiss.catalog.field_names import query_of
from remiss.catalog.query.parsing import parse
from remiss.errors import Conflict, InputError, ModelError
from remiss.protocol.versions import kept_version
from remiss.records.case import Case
from remiss.records.expectation import Expectation
from remiss.records.model import ModelSpecification
from remiss.records.suite import SuiteCriterion, SuitePart, SuiteRow
from remiss.safeguard.asking import Answers, Questions, ask_all
from remiss.safeguard.expectations import by_default
from remiss.safeguard.judging import NO, UNKNOWN, CriterionJudge, criteria_of
from remiss.safeguard.model_actions import REMEDIES
from remiss.safeguard.ports import ResolutionWorkspace
from remiss.safeguard.recurrences import Exposure
from remiss.safeguard.suite_rows import NO_EXPECTATION, row_of_case, row_of_line, unusable

WRITE_IT = "write what is: remiss case expect CASE --expectation 'equals late'"
# Of lines of one event as many as there can be protocols that drew it.
MOST_LINES = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedCase:
    """A case as the row of a suite, with the criteria by which an answer to it can be judged."""

    row: SuiteRow
    criteria: tuple[SuiteCriterion, ...]

    @property
    def judged(self) -> frozenset[str]:
        """The criteria by which answers are judged."""
        return frozenset(each.name for each in self.criteria if each.unjudged is None)


def asked_case(ws: ResolutionWorkspace, case: Case) -> JudgedCase:
    """Return a case as it is asked again.

    A sampled event is judged by the protocol version that drew it, the newest where several did, of those that caught it first. A
    case that people filed has no criteria.

    Raises
    ------
    InputError : the catalog lacks what a model would be asked, or redaction touched it
    """
    wanted = parse(query_of(ws, f"id:{case.id}", of_sample=True).query, of_sample=True)
    lines = ws.samples.page(wanted, limit=MOST_LINES, after=None, position=None).lines
    criteria: tuple[SuiteCriterion, ...] = ()
    if not lines:
        row = row_of_case(case)
    else:
        line = max(lines, key=lambda each: (bool(each.criteria), each.version, each.protocol))
        stored = ws.protocols.find(line.protocol, line.version)
        row = row_of_line(line)
        if stored is not None:
            criteria = criteria_of(kept_version(stored, f"{line.protocol}.yaml"))
    why = unusable(row)
    if why is not None:
        raise InputError(f"case {case.id} cannot be asked again: {why}", do="ask a model that gets what was logged by replay")
    return JudgedCase(row=replace(row, part=SuitePart.CASES), criteria=criteria)


def expected(asked: JudgedCase, written: Sequence[Expectation]) -> JudgedCase:
    """Return a case with what is expected of it: what people wrote, else what follows from label and criteria.

    Raises
    ------
    InputError : nothing is
    """
    row, by_name = asked.row, {each.name: each for each in asked.criteria}
    found = tuple(written) or by_default(row.criteria, row.output, row.label, by_name)
    if not found:
        raise InputError(f"of case {row.id} nothing is expected: {NO_EXPECTATION}", do=WRITE_IT)
    return replace(asked, row=replace(row, expectations=found))


def tried(
    ws: ResolutionWorkspace, asked: JudgedCase, model: ModelSpecification, repeat: int, seed: int
) -> tuple[Exposure, Answers]:
    """Return what a version makes of a case, asked so many times.

    Raises
    ------
    InputError : the version gets the raw event; ModelError : it does not run, or is registered wrongly
    Conflict : no answer can be told to be what is expected
    """
    judge = CriterionJudge(ws.engine, asked.criteria, [asked.row])
    questions = Questions(rows=[asked.row], repeats=[repeat], judge=judge, seed=seed)
    [answers] = ask_all(ws.models, [model], questions, ws.progress)
    if answers.trouble is not None:
        raise ModelError(f"{model} does not run here: {answers.trouble.message}", do=REMEDIES[answers.trouble.kind])
    states = answers.passed[0]
    times, failed = int((states != UNKNOWN).sum()), int((states == NO).sum())
    if not times:
        raise Conflict(
            f"of case {asked.row.id} it cannot be told whether {model} answers as is expected: "
            + "; ".join(map(str, asked.row.expectations)),
            do=WRITE_IT,
        )
    digest = model.digest or (answers.environment.digest if answers.environment is not None else None)
    of = Exposure(case=asked.row.id, model=model.name, version=model.version, digest=digest, asked=times, failed=failed)
    return of, answers
