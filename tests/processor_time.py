"""What the tests cost in processor time: a limit for each test, and a table of folders at the end of a run.

Wall time says how busy a machine is, processor time says what a test does; so user and system time are counted, of the process
that runs the tests, of its children, and of PostgreSQL's server, which is nobody's child. Workers share that server: each counts
its equal part of what the server did during a test, so that folders are estimates there and the sum is exact.
"""

from __future__ import annotations

import gc
import os
import sys
import time
from collections import defaultdict, deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

# What a test with neither the mark `slow` nor `soak` may take of its process and its children; what fixtures prepare for several
# tests is apart.
LIMIT_S = 2.0
# On a machine that others use too the same work takes up to three times as long, and a test is given as many times more. What it
# did not do itself, as collecting the garbage of tests before it, is not charged to it.
# A test during which so many modules are loaded for the first time pays for the tests after it, and is not judged.
LOADING = 25
SERVER = "REMISS_TEST_PG_DIR"
TICK_S = 1 / os.sysconf("SC_CLK_TCK")
PROPERTY = "processor_s"


@dataclass
class Spent:
    """Processor seconds: of a process with its children, and of PostgreSQL's server."""

    tests: float = 0.0
    server: float = 0.0
    count: int = 0

    def add(self, tests: float, server: float) -> None:
        self.tests += tests
        self.server += server
        self.count += 1


def _stat(process: int) -> tuple[str, float] | None:
    """Return when a process started, and its seconds with those of the children that it has waited for; None when it is gone."""
    try:
        # The name of the program stands in brackets and may hold spaces; the times are fields 14 to 17, its start is field 22.
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return fields[19], sum(int(field) for field in fields[11:15]) * TICK_S


def _below(process: int) -> Iterator[int]:
    """Yield the processes that a process started and that still run, and theirs."""
    for child in _listed(process):
        yield child
        yield from _below(child)


def _listed(process: int) -> Iterator[int]:
    """Yield the processes that a process started and that still run."""
    try:
        threads = list(Path(f"/proc/{process}/task").iterdir())
    except (FileNotFoundError, ProcessLookupError):
        return  # it ended while we looked
    for thread in threads:
        try:
            children = (thread / "children").read_text().split()
        except (FileNotFoundError, ProcessLookupError):
            continue  # this thread ended while we looked
        yield from map(int, children)


def _ended() -> float:
    """Return the seconds of this process's children that ended and that it has waited for."""
    times = os.times()
    return times.children_user + times.children_system


class Processes:
    """Processes that were seen once, asked again by their numbers: the kernel's list of children skips some while others end."""

    def __init__(self) -> None:
        self.started: dict[int, str] = {}

    def seconds(self, listed: Iterable[int]) -> float:
        """Return the seconds of those listed now and of those seen before that still run."""
        total, known, now = 0.0, self.started, set(listed)
        self.started = {}
        for process in now | set(known):
            match _stat(process):
                case (started, seconds) if process in now or known[process] == started:
                    self.started[process] = started
                    total += seconds
        return total


class Meter:
    """Counts this process and all that it started, whether it ended or not.

    Time of a process whose parent never asked for it, as those of browsers, is gone when it ends. What had been seen of it stays.
    """

    def __init__(self) -> None:
        self.last = self.gone = 0.0
        self.below = Processes()

    def seconds(self) -> float:
        """Return the seconds so far, which never become fewer."""
        ended, running = _ended(), self.below.seconds(_below(os.getpid()))
        while ended != (ended := _ended()):  # a child that ends between the two is in both or in neither
            running = self.below.seconds(_below(os.getpid()))
        seen = time.process_time() + ended + running
        self.gone += max(0.0, self.last - seen - self.gone)
        self.last = seen + self.gone
        return self.last


SERVERS = Processes()


