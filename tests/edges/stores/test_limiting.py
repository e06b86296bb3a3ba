"""No question holds a catalog for ever."""

from __future__ import annotations

import time

import pytest
from sqlalchemy import func, literal, select, text

import remiss
from remiss.edges.stores.prepared import Parameters, Prepared
from remiss.errors import SettingError, TimedOut
from remiss.govern.ports.actor import Scope
from tests.databases import administering, database_on
from tests.edges.stores.acting import unlisted
from tests.edges.stores.drawing import drawn, file, member

COUNT = text("WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < :most) SELECT count(*) FROM n")
WITHOUT_END = 10**9
# It waits until its time would be over, which costs nothing, and then counts for so long that SQLite asks whether to go on.
LATE = text(
    "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 100000)"
    " SELECT count(CASE WHEN x = 1 THEN CAST(pg_sleep(1.1) AS text) END) FROM n"
)


@pytest.fixture
def hurried(address, environment):
    with remiss.open(address, environment={**environment, "REMISS_STATEMENT_TIMEOUT": "1"}) as opened:
        yield opened


@unlisted("test.read-long", reads=True)
def read_long(ws, most):
    """Count for long."""
    with ws._store.reading() as connection:
        return connection.execute(COUNT, {"most": most}).scalar_one()


@unlisted("test.write-long")
def write_long(ws):
    """Ask in a transaction that writes what takes longer than the limit, and return how long it took."""
    connection, began = ws._store.transaction.connection, time.monotonic()
    if connection.dialect.name == "sqlite":
        connection.connection.driver_connection.create_function("pg_sleep", 1, time.sleep)
    connection.execute(LATE)
    return time.monotonic() - began


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_a_statement_that_takes_too_long_ends_with_advice_and_the_next_one_works(hurried):
    with pytest.raises(TimedOut, match="did not answer in the time that one statement may take") as ended:
        read_long(hurried, WITHOUT_END)
    assert "REMISS_STATEMENT_TIMEOUT" in ended.value.do
    assert read_long(hurried, 1000) == 1000
    assert file(hurried, drawn([member(1)]), run="run-aaaaaaaa").events_new == 1


def count_straight(ws, most):
    """Count by a statement given straight to the driver, in a snapshot and without."""
    numbers = select(literal(1).label("x")).cte("n", recursive=True)
    numbers = numbers.union_all(select(numbers.c.x + 1).where(numbers.c.x < most))
    counting = Prepared(select(func.count()).select_from(numbers), ws._store.engine.dialect)
    parameters = Parameters(values=(), scope=Scope.everywhere())
    with ws._store.glancing() as connection:
        alone = counting.ask(connection, parameters)
    with ws._store.reading() as connection:
        return alone, counting.ask(connection, parameters), [*counting.batches(connection, parameters, 5)]


def test_a_statement_given_straight_to_the_driver_ends_too(hurried):
    with pytest.raises(TimedOut):
        count_straight(hurried, WITHOUT_END)
    assert count_straight(hurried, 1000) == ([(1000,)], [(1000,)], [[(1000,)]])
    with hurried._store.reading(), pytest.raises(TimedOut):
        count_straight(hurried, WITHOUT_END)


@pytest.mark.slow(reason="what it does outlasts the time that a statement may take")
def test_what_writes_takes_the_time_that_it_takes(hurried):
    assert write_long(hurried) > 1.1
    with pytest.raises(TimedOut):
        read_long(hurried, WITHOUT_END)


def test_a_server_s_own_lower_limit_stays(postgres, environment):
    with database_on(postgres, "template") as address:
        with administering(postgres) as admin:
            admin.execute(f"ALTER DATABASE {address.rpartition('/')[2]} SET statement_timeout = 700")
        with remiss.open(address, environment=environment) as ws:
            with pytest.raises(TimedOut):
                read_long(ws, WITHOUT_END)
            with ws._store.reading() as connection:
                assert connection.execute(text("SHOW statement_timeout")).scalar_one() == "700ms"


@pytest.mark.parametrize("value", ["soon", "-1", "1.5", "9" * 9])
def test_a_limit_that_is_no_number_of_seconds_is_refused(value, address):
    with pytest.raises(SettingError, match="statement_timeout"):
        remiss.open(address, environment={"REMISS_STATEMENT_TIMEOUT": value})
