"""Running a version over the rows of a suite: what it answers, whether that is what is expected, and all that follows.

A catalog and a folder are run alike. A model that breaks leaves a result as well, which says of each event what happened. Of what
was answered before a run was broken off nothing is asked again.
"""

from __future__ import annotations

import json
import secrets
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from remiss.protocol.ports import Engine
from remiss.records.identity import format_time
from remiss.records.model import ModelAnswer, ModelEnvironment, ModelSpecification, ModelTrouble, TroubleKind
from remiss.records.result import ResultRow, RowVerdict, SuiteResult
from remiss.records.scenario import ScenarioFlip
from remiss.records.suite import Suite, SuiteRow
from remiss.safeguard.asking import Answers, Progress, Questions, ask_all, joined
from remiss.safeguard.judging import NO, UNKNOWN, VERDICTS, YES, CriterionJudge, majority
from remiss.safeguard.ports import Models
from remiss.safeguard.replay_outcomes import Redact, kept
from remiss.safeguard.result_figures import figures, judged, result_row
from remiss.safeguard.result_ports import RunPiece
from remiss.safeguard.scenarios.making import MadeScenarios
from remiss.safeguard.scenarios.stability import flip_figures, flips_of, in_order
from remiss.safeguard.suite_rows import is_apart

# In which order events are shown; behind them all those of which nothing is expected and that meet no criterion.
_NEWS = (RowVerdict.FAILED, RowVerdict.UNANSWERED, RowVerdict.UNTOLD, RowVerdict.REDACTED, RowVerdict.NONE, RowVerdict.PASSED)
# Of more scenarios that flip only how many they are is told.
MOST_FLIPPED = 100
# By which what this process asked is told from what another did.
PROCESS = secrets.token_hex(4)


@dataclass(frozen=True, slots=True, kw_only=True)
class RanSuite:
    """A result with its rows, the weightiest first: guard cases that fail, then open failures, then what has no answer.

    `flips` has every scenario that was asked, `run` is what its pieces were kept by.
    """

    result: SuiteResult
    rows: tuple[ResultRow, ...]
    flips: tuple[ScenarioFlip, ...] = ()
    run: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SuiteRun:
    """What a run asks of a model: rows of a suite in their order, and scenarios behind them, each `repeats` times.

    Cases that are graded `apart` are not asked. `redact` is what an answer passes before it is in the result; None where none may
    be. `notes` is what is to be said of it.
    """

    suite: Suite
    rows: Sequence[SuiteRow]
    apart: Sequence[SuiteRow]
    model: ModelSpecification
    repeats: int
    seed: int
    redact: Redact | None = None
    scenarios: MadeScenarios | None = None
    notes: tuple[str, ...] = ()

    @property
    def total(self) -> int:
        """How many events and scenarios are asked."""
        return len(self.rows) + (0 if self.scenarios is None else len(self.scenarios.scenarios))


@dataclass(frozen=True, slots=True, kw_only=True)
class RunAnswers:
    """What was answered in a run so far: the first events, and the first scenarios once all events were."""

    answers: Answers | None
    flips: tuple[ScenarioFlip, ...]
    seconds: float
    notes: tuple[str, ...]

    @property
    def events(self) -> int:
        """How many events were answered."""
        return 0 if self.answers is None else len(self.answers.first)


def split_apart(rows: Iterable[SuiteRow]) -> tuple[list[SuiteRow], list[SuiteRow]]:
    """Return the rows of a suite that are asked, and the cases that are graded apart."""
    found: tuple[list[SuiteRow], list[SuiteRow]] = [], []
    for row in rows:
        found[is_apart(row)].append(row)
    return found


def run_suite(run: SuiteRun, *, engine: Engine, models: Models, progress: Progress, pieces: Sequence[RunPiece] = ()) -> RanSuite:
    """Return what a version makes of the rows of a suite, and of scenarios of it.

    Parameters
    ----------
    pieces : what was answered before, which is not asked again

    Raises
    ------
    InputError : it gets the raw event, which suites do not hold
    ModelError : it is registered wrongly
    Conflict : its files are not those that answered before
    """
    before = answered(pieces, run.model)
    return _told(run, _asked(run, before, engine=engine, models=models, progress=progress), before.events)