class Pace:
    """How many times as long as at its best this machine takes for the same work: others share its cores and their memory.

    A small piece of work is measured now and then, at most once in two seconds, and the slowest of the last five times is
    compared with the quickest that it ever was.
    """

    EVERY_S = 2.0

    def __init__(self) -> None:
        self.best = min(self._work() for _ in range(30))
        self.last = deque([self.best], maxlen=5)
        self.looked = 0.0

    def _work(self) -> float:
        began = time.thread_time()
        found = {str(each): each * each % 7 for each in range(4_000)}
        sorted(found.items(), key=lambda pair: (pair[1], pair[0]))
        return time.thread_time() - began

    def look(self, *, anew: bool = False) -> float:
        """Return the pace, measured anew where that was a while ago."""
        if anew or time.monotonic() - self.looked > self.EVERY_S:
            taken = sorted(self._work() for _ in range(3))
            self.best = min(self.best, taken[0])
            self.last.append(taken[1])
            self.looked = time.monotonic()
        return max(self.last) / self.best


class OwnWork:
    """What this process and the children that ended did in a while: the part that nothing else can be taken for.

    What others below work, as browsers do after a page was left, and what is told of them late, is no ground to fail a test.
    """

    def __init__(self) -> None:
        self.children: dict[int, tuple[str, float]] = {}
        self.worked = self.ended = self.collected = self.collecting = 0.0
        gc.callbacks.append(self._collects)

    def _collects(self, phase: str, _: dict[str, int]) -> None:
        """Count apart what collecting takes: the garbage is that of all tests before."""
        if phase == "start":
            self.collecting = time.thread_time()
        else:
            self.collected += time.thread_time() - self.collecting

    def _running(self) -> dict[int, tuple[str, float]]:
        """Return the children that run by number, those seen before among them: the kernel's list may skip some."""
        listed = {*_listed(os.getpid()), *self.children}
        return {child: found for child in listed if (found := _stat(child)) is not None}

    def begin(self) -> None:
        """Begin anew."""
        self.ended, self.children = _ended(), self._running()
        while self.ended != (ended := _ended()):
            self.ended, self.children = ended, self._running()
        self.worked, self.collected = time.process_time(), 0.0

    def seconds(self) -> float:
        """Return the seconds since the beginning. Of children that ended since, what they had done before is left out."""
        running, ended = self._running(), _ended()
        gone = (before for child, (started, before) in self.children.items() if running.get(child, ("", 0))[0] != started)
        return time.process_time() - self.worked - self.collected + max(0.0, ended - self.ended - sum(gone))


def of_the_server() -> float:
    """Return the seconds of PostgreSQL's server since it was started; none when no test has needed it yet."""
    try:
        postmaster = int((Path(os.environ[SERVER]) / "data" / "postmaster.pid").read_text().split()[0])
    except (FileNotFoundError, KeyError, IndexError):
        return 0.0
    # The processes of the server start none of their own.
    return SERVERS.seconds((postmaster, *_listed(postmaster)))


