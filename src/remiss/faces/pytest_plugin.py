"""Suites under pytest: an item for each case, control and scenario, on a model that runs once for all of them.

    pytest arrivals/suite.yaml --remiss-model python:delays.model:predict

It needs no catalog and no network but the model's. This module is loaded by every run of pytest where remiss is installed, and so
loads nothing of remiss before a suite is named.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from remiss.records.scenario import Scenario
    from remiss.records.suite import SuiteRow
    from remiss.suite_session import SuiteSession

DOCUMENT = "suite.yaml"
FIXED = "remiss/passed"
NAME_ONE = "name it with --remiss-model NAME@VERSION, python:MODULE:CALLABLE or URL"
MARKS = {
    "remiss_mode(name)": "the failure mode of the case",
    "remiss_severity(grade)": "the severity of the case, 1 to 4",
    "remiss_slice(name)": "the stratum that the event was sampled in",
    "remiss_family(name)": "its family of near-duplicates",
    "remiss_part(name)": "cases, controls or scenarios",
    "remiss_scenario(operator, recipe, parent, seed)": "a synthetic variant of an event, once for each operator",
}
SESSIONS = pytest.StashKey[dict[Path, "SuiteSession"]]()
PASSED = pytest.StashKey[set[str]]()
# By the file of a suite and the name of an item, what its answers were.
HEARD = pytest.StashKey[dict[str, dict[str, Sequence[Any]]]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add what says which suites are run, and on which model."""
    group = parser.getgroup("remiss", "suites of remiss")
    group.addoption("--remiss-suite", action="append", default=[], metavar="DIR", help="Run the suite in this folder, too.")
    group.addoption("--remiss-model", metavar="SPEC", help="The model: NAME@VERSION, python:MODULE:CALLABLE or a URL.")
    group.addoption("--remiss-repeat", type=int, default=1, metavar="K", help="Ask each event K times, an odd number.")
    group.addoption("--remiss-seed", type=int, default=0, metavar="N", help="What the model's random numbers begin with.")
    group.addoption("--remiss-link", metavar="URL", help="Where the catalog is served: failures then link to their cases.")
    group.addoption("--remiss-expiry", type=int, default=90, metavar="DAYS", help="So long after the build open cases may fail.")