def _asked(run: SuiteRun, before: RunAnswers, *, engine: Engine, models: Models, progress: Progress) -> RunAnswers:
    """Return what was answered before, and the answers to what is still to be asked."""
    known, answers, begun = before.events, before.answers, time.perf_counter()
    if answers is None or known < len(run.rows):
        judge = CriterionJudge(engine, run.suite.criteria, run.rows[known:], run.rows)
        [following] = ask_all(models, [run.model], Questions.alike(run.rows[known:], run.repeats, judge, run.seed), progress)
        answers = joined([*([] if answers is None else [answers]), following])
    seconds = before.seconds + time.perf_counter() - begun
    flips, made = [*before.flips], run.scenarios
    left = () if made is None or not answers.ran else in_order(made)[len(flips) :]
    if made is not None and left:
        with models.open(answers.model, seed=run.seed) as runner:
            flips += flips_of(
                left, made, run.suite, run.rows, engine=engine, runner=runner, repeats=run.repeats, progress=progress
            )
    return replace(before, answers=answers, flips=tuple(flips), seconds=seconds)


def _told(run: SuiteRun, found: RunAnswers, known: int) -> RanSuite:
    """Return what is to be said of the answers of a run, of which the first `known` were kept before."""
    answers, suite = found.answers, run.suite
    assert answers is not None
    made = [*_rows(run.rows, answers, run.redact, known)]
    every = figures(made, answers.latency_ms, suite.production) + tuple(flip_figures(found.flips))
    troubles = Counter(kind.value for kind in answers.unanswered.values())
    made += [result_row(row, RowVerdict.REDACTED, ModelAnswer()) for row in run.apart]
    apart = (f"{len(run.apart):,} of the cases were not asked: redaction touched an input",) if run.apart else ()
    verdicts: dict[str, Counter[str]] = {}
    for row in made:
        verdicts.setdefault(row.part.value, Counter())[row.verdict.value] += 1
    environment, flips = answers.environment, found.flips
    result = SuiteResult(
        id="",
        suite=suite.name,
        suite_digest=suite.digest,
        protocol=suite.protocol,
        protocol_version=suite.protocol_version,
        model=run.model if environment is None else replace(run.model, digest=environment.digest),
        environment=environment,
        repeats=run.repeats,
        seed=run.seed,
        verdicts={part: dict(sorted(those.items())) for part, those in sorted(verdicts.items())},
        figures=every,
        success=tuple(judged(suite.success, every)),
        troubles=dict(sorted(troubles.items())),
        trouble=kept(ModelAnswer(trouble=answers.trouble), run.redact).trouble,
        notes=(*run.notes, *apart, *found.notes),
        scenario_set=None if run.scenarios is None else f"{run.scenarios.made.name}@{run.scenarios.made.digest}",
        scenarios=len(flips),
        synthetic_share=len(flips) / max(1, len(flips) + len(run.rows)),
        flipped=tuple(each.scenario for each in flips if each.flips)[:MOST_FLIPPED],
        sealed=sum(suite.sealed.rows.values()),
        production=suite.production,
        seconds=round(found.seconds, 3),
        team=suite.team,
        sensitivity=suite.sensitivity,
    )
    return RanSuite(result=result, rows=tuple(sorted(made, key=_weight_of_news)), flips=flips)


def piece_of(first: int, answers: Answers, redact: Redact | None, seconds: float) -> RunPiece:
    """Return what is kept of the answers to some events."""
    said = [kept(each, redact) for each in answers.first]
    environment = answers.environment
    content = {
        "process": PROCESS,
        "seconds": seconds,
        "environment": None if environment is None else asdict(environment),
        "passed": answers.passed.tolist(),
        "lacking": None if answers.lacking is None else answers.lacking.tolist(),
        "met": {name: states.tolist() for name, states in answers.met.items()},
        "latency_ms": [[None if np.isnan(one) else one for one in each] for each in answers.latency_ms.tolist()],
    }
    texts = [[each.output, each.trouble and each.trouble.kind.value, each.trouble and each.trouble.message] for each in said]
    return RunPiece(first=first, count=len(said), content=json.dumps(content), answers=json.dumps(texts, ensure_ascii=False))


