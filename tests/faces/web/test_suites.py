"""The pages of suites: what a suite is made of, what versions made of it, and how two of them differ."""

from __future__ import annotations

import re
import shutil

import pytest

from remiss import capture, govern, runner, safeguard
from tests.serving import served
from tests.stories.logs import MONDAY, WEEK, small_log

MODULE = """
def usual(rows):
    return [{"output": "on-time"} for _ in rows]

def turned(rows):
    return [{"output": "<b>late</b>" if row["carrier"] == "UA" else "late"} for row in rows]
"""
MODELS = """models:
  - {name: delays, version: "1", python: "delays:usual"}
  - {name: delays, version: "2", python: "delays:turned"}
"""


@pytest.fixture
def site(sqlite_template, tmp_path):
    log = small_log(tmp_path / "log", a_week=40)
    (tmp_path / "delays.py").write_text(MODULE)
    (tmp_path / "models.yaml").write_text(MODELS)
    settings = {"REMISS_SOURCES": str(log.folder), "REMISS_MODELS": str(tmp_path / "models.yaml")}
    with served(str(shutil.copy(sqlite_template, tmp_path)), settings) as there:
        capture.capture(there.workspace, log.protocol, since=MONDAY, until=MONDAY + 2 * WEEK)
        safeguard.build_suite(there.workspace, "arrivals", "", success=["pass-rate at least 99 %", "flip-rate at most 5 %"])
        yield there


def test_a_suite_its_results_and_their_difference_have_pages_that_lead_to_one_another(site):
    with site.browser() as browser:
        assert "None yet" in browser.get("/suites").text
        assert "remiss suite run arrivals" in browser.get("/suites/arrivals").text
        usual, turned = (safeguard.run(site.workspace, "arrivals", model=f"delays@{version}") for version in (1, 2))
        assert f'href="/results/{turned.id}"' in browser.get("/suites").text
        page = browser.get("/suites/arrivals").text
        ticked = re.findall(r'name="result" value="(result-[a-z0-9]*)"', page)
        assert ticked == [turned.id, usual.id]
        assert "None were made." in browser.get("/suites/arrivals").text
        page = browser.get("/suites/arrivals/compare", params={"result": ticked}).text
        assert "0 scenarios: nothing is synthetic." in page
        found = safeguard.compare(site.workspace, "arrivals", model=turned.id, baseline=usual.id)
        assert f"{found.broken} broken, {found.fixed} fixed" in page
        assert all(f'href="/cases/{each.id}"' in page for each in found.changes[:50])
        assert "&lt;b&gt;late&lt;/b&gt;" in page
        assert "<b>late" not in page
        answer = browser.get("/suites/arrivals/compare", params={"result": ticked[:1]})
        assert (answer.status_code, "1 result ticked" in answer.text) == (422, True)


def test_a_result_shows_its_failures_first_and_every_other_event_by_a_link(site):
    turned = safeguard.run(site.workspace, "arrivals", model="delays@2")
    with site.browser() as browser:
        page = browser.get(f"/results/{turned.id}").text
        assert page.count("✕ Not met") == page.count("? Cannot tell") == 1
        assert "pass-rate of guard at least 99 %" in browser.get("/suites/arrivals").text
        failed = turned.verdicts["controls"]["failed"]
        assert f"<p>{failed} events</p>" in page
        shown = re.findall(r'<a class="id" href="/cases/([a-z0-9-]*)"', page)
        assert len(shown) == min(failed, 50)
        for href in re.findall(rf'href="(/results/{turned.id}\?[^"#]*)', page):
            assert browser.get(href.replace("&amp;", "&")).status_code == 200
        assert browser.get("/results/result-none").status_code == 404