def pytest_configure(config: pytest.Config) -> None:
    """Register the marks, and name the files of suites to pytest."""
    for mark, what in MARKS.items():
        config.addinivalue_line("markers", f"{mark}: {what}")
    config.stash[SESSIONS] = {}
    config.stash[PASSED] = set()
    config.stash[HEARD] = {}
    repeats = config.getoption("remiss_repeat")
    if repeats < 1 or repeats % 2 == 0:
        raise pytest.UsageError(f"--remiss-repeat {repeats} is not an odd number")
    if config.getoption("remiss_suite") and config.getoption("remiss_model") is None:
        raise pytest.UsageError(f"--remiss-suite {config.getoption('remiss_suite')[0]} is run on a model: {NAME_ONE}")
    for folder in config.getoption("remiss_suite"):
        file = Path(folder) / DOCUMENT
        if not file.is_file():
            raise pytest.UsageError(f"--remiss-suite {folder} has no {DOCUMENT}")
        if str(file) not in config.args:
            config.args.append(str(file))


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Collect a suite that was named."""
    if file_path.name != DOCUMENT:
        return None
    named = {Path(each).resolve() / DOCUMENT for each in parent.config.getoption("remiss_suite")}
    named |= {Path(each.partition("::")[0]).resolve() for each in parent.config.args}
    if file_path.resolve() not in named:
        return None
    return SuiteCollector.from_parent(parent, path=file_path)


class SuiteCollector(pytest.File):
    """The file of a suite: its cases, controls and scenarios."""

    def collect(self) -> Iterable[pytest.Item]:
        """Yield an item for each row of which something is expected, cases first, and for each scenario."""
        session = session_of(self.config, self.path)
        for row in session.rows:
            yield SuiteItem.from_parent(self, name=f"{row.part.value.removesuffix('s')}-{row.id}", row=row)
        for each in session.scenarios:
            made = f"{each.recipe}-{'+'.join(each.operators)}-seed{each.seed}.{each.copy}"
            row = session.parent_of(each)
            yield ScenarioItem.from_parent(self, name=f"scenario-{each.parent}-{made}", row=row, scenario=each)


@lru_cache(4096)  # thousands of items share most of their marks
def _mark(name: str, value: object) -> pytest.MarkDecorator:
    found: pytest.MarkDecorator = getattr(pytest.mark, f"remiss_{name}")
    return found(grade=value) if name == "severity" else found(name=value)


class SuiteItem(pytest.Item):
    """One event of a suite."""

    PART = ""

    def __init__(self, *, row: SuiteRow, **given: Any) -> None:
        super().__init__(**given)
        self.row = row
        self.heard: tuple[str, Sequence[Any]] | None = None
        marks = (
            ("mode", row.mode),
            ("severity", row.severity),
            ("slice", row.stratum if row.stratum != "{}" else None),
            ("family", row.family),
            ("part", self.PART or row.part.value),
        )
        for name, value in marks:
            if value is not None:
                self.add_marker(_mark(name, value))

    def runtest(self) -> None:
        """Ask the model, or read what it said when its neighbours were asked."""
        session = session_of(self.config, self.path)
        outcome = session.outcome(self.row, self._following)
        self.user_properties.append(("remiss_passes", f"{outcome.passes}/{outcome.asked}"))
        self.heard = self.row.id, outcome.heard
        if not outcome.passed:
            raise Missed(session.story(self.row, outcome, self.config.getoption("remiss_link")))

    def _following(self) -> Iterator[SuiteRow]:
        return (item.row for item in self._behind() if not isinstance(item, ScenarioItem))

    def _behind(self) -> Iterator[SuiteItem]:
        """Yield the items of this suite that are run from here on."""
        items = iter(self.session.items)
        for item in items:
            if item is self:
                yield self
                break
        yield from (item for item in items if isinstance(item, SuiteItem) and item.path == self.path)

    def may_fail(self, session: SuiteSession) -> bool:
        """Return whether it is not expected to pass yet."""
        return session.is_open(self.row)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Return the story of a case that failed, in ten lines."""
        if isinstance(excinfo.value, Missed | _suites().RemissError):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Return where it stands."""
        return self.path, None, self.name


class ScenarioItem(SuiteItem):
    """One scenario of a suite; it has the marks of its parent, and its own."""

    PART = "scenarios"

    def __init__(self, *, scenario: Scenario, **given: Any) -> None:
        super().__init__(**given)
        self.scenario = scenario
        named = {"recipe": scenario.recipe, "parent": scenario.parent, "seed": scenario.seed}
        for operator in scenario.operators:
            self.add_marker(pytest.mark.remiss_scenario(operator=operator, **named))

    def runtest(self) -> None:
        """Ask the model this and its parent, or read what it said before."""
        session, each = session_of(self.config, self.path), self.scenario
        behind = (item.scenario for item in self._behind() if isinstance(item, ScenarioItem))
        outcome = session.scenario_outcome(each, lambda: behind)
        self.user_properties.append(("remiss_passes", f"{outcome.passes}/{outcome.asked}"))
        self.heard = each.id, (each.recipe, each.family, outcome.compares, outcome.flips)
        if not outcome.passed:
            raise Missed(session.scenario_story(each, outcome, self.config.getoption("remiss_link")))

    def may_fail(self, session: SuiteSession) -> bool:
        """Return whether no more is expected than of an open case."""
        return session.may_fail(self.scenario)


class Missed(AssertionError):
    """A model did not answer as is expected; its text is the story of the case."""


def session_of(config: pytest.Config, file: Path) -> SuiteSession:
    """Return the suite of a file, read once, and the model that runs for it."""
    sessions = config.stash[SESSIONS]
    if file not in sessions:
        model = config.getoption("remiss_model")
        if model is None:
            raise pytest.Collector.CollectError(f"the suite in {file.parent} is run on a model: {NAME_ONE}")
        try:
            sessions[file] = _suites().SuiteSession.opened(
                file.parent, model, repeats=config.getoption("remiss_repeat"), seed=config.getoption("remiss_seed")
            )
        except _suites().RemissError as error:
            raise pytest.Collector.CollectError(str(error)) from error
    return sessions[file]


def _suites() -> Any:
    """Return what runs suites; it is loaded when there is one."""
    return import_module("remiss.suite_session")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Have an open case that fails be expected to, for a while; and one that passes twice be told of."""
    report = yield
    if isinstance(item, SuiteItem) and report.when == "call":
        # It goes with the report, from whichever process that comes.
        report.__dict__["remiss_heard"] = None if item.heard is None else (str(item.path), *item.heard)
        if call.excinfo is None or isinstance(call.excinfo.value, Missed):
            _expected(item, report)
    return report


