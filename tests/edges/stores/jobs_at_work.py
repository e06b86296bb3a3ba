"""Runners of jobs in processes of their own that die or stand still, and what is in the catalog after each.

A step here files a small run with raw evidence, as a capture does, without a log to read. Everything else is what
`remiss job run` does. One process forks the others, for to start Python takes longer than a step.
"""

from __future__ import annotations

import atexit
import os
import random
import signal
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import select, update

import remiss
from remiss import runner
from remiss.edges.stores.leases import _some as some_free
from remiss.edges.stores.tables import jobs, journal
from remiss.govern.ports.jobs import Posted
from remiss.govern.ports.vault import Bundle
from remiss.records.identity import crockford
from remiss.records.job import OPEN, JobState, JobStep
from remiss.records.run import Run
from tests.edges.stores import drawing
from tests.edges.stores.acting import unlisted

KIND = "test"
EACH = 6  # events of one step
DEADLINE_SECONDS = 60
# Of runners that nothing happens to: on a busy machine they may stand still for longer than the lease of those that do.
PATIENT = {"REMISS_JOB_LEASE": "60"}


@contextmanager
def _prepare(ws: remiss.Workspace, number: int) -> Iterator[Bundle]:
    with ws.vault.bundle(ws.runs.filed) as bundle:
        for at in range(EACH):
            bundle.add(f"event {number} {at}".encode())
        bundle.seal()
        yield bundle


@unlisted("test.step", prepare=_prepare)
def take(ws: remiss.Workspace, number: int, *, prepared: Bundle) -> Run:
    """File the run of one step, under an id that no other attempt has."""
    first = number * EACH
    members = [drawing.member(at, met=["slow"] if at % 2 else []) for at in range(first, first + EACH)]
    document = drawing.protocol()
    ws.protocols.save(document)
    named = f"run-{crockford(random.SystemRandom().getrandbits(60), 12)}"
    drawn = drawing.drawn(members, weeks=(number,))
    run = ws.filing.file(drawn, run=named, status="complete", changes=(), team="default", document=document)
    prepared.belong(run.id)
    return run


def steps(_: remiss.Workspace, posted: Posted) -> list[JobStep]:
    return [JobStep(since=posted.since, until=None) for _ in range(posted.version)]


def step(ws: remiss.Workspace, posted: Posted, _: JobStep) -> Run:
    assert ws.lease is not None
    return take(ws, int(posted.path) + ws.lease.done)


runner.WORK[KIND] = runner.Work(steps=steps, take=step)


@unlisted("test.post")
def post(ws: remiss.Workspace, first: int, count: int) -> str:
    """Post a job of so many steps, which are numbered from the first."""
    return ws.jobs.post(Posted(kind=KIND, protocol="arrival-delay", version=count, team="default", path=str(first), text="")).id


def posted(address: str, first: int, count: int) -> str:
    with remiss.open(address) as ws:
        return post(ws, first, count)


def stand_still_in_a_copy() -> None:
    """Have this process stand still while it sends a server rows, once."""
    write_row = psycopg.Copy.write_row

    def writes(copy: psycopg.Copy, row: Any) -> None:
        psycopg.Copy.write_row = write_row  # type: ignore[method-assign]
        os.kill(os.getpid(), signal.SIGSTOP)
        write_row(copy, row)

    psycopg.Copy.write_row = writes  # type: ignore[method-assign, assignment]


def run(address: str) -> None:
    """Do what `remiss job run` does."""
    with remiss.open(address) as ws:
        runner.work_off(ws)


# Who still runs when this process ends has its pipes open, and whoever reads from these would wait without end.
LEFT: set[int] = set()


@atexit.register
def end_all() -> None:
    for child in LEFT:
        with suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)


def forked(work: Callable[[], object], **environment: str) -> int:
    """Do something in a fork of this process, with more in its environment; return its number."""
    child = os.fork()
    if child == 0:
        try:
            os.environ.update(environment)
            work()
        except BaseException:  # noqa: BLE001 - it is told, and no fork goes on as if it were the test
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    LEFT.add(child)
    return child


def ended(child: int) -> int:
    """Wait for a process and return how it ended: minus the signal, or its status."""
    LEFT.discard(child)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def stopped(child: int) -> bool:
    """Wait until a process stands still, and return whether it does: it may have ended instead."""
    return os.WIFSTOPPED(os.waitpid(child, os.WUNTRACED)[1])


def end_leases(address: str) -> None:
    """Have every lease be over, as if its time had passed."""
    with remiss.open(address) as ws, ws._store.tending(60) as connection:
        connection.execute(update(jobs).values(free_at=0))


