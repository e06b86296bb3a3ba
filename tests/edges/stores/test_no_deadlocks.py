"""Who tries to take what somebody else holds, and does not get it, keeps nobody waiting afterwards."""

from __future__ import annotations

import psycopg
import pytest
from sqlalchemy import create_engine

from remiss.edges.stores.dialect.writing import insert_or_take
from remiss.edges.stores.tables.jobs import runners
from tests.databases import database_on


@pytest.fixture
def server(postgres):
    """The address of a catalog on PostgreSQL; SQLite has one writer at a time."""
    with database_on(postgres, "template") as found:
        yield found


def test_who_does_not_get_a_row_holds_no_lock_on_it(server):
    engine = create_engine(server.replace("postgresql://", "postgresql+psycopg://"))
    row = {"name": "one", "seen_at": 1, "here_until": 10}
    with engine.begin() as first:
        assert insert_or_take(first, runners, row, ["name"], runners.c.here_until < 5)
    with engine.begin() as second:
        assert not insert_or_take(second, runners, row, ["name"], runners.c.here_until < 5)
        with psycopg.connect(server) as third:
            third.execute("SET lock_timeout = '300ms'")
            assert third.execute("DELETE FROM runners WHERE name = 'one'").rowcount == 1
            third.rollback()
        assert insert_or_take(second, runners, {**row, "here_until": 20}, ["name"], runners.c.here_until < 15)
    engine.dispose()
