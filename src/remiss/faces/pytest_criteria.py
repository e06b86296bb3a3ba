"""What a run of pytest says of whole suites: whether criteria of success are met, and how stable answers to scenarios are.

It is told by the process that hears all answers, whichever asked for them, once all of them are there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

import pytest

from remiss.present.legible import counted, printable
from remiss.present.result_words import SUCCESS, stable, success_value, success_words, synthetic_words
from remiss.records.success import SuccessOutcome, SuccessVerdict

if TYPE_CHECKING:
    from remiss.suite_session import SuiteSession

# By the id of an event or scenario, what its answers were.
Heard = Mapping[str, Sequence[Any]]
JUDGED = pytest.StashKey[Sequence["JudgedSuite"]]()


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedSuite:
    """The criteria of success of a suite, which a version met or not: of a part of the events and scenarios nothing is judged."""

    name: str
    model: str
    asked: int
    total: int
    success: Sequence[SuccessOutcome]

    @property
    def missed(self) -> int:
        """How many criteria are not met."""
        return sum(each.verdict is SuccessVerdict.NOT_MET for each in self.success)

    def lines(self) -> Iterator[str]:
        """Yield what a person reads of it."""
        yield f"{self.name} on {self.model}"
        if self.asked < self.total:
            yield f"  not judged: {self.asked:,} of its {self.total:,} events and scenarios were asked, and criteria are of all"
        yield from (f"  {success_words(each)}" for each in self.success)
        if any(each.value is None for each in self.success):
            yield "  What is unknown here may need the rest of the sample, which only `remiss suite run` asks."
        if self.missed:
            of = counted(len(self.success), "criterion of success", "criteria of success")
            yield f"  The run fails: {self.missed:,} of {of} {'is' if self.missed == 1 else 'are'} not met."


def judge(session: pytest.Session, suites: Iterable[tuple[SuiteSession, Heard]]) -> None:
    """Hold answers against the criteria of suites that have some; a run fails by one that is not met."""
    judged = [_judged(suite, heard) for suite, heard in suites if suite.suite.success]
    if any(each.missed for each in judged) and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
    reports = [each for each in session.config.pluginmanager.get_plugins() if hasattr(each, "add_global_property")]
    for one in judged:
        for criterion in one.success:
            for report in reports:
                says = f"{SUCCESS[criterion.verdict]}, {success_value(criterion)}"
                report.add_global_property(f"remiss_success {one.name}: {criterion.text}", says)
    session.config.stash[JUDGED] = judged


def _judged(suite: SuiteSession, heard: Heard) -> JudgedSuite:
    wanted = {row.id for row in suite.rows} | {each.id for each in suite.scenarios}
    asked = len(wanted & heard.keys())
    success = suite.success(heard) if asked == len(wanted) else ()
    return JudgedSuite(name=suite.suite.name, model=str(suite.model), asked=asked, total=len(wanted), success=success)


def tell(reporter: pytest.TerminalReporter, heard: Iterable[Heard]) -> None:
    """Print what is told of whole suites."""
    if judged := reporter.config.stash.get(JUDGED, ()):
        reporter.section("criteria of success")
        for line in (line for each in judged for line in each.lines()):
            reporter.write_line(printable(line))
    every = [answers for each in heard for answers in each.values()]
    scenarios = [each for each in every if isinstance(each[-1], bool)]
    if scenarios:
        reporter.section("scenarios")
        reporter.write_line(synthetic_words(len(scenarios), len(scenarios) / len(every)))
        flip_rates = import_module("remiss.safeguard.scenarios.stability").flip_rates
        for rate in flip_rates((str(recipe), str(family), compares, flips) for recipe, family, compares, flips in scenarios):
            reporter.write_line(stable(rate))
