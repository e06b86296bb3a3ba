"""A suite that is run without a catalog: its folder, and the model that is asked, in pieces, as answers are needed.

Whoever asks for the outcome of one event has its neighbours asked with it: a model takes batches, and who runs a part of a suite
(a second process, the last failures alone) does not pay for the rest.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Self

from remiss.errors import RemissError
from remiss.offline import Offline
from remiss.opening import without_catalog
from remiss.present.legible import printable
from remiss.records.identity import format_time
from remiss.records.model import ModelAnswer, ModelSpecification
from remiss.records.suite import Suite, SuitePart, SuiteRow
from remiss.safeguard.asking import Questions, answers_of, asked_times, check_gets, majority
from remiss.safeguard.judging import UNKNOWN, YES, CriterionJudge
from remiss.safeguard.ports import Runner
from remiss.safeguard.suite_assembly import TARGET, asked_in
from remiss.suite_folder import read

__all__ = ["CaseOutcome", "RemissError", "SuiteSession"]

AT_ONCE = 256
MOST_SAID = 160


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseOutcome:
    """What became of one event: how often its expectations held of how often it was asked, and the first answer.

    `told` is False where nothing that the model says can tell; then it does not pass.
    """

    passes: int
    asked: int
    passed: bool
    told: bool
    answer: ModelAnswer


@dataclass(slots=True)
class SuiteSession:
    """A suite of a folder and the model that it is run on."""

    suite: Suite
    rows: tuple[SuiteRow, ...]
    model: ModelSpecification
    repeats: int
    seed: int
    _offline: Offline
    _outcomes: dict[str, CaseOutcome] = field(default_factory=dict)
    _runner: Runner | None = None

    @classmethod
    def opened(cls, folder: str | os.PathLike[str], model: str, *, repeats: int = 1, seed: int = 0) -> Self:
        """Read a suite and find its model.

        Raises
        ------
        InputError : the folder is not what it was when it was built; NotFound, Ambiguous, ModelError : no such model
        """
        found, offline = read(Path(folder)), without_catalog()
        rows = sorted((row for row in found.rows if row.expectations), key=lambda row: (row.part is not SuitePart.CASES, row.id))
        specification = offline.models.find(model)
        check_gets(specification)
        return cls(found.suite, tuple(rows), specification, repeats, seed, offline)

    def outcome(self, row: SuiteRow, following: Callable[[], Iterable[SuiteRow]] = tuple) -> CaseOutcome:
        """Return what the model makes of a row.

        Parameters
        ----------
        following : gives the rows that will be asked for next, of which some are asked with it

        Raises
        ------
        ModelError : the model does not start
        """
        if row.id not in self._outcomes:
            behind = (each for each in following() if each.id != row.id and each.id not in self._outcomes)
            self._ask([row, *islice(behind, AT_ONCE - 1)])
        return self._outcomes[row.id]

    def _ask(self, rows: Sequence[SuiteRow]) -> None:
        judge = CriterionJudge(self._offline.engine, self.suite.criteria, rows)
        questions = Questions(rows=rows, repeats=[self.repeats] * len(rows), judge=judge, seed=self.seed)
        if self._runner is None:
            self._runner = self._offline.models.open(self.model, seed=self.seed)
        [answers] = answers_of([self.model], [self._runner], questions, self._offline.progress)
        told, asked = majority(answers.passed), asked_times(answers.passed)
        for at, row in enumerate(rows):
            self._outcomes[row.id] = CaseOutcome(
                passes=int((answers.passed[at] == YES).sum()),
                asked=int(asked[at]),
                passed=bool(told[at] == YES),
                told=bool(told[at] != UNKNOWN),
                answer=answers.first[at],
            )

    def is_open(self, row: SuiteRow) -> bool:
        """Return whether a row is an open failure, which is not expected to be fixed yet."""
        return asked_in(TARGET, row)

    def expires(self, days: int) -> datetime | None:
        """Return until when open cases may fail; None where that is over."""
        if self.suite.made_at is None:
            return None
        until = self.suite.made_at + timedelta(days=days)
        return until if self._offline.now < until else None

    def story(self, row: SuiteRow, outcome: CaseOutcome, link: str | None = None) -> str:
        """Return a case that failed in at most ten lines, and where to read on."""
        answer = outcome.answer
        said = f"{answer.trouble.kind.value}: {answer.trouble.message}" if answer.trouble else answer.output
        confidence = "" if answer.confidence is None else f", confidence {answer.confidence:.3g}"
        share = f"; expected in {outcome.passes} of {outcome.asked} answers" if outcome.asked > 1 else ""
        lines = [
            f"{row.part.value.removesuffix('s')} {row.id}: {row.mode or 'a control'}, severity {row.severity or 'not graded'}",
            f"event    {row.event} at {format_time(row.occurred)}",
            f"inputs   {_short(', '.join(f'{name}={_plain(value)}' for name, value in sorted(row.inputs.items())))}",
            *([] if not row.text else [f"text     {_short(row.text)}"]),
            f"expected {_short(' and '.join(str(each) for each in row.expectations))}",
            f"answered {_short(_plain(said))}{confidence}{share}",
            *([] if outcome.told else ["         and nothing that the model says can tell whether that is so"]),
            f"logged   {_short(_plain(row.output))} by {row.model} {row.model_version or ''}".rstrip()
            + f"; label {_plain(row.label)}",
            *([] if not row.criteria else [f"met      {', '.join(row.criteria)}: {_short(self._why(row))}"]),
            *([] if link is None else [f"case     {link.rstrip('/')}/cases/{row.id}"]),
        ]
        return "\n".join(printable(line) for line in lines)

    def _why(self, row: SuiteRow) -> str:
        return next((each.why for each in self.suite.criteria if each.name in row.criteria), "")

    def close(self) -> None:
        """Stop the model, and let go of what was opened."""
        if self._runner is not None:
            self._runner.close()
        self._offline.close()


def _plain(value: object) -> str:
    return format_time(value) if isinstance(value, datetime) else "nothing" if value is None else str(value)


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= MOST_SAID else f"{line[: MOST_SAID - 3]}..."
