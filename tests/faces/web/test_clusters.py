"""Clusters on their pages: found by a form, listed with figures and noise, and each with its cases."""

from __future__ import annotations

import re
import shutil

import pytest

from remiss import capture
from tests.serving import served
from tests.stories.logs import MONDAY, PROTOCOL, WEEK, small_log

WEEKS = 10


@pytest.fixture
def site(tmp_path, sqlite_template):
    log = small_log(tmp_path / "log", weeks=WEEKS)
    late = {row["flight"] for row in log.outcomes if row["actual"] == "late"}
    for row in log.predictions:
        if row["flight"] in late and row["carrier"] == "UA" and row["distance"] < 451:
            row |= {"predicted": "on-time", "remarks": "gate closed <b>before</b> boarding ended"}
    log.write(PROTOCOL.replace("population: 50", "population: 400"))
    with served(str(shutil.copy(sqlite_template, tmp_path)), {"REMISS_SOURCES": str(log.folder)}) as there:
        capture.capture(there.workspace, log.protocol, since=MONDAY, until=MONDAY + WEEKS * WEEK)
        yield there


@pytest.mark.slow(reason="ten weeks are captured, and cases compared")
def test_clusters_are_found_by_a_form_and_each_leads_to_its_cases(site):
    with site.browser() as browser:
        assert "No clusters have been looked for yet." in browser.get("/clusters").text
        found = browser.post("/clusters", data={"query": "criterion:missed-delay"})
        assert (found.status_code, found.headers["location"]) == (303, "/clusters")
        page = browser.get("/clusters").text
        assert "Noise: similar to no others" in page
        [here] = re.findall(r'<a href="(/clusters/cluster-[^"]*)"', page)
        one = browser.get(here).text
        assert "boarding" in one
        assert "events of this log" in one
        cases = re.findall(r'<li><a href="(/cases/[^"]*)"', one)
        assert len(cases) >= 10
        assert browser.get(cases[0]).status_code == 200
        assert browser.get("/clusters/cluster-nothing").status_code == 404
        refused = browser.post("/clusters", data={"query": "nope:"})
        assert refused.status_code == 422
        assert 'role="alert"' in refused.text