def _cache(config: pytest.Config) -> pytest.Cache | None:
    """Return where pytest remembers things from run to run; nowhere where that is turned off."""
    found: pytest.Cache | None = getattr(config, "cache", None)
    return found


def _expected(item: SuiteItem, report: pytest.TestReport) -> None:
    session = session_of(item.config, item.path)
    if not item.may_fail(session):
        return
    until = session.expires(item.config.getoption("remiss_expiry"))
    if report.failed:
        if until is not None:
            report.outcome, report.wasxfail = "skipped", f"open, may fail until {until:%Y-%m-%d}"
        return
    if isinstance(item, ScenarioItem):
        return
    # Of another model nothing follows for this one.
    passes = f"{session.model} {item.row.id}"
    item.user_properties.append(("remiss_fixed", passes))
    report.user_properties = item.user_properties
    cache = _cache(item.config)
    before = [] if cache is None else cache.get(FIXED, [])
    if passes in before:
        report.outcome = "failed"
        report.longrepr = (
            f"case {item.row.id} is open, and passes in two runs one after the other: it is fixed. "
            f"Build the suite anew without it: add -id:{item.row.id} to its query."
        )
    else:
        report.wasxfail = "may be fixed"


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Remember what was answered; where several processes run, the one that hears all of them does."""
    if _CONFIG and (heard := getattr(report, "remiss_heard", None)):
        file, name, answers = heard
        _CONFIG[0].stash[HEARD].setdefault(file, {})[name] = answers
        _CONFIG[0].stash[PASSED].update(str(value) for name, value in report.user_properties if name == "remiss_fixed")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say whether criteria of success are met, which share of what was asked is synthetic, and how often scenarios flipped."""
    if heard := config.stash[HEARD]:
        import_module("remiss.faces.pytest_criteria").tell(terminalreporter, heard.values())


# Of the process that hears all reports; a hook for reports is given no configuration.
_CONFIG: list[pytest.Config] = []


def pytest_sessionstart(session: pytest.Session) -> None:
    """Know whose reports come."""
    _CONFIG[:] = [session.config]


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Hold the answers against the criteria of success, keep which open cases passed, and stop the models."""
    config = session.config
    if (heard := config.stash[HEARD]) and not hasattr(config, "workerinput"):
        found = ((session_of(config, Path(file)), answers) for file, answers in heard.items())
        import_module("remiss.faces.pytest_criteria").judge(session, found)
    for each in config.stash[SESSIONS].values():
        each.close()
    passed = config.stash[PASSED]
    cache = _cache(config)
    if cache is not None and not hasattr(config, "workerinput") and (passed or cache.get(FIXED, [])):
        cache.set(FIXED, sorted(passed))


@pytest.fixture(scope="session")
def remiss_suites(request: pytest.FixtureRequest) -> Mapping[str, SuiteSession]:
    """Return the suites that are named, by their folder, each with the model that runs for it."""
    folders = request.config.getoption("remiss_suite")
    return {folder: session_of(request.config, Path(folder).resolve() / DOCUMENT) for folder in folders}
