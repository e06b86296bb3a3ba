"""Saved views: who sees, saves, renames and removes them, and what of an address they keep; on each database."""

from __future__ import annotations

import pytest

from remiss.catalog import view_actions as views
from remiss.errors import Conflict, Denied, InputError, NotFound
from remiss.govern import audit_actions as audit

EWR = "/cases?query=severity%3A1&sort=severity&columns=title%2Cairport"


def listed(ws):
    return {each["name"]: each for each in views.list_views(ws)}


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
    with pytest.raises(Conflict) as told:
        views.rename_view(cy, shared.id, "mine")
    assert str(told.value) == "the view cannot be called that\n  give another name"
    with pytest.raises(Conflict, match=mine.id):
        views.rename_view(ana, shared.id, "mine")
    assert views.rename_view(cy, shared.id, "ours").person == "ana"
    assert views.remove_view(cy, shared.id).name == "ours"
    [removed, renamed] = list(audit.search_audit(ws, subject=shared.id, limit=2))
    assert [(each["action"], each["actor"]) for each in (removed, renamed)] == [("view.remove", "cy"), ("view.rename", "cy")]


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
