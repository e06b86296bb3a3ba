"""What a person holds after a role was given or taken."""

from itertools import pairwise

import pytest

from remiss.errors import InputError, NotFound
from remiss.govern.roles import ROLES, checked_about, checked_name, granted, revoked
from remiss.records.case import Sensitivity
from remiss.records.person import EVERY_TEAM, Grant, Person


def grant(role="annotator", team="arrivals", clearance=Sensitivity.INTERNAL):
    return Grant(role=role, team=team, clearance=clearance)


def person(*grants):
    return Person(name="ana", grants=grants)


def test_a_clearance_is_of_the_person_in_the_team_whatever_the_role():
    secret = Sensitivity.SECRET
    held = granted(person(grant(), grant("reader", "boarding")), grant("curator", clearance=secret))
    assert held == (grant("annotator", clearance=secret), grant("curator", clearance=secret), grant("reader", "boarding"))


def test_what_is_granted_again_is_held_once():
    assert granted(person(grant()), grant()) == (grant(),)


def test_a_clearance_can_be_lowered():
    assert granted(person(grant()), grant(clearance=Sensitivity.PUBLIC)) == (grant(clearance=Sensitivity.PUBLIC),)


def test_there_are_no_other_roles():
    with pytest.raises(InputError, match="no role 'boss'") as refused:
        granted(person(), grant("boss"))
    assert "reader, annotator, verifier, curator, steward, admin" in refused.value.do


def test_what_is_revoked_is_gone_and_the_rest_stays():
    everywhere = grant("admin", EVERY_TEAM)
    assert revoked(person(grant(), everywhere), "annotator", "arrivals") == (everywhere,)


def test_what_somebody_does_not_hold_cannot_be_taken():
    with pytest.raises(NotFound, match="ana is not curator in team arrivals") as refused:
        revoked(person(grant()), "curator", "arrivals")
    assert "annotator in team arrivals" in refused.value.do


def test_each_role_above_reader_has_what_those_below_it_have():
    ladder = ["reader", "annotator", "verifier", "curator"]
    assert all(ROLES[lower] < ROLES[higher] for lower, higher in pairwise(ladder))
    assert ROLES["reader"] < ROLES["steward"]
    assert not {each for each in ROLES["steward"] if each.startswith("case:")} - {"case:read"}


@pytest.mark.parametrize("name", ["", "Ana", "ana lima", "-ana", "ana-", "a" * 65, "*", "ana\n", "ana'--", "\u0430na"])
def test_what_could_be_mistaken_is_no_name(name):
    with pytest.raises(InputError, match="not a valid name of a person"):
        checked_name(name, "person")


def test_a_name_may_be_an_address():
    assert checked_name("ana.lima@example.org", "person") == "ana.lima@example.org"


def test_what_is_said_of_somebody_is_a_short_line():
    assert checked_about("  Ana Lima ") == "Ana Lima"
    assert checked_about(" ") is None
    for said in ("two\nlines", "x" * 201, "a\u202eb"):
        with pytest.raises(InputError):
            checked_about(said)
