"""A page reads the catalog once: on one snapshot, by few statements, and one commit of what was shown, on each database."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from sqlalchemy import event

from remiss import capture
from remiss.catalog import actions as catalog
from remiss.curate import discussion_actions as discussion
from remiss.curate import investigation_actions as investigation
from remiss.curate import labelling_actions as labelling
from remiss.records.investigation import Citation, CitationKind
from tests.conftest import DATABASES, database_on
from tests.edges.stores.listening import overhearing
from tests.edges.stores.test_labellings import FAILS
from tests.serving import Served, served
from tests.stories.logs import MONDAY, WEEK, small_log


@dataclass
class Heard:
    """What the catalog and its log of views were asked for."""

    statements: list[str] = field(default_factory=list)
    snapshots: int = 0
    commits: int = 0


@contextmanager
def heard(there: Served) -> Iterator[Heard]:
    """Give what a request asks of the databases while the block lasts, but for what the door asks: who is there."""
    found = Heard()
    store = there.workspace._store

    def hear(statement: str) -> None:
        if statement.lstrip().upper().startswith(("SELECT", "WITH")):
            found.statements.append(statement)

    def begun(connection: Any) -> None:
        found.snapshots += not connection.get_execution_options().get("writes", False)

    def committed(entries: Any) -> None:
        found.commits += 1
        commit(entries)

    def listen(driver: Any, *_: object) -> None:
        if isinstance(driver, sqlite3.Connection):
            driver.set_trace_callback(hear)
        elif driver.cursor_factory.__name__ != "Overheard":
            driver.cursor_factory = overhearing(driver.cursor_factory, hear)

    def stop(driver: Any, *_: object) -> None:
        if isinstance(driver, sqlite3.Connection):
            driver.set_trace_callback(None)
        elif driver is not None and driver.cursor_factory.__name__ == "Overheard":
            driver.cursor_factory = driver.cursor_factory.__base__

    listening = (("checkout", listen), ("checkin", stop), ("begin", begun))
    for name, call in listening:
        event.listen(store.engine, name, call)
    commit, store.views._groups._commit = store.views._groups._commit, committed
    try:
        yield found
    finally:
        store.views._groups._commit = commit
        for name, call in listening:
            event.remove(store.engine, name, call)


@dataclass(frozen=True)
class Kept:
    there: Served
    pages: dict[str, str]


@pytest.fixture(scope="module", params=DATABASES)
def kept(request, tmp_path_factory) -> Iterator[Kept]:
    """A server on a catalog with a case on which people have said everything there is to say."""
    folder = tmp_path_factory.mktemp("read")
    settings = {"REMISS_KEYS": str(folder / "keys"), "REMISS_VAULT": str(folder / "vault"), "REMISS_SOURCES": str(folder / "log")}

    def keeping(address: str) -> Iterator[Kept]:
        with served(address, settings) as there:
            ws = there.workspace
            run = capture.apply(ws, small_log(folder / "log").protocol, since=MONDAY, until=MONDAY + WEEK)
            case = str(catalog.search(ws, "criterion:missed-delay", limit=1).column("id")[0])
            labelling.annotate(ws, case, 1, FAILS)
            thread = discussion.comment(ws, case, "what of it, @ana?").id
            investigation.suppose(ws, case, text="the board is late")
            cited = [Citation(kind=CitationKind.TICKET, address="REM-17")]
            investigation.experiment(ws, case, executed="looked", hypothesis=1, citations=cited)
            yield Kept(there, pages(case, run.id, thread))

    if request.param == "sqlite":
        path = folder / "remiss.db"
        path.write_bytes(request.getfixturevalue("sqlite_template").read_bytes())
        yield from keeping(f"sqlite:///{path}")
    else:
        with database_on(request.getfixturevalue("postgres"), "template") as address:
            yield from keeping(address)


def pages(case: str, run: str, thread: str) -> dict[str, str]:
    paths = (
        *(
            "/",
            "/parts/overview/holdings",
            "/parts/overview/criteria",
            "/parts/standing",
            "/queue",
            "/cases",
            "/cases?facets=true",
        ),
        *(
            "/parts/cases/count",
            "/parts/cases/facets",
            "/parts/cases/completions?word=output:",
            "/cases/file",
            "/runs",
            "/estimates",
        ),
        *("/agreement", "/protocols", "/protocols/arrival-delay", "/protocols/arrival-delay/diff?before=1&after=1", "/inbox"),
        *("/citations", "/people", "/audit", f"/cases/{case}", f"/cases/{case}?controls=true", f"/parts/cases/{case}/controls"),
        *(f"/cases/{case}/evidence", f"/queue/{case}", f"/runs/{run}", f"/runs/{run}/accept"),
    )
    return {path.replace(case, "CASE").replace(run, "RUN").replace(thread, "THREAD"): path for path in paths}


def test_measure(kept, capsys):
    import time

    with kept.there.browser() as client:
        for name, path in kept.pages.items():
            client.get(path)
            with heard(kept.there) as found:
                status = client.get(path).status_code
            t = time.process_time()
            for _ in range(10):
                client.get(path)
            ms = (time.process_time() - t) * 100
            with capsys.disabled():
                print(f"{name:50} {status} {len(found.statements):4} {found.snapshots:3} {found.commits:3} {ms:7.1f} ms")
            if name == "/cases/CASE":
                with open("/tmp/reading/case-statements", "w") as file:
                    for s, n in Counter(" ".join(each.split())[:600] for each in found.statements).most_common():
                        print(n, s, "\n", file=file)
