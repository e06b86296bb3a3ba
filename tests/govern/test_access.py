"""Who may do what, and by which rule."""

from remiss.govern.authority import access
from remiss.records.case import Sensitivity
from remiss.records.person import EVERY_TEAM, Governed, Grant, Person

ANA = Person(name="ana", grants=(Grant(role="verifier", team="arrivals", clearance=Sensitivity.INTERNAL),))


def case(team="arrivals", sensitivity=Sensitivity.INTERNAL):
    return Governed(id="k7m4-qp2x-9w3d", team=team, sensitivity=sensitivity)


def test_a_role_that_has_it_is_named():
    found = access(ANA, "ana", "case:verify")
    assert found.allowed
    assert found.rule == "ana is verifier in team arrivals, which has case:verify"


def test_of_a_permission_that_no_role_held_has_the_roles_that_have_it_are_named():
    found = access(ANA, "ana", "case:reopen")
    assert not found.allowed
    assert found.rule == "ana holds no role in any team that has case:reopen: it takes curator or admin"


def test_on_a_case_the_role_must_be_held_in_its_team():
    found = access(ANA, "ana", "case:verify", case("boarding"))
    assert not found.allowed
    assert "in team boarding" in found.rule


def test_a_case_above_the_clearance_is_out_of_reach():
    found = access(ANA, "ana", "case:verify", case(sensitivity=Sensitivity.SECRET))
    assert not found.allowed
    assert found.rule == "case k7m4-qp2x-9w3d is secret, of team arrivals, and ana sees cases up to internal there"


def test_on_a_case_that_one_sees_the_role_decides():
    found = access(ANA, "ana", "case:verify", case())
    assert found.allowed
    assert found.rule.endswith("and sees case k7m4-qp2x-9w3d, which is internal")


def test_what_is_held_in_every_team_is_held_in_this_one():
    root = Person(name="root", grants=(Grant(role="admin", team=EVERY_TEAM, clearance=Sensitivity.SECRET),))
    found = access(root, "root", "anything:new", case("boarding", Sensitivity.SECRET))
    assert found.allowed
    assert "admin in every team" in found.rule


def test_nobody_may_nothing():
    for nobody in (None, Person(name="ana", position_to=4)):
        found = access(nobody, "ana", "case:read")
        assert not found.allowed
        assert found.rule == "no active person is named ana"
