"""Who may do what: people are added, granted, given tokens, asked about, and leave."""

from __future__ import annotations

import pytest

from remiss.errors import InputError, NotFound
from remiss.govern import access_actions as access
from remiss.govern import people_actions as people
from remiss.records.case import Sensitivity
from remiss.records.person import Grant


@pytest.fixture
def ana(ws):
    """Somebody who may annotate what arrivals look after, and nothing else."""
    people.add_team(ws, "arrivals", about="Arrival delays")
    people.add_person(ws, "ana", about="Ana Lima")
    return people.grant(ws, "ana", "annotator", team="arrivals", clearance=Sensitivity.RESTRICTED)


@pytest.mark.every_way("person.grant", "person.revoke")
def test_a_person_holds_what_was_granted_until_it_is_taken(ws, ana):
    assert (ana.name, ana.about, ana.position_to) == ("ana", "Ana Lima", None)
    assert ana.grants == (Grant(role="annotator", team="arrivals", clearance=Sensitivity.RESTRICTED),)
    assert people.revoke_person(ws, "ana", "annotator", team="arrivals").grants == ()
    with pytest.raises(InputError):
        people.revoke_person(ws, "ana", "annotator", team="arrivals")


def of_ana(rows):
    return [line["role"] for line in rows if line["person"] == "ana"]


@pytest.mark.postgresql_in_soak("others send it each of these statements")
@pytest.mark.every_way("person.add", "person.disable", "person.list", "team.add", "team.list")
def test_people_and_teams_are_listed_as_they_were(ws, ana):
    assert people.list_teams(ws).column("team") == ("arrivals", "default")
    assert of_ana(people.list_people(ws)) == ["annotator"]
    before = people.list_people(ws).position
    gone = people.disable(ws, "ana")
    assert (gone.grants, gone.position_to) == ((), before + 1)
    assert of_ana(people.list_people(ws, as_of=before)) == ["annotator"]
    assert of_ana(people.list_people(ws)) == [None]


@pytest.mark.postgresql_in_soak("others send it each of these statements")
@pytest.mark.every_way("token.create", "token.list", "token.revoke")
def test_a_token_is_shown_once_and_revoked_by_its_id(ws, ana):
    made = access.create_token(ws, "ana", about="laptop", days=30)
    assert made.text.startswith("remiss_")
    assert made.token.person == "ana"
    [line] = access.list_tokens(ws, person="ana")
    assert (line["token"], line["about"]) == (made.token.id, "laptop")
    assert made.text not in map(str, line.values())
    assert access.revoke_token(ws, made.token.id).position_to is not None
    with pytest.raises(NotFound):
        access.revoke_token(ws, "000000000000")


@pytest.mark.postgresql_in_soak("others send it each of these statements")
@pytest.mark.every_way("token.link")
def test_a_link_is_shown_once_and_listed_as_one_that_works_once(ws, ana):
    made = access.link_token(ws, "ana", about="first day", minutes=30)
    assert (made.token.once, made.token.used, made.token.about) == (True, None, "first day")
    [line] = access.list_tokens(ws, person="ana")
    assert (line["token"], line["once"], line["used"]) == (made.token.id, True, None)
    with pytest.raises(InputError, match=r"invalid (days|minutes)"):
        access.link_token(ws, "ana", minutes=0)


@pytest.mark.postgresql_in_soak("others send it each of these statements")
@pytest.mark.every_way("person.invite")
def test_somebody_new_comes_with_roles_and_a_link_or_not_at_all(ws, ana):
    made = access.invite_person(ws, "bo", about="Bo Berg", roles=["annotator", "verifier"], team="arrivals", minutes=30)
    assert (made.token.person, made.token.once, made.token.about) == ("bo", True, None)
    [known] = {line["about"] for line in people.list_people(ws) if line["person"] == "bo"}
    assert known == "Bo Berg"
    assert [line["role"] for line in people.list_people(ws) if line["person"] == "bo"] == ["annotator", "verifier"]
    for roles, team in (((), "arrivals"), (("reader",), "departures")):
        with pytest.raises(InputError):
            access.invite_person(ws, "cy", roles=roles, team=team)
    assert "cy" not in people.list_people(ws).column("person")
    assert people.add_person(ws, "cy", roles=["reader"], team="arrivals").grants[0].role == "reader"


@pytest.mark.postgresql_in_soak("others send it each of these statements")
@pytest.mark.every_way("access.check")
def test_who_may_do_what_is_answered_with_the_rule(ws, ana):
    yes = access.check_access(ws, "ana", "case:annotate")
    assert (yes.allowed, yes.person, yes.permission) == (True, "ana", "case:annotate")
    assert "annotator in team arrivals" in yes.rule
    assert not access.check_access(ws, "ana", "run:accept").allowed
    assert not access.check_access(ws, "nobody", "case:read").allowed
    with pytest.raises(InputError, match=r"case\.fly"):
        access.check_access(ws, "ana", "case.fly")
