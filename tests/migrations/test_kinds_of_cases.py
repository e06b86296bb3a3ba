"""A catalog of before rows of criteria and context said who may see their case is brought there by its upgrade."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import select

from remiss.edges.stores.dialect import driving, on_disk
from remiss.edges.stores.migrating import migrate
from remiss.edges.stores.tables import case_context, case_criteria
from remiss.govern.ports.actor import Actor
from tests.migrations import older

NOW = datetime(2026, 1, 1, tzinfo=UTC)
ANA = Actor(name="ana")
KINDS = {1: ("arrivals", 0), 2: ("boarding", 3)}


def filled(key, team, level):
    of_event = {"source_name": "s", "at": 0, "model": "m", "team_id": team, "sensitivity": level}
    of_case = {"id": f"c{key}", "event_key": key, "status": "candidate", "origin": "captured", "revision": 1, "position_from": 1}
    return {
        "events": {"key": key, "event_id": f"e{key}", **of_event},
        "cases": {"key": key, **of_case, **of_event},
        "case_criteria": {"criterion": "slow", "case_key": key},
        "case_context": {"name": "airport", "value": "EWR", "case_key": key},
    }


def test_an_upgrade_has_every_row_say_what_its_case_says(empty_address):
    rows = [filled(key, *kind) for key, kind in KINDS.items()]
    older.make(empty_address, 12, {table: [each[table] for each in rows] for table in rows[0]})
    engine = driving.connect(on_disk.parse_address(empty_address)).execution_options(writes=True)
    migrate(engine, NOW, ANA)
    with engine.connect() as connection:
        for side in (case_criteria, case_context):
            found = connection.execute(select(side.c.case_key, side.c.team_id, side.c.sensitivity)).all()
            assert {key: (team, level) for key, team, level in found} == KINDS
    engine.dispose()
