"""Other processes that write to the same catalog, and what they did."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tests.forks import start

HERE = "tests.edges.stores.writers"
EACH = 40  # events of one run, every second of which becomes a case


def at_once(*works: Sequence[str], environment: Mapping[str, str]) -> list[Any]:
    """Have processes work at once, each calling a function of this module; return what they told, those who watch first."""
    told = json.loads(start(HERE, "fork", json.dumps(works), environment=environment).finish(within=120))
    assert isinstance(told, list)
    return told


def fork(works: str) -> list[Any]:
    """Do each work in a fork of this process, which has loaded what all of them need, and return what each told.

    Whoever watches has seen something before the others begin: on a busy machine these could be done by then.
    """
    import remiss

    wanted = json.loads(works)
    with remiss.open(wanted[0][1]) as ws:
        ws.position()
    seen, says_seen = os.pipe()
    begun = [_at_work(*each, str(says_seen)) for each in wanted if each[0] == "watch"]
    for _ in begun:
        os.read(seen, 1)
    begun += [_at_work(*each) for each in wanted if each[0] != "watch"]
    told = [os.fdopen(reading).read() for _, reading in begun]
    assert not any(os.waitpid(child, 0)[1] for child, _ in begun)
    return [json.loads(each) for each in told]


def _at_work(work: str, *arguments: str) -> tuple[int, int]:
    """Begin a work in a fork of this process; return its number, and where its answer is to be read."""
    reading, writing = os.pipe()
    if (child := os.fork()) == 0:
        status = 1
        try:
            os.write(writing, json.dumps(WORK[work](*arguments)).encode())
            status = 0
        except BaseException:  # noqa: BLE001 - a fork must not go on with what its parent was about
            traceback.print_exc()
            sys.stderr.flush()
        os._exit(status)
    os.close(writing)
    return child, reading


def revise(address: str, case_id: str, name: str, times: str) -> dict[str, int]:
    """Revise one case until it was done so many times, reading it again after each lost race."""
    import remiss
    from remiss.catalog import actions
    from remiss.errors import Conflict

    lost = 0
    with remiss.open(address) as ws:
        for number in range(int(times)):
            while True:
                case = actions.show(ws, case_id)
                try:
                    actions.revise(ws, case_id, case.revision, title=f"{name} {number}")
                except Conflict:
                    lost += 1
                else:
                    break
    return {"lost": lost}


def file(address: str, name: str, times: str) -> dict[str, int]:
    """File cases by hand, one after another."""
    from datetime import UTC, datetime

    import remiss
    from remiss.catalog import actions
    from remiss.records.case import Filing

    with remiss.open(address) as ws:
        for number in range(int(times)):
            filing = Filing(model="m", at=datetime(2026, 1, 1, tzinfo=UTC), title=f"{name} {number}")
            actions.file(ws, filing)
    return {"filed": int(times)}


def watch(address: str, until: str, says_seen: str) -> dict[str, int]:
    """Read the catalog again and again until a position is reached; whatever was once read must be read again alike."""
    from sqlalchemy import func, select

    import remiss
    from remiss.edges.stores.logs.journal import head
    from remiss.edges.stores.tables import journal, revisions

    seen: dict[int, int] = {}
    told = 0
    deadline = time.monotonic() + 100
    with remiss.open(address) as ws:
        while max(seen, default=0) < int(until) and time.monotonic() < deadline:
            with ws._store.reading() as connection:
                position = head(connection)
                written = connection.execute(select(func.count(), func.max(journal.c.position)).select_from(journal)).one()
                assert tuple(written) == (position, position or None), f"at {position} the journal has {written}"
                for before in (*seen, position):
                    count = select(func.count()).select_from(revisions).where(revisions.c.position_from <= before)
                    found = connection.execute(count).scalar_one()
                    assert seen.setdefault(before, found) == found, f"as of {before} there were {seen[before]}, now {found}"
            if not told:
                told = os.write(int(says_seen), b".")
    return {"reached": max(seen), "snapshots": len(seen)}


def look(address: str, name: str) -> None:
    """Look at things without end, many at once, and say of each look that it was recorded."""
    from concurrent.futures import ThreadPoolExecutor

    import remiss
    from remiss.errors import StorageError
    from remiss.records.view_entry import ViewEntry, ViewKind

    def looking(ws: remiss.Workspace, who: int) -> None:
        for number in range(1_000_000):
            kind = ViewKind.EVIDENCE if number % 7 == 0 else ViewKind.CASE
            subject = f"{name}-{who}-{number}"
            try:
                ws.serving(subject).record_views([ViewEntry(kind=kind, subject=subject)], "test")
            except StorageError:
                # The server let go of the connection; nothing was shown.
                continue
            sys.stdout.write(f"{subject}\n")
            sys.stdout.flush()

    with remiss.open(address) as ws, ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda who: looking(ws, who), range(3)))


def capture(address: str, run: str, first: str, last: str) -> dict[str, Any]:
    """File a run of one window with the events of these numbers, every second of which met a criterion."""
    import remiss
    from tests.edges.stores import drawing

    members = [drawing.member(number, met=["slow"] if number % 2 else []) for number in range(int(first), int(last))]
    with remiss.open(address) as ws:
        filed = drawing.file(ws, drawing.drawn(members), run=run)
    return {"position": filed.position, "cases_new": filed.cases_new, "events_new": filed.events_new}


def crash(address: str, *points: str) -> list[dict[str, Any]]:
    """File a run for each point, in a process that dies there, and then again; return what was in the catalog after each."""

    def at(point: str, number: int) -> int:
        return _forked(address, number, before=lambda: os.environ.update(REMISS_CRASH_AT=point))

    return [_twice(address, number, at(point, number)) for number, point in enumerate(points)]


def kill(address: str, times: str, seed: str) -> list[dict[str, Any]]:
    """The same, killed from outside at moments drawn over somewhat more than the time that filing takes."""
    import random

    moments = random.Random(int(seed))
    began = time.perf_counter()
    _forked(address, 0)
    usual = time.perf_counter() - began
    return [
        _twice(address, number, _forked(address, number, kill_after=moments.uniform(0, 1.2) * usual))
        for number in range(1, int(times) + 1)
    ]


def _forked(address: str, number: int, *, before: Callable[[], object] = bool, kill_after: float | None = None) -> int:
    """File run `number` in a fork of this process, and return by which signal it ended, 0 for none."""
    child = os.fork()
    if child == 0:
        before()
        capture(address, f"run-{number:08}", str(number * EACH), str(number * EACH + EACH))
        os._exit(0)
    if kill_after is not None:
        time.sleep(kill_after)
        os.kill(child, signal.SIGKILL)
    return os.WTERMSIG(os.waitpid(child, 0)[1])


def _twice(address: str, number: int, ended_by: int) -> dict[str, Any]:
    import remiss
    from remiss.errors import Conflict

    with remiss.open(address) as ws:
        facts = ws.facts()
    found = {"signal": ended_by, **{name: getattr(facts, name) for name in ("position", "runs", "events", "cases")}}
    try:
        capture(address, f"run-{number:08}", str(number * EACH), str(number * EACH + EACH))
    except Conflict:
        return {**found, "again": "was there"}
    return {**found, "again": "filed"}


WORK = {
    "fork": fork,
    "crash": crash,
    "kill": kill,
    "revise": revise,
    "file": file,
    "watch": watch,
    "capture": capture,
    "look": look,
}