def test_who_may_run_a_suite_posts_a_job_by_a_form_that_keeps_what_is_refused(site, tmp_path):
    steward, annotator = (site.person(name, role=role) for name, role in (("sam", "steward"), ("ann", "annotator")))
    with site.browser_of(steward) as browser:
        document = tmp_path / "scenarios.yaml"
        document.write_text(RECIPES)
        safeguard.make_scenarios(site.workspace, "arrivals", str(document))
        page = browser.get("/suites/arrivals").text
        [action] = re.findall(r'<form method="post" action="(/suites/arrivals%40[0-9a-f]{64}/run)" id="running">', page)
        assert re.findall(r'<option value="(delays@[^"]*)"', page) == ["delays@1", "delays@2"]
        for wrong, field, says in (
            ({"repeat": "2"}, "repeat", "have no majority"),
            ({"repeat": "three"}, "repeat", "Invalid repeat"),
            ({"model": "python:delays:usual"}, "model", "only registered models are run"),
            ({"scenarios": "gone"}, "scenarios", "There are no scenarios gone"),
        ):
            refused = browser.post(action, data={"model": "delays@2", "repeat": "3", "anew": "true"} | wrong)
            assert refused.status_code in {404, 422}, refused.text
            told = refused.text.partition('id="running"')[2].partition("</form>")[0]
            assert says in told
            assert re.search(r'role="alert"[^>]* autofocus', told)
            assert 'value="true" checked' in told
            assert field == "model" or '<option value="delays@2" selected>' in told
            assert re.search(rf'name="{field}"[^>]* aria-invalid="true"', told)
            assert f'value="{wrong.get("repeat", "3")}"' in told
        assert browser.post("/suites/gone/run", data={"model": "delays@1"}).status_code == 404
        assert not govern.list_jobs(site.workspace).total
        # What is built meanwhile is not what the page showed.
        shown = safeguard.show_suite(site.workspace, "arrivals")
        safeguard.build_suite(site.workspace, "arrivals", "", sealed=0.0)
        answer = browser.post(action, data={"model": "delays@2", "repeat": "3", "scenarios": "none"})
        assert answer.status_code == 303
        runner.work_off(site.workspace)
        page = browser.get(answer.headers["location"]).text
        assert "<dd>Done</dd>" in page
        [result] = safeguard.list_results(site.workspace)
        assert (result.suite_digest, str(result.model), result.repeats, result.made_by) == (shown.digest, "delays@2", 3, "sam")
        assert f'href="/results/{result.id}"' in page
    with site.browser_of(annotator) as browser:
        assert browser.get("/suites/arrivals").status_code == 403
        assert browser.post(action, data={"model": "delays@2"}).status_code == 403


def test_the_page_of_a_job_that_runs_a_suite_says_what_it_asks_and_leads_to_the_result(site):
    posted = safeguard.suite_job(site.workspace, "arrivals", model="delays@1")
    runner.work_off(site.workspace)
    [result] = safeguard.list_results(site.workspace)
    with site.browser() as browser:
        page = browser.get(f"/jobs/{posted.id}").text
        assert "Runs a suite on the model delays@1." in page
        assert re.search(r"<td>Events 1 to \d+</td><td>done</td>", page)
        assert f'<td>Figures</td><td><a class="id" href="/results/{result.id}">' in page


RECIPES = """scenarios: robust
recipes:
  - {name: gone, apply: [{operator: missing, field: carrier}], expect: same-as-parent}
  - {name: swapped, apply: [{operator: swap-category, field: carrier}], expect: invariance}
"""


def test_the_page_of_a_suite_shows_its_scenarios_and_that_of_a_result_how_much_is_synthetic(site, tmp_path):
    document = tmp_path / "scenarios.yaml"
    document.write_text(RECIPES)
    made = safeguard.make_scenarios(site.workspace, "arrivals", str(document))
    results = [safeguard.run(site.workspace, "arrivals", model=f"delays@{version}").id for version in (1, 2)]
    with site.browser() as browser:
        page = browser.get("/suites/arrivals").text
        assert f"{made.scenarios} scenarios: " in page
        assert "missing of carrier" in page
        assert "what is expected of the parent" in page
        assert f"<dt>Synthetic</dt><dd>{made.scenarios} scenarios: " in browser.get(f"/results/{results[0]}").text
        page = browser.get("/suites/arrivals/compare", params={"result": results[::-1]}).text
        # Of no open case that is not fixed a scenario shows a flip.
        assert page.count("scenarios that do not flip") == 2
