"""One database of the engine for what is asked of the same sources in a row, closed to all other files like any other."""

from __future__ import annotations

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import remiss
from remiss import capture
from remiss.edges.engines.duckdb import DuckDB
from remiss.protocol import actions as protocols
from remiss.protocol.terms import Address
from remiss.settings import Settings
from tests.stories.logs import MONDAY, WEEK, small_log

FILES = ("a.parquet", "b.csv", "c.parquet")


@pytest.fixture
def started(monkeypatch) -> list[object]:
    """The databases that were started since."""
    found, connect = [], duckdb.connect

    def noting(*given, **more):
        found.append(connect(*given, **more))
        return found[-1]

    monkeypatch.setattr(duckdb, "connect", noting)
    return found


@pytest.fixture
def addresses(tmp_path):
    for name in FILES:
        if name.endswith(".csv"):
            (tmp_path / name).write_text("n\n1\n2\n")
        else:
            pq.write_table(pa.table({"n": [1, 2, 3]}), tmp_path / name)
    return {name: Address(name=name, format=name.rpartition(".")[2], uri=name) for name in FILES}


def rows(engine, folder, *addresses):
    """Return how many rows each source has, asked in one session."""
    described = {each.name: (each, engine.describe(each, folder)) for each in addresses}
    with engine.open({f"r{at}": one for at, one in enumerate(described.values())}) as session:
        counts = [session.run(f"SELECT COUNT(*) AS n FROM r{at}").to_pylist()[0]["n"] for at in range(len(described))]
        for file in ("c.parquet", "d.parquet"):
            with pytest.raises(duckdb.PermissionException):
                session._connection.sql(f"SELECT * FROM '{folder}/{file}'").fetchall()
        with pytest.raises(duckdb.InvalidInputException):
            session._connection.execute("SET TimeZone = 'CET'")
        assert session.run("SELECT current_setting('TimeZone') AS zone").to_pylist() == [{"zone": "UTC"}]
    return counts


def test_what_is_asked_of_the_same_sources_shares_a_database_that_reads_nothing_else(tmp_path, addresses, started):
    engine, (one, other, third) = DuckDB(Settings()), addresses.values()
    with engine.shared((one, other), str(tmp_path)):
        assert rows(engine, str(tmp_path), one, other) == [3, 2]
        # By the same names, of which nothing was left.
        assert rows(engine, str(tmp_path), other, one) == [2, 3]
        assert len(started) == 1
        # A source that nobody spoke of begins another, which reads the first ones too.
        assert engine.describe(third, str(tmp_path)).files == (str(tmp_path / third.uri),)
        assert len(started) == 2
    for database in started:
        with pytest.raises(duckdb.ConnectionException):
            database.execute("SELECT 1")
    assert rows(engine, str(tmp_path), one) == [3]
    assert len(started) == 3


def test_a_source_that_cannot_be_read_is_told_by_who_reads_it(tmp_path, addresses, started):
    engine, (one, other, _) = DuckDB(Settings()), addresses.values()
    (tmp_path / other.uri).unlink()
    with engine.shared((one, other), str(tmp_path)):
        assert rows(engine, str(tmp_path), one) == [3]
        with pytest.raises(remiss.errors.SourceError, match="nothing to read"):
            engine.describe(other, str(tmp_path))
    assert len(started) == 1


def test_a_capture_a_plan_a_check_and_a_reproduction_start_one_each(tmp_path, sqlite_template, started):
    log = small_log(tmp_path / "log", weeks=1, a_week=60)
    (tmp_path / "remiss.db").write_bytes(sqlite_template.read_bytes())
    with remiss.open(tmp_path / "remiss.db", environment={}) as ws:
        asked = (
            lambda: capture.due(ws, log.protocol),
            lambda: capture.plan(ws, log.protocol, since=MONDAY, until=MONDAY + WEEK),
            lambda: capture.capture(ws, log.protocol, since=MONDAY, until=MONDAY + WEEK).id,
            lambda: protocols.check(ws, log.protocol).items,
        )
        for ask in asked:
            log.write()
            started.clear()
            ask()
            assert len(started) == 1, ask
        run = capture.capture(ws, log.protocol, since=MONDAY, until=MONDAY + WEEK).id
        started.clear()
        assert capture.reproduce(ws, run).verdict == "same"
        assert len(started) <= 1
