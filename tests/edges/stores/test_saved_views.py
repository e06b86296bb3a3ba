"""Saved views: who sees, saves, renames and removes them, and what of an address they keep; on each database."""

from __future__ import annotations

import pytest

from remiss.catalog import view_actions as views
from remiss.errors import Conflict, Denied, InputError, NotFound
from remiss.govern import audit_actions as audit

EWR = "/cases?query=severity%3A1&sort=severity&columns=title%2Cairport"


def listed(ws):
    return {each["name"]: each for each in views.list_views(ws)}


@pytest.mark.postgresql_in_soak("others send it what these statements are made of")
def test_a_view_is_its_own_until_it_is_shared_and_leads_to_the_same_by_any_name(ws, ws_as):
    ana, bo = ws_as("ana", role="reader"), ws_as("bo", role="reader")
    made = views.save_view(ana, "  Severe\n at EWR ", f"https://remiss.example.org{EWR}&as_of=3&after=x&start=50&facets=true")
    assert (made.name, made.address, made.person, made.team) == ("Severe at EWR", EWR, "ana", None)
    assert listed(bo) == {}
    again = views.save_view(ana, "Severe at EWR", "/trends?query=severity%3A1&what=rate", team="default")
    assert again.id == made.id
    assert listed(bo)["Severe at EWR"]["address"] == "/trends?query=severity%3A1&what=rate"
    assert views.rename_view(ana, made.id, "Severe").id == made.id
    assert list(listed(bo)) == ["Severe"]
    views.remove_view(ana, made.id)
    assert listed(ana) == {}
    with pytest.raises(NotFound):
        views.remove_view(ana, made.id)


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_others_change_only_what_is_shared_with_a_team_that_they_curate(ws, ws_as):
    ana, bo, cy, far = (
        ws_as(name, role=role, team=team)
        for name, role, team in (
            ("ana", "reader", "default"),
            ("bo", "annotator", "default"),
            ("cy", "curator", "default"),
            ("far", "curator", "others"),
        )
    )
    mine, shared = views.save_view(ana, "mine", EWR), views.save_view(ana, "shared", EWR, team="default")
    for other in (bo, cy, far):
        with pytest.raises(NotFound):
            views.rename_view(other, mine.id, "taken")
    with pytest.raises(NotFound):
        views.remove_view(far, shared.id)
    with pytest.raises(Denied):
        views.remove_view(bo, shared.id)
    with pytest.raises(Denied):
        views.save_view(ana, "elsewhere", EWR, team="others")
    assert views.rename_view(cy, shared.id, "ours").person == "ana"
    assert views.remove_view(cy, shared.id).name == "ours"
    [removed, renamed] = list(audit.search_audit(ws, subject=shared.id, limit=2))
    assert [(each["action"], each["actor"]) for each in (removed, renamed)] == [("view.remove", "cy"), ("view.rename", "cy")]


@pytest.mark.postgresql_in_soak("others send it what these statements are made of")
def test_a_name_that_others_have_for_themselves_is_free_to_everybody_and_tells_nothing(ws, ws_as):
    ana, bo, cy = (ws_as(name, role=role) for name, role in (("ana", "reader"), ("bo", "reader"), ("cy", "curator")))
    hidden = views.save_view(ana, "Layoffs", EWR)
    shared = views.save_view(ana, "Weekly", EWR, team="default")
    # Whoever asks is answered as if it were not there: for themselves, for the team, and of a view of the very same person.
    assert views.save_view(bo, "Layoffs", EWR).id != hidden.id
    assert views.save_view(cy, "Layoffs", EWR, team="default").id != hidden.id
    theirs = [each["view"] for each in views.list_views(bo)]
    renamed = views.rename_view(cy, shared.id, "Budget")
    assert (renamed.name, renamed.person) == ("Budget", "ana")
    with pytest.raises(Conflict, match="has the name already"):
        views.rename_view(cy, shared.id, "Layoffs")  # of the team, which cy sees
    assert hidden.id not in theirs
    assert views.save_view(ana, "Layoffs", "/cases").id == hidden.id


def test_a_name_is_given_once_among_the_views_of_a_team_and_ones_own_comes_first(ws, ws_as):
    ana, bo = ws_as("ana", role="reader"), ws_as("bo", role="reader")
    shared = views.save_view(ana, "Weekly", EWR, team="default")
    with pytest.raises(Conflict) as told:
        views.save_view(bo, "Weekly", EWR, team="default")
    assert str(told.value) == f"{shared.id}, which ana shared with team default, has the name already\n  give another name"
    own = views.save_view(bo, "Weekly", "/cases")
    assert [each["view"] for each in views.list_views(bo)] == [own.id, shared.id]
    assert [each["view"] for each in views.list_views(ana)] == [shared.id]
    with pytest.raises(Conflict):
        views.save_view(bo, "Weekly", "/cases", team="default")
    views.rename_view(bo, own.id, "Mine")
    # One's own of the same name becomes the team's, as it became one's own.
    assert views.save_view(bo, "Mine", "/cases", team="default").id == own.id
    assert views.save_view(bo, "Mine", "/cases").id == own.id


@pytest.mark.postgresql_in_soak("others send it each of these statements")
@pytest.mark.parametrize(
    "page",
    [
        "/people",
        "//cases",
        "/cases/../people",
        "javascript:/cases",
        "/cases?colour=red",
        "/cases?query=severity:",
        "/cases?sort=colour",
        "/cases?query=%00",
        "/cases?query=%ff",
        "http://[/cases",
        "/trends?query=ana%40example.org",
        "/cases?query=" + "x" * 14_000,
    ],
)
def test_nothing_is_saved_that_is_no_page_or_shows_what_is_personal(ws, page):
    with pytest.raises(InputError):
        views.save_view(ws, "a view", page)


@pytest.mark.postgresql_in_soak("others send it each of these statements")
@pytest.mark.parametrize("name", ["", " \n", "x" * 81, "a\0b", "\ud800"])
def test_a_view_has_a_name_in_a_line(ws, name):
    with pytest.raises(InputError):
        views.save_view(ws, name, EWR)
