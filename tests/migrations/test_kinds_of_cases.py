"""A catalog of before rows of criteria and context said who may see their case is brought there by its upgrade."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import insert, select, text

from remiss.edges.stores.dialect import driving, on_disk
from remiss.edges.stores.migrating import migrate
from remiss.edges.stores.tables import case_context, case_criteria, cases, events
from remiss.govern.ports.actor import Actor

NOW = datetime(2026, 1, 1, tzinfo=UTC)
ANA = Actor(name="ana")


def test_an_upgrade_has_every_row_say_what_its_case_says(empty_address):
    engine = driving.connect(on_disk.parse_address(empty_address)).execution_options(writes=True)
    migrate(engine, NOW, ANA, to="0012")
    kinds = {1: ("arrivals", 0), 2: ("boarding", 3)}
    with engine.begin() as connection:
        for key, (team, level) in kinds.items():
            of_event = {"source_name": "s", "at": NOW, "model": "m", "team_id": team, "sensitivity": level}
            connection.execute(insert(events), {"key": key, "event_id": f"e{key}", **of_event})
            of_case = {"id": f"c{key}", "event_key": key, "status": "candidate", "origin": "captured", "revision": 1}
            connection.execute(insert(cases), {"key": key, "position_from": 1, **of_case, **of_event})
            connection.execute(text(f"INSERT INTO case_criteria (criterion, case_key) VALUES ('slow', {key})"))
            connection.execute(text(f"INSERT INTO case_context (name, value, case_key) VALUES ('airport', 'EWR', {key})"))
    migrate(engine, NOW, ANA)
    with engine.connect() as connection:
        for side in (case_criteria, case_context):
            rows = connection.execute(select(side.c.case_key, side.c.team_id, side.c.sensitivity)).all()
            assert {key: (team, level) for key, team, level in rows} == kinds
    engine.dispose()
