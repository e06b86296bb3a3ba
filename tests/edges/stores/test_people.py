"""People in the catalog, and workspaces as they see them."""

from __future__ import annotations

import pytest
from sqlalchemy import select, text

import remiss
from remiss.catalog import actions as catalog
from remiss.edges.stores import migrating
from remiss.edges.stores.dialect import driving
from remiss.edges.stores.people import person_now
from remiss.edges.stores.tables import journal, teams
from remiss.errors import Denied, NotFound
from remiss.records.case import Filing, Sensitivity
from remiss.records.person import EVERY_TEAM, Grant
from tests.edges.stores.drawing import MONDAY

ADMIN = Grant(role="admin", team=EVERY_TEAM, clearance=Sensitivity.SECRET)

OLDER = (
    "INSERT INTO catalog_head (id, position, catalog_id, created) VALUES (1, 1, 'c', 0)",
    "INSERT INTO journal (position, at, actor, action, subjects, digests) VALUES (1, 0, 'ana', 'catalog.init', '[]', '{}')",
    "INSERT INTO protocols (name, version, digest, text, at, position, team_id) VALUES ('p', 1, 'd', 't', 0, 1, 'boarding')",
)


def filed(ws, title, **said):
    return catalog.file(ws, Filing(model="m", at=MONDAY, title=title, **said))


def test_whoever_makes_a_catalog_is_its_admin(empty_address, environment):
    with remiss.open(empty_address, environment=environment, create=True) as ws, ws.reading() as connection:
        creator = person_now(connection, ws.actor.name)
    assert creator is not None
    assert (creator.grants, creator.since) == ((ADMIN,), 1)


def test_of_an_older_catalog_the_maker_becomes_the_admin_and_what_rows_name_become_teams(empty_address, environment):
    engine = driving.connect(driving.parse_address(empty_address)).execution_options(writes=True)
    with engine.connect() as connection, connection.begin():
        migrating._apply(connection, "0002")
        for statement in OLDER:
            connection.execute(text(statement))
    engine.dispose()
    with remiss.open(empty_address, environment=environment, upgrade=True) as ws, ws.reading() as connection:
        maker = person_now(connection, "ana")
        named = connection.execute(select(teams.c.name).order_by(teams.c.name)).scalars().all()
    assert maker is not None
    assert maker.grants == (ADMIN,)
    assert named == ["boarding", "default"]


def test_a_person_sees_and_does_what_the_role_and_the_clearance_allow(ws, ws_as):
    opened, closed = filed(ws, "open"), filed(ws, "closed", sensitivity=Sensitivity.SECRET)
    elsewhere = filed(ws, "elsewhere", team="boarding")
    bo = ws_as("bo", role="reader")
    assert catalog.show(bo, opened.id).title == "open"
    assert [line["id"] for line in catalog.search(bo, "")] == [opened.id]
    for unseen in (closed, elsewhere):
        with pytest.raises(NotFound):
            catalog.show(bo, unseen.id)
    with pytest.raises(Denied, match=r"bo may not do case\.file: it needs case:file"):
        filed(bo, "by bo")


def test_the_journal_says_who_acted_and_in_which_role(ws, ws_as):
    filed(ws, "by the operator")
    filed(ws_as("ana", role="annotator"), "by ana")
    with ws.reading() as connection:
        rows = connection.execute(select(journal).order_by(journal.c.position)).all()[-2:]
    assert [(row.actor, row.role, row.request_id) for row in rows] == [
        (ws.actor.name, "operator", None),
        ("ana", "annotator", "as-ana"),
    ]


def test_an_action_may_ask_of_one_team_what_its_decorator_asks_of_any(ws, ws_as):
    chen = ws_as("chen", role="curator", team="arrivals")
    chen.allow("case:reopen", "arrivals")
    ws.allow("case:reopen", "boarding")
    with pytest.raises(Denied, match="chen may not do this in team boarding: it needs case:reopen"):
        chen.allow("case:reopen", "boarding")


def test_nobody_is_there_whom_nobody_added(ws):
    with ws.reading() as connection:
        assert person_now(connection, "mallory") is None