def wait_until_free(address: str) -> None:
    """Wait until a job can be had: its lease is over, and a server has ended the transaction of who stands still."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    with remiss.open(address) as ws:
        while True:
            with ws._store.tending(60) as connection:
                found = select(jobs.c.key).where(jobs.c.state.in_(OPEN)).with_for_update(skip_locked=True)
                if connection.execute(found).first() is not None and some_free(ws._store):
                    return
            assert time.monotonic() < deadline
            time.sleep(0.1)


def found(address: str, job: str) -> dict[str, Any]:
    """Return what there is of a job, and of everything."""
    bundles = Path(os.environ["REMISS_VAULT"]) / "bundles"
    # A file has its name once its run is committed, so whichever is there now has a run in what is read next.
    files = sorted(path.name for path in bundles.glob("*"))
    # From one snapshot: others are at work, and what a server got from a process before it died is done after that.
    with remiss.open(address) as ws, ws._store.reading() as connection:
        known = ws.jobs.get(job)
        of_job = select(journal.c.action).where(journal.c.request_id == job)
        entries = list(connection.execute(of_job).scalars())
        runs = {each.id for each in ws.runs.latest(1000)}
        return {
            "state": known.state.value,
            "done": known.done,
            "steps": None if known.steps is None else len(known.steps),
            "runs": list(known.runs),
            "filed": all(each in runs for each in known.runs),
            "entries": entries,
            "position": ws.position(),
            "all_runs": len(runs),
            "files": files,
            "strangers": [name for name in files if name.endswith(".bundle") and name.removesuffix(".bundle") not in runs],
            "attempts": known.attempts,
            "reason": known.reason,
        }


def crash(address: str, *points: str) -> list[dict[str, Any]]:
    """Have a runner die at each point in the first step of two, and another go on; return what there was after both."""
    told = []
    for number, point in enumerate(points):
        job = posted(address, 2 * number, 2)
        signalled = -ended(forked(lambda: run(address), REMISS_CRASH_AT=point))
        after = found(address, job)
        end_leases(address)
        again = ended(forked(lambda: run(address), **PATIENT))
        told.append({"signal": signalled, "after": after, "again": again, "at_last": found(address, job)})
    return told


def stop(address: str, *points: str) -> list[dict[str, Any]]:
    """Have a runner stand still at each point, another take over and finish, and the first go on."""
    told = []
    for number, point in enumerate(points):
        job = posted(address, 2 * number, 2)
        first = forked(lambda: run(address), REMISS_STOP_AT=point)
        stood = stopped(first)
        at_stop = found(address, job)
        wait_until_free(address)
        second = ended(forked(lambda: run(address), **PATIENT))
        before = found(address, job)
        os.kill(first, signal.SIGCONT)
        told.append(
            {
                "stood": stood,
                "at_stop": at_stop,
                "second": second,
                "before": before,
                "first": ended(first),
                "after": found(address, job),
            }
        )
    return told


def stop_in_a_copy(address: str) -> dict[str, Any]:
    """Have a runner stand still while it sends rows of a step, and another run, with a job of the same source before it."""
    job = posted(address, 0, 2)

    def first() -> None:
        stand_still_in_a_copy()
        run(address)

    standing = forked(first)
    stood = stopped(standing)
    other = posted(address, 2, 1)
    # It takes the other job, and waits in its step for the lock of the source.
    second = ended(forked(lambda: run(address)))
    deadline = time.monotonic() + DEADLINE_SECONDS
    while found(address, job)["state"] in OPEN:
        assert time.monotonic() < deadline
        assert ended(forked(lambda: run(address))) == 0
    before = found(address, job)
    os.kill(standing, signal.SIGCONT)
    told = {"stood": stood, "second": second, "before": before, "first": ended(standing)}
    return told | {"after": found(address, job), "other": found(address, other)}


def kill(address: str, times: str, seed: str) -> dict[str, Any]:
    """Kill runners of one job after the other at moments drawn over somewhat more than a job takes, until all are done."""
    moments = random.Random(int(seed))
    began = time.perf_counter()
    job = posted(address, 0, 3)
    assert ended(forked(lambda: run(address), **PATIENT)) == 0
    usual = time.perf_counter() - began
    told, killed = [found(address, job)], 0
    for number in range(1, int(times) + 1):
        job = posted(address, 3 * number, 3)
        for _ in range(2):
            child = forked(lambda: run(address))
            time.sleep(moments.uniform(0, 1.2) * usual)
            os.kill(child, signal.SIGKILL)
            killed += ended(child) == -signal.SIGKILL
            told.append(found(address, job))
            end_leases(address)
        assert ended(forked(lambda: run(address), **PATIENT)) == 0
        told.append(found(address, job))
    return {"killed": killed, "told": told}


def stand_still(address: str, times: str, seed: str) -> list[dict[str, Any]]:
    """Have runners stand still at any moment for longer than their lease, while another finishes what can be had."""
    moments = random.Random(int(seed))
    began = time.perf_counter()
    posted(address, 0, 3)
    assert ended(forked(lambda: run(address), **PATIENT)) == 0
    usual = time.perf_counter() - began
    told = []
    for number in range(1, int(times) + 1):
        job = posted(address, 3 * number, 3)
        first = forked(lambda: run(address))
        time.sleep(moments.uniform(0, 1.2) * usual)
        os.kill(first, signal.SIGSTOP)
        time.sleep(float(os.environ["REMISS_JOB_LEASE"]) + 0.5)
        # Where the first stands still with the lock of a file, the second waits for it.
        second = forked(lambda: run(address), **PATIENT)
        deadline = time.monotonic() + 5
        while os.waitid(os.P_PID, second, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None and time.monotonic() < deadline:
            time.sleep(0.05)
        os.kill(first, signal.SIGCONT)
        told.append({"first": ended(first), "second": ended(second)})
        end_leases(address)
        assert ended(forked(lambda: run(address), **PATIENT)) == 0
        told[-1] |= {"at_last": found(address, job)}
    return told


class Hand:
    """One of several runners at work: it is killed or made to stand still again and again, and another comes in its place."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._process: int | None = None
        self._wakes_at = 0.0
        self.told = {"killed": 0, "stood still": 0, "ended": 0}

    @property
    def stands_still(self) -> bool:
        return self._wakes_at > 0

    @property
    def struck(self) -> int:
        return self.told["killed"] + self.told["stood still"]

    def look(self) -> None:
        """Have it go on if it stood still for long enough, and another come if it ended."""
        if self._wakes_at and time.monotonic() >= self._wakes_at:
            self.wake()
        if self._process is not None:
            gone, status = os.waitpid(self._process, os.WNOHANG)
            if gone:
                self._gone(status)
        if self._process is None:
            self._process = forked(lambda: run(self._address))

    def strike(self, stands_still: float) -> None:
        """Kill it, or have it stand still for so many seconds; one that stands still already is killed."""
        if self._process is None:
            return
        if stands_still and not self._wakes_at:
            os.kill(self._process, signal.SIGSTOP)
            self._wakes_at = time.monotonic() + stands_still
            self.told["stood still"] += 1
        else:
            os.kill(self._process, signal.SIGKILL)
            self._gone(os.waitpid(self._process, 0)[1])

    def wake(self) -> None:
        """Have it go on where it stood still."""
        if self._process is not None and self._wakes_at:
            os.kill(self._process, signal.SIGCONT)
        self._wakes_at = 0.0

    def finish(self) -> None:
        """Have it go on, and wait until it ends by itself."""
        self.wake()
        if self._process is not None:
            self._gone(os.waitpid(self._process, 0)[1])

    def _gone(self, status: int) -> None:
        code = os.waitstatus_to_exitcode(status)
        assert code in {0, -signal.SIGKILL}, code
        self.told["ended" if code == 0 else "killed"] += 1
        LEFT.discard(self._process or 0)
        self._process, self._wakes_at = None, 0.0


