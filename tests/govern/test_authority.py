"""What the operator of a database may do, and what people may who come through a server."""

from remiss.govern.authority import Granted, LocalOwner, actor_of
from remiss.govern.ports.actor import Actor, Scope
from remiss.govern.roles import OF_THE_CATALOG
from remiss.records.case import Sensitivity
from remiss.records.person import EVERY_TEAM, Grant, Person

ANA = Actor(name="ana")


def holding(*grants):
    person = Person(name="ana", grants=grants)
    return Granted(person)


def grant(role, team="arrivals", clearance=Sensitivity.INTERNAL):
    return Grant(role=role, team=team, clearance=clearance)


def test_the_local_owner_may_do_and_see_everything():
    owner = LocalOwner()
    assert owner.may(ANA, "case:annotate")
    assert owner.scope(ANA).everything


def test_whoever_was_granted_nothing_may_do_and_see_nothing():
    nobody = holding()
    assert not nobody.may(ANA, "catalog:read")
    assert nobody.scope(ANA) == Scope()
    assert not any(nobody.scope(ANA).sees("default", level) for level in Sensitivity)


def test_a_role_is_held_in_its_team_only():
    ana = holding(grant("curator"), grant("reader", "boarding"))
    assert ana.may(ANA, "case:reopen")
    assert ana.may(ANA, "case:reopen", "arrivals")
    assert not ana.may(ANA, "case:reopen", "boarding")
    assert ana.may(ANA, "case:read", "boarding")
    assert not ana.may(ANA, "case:read", "elsewhere")


def test_what_is_granted_in_every_team_is_held_in_those_to_come():
    ana = holding(grant("admin", EVERY_TEAM, Sensitivity.SECRET))
    assert ana.may(ANA, "person:add", "a team to come")
    assert ana.scope(ANA).everything


def test_in_each_team_one_sees_up_to_one_s_clearance_there():
    ana = holding(grant("reader"), grant("steward", "boarding", Sensitivity.SECRET))
    scope = ana.scope(ANA)
    assert scope.sees("arrivals", Sensitivity.INTERNAL)
    assert not scope.sees("arrivals", Sensitivity.RESTRICTED)
    assert scope.sees("boarding", Sensitivity.SECRET)
    assert not scope.sees("default", Sensitivity.PUBLIC)


def test_a_role_in_one_team_takes_nothing_from_what_is_granted_in_all():
    scope = holding(grant("reader", EVERY_TEAM, Sensitivity.RESTRICTED), grant("curator")).scope(ANA)
    assert scope == Scope.everywhere(Sensitivity.RESTRICTED)


def test_nobody_acts_by_what_another_was_granted():
    bo = Actor(name="bo")
    assert not holding(grant("admin")).may(bo, "case:read")
    assert holding(grant("admin")).scope(bo) == Scope()


def test_the_journal_names_one_s_roles():
    actor = actor_of(Person(name="ana", grants=(grant("curator"), grant("annotator", "boarding"))))
    assert (actor.name, actor.team, actor.role) == ("ana", "arrivals", "annotator, curator")


def test_what_is_about_the_whole_catalog_is_not_held_in_one_team():
    for permission in OF_THE_CATALOG:
        assert not holding(grant("admin")).may(ANA, permission)
        assert not holding(grant("admin")).may(ANA, permission, "arrivals")
        assert holding(grant("admin", EVERY_TEAM)).may(ANA, permission)
    assert holding(grant("steward", EVERY_TEAM)).may(ANA, "token:list")
