"""The raw event over HTTP: asked for with a purpose, as a page, as a file, as JSON."""

from __future__ import annotations

import json
import shutil

import pytest

from tests.serving import served

WHY = "the carrier asked which flight it was"


@pytest.fixture
def site(captured_once, tmp_path):
    shutil.copytree(captured_once, tmp_path / "here")
    with served(str(tmp_path / "here" / "remiss.db"), {}) as there:
        yield there


@pytest.fixture
def browser(site):
    with site.browser() as client:
        yield client


@pytest.fixture
def case(browser):
    return browser.get("/api/v1/cases?limit=1").json()["items"][0]["id"]


def test_the_page_asks_for_a_purpose_before_it_shows_anything(browser, case):
    page = browser.get(f"/cases/{case}/evidence")
    assert "Purpose, in one sentence" in page.text
    assert "prediction_id" not in page.text
    assert browser.get("/api/v1/audit?action=evidence.show").json()["items"] == []


def test_who_may_not_see_it_is_told_so_before_they_write_what_for(site, case):
    with site.browser_of(site.person("rita", role="reader")) as rita:
        page = rita.get(f"/cases/{case}/evidence")
        assert page.status_code == 403
        assert "Purpose, in one sentence" not in page.text


def test_with_a_purpose_every_field_is_shown_and_the_look_is_recorded(browser, case):
    page = browser.post(f"/cases/{case}/evidence", data={"purpose": WHY})
    assert page.status_code == 200
    assert "prediction_id" in page.text
    assert page.headers["cache-control"] == "no-store"
    [look] = browser.get("/api/v1/audit?action=evidence.show").json()["items"]
    assert (look["subject"], look["purpose"]) == (case, WHY)


def test_without_a_purpose_the_form_says_what_is_missing(browser, case):
    page = browser.post(f"/cases/{case}/evidence", data={"purpose": " "})
    assert page.status_code == 422
    assert "No purpose is given" in page.text


def test_as_a_file_it_is_an_attachment_that_no_browser_opens(browser, case):
    answer = browser.post(f"/cases/{case}/evidence", data={"purpose": WHY, "wanted": "file"})
    assert "prediction_id" in answer.json()
    headers = answer.headers
    assert headers["content-disposition"].startswith(f'attachment; filename="event-{case}.json"')
    assert headers["content-security-policy"].startswith("sandbox; default-src 'none'")
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == "no-store"


def test_the_api_gives_it_with_its_sensitivity(browser, case):
    answer = browser.post(f"/api/v1/cases/{case}/evidence", json={"purpose": WHY})
    assert answer.json()["sensitivity"] == "restricted"
    assert "prediction_id" in json.loads(answer.json()["content"])
    assert browser.post(f"/api/v1/cases/{case}/evidence", json={}).status_code == 422
    assert browser.get(f"/api/v1/cases/{case}/evidence").status_code == 405


def test_a_beginning_of_an_id_leads_to_the_form(browser, case):
    answer = browser.get(f"/cases/{case[:9]}/evidence")
    assert answer.status_code == 302
    assert answer.headers["location"] == f"/cases/{case}/evidence"
