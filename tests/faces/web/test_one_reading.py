"""A page reads the catalog once: on one snapshot, by few statements, and one commit of what was shown, on each database."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from sqlalchemy import event, select, update

from remiss import capture
from remiss.catalog import actions as catalog
from remiss.curate import discussion_actions as discussion
from remiss.curate import investigation_actions as investigation
from remiss.curate import labelling_actions as labelling
from remiss.edges.stores.tables import audit_heads
from remiss.govern import audit_actions as audit
from remiss.records.investigation import Citation, CitationKind
from tests.conftest import DATABASES
from tests.databases import database_on
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
    """A server, its pages by name, and browsers: of the operator, and of somebody who may give the case its second labelling."""

    there: Served
    pages: dict[str, str]
    browsers: dict[str, httpx.Client]


@pytest.fixture(scope="module", params=DATABASES)
def kept(request, tmp_path_factory) -> Iterator[Kept]:
    """A server on a catalog with a case on which people have said everything there is to say."""
    folder = tmp_path_factory.mktemp("read")
    settings = {"REMISS_KEYS": str(folder / "keys"), "REMISS_VAULT": str(folder / "vault"), "REMISS_SOURCES": str(folder / "log")}

    def keeping(address: str) -> Iterator[Kept]:
        with served(address, settings) as there:
            ws = there.workspace
            run = capture.capture(ws, small_log(folder / "log").protocol, since=MONDAY, until=MONDAY + WEEK)
            case = str(catalog.search(ws, "criterion:missed-delay", limit=1).column("id")[0])
            labelling.annotate(ws, case, 1, FAILS)
            thread = discussion.comment(ws, case, "what of it, @ana?").id
            investigation.write_hypothesis(ws, case, text="the board is late")
            cited = [Citation(kind=CitationKind.TICKET, address="REM-17")]
            investigation.write_experiment(ws, case, executed="looked", hypothesis=1, citations=cited)
            token = there.person("bo", role="verifier")
            with there.browser() as operator, there.browser_of(token) as bo:
                for client in (operator, bo):
                    client.headers["Accept"] = "text/html"
                yield Kept(there, pages(case, run.id, thread), {"operator": operator, "bo": bo})

    if request.param == "sqlite":
        path = folder / "remiss.db"
        path.write_bytes(request.getfixturevalue("sqlite_template").read_bytes())
        yield from keeping(f"sqlite:///{path}")
    else:
        with database_on(request.getfixturevalue("postgres"), "template") as address:
            yield from keeping(address)


def pages(case: str, run: str, thread: str) -> dict[str, str]:
    found = f"""
        / /parts/overview/holdings /parts/overview/criteria /parts/standing /queue /cases /cases?facets=true /parts/cases/count
        /parts/cases/facets /parts/cases/completions?word=output: /cases/file /runs /trends /agreement /protocols
        /protocols/arrival-delay /protocols/arrival-delay/diff?before=1&after=1 /inbox /citations /people /audit /threads/{thread}
        /cases/{case} /cases/{case}?controls=true /parts/cases/{case}/controls /cases/{case}/evidence /queue/{case} /runs/{run}
        /runs/{run}/accept /runs/{run}/histograms?field=inputs.carrier
    """
    paths = found.split()
    return {path.replace(case, "CASE").replace(run, "RUN").replace(thread, "THREAD"): path for path in paths}


MOST = 25


def test_no_page_asks_more_than_it_must_and_each_reads_and_records_once(kept):
    over = {}
    for who, client in kept.browsers.items():
        with heard(kept.there) as door:
            client.get("/static/case.css")
        for name, path in kept.pages.items():
            client.get(path)
            with heard(kept.there) as found:
                answer = client.get(path)
            assert answer.status_code in {200, 303, 403}, (who, name, answer.text)
            asked, snapshots = len(found.statements) - len(door.statements), found.snapshots - door.snapshots
            # Of a page that was refused, what stands around the refusal is read after it.
            most = 1 if answer.status_code != 403 else 2
            if asked > MOST or snapshots > most or found.commits > 1:
                over[who, name] = (asked, snapshots, found.commits)
    assert over == {}


@pytest.mark.postgresql_in_soak("others send it what these statements are made of")
def test_routes_and_pages_leave_one_entry_that_names_all_they_showed(kept):
    path = kept.pages["/cases/CASE"]
    for who, client in kept.browsers.items():
        before = size(kept.there)
        assert client.get(path).status_code == 200
        (entry,) = audit.search_audit(kept.there.workspace, log="views", limit=size(kept.there) - before)
        assert (entry["action"], entry["kind"], entry["subject"]) == ("case.show", "case", path.removeprefix("/cases/"))
        shown = {"case.history", "case.investigation", "thread.list", "attachment.list", "case.replays"}
        # Of a case that bo may verify it is blinded how it was drawn.
        assert set(str(entry["also"]).split(", ")) == shown | ({"case.compare"} if who == "operator" else set())


def size(there: Served) -> int:
    return there.workspace.audit.size("views")


def test_of_what_cannot_be_recorded_no_page_is_shown(kept):
    end = audit_heads.c.log == "views"
    engine = kept.there.workspace._store.views._engine
    with engine.connect() as connection:
        seal = connection.execute(select(audit_heads.c.seal).where(end)).scalar_one()
    try:
        _seal(engine, end, bytes(32))
        for client in kept.browsers.values():
            answer = client.get(kept.pages["/cases/CASE"])
            assert answer.status_code == 503
            assert "Nothing is shown" in answer.text
            assert "late" not in answer.text
    finally:
        _seal(engine, end, seal)


def _seal(engine: Any, of: Any, seal: bytes) -> None:
    with engine.execution_options(writes=True).connect() as connection, connection.begin():
        connection.execute(update(audit_heads).where(of).values(seal=seal))
