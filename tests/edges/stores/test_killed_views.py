"""Servers killed while people look: whatever somebody was shown is in the log, and the log is sound."""

from __future__ import annotations

import json
import threading

import pytest
from sqlalchemy import select

import remiss
from remiss.catalog import actions as catalog
from remiss.edges.stores.tables import views
from remiss.govern import audit_actions as audit
from remiss.records.case import Filing
from tests.databases import administering
from tests.edges.stores.drawing import MONDAY
from tests.edges.stores.writers import HERE
from tests.forks import start

pytestmark = pytest.mark.slow(reason="processes are started and killed")


class Looking:
    """A process with many who look, and which looks it said were recorded."""

    def __init__(self, address, name, environment):
        self.told: set[str] = set()
        self._more = threading.Condition()
        self._process = start(HERE, "look", address, name, environment=environment)
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def look(self, times):
        """Wait until so many more looks were recorded; return whether they were."""
        with self._more:
            wanted = len(self.told) + times
            return self._more.wait_for(lambda: len(self.told) >= wanted, 60)

    def kill(self):
        """Kill it, and return what it complained of."""
        complaints = self._process.kill()
        self._reader.join(30)
        self._process.stdout.close()
        return complaints

    def _read(self):
        for line in self._process.stdout:
            with self._more:
                if line.endswith("\n"):
                    self.told.add(line.strip())
                self._more.notify_all()


def check_killed(ws, environment, address, database, postgres, rounds):
    catalog.file(ws, Filing(model="m", at=MONDAY, title="seen"))
    told: set[str] = set()
    for number in range(rounds):
        both = [Looking(address, f"{number}-{each}", environment) for each in "ab"]
        began = [each.look(10) for each in both]
        if database == "postgresql":
            with administering(postgres) as admin:
                asked = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s"
                admin.execute(asked, (address.rsplit("/", 1)[1],))
        went_on = [each.look(10) for each in both]
        complaints = [each.kill() for each in both]
        assert all([*began, *went_on]), complaints
        told |= both[0].told | both[1].told
    with remiss.open(address, environment=environment) as fresh:
        with fresh._store.views.reading() as connection:
            logged = {json.loads(entry)["subject"] for entry in connection.execute(select(views.c.entry)).scalars()}
        assert told <= logged
        assert all(each.sound for each in audit.verify_audit(fresh))


def test_what_two_killed_servers_said_was_recorded_is_in_the_log(ws, environment, address, database, request):
    check_killed(ws, environment, address, database, _server(database, request), 2)


@pytest.mark.soak
def test_what_many_killed_servers_said_was_recorded_is_in_the_log(ws, environment, address, database, request):
    check_killed(ws, environment, address, database, _server(database, request), 10)


def _server(database, request):
    return request.getfixturevalue("postgres") if database == "postgresql" else None
