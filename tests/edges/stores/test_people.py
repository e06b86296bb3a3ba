"""People in the catalog, and workspaces as they see them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, text

import remiss
from remiss.catalog import actions as catalog
from remiss.edges.stores import migrating
from remiss.edges.stores.dialect import driving, on_disk
from remiss.edges.stores.tables import grants, journal, teams, tokens
from remiss.errors import Conflict, Denied, InputError, NotFound
from remiss.govern import access_actions as access
from remiss.govern import audit_actions as audit
from remiss.govern import people_actions as actions
from remiss.govern.authority import Granted, actor_of
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


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_whoever_makes_a_catalog_is_its_admin(empty_address, environment):
    with remiss.open(empty_address, environment=environment, create=True) as ws:
        creator = ws.people.find(ws.actor.name)
    assert creator is not None
    assert (creator.grants, creator.position_from) == ((ADMIN,), 1)


def test_of_an_older_catalog_the_maker_becomes_the_admin_and_what_rows_name_become_teams(empty_address, environment):
    engine = driving.connect(on_disk.parse_address(empty_address)).execution_options(writes=True)
    with engine.connect() as connection, connection.begin():
        migrating.apply(connection, "0002")
        for statement in OLDER:
            connection.execute(text(statement))
    engine.dispose()
    with remiss.open(empty_address, environment=environment, upgrade=True) as ws, ws._store.reading() as connection:
        maker = ws.people.find("ana")
        named = connection.execute(select(teams.c.name).order_by(teams.c.name)).scalars().all()
    assert maker is not None
    assert maker.grants == (ADMIN,)
    assert named == ["boarding", "default"]


@pytest.mark.postgresql_in_soak("others send it each of these statements")
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


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_the_journal_says_who_acted_and_in_which_role(ws, ws_as):
    filed(ws, "by the operator")
    filed(ws_as("ana", role="annotator"), "by ana")
    with ws._store.reading() as connection:
        rows = connection.execute(select(journal).order_by(journal.c.position)).all()[-2:]
    assert [(row.actor, row.role, row.request_id) for row in rows] == [
        (ws.actor.name, "operator", None),
        ("ana", "annotator", "as-ana"),
    ]


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_an_action_may_ask_of_one_team_what_its_decorator_asks_of_any(ws, ws_as):
    chen = ws_as("chen", role="curator", team="arrivals")
    chen.allow("case:reopen", "arrivals")
    ws.allow("case:reopen", "boarding")
    with pytest.raises(Denied, match="chen may not do this in team boarding: it needs case:reopen"):
        chen.allow("case:reopen", "boarding")


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_nobody_is_there_whom_nobody_added(ws):
    assert ws.people.find("mallory") is None


@pytest.fixture
def held(ws):
    """Gives a workspace as somebody has it who is in the catalog and holds a role."""

    def holding(name, role, *, team="default", clearance=Sensitivity.INTERNAL):
        if ws.people.find(name) is None:
            actions.add_person(ws, name)
        actions.grant(ws, name, role, team=team, clearance=clearance)
        return as_they_are(ws, name)

    return holding


def as_they_are(ws, name):
    """Return a workspace as somebody has it with what they hold now."""
    person = ws.people.person(name)
    return ws.serving(f"as-{name}", actor=actor_of(person), authority=Granted(person))


@pytest.fixture
def root(held):
    """An admin of the whole catalog."""
    return held("root", "admin", team=EVERY_TEAM, clearance=Sensitivity.SECRET)


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_a_person_is_added_granted_revoked_and_disabled_and_the_past_stays(ws):
    actions.add_person(ws, "ana", about="Ana Lima")
    actions.add_team(ws, "arrivals")
    actions.grant(ws, "ana", "annotator", team="arrivals")
    granted = ws.position()
    held = actions.grant(ws, "ana", "verifier", team="arrivals", clearance=Sensitivity.SECRET)
    assert [(each.role, each.clearance) for each in held.grants] == [("annotator", 3), ("verifier", 3)]
    actions.revoke_person(ws, "ana", "annotator", team="arrivals")
    gone = actions.disable(ws, "ana")
    assert (gone.grants, gone.position_to) == ((), ws.position())
    assert lines(ws, "ana") == [("ana", "Ana Lima", None, None, None, granted - 2, gone.position_to)]
    assert lines(ws, "ana", granted) == [("ana", "Ana Lima", "arrivals", "annotator", "internal", granted - 2, None)]
    assert lines(ws, "ana", granted - 3) == []


def lines(ws, name, as_of=None):
    return [row[:7] for row in actions.list_people(ws, as_of=as_of).rows if row[0] == name]


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_whoever_comes_back_comes_without_what_they_held(ws):
    actions.add_person(ws, "ana")
    actions.grant(ws, "ana", "reader")
    with pytest.raises(Conflict, match="ana is there already"):
        actions.add_person(ws, "ana")
    actions.disable(ws, "ana")
    with pytest.raises(NotFound):
        actions.disable(ws, "ana")
    assert actions.add_person(ws, "ana", about="again").grants == ()
    assert lines(ws, "ana") == [("ana", "again", None, None, None, ws.position(), None)]


def test_what_is_granted_again_leaves_the_former_row(ws):
    actions.add_person(ws, "ana")
    actions.grant(ws, "ana", "reader")
    actions.grant(ws, "ana", "reader")
    with ws._store.reading() as connection:
        assert len(connection.execute(select(grants).where(grants.c.person == "ana")).all()) == 1


def test_a_role_is_granted_in_a_team_that_is_there(ws):
    actions.add_person(ws, "ana")
    with pytest.raises(NotFound, match="no team 'arivals'"):
        actions.grant(ws, "ana", "reader", team="arivals")
    with pytest.raises(NotFound, match="no active person is named 'bo'"):
        actions.grant(ws, "bo", "reader")
    actions.add_team(ws, "boarding", about="Boarding")
    with pytest.raises(Conflict):
        actions.add_team(ws, "boarding")
    with pytest.raises(InputError):
        actions.add_team(ws, EVERY_TEAM)
    assert [row[:2] for row in actions.list_teams(ws).rows] == [("boarding", "Boarding"), ("default", None)]
    assert [row[0] for row in actions.list_teams(ws, as_of=1).rows] == ["default"]


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_a_team_that_something_is_filed_under_is_a_team(ws):
    filed(ws, "seen", team="arrivals")
    filed(ws, "seen again", team="arrivals")
    assert [row[0::2] for row in actions.list_teams(ws).rows] == [("arrivals", 2), ("default", 0)]


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_an_admin_of_one_team_grants_in_it_and_nowhere_else(ws, ws_as):
    actions.add_person(ws, "ana")
    actions.add_team(ws, "arrivals")
    dana = ws_as("dana", role="admin", team="arrivals", clearance="restricted")
    assert actions.grant(dana, "ana", "curator", team="arrivals").grants
    for team in ("default", EVERY_TEAM):
        with pytest.raises(Denied):
            actions.grant(dana, "ana", "reader", team=team)
    with pytest.raises(Denied, match="does not see up to secret in team arrivals"):
        actions.grant(dana, "ana", "reader", team="arrivals", clearance=Sensitivity.SECRET)
    for refused in (
        lambda: actions.disable(dana, "ana"),
        lambda: actions.add_team(dana, "mine"),
        lambda: access.create_token(dana, "ana"),
        lambda: access.revoke_token(dana, "0123456789ab"),
    ):
        with pytest.raises(Denied, match="in every team"):
            refused()


@pytest.mark.postgresql_in_soak("others send it each of these statements")
@pytest.mark.parametrize("role", ["reader", "annotator", "verifier", "curator", "steward"])
def test_nobody_but_an_admin_gives_or_takes(ws, ws_as, role):
    actions.add_person(ws, "ana")
    somebody = ws_as("somebody", role=role, team=EVERY_TEAM, clearance="secret")
    before = ws.position()
    for attempt in (
        lambda: actions.add_person(somebody, "friend"),
        lambda: actions.grant(somebody, "somebody", "admin"),
        lambda: actions.revoke_person(somebody, "ana", "reader"),
        lambda: actions.disable(somebody, "ana"),
        lambda: actions.add_team(somebody, "mine"),
        lambda: access.create_token(somebody, "ana"),
        lambda: access.revoke_token(somebody, "x"),
    ):
        with pytest.raises(Denied):
            attempt()
    assert ws.position() == before


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_a_token_stands_for_its_person_until_it_is_revoked_or_they_are_disabled(ws, root):
    actions.add_person(ws, "ana")
    first, second = access.create_token(ws, "ana", about="laptop"), access.create_token(ws, "ana", days=1)
    found = ws.people.known_by(first.text, ws.now)
    assert found is not None
    assert (found[0].name, found[1]) == ("ana", first.token)
    wrong = first.text[:-1] + ("a" if first.text[-1] != "a" else "b")
    assert ws.people.known_by(wrong, ws.now) is None
    assert ws.people.known_by(second.text, ws.now + timedelta(days=2)) is None
    access.revoke_token(root, first.token.id)
    assert ws.people.known_by(first.text, ws.now) is None
    assert ws.people.still(first.token.id, ws.now) is None
    with pytest.raises(NotFound):
        access.revoke_token(root, first.token.id)
    assert ws.people.still(second.token.id, ws.now) == found[0]
    actions.disable(root, "ana")
    assert ws.people.known_by(second.text, ws.now) is None
    assert ws.people.still(second.token.id, ws.now) is None


def test_a_link_is_used_once_before_it_expires_and_keeps_its_session_open(ws, root):
    ana = actions.add_person(ws, "ana")
    late, made = access.link_token(root, "ana", minutes=1), access.link_token(root, "ana", about="first day")
    after = ws.now + timedelta(days=1)
    assert (made.token.once, made.token.used) == (True, None)
    assert ws.people.known_by(made.text, ws.now) is None
    assert ws.people.still(made.token.id, ws.now) is None
    assert ws.people.linked_by(late.text, after) is None
    assert ws.people.linked_by(made.text, ws.now) == (ana, made.token)
    before = ws.position()
    person, token = ws.use_link(made.text)
    assert (person, token.used, ws.position()) == (ana, before + 1, before + 1)
    assert ws.use_link(made.text) is None
    assert ws.people.known_by(made.text, ws.now) is None
    assert ws.position() == before + 1
    assert ws.people.still(token.id, after) == ana
    assert [line["used"] for line in access.list_tokens(ws, person="ana") if line["about"]] == [before + 1]
    assert [line["used"] for line in access.list_tokens(ws, person="ana", as_of=before) if line["about"]] == [None]
    access.revoke_token(root, token.id)
    assert ws.people.still(token.id, ws.now) is None


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_a_token_that_stands_for_somebody_is_no_link_and_is_not_used_up(ws):
    actions.add_person(ws, "ana")
    made = access.create_token(ws, "ana")
    before = ws.position()
    assert ws.people.linked_by(made.text, ws.now) is None
    assert ws.use_link(made.text) is None
    assert ws.position() == before
    assert ws.people.known_by(made.text, ws.now) is not None


# What a person holds that an admin of every team up to internal does not.
MORE = {
    "a clearance": {"role": "reader", "team": "default", "clearance": Sensitivity.RESTRICTED},
    "a clearance in every team": {"role": "reader", "team": EVERY_TEAM, "clearance": Sensitivity.SECRET},
}


@pytest.mark.postgresql_in_soak("others send it each of these statements")
@pytest.mark.parametrize("more", MORE)
def test_nobody_invites_somebody_who_holds_more_than_they_do(ws, held, more):
    low = held("low", "admin", team=EVERY_TEAM)
    held("vera", **MORE[more])
    before = ws.position()
    with pytest.raises(Denied, match=r"vera .*and low does not"):
        access.link_token(low, "vera")
    assert ws.position() == before
    assert access.list_tokens(ws, person="vera").rows == ()


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_who_holds_as_much_invites(ws, held):
    high = held("high", "admin", team=EVERY_TEAM, clearance=Sensitivity.RESTRICTED)
    for name, more in (("vera", "a clearance"), ("bo", None)):
        held(name, **(MORE[more] if more else {"role": "verifier", "team": "default"}))
        assert ws.use_link(access.link_token(high, name).text) is not None


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_an_invitation_is_void_once_its_person_holds_more_than_its_maker(ws, held):
    low = held("low", "admin", team=EVERY_TEAM)
    held("vera", "reader")
    made = access.link_token(low, "vera")
    assert ws.people.linked_by(made.text, ws.now) is not None
    held("vera", **MORE["a clearance"])
    assert ws.people.linked_by(made.text, ws.now) is None
    assert ws.use_link(made.text) is None
    # That its maker came to hold more does not mend it: they did not when they made it.
    held("low", "admin", team=EVERY_TEAM, clearance=Sensitivity.SECRET)
    assert ws.use_link(made.text) is None


@pytest.mark.postgresql_in_soak("others send it each of these statements")
@pytest.mark.parametrize("how", ["disabled", "disabled and back", "lowered"])
def test_an_invitation_is_void_once_its_maker_holds_less(ws, held, how):
    mira = held("mira", "admin", team=EVERY_TEAM, clearance=Sensitivity.SECRET)
    held("vera", "reader", clearance=Sensitivity.SECRET)
    made = access.link_token(mira, "vera")
    if how == "lowered":
        held("mira", "admin", team=EVERY_TEAM)
    else:
        actions.disable(ws, "mira")
    if how == "disabled and back":
        actions.add_person(ws, "mira")
    assert ws.use_link(made.text) is None


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_a_token_is_made_by_whom_it_stands_for(ws, held, root):
    ana = held("ana", "reader")
    with pytest.raises(Denied, match="a token stands for the person who makes it") as refused:
        access.create_token(root, "ana")
    assert "remiss token link ana" in refused.value.do
    with pytest.raises(Denied, match="it needs token:create"):
        access.create_token(ana, "root")
    made = access.create_token(ana, "ana", about="laptop")
    assert ws.people.known_by(made.text, ws.now)[0].name == "ana"
    assert (made.token.person, made.token.made_by) == ("ana", "ana")


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_everybody_lists_and_revokes_what_stands_for_them_and_is_told_who_made_it(ws, held, root):
    ana = held("ana", "reader")
    access.create_token(root, "root")
    link, made = access.link_token(root, "ana").token.id, access.create_token(ana, "ana").token.id
    for person in (None, "ana"):
        assert [(line["token"], line["made_by"]) for line in access.list_tokens(ana, person=person)] == [
            (link, "root"),
            (made, "ana"),
        ]
    with pytest.raises(Denied, match="in every team: it needs token:list"):
        access.list_tokens(ana, person="root")
    assert access.revoke_token(ana, link).position_to is not None
    assert access.revoke_token(ana, made).position_to is not None
    [line] = access.list_tokens(ws, person="root")
    with pytest.raises(Denied, match="in every team: it needs token:revoke"):
        access.revoke_token(ana, line["token"])


@pytest.mark.postgresql_in_soak("others send it each of these statements")
@pytest.mark.parametrize("minutes", [0, 1441])
def test_a_link_lasts_some_minutes(ws, minutes):
    actions.add_person(ws, "ana")
    with pytest.raises(InputError, match=r"invalid (days|minutes)"):
        access.link_token(ws, "ana", minutes=minutes)


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_no_secret_is_kept_anywhere(ws, address, tmp_path):
    actions.add_person(ws, "ana")
    _, _, secret = access.create_token(ws, "ana").text.split("_", 2)
    assert len(secret) == 43
    with ws._store.reading() as connection:
        kept = [repr(connection.execute(select(table)).all()) for table in (tokens, journal)]
    assert secret not in "".join(kept)
    assert secret.encode() not in b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    (line,) = access.list_tokens(ws, person="ana").rows
    assert secret not in repr(line)
    assert access.list_tokens(ws, person="bo").rows == ()


@pytest.mark.postgresql_in_soak("others send it each of these statements")
@pytest.mark.parametrize("days", [0, -1, 3661])
def test_a_token_lasts_some_days(ws, days):
    actions.add_person(ws, "ana")
    with pytest.raises(InputError, match=r"invalid (days|minutes)"):
        access.create_token(ws, "ana", days=days)


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_access_is_explained_to_a_steward_for_the_cases_that_they_see(ws, ws_as):
    actions.add_person(ws, "ana")
    actions.grant(ws, "ana", "annotator")
    opened, closed = filed(ws, "open"), filed(ws, "closed", sensitivity=Sensitivity.SECRET)
    sam = ws_as("sam", role="steward")
    assert access.check_access(sam, "ana", "case:annotate", opened.id).allowed
    assert not access.check_access(sam, "ana", "case:verify").allowed
    assert not access.check_access(sam, "ana", "case:annotate", as_of=1).allowed
    assert not access.check_access(ws, "ana", "case:annotate", closed.id).allowed
    with pytest.raises(NotFound):
        access.check_access(sam, "ana", "case:annotate", closed.id)
    with pytest.raises(InputError, match="no action"):
        access.check_access(sam, "ana", "annotate")


def test_a_position_has_the_time_at_which_the_catalog_came_to_it(ws):
    actions.add_person(ws, "ana")
    position = ws.position()
    actions.disable(ws, "ana")
    [line] = [each for each in actions.list_people(ws) if each["person"] == "ana"]
    assert (line["position_from"], line["position_to"]) == (position, position + 1)
    assert line["since_at"] <= line["until_at"]
    journalled = {each["entry"]: each["at"] for each in audit.search_audit(ws, log="journal")}
    assert (line["since_at"], line["until_at"]) == tuple(journalled[f"journal-{at}"] for at in (position, position + 1))
    [line] = [each for each in actions.list_people(ws, as_of=position) if each["person"] == "ana"]
    assert (line["position_to"], line["until_at"]) == (None, None)
    assert all(each["since_at"] is not None for each in actions.list_teams(ws))


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_the_last_admin_of_every_team_stays_one(ws):
    me = ws.actor.name
    actions.add_person(ws, "ana")
    actions.grant(ws, "ana", "curator", team=EVERY_TEAM)
    for leaving in (lambda: actions.disable(ws, me), lambda: actions.revoke_person(ws, me, "admin", team=EVERY_TEAM)):
        with pytest.raises(Conflict, match="the last admin of every team"):
            leaving()
    assert ws.people.person(me).grants == (ADMIN,)
    actions.grant(ws, "ana", "admin", team=EVERY_TEAM, clearance=Sensitivity.SECRET)
    actions.disable(ws, me)
    with pytest.raises(Conflict, match="the last admin of every team"):
        actions.disable(ws, "ana")
    assert [each.name for each in ws.people.everybody(None) if each.position_to is None] == ["ana"]