def environment_of(piece: RunPiece) -> ModelEnvironment:
    """Return where the model ran that gave the answers of a piece."""
    return ModelEnvironment(**json.loads(piece.content)["environment"])


def piece_of_flips(first: int, flips: Sequence[ScenarioFlip], environment: ModelEnvironment, seconds: float) -> RunPiece:
    """Return what is kept of the answers to some scenarios."""
    content = {
        "process": PROCESS,
        "seconds": seconds,
        "environment": asdict(environment),
        "flips": [asdict(each) for each in flips],
    }
    return RunPiece(first=first, count=len(flips), content=json.dumps(content), answers="[]")


def answered(pieces: Sequence[RunPiece], model: ModelSpecification) -> RunAnswers:
    """Return what the pieces of a run say."""
    contents = [json.loads(each.content) for each in pieces]
    events = [_answers(one, said, model) for one, said in zip(pieces, contents, strict=True) if "passed" in said]
    others = [at for at, said in enumerate(contents) if said["process"] != PROCESS]
    notes = []
    if others:
        count, last = sum(pieces[at].count for at in others), pieces[others[-1]].kept_at
        until = "" if last is None else f", the last of them at {format_time(last.replace(microsecond=0))}"
        notes.append(f"it was run by more than one process: {count:,} answers are of others than the last{until}")
    return RunAnswers(
        answers=joined(events) if events else None,
        flips=tuple(ScenarioFlip(**each) for said in contents for each in said.get("flips", ())),
        seconds=sum(said["seconds"] for said in contents),
        notes=tuple(notes),
    )


def _answers(piece: RunPiece, said: Mapping[str, Any], model: ModelSpecification) -> Answers:
    environment = said["environment"]
    first = (
        ModelAnswer(output=output, trouble=None if kind is None else ModelTrouble(kind=TroubleKind(kind), message=message))
        for output, kind, message in json.loads(piece.answers)
    )
    return Answers(
        model=model,
        passed=np.array(said["passed"], dtype=np.int8),
        met={name: np.array(states, dtype=np.int8) for name, states in said["met"].items()},
        latency_ms=np.array(said["latency_ms"], dtype=float),
        first=[*first],
        environment=None if environment is None else ModelEnvironment(**environment),
        lacking=None if said.get("lacking") is None else np.array(said["lacking"], dtype=np.int8),
    )


def _rows(rows: Sequence[SuiteRow], answers: Answers, redact: Redact | None, known: int) -> Iterator[ResultRow]:
    without, answered = answers.unanswered, answers.answered()
    told, passes = majority(answered.passed), (answered.passed == YES).sum(axis=1)
    asked = (answered.passed != UNKNOWN).sum(axis=1)
    met = {name: majority(states) for name, states in answered.met.items()}
    nothing, latency = ModelAnswer(trouble=answers.trouble), answers.median_latency_ms
    for at, row in enumerate(rows):
        answer = answers.first[at] if answers.first else nothing
        # What was kept was redacted then.
        answer = answer if at < known else kept(answer, redact)
        verdict = VERDICTS[int(told[at])] if row.expectations else RowVerdict.NONE
        if at in without:
            verdict = RowVerdict.UNANSWERED
            # The first answer may have come.
            answer = replace(answer, trouble=answer.trouble or ModelTrouble(kind=without[at], message=""))
        yield replace(
            result_row(row, verdict, answer),
            passes=int(passes[at]),
            asked=int(asked[at]),
            met=tuple(name for name, states in met.items() if states[at] == YES),
            unmet=tuple(name for name, states in met.items() if states[at] == NO),
            latency_ms=latency[at],
        )


def _weight_of_news(row: ResultRow) -> tuple[int, bool, int, float, str]:
    rank = len(_NEWS) if row.verdict is RowVerdict.NONE and not row.met else _NEWS.index(row.verdict)
    return rank, row.verdict is RowVerdict.FAILED and row.open, row.severity or 9, -row.weight, row.id