def storm(address: str, times: str, seed: str) -> dict[str, Any]:
    """Have two runners work off jobs while one of them is killed, or stands still, at any moment; then let them finish.

    Some stand still for less than their lease, and some for so long that another takes the job and finishes it meanwhile.
    """
    moments = random.Random(int(seed))
    lease = float(os.environ["REMISS_JOB_LEASE"])
    began = time.perf_counter()
    made = [posted(address, 0, 3)]
    assert ended(forked(lambda: run(address), **PATIENT)) == 0
    usual = time.perf_counter() - began
    hands, told = [Hand(address), Hand(address)], []
    deadline = time.monotonic() + 15 * int(times) + DEADLINE_SECONDS
    while sum(hand.struck for hand in hands) < int(times):
        # There is always one that nobody holds; to post it would wait for the lock of a file, which who stands still may have.
        if found(address, made[-1])["state"] != JobState.WAITING and not any(hand.stands_still for hand in hands):
            made.append(posted(address, 3 * len(made), 3))
        assert time.monotonic() < deadline
        for hand in hands:
            hand.look()
        time.sleep(moments.uniform(0, 0.8) * usual)
        # What has happened less often comes next: by lot alone one of the two can stay rare, and many a runner has ended before.
        killed, stood = (sum(hand.told[name] for hand in hands) for name in ("killed", "stood still"))
        moments.choice(hands).strike(moments.uniform(0, 2 * lease) if killed > stood else 0.0)
        told.append(found(address, moments.choice(made)))
    for hand in hands:
        hand.finish()
    end_leases(address)
    assert ended(forked(lambda: run(address), **PATIENT)) == 0
    struck = {name: sum(hand.told[name] for hand in hands) for name in hands[0].told}
    return {**struck, "told": told, "at_last": [found(address, job) for job in made]}


def share(address: str, runners: str, count: str) -> list[dict[str, Any]]:
    """Have several runners work off many jobs at once."""
    made = [posted(address, 2 * number, 2) for number in range(int(count))]
    at_work = [forked(lambda: run(address), **PATIENT) for _ in range(int(runners))]
    assert [ended(child) for child in at_work] == [0] * int(runners)
    return [found(address, job) for job in made]


def ending(work: Callable[..., object]) -> Callable[..., object]:
    """Have a work leave nobody behind who still runs."""

    def done(*words: str) -> object:
        try:
            return work(*words)
        finally:
            end_all()

    return done


WORKS: dict[str, Callable[..., object]] = {
    "crash": crash,
    "stop": stop,
    "stop-in-a-copy": stop_in_a_copy,
    "kill": kill,
    "stand-still": stand_still,
    "storm": storm,
    "share": share,
}
WORK = {name: ending(work) for name, work in WORKS.items()}