class Clock:
    """Measures tests one after another in this process, and keeps the sums of all that were reported to it."""

    def __init__(self, workers: int, slowest: int) -> None:
        self.workers = workers
        self.slowest = slowest
        self.meter = Meter()
        self.work = OwnWork()
        self.pace = Pace()
        self.began = (0.0, 0.0)
        self.worked = 0.0
        self.modules = 0
        self.shared = 0.0
        self.sharing = False
        self.folders: dict[str, Spent] = defaultdict(Spent)
        self.tests: list[tuple[float, str]] = []
        self.over: dict[str, float] = {}
        self.elsewhere = 0.0

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        self.began = (self.meter.seconds(), of_the_server())
        self.modules, self.shared = len(sys.modules), 0.0
        self.pace.look()
        self.work.begin()
        return (yield)

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef: pytest.FixtureDef[object]) -> Iterator[None]:
        """Count apart what is prepared for several tests, once where one such fixture asks for another."""
        if fixturedef.scope == "function" or self.sharing:
            return (yield)
        with self.for_several():
            return (yield)

    @contextmanager
    def for_several(self) -> Iterator[None]:
        """Count apart what the block does, for it is done for several tests."""
        self.sharing, outer, before = True, self.sharing, self.work.seconds()
        try:
            yield
        finally:
            self.sharing = outer
            self.shared += 0.0 if outer else self.work.seconds() - before

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
        if call.when != "teardown":
            # What is put away after a test may be for several: the last test of a run ends everything.
            self.worked = self.work.seconds()
            return (yield)
        tests = self.meter.seconds() - self.began[0]
        server = (of_the_server() - self.began[1]) / self.workers
        own, loaded = self.worked - self.shared, len(sys.modules) - self.modules
        may = any(item.get_closest_marker(name) is not None for name in ("slow", "soak"))
        over = own > LIMIT_S and loaded < LOADING and not may
        pace = self.pace.look(anew=True) if over else 1.0
        item.user_properties.append((PROPERTY, (tests, server, own, over)))
        report: pytest.TestReport = yield
        if over and own > LIMIT_S * pace and report.passed:
            report.outcome = "failed"
            report.longrepr = (
                f"{item.nodeid} took {own:.1f} s of processor time, on a machine {pace:.1f} times as slow as at its best,\n"
                f"and a test may take {LIMIT_S:g}: make it quicker, or mark it slow with the reason why it cannot be"
            )
        return report

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when != "teardown":
            return
        for tests, server, own, over in (value for name, value in report.user_properties if name == PROPERTY):
            self.folders[report.nodeid.partition("::")[0].rpartition("/")[0]].add(tests, server)
            self.tests.append((own, report.nodeid))
            self.over |= {report.nodeid: own} if over else {}

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if hasattr(session.config, "workeroutput"):
            session.config.workeroutput[PROPERTY] = self.meter.seconds()

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: object) -> None:
        """Add what a worker took; a worker that crashed told nothing."""
        self.elsewhere += getattr(node, "workeroutput", {}).get(PROPERTY, 0.0)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        here = time.process_time() + self.elsewhere if self.elsewhere else self.meter.seconds()
        server = of_the_server()
        terminalreporter.section("processor time in seconds")
        for line in lines(self.folders, here, server):
            terminalreporter.write_line(line)
        for own, nodeid in sorted(self.tests, reverse=True)[: self.slowest]:
            terminalreporter.write_line(f"{own:8.2f}  {nodeid}")
        if self.over:
            terminalreporter.write_line(f"over {LIMIT_S:g} s each and not marked slow:")
        for nodeid, own in self.over.items():
            terminalreporter.write_line(f"{own:8.2f}  {nodeid}")


def lines(folders: dict[str, Spent], here: float, server: float) -> Iterable[str]:
    """Yield the table: folders by what they took, what belongs to no test, and the sum."""
    yield f"{'tests':>8}{'PostgreSQL':>12}{'together':>10}{'number':>8}"
    row = "{:8.1f}{:12.1f}{:10.1f}{:8}  {}".format
    for folder, spent in sorted(folders.items(), key=lambda each: -each[1].tests - each[1].server):
        yield row(spent.tests, spent.server, spent.tests + spent.server, spent.count, folder)
    rest = here - sum(each.tests for each in folders.values()), server - sum(each.server for each in folders.values())
    yield row(*rest, sum(rest), "", "starting, collecting and the rest")
    yield row(here, server, here + server, sum(each.count for each in folders.values()), "all")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--processor-time", type=int, default=0, metavar="N", help="also list the N tests that took most")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Refuse a mark that does not say why."""
    for item in items:
        for mark in item.iter_markers("slow"):
            if not mark.kwargs.get("reason"):
                raise pytest.UsageError(f"{item.nodeid} is marked slow without a reason")


def pytest_configure(config: pytest.Config) -> None:
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    config.pluginmanager.register(Clock(workers, config.getoption("--processor-time")), "processor-time")
