"""Pages on runs as HTML: the list, one run, and what can be done with it."""

from __future__ import annotations

import html
import re
import shutil
import sqlite3
from collections import Counter
from contextlib import closing

import pytest

from remiss import capture
from remiss.faces.web.run_changes import QUERY_LETTERS, batches
from tests.serving import served
from tests.stories.logs import MONDAY, PROTOCOL, WEEK, small_log

HOSTILE = '"><script>alert(1)</script>'


@pytest.fixture
def client(reading):
    with reading.browser() as signed_in:
        yield signed_in


@pytest.fixture
def log(request, tmp_path):
    return small_log(tmp_path / "log") if not hasattr(request, "param") else small_log(tmp_path / "log", request.param, 40)


@pytest.fixture
def site(log, sqlite_template, tmp_path):
    """A server on a new catalog of the test's own, beside the log."""
    with served(str(shutil.copy(sqlite_template, tmp_path)), {"REMISS_SOURCES": str(log.folder)}) as there:
        yield there


def captured(site, log, weeks=3):
    return capture.capture(site.workspace, log.protocol, since=MONDAY, until=MONDAY + weeks * WEEK)


def waiting(site, log):
    """A run that waits, since the event of a case is gone from the log; that event."""
    captured(site, log)
    slow = next(row for row in log.predictions if row["latency_ms"] > 250 and met(site, row["prediction_id"]))
    log.predictions.remove(slow)
    log.write()
    return captured(site, log), slow["prediction_id"]


def met(site, event):
    with site.client() as client:
        return client.get("/api/v1/cases", params={"query": f'event_id:"{event}"'}).json()["total"]


def test_the_list_turns_its_pages_and_says_what_is_due(site, log, monkeypatch):
    monkeypatch.setattr("remiss.faces.web.pages.runs.LIMIT", 1)
    first, second = captured(site, log, 1), captured(site, log, 1)
    with site.browser() as client:
        text = client.get("/runs?whole=true").text
        assert second.id in text
        assert first.id not in text
        assert "2 windows are due" in text
        assert "remiss capture arrival-delay.yaml" in text
        older = client.get(html.unescape(re.search(r'rel="next" href="([^"]*)"', text)[1])).text
        assert first.id in older
        assert 'rel="next"' not in older


def test_a_run_says_what_it_read_and_drew(client):
    run = client.get("/api/v1/runs").json()["items"][0]["run"]
    text = client.get(f"/runs/{run}").text
    manifest = client.get(f"/api/v1/runs/{run}").json()
    for said in (manifest["source"]["fingerprint"], manifest["digest"], "1,200 in 1 file", "in force for 3 of 3 windows"):
        assert said in text
    assert "each had a chance of" in text
    assert "context.airport=EWR" in text
    assert "the lag of 2 days" in text
    twins = re.findall(r'rel="alternate" type="application/json" href="([^"]*)"', text)
    assert [client.get(twin).status_code for twin in twins] == [200] * 5


def test_a_run_is_found_by_the_beginning_of_its_id_and_others_are_not(client):
    run = client.get("/api/v1/runs").json()["items"][0]["run"]
    assert client.get(f"/runs/{run[:11]}").status_code == 200
    missing = client.get("/runs/run-nothing0")
    assert missing.status_code == 404
    assert "There is no run" in missing.text


def test_each_field_that_was_counted_has_a_page_that_adds_up_what_the_action_lists(client):
    run = client.get("/api/v1/runs").json()["items"][0]["run"]
    text = client.get(f"/runs/{run}").text
    links = [html.unescape(link) for link in re.findall(rf'href="(/runs/{run}/histograms[^"]*)"', text)]
    assert [link.rpartition("=")[2] for link in links] == client.get(f"/api/v1/runs/{run}").json()["counted"]
    for link in links:
        page = client.get(link).text
        lines = client.get(f"/api/v1{link}").json()["items"]
        counted = Counter()
        for line in lines:
            counted[line["values"]] += line["events"]
        found = re.findall(r'<th scope="row" class="wrap">([^<]*)</th><td class="number" data-says="Events">([^<]*)</td>', page)
        assert {html.unescape(values): int(events.replace(",", "")) for values, events in found} == counted
        [twin] = re.findall(r'rel="alternate" type="application/json" href="([^"]*)"', page)
        assert html.unescape(twin) == f"/api/v1{link}"
    unknown = client.get(f"/runs/{run}/histograms?field=inputs.nothing")
    assert unknown.status_code == 422
    assert "inputs.nothing is not counted" in unknown.text


def test_versions_have_a_column_each_up_to_the_five_commonest(site, log):
    for number, row in enumerate(log.predictions):
        row["model_version"] = f"v{min(number % 28, 6)}"
    log.write()
    run = captured(site, log)
    with site.browser() as client:
        page = client.get(f"/runs/{run.id}/histograms?field=inputs.carrier").text
        lines = client.get(f"/api/v1/runs/{run.id}/histograms?field=inputs.carrier").json()["items"]
    heads = re.findall(r'<th scope="col"[^>]*>([^<]*)</th>', page)
    assert heads == ["Value", "Events", "Share", "v0", "v1", "v2", "v3", "v6"]
    assert "2 more model versions only in the total" in page
    first = next(line["values"] for line in lines if line["bin"] == min(line["bin"] for line in lines))
    row = re.search(rf'<th scope="row" class="wrap">{first}</th>(.*)</tr>', page)[1]
    v6 = sum(line["events"] for line in lines if (line["values"], line["model_version"]) == (first, "v6"))
    assert re.findall(r'<td class="number"[^>]*>([\d,]+)</td>', row)[-1] == f"{v6:,}"


def test_a_run_of_before_says_that_its_fields_were_not_counted(site, log):
    run = captured(site, log)
    with closing(sqlite3.connect(site.workspace.file)) as stored, stored:
        stored.execute("UPDATE runs SET bins = NULL")
    with site.browser() as client:
        assert "This run is from before fields were counted" in client.get(f"/runs/{run.id}").text
        assert client.get(f"/runs/{run.id}/histograms?field=inputs.carrier").status_code == 422


def test_refused_rows_are_told_by_reason_with_file_and_row(site, log):
    log.predictions[7]["carrier"] = None
    log.write()
    run = captured(site, log)
    with site.browser() as client:
        text = client.get(f"/runs/{run.id}").text
    assert "missing:inputs.carrier" in text
    assert "inputs.carrier is empty, and the protocol requires it" in text
    assert re.search(r'class="file">[^<]*all.parquet</th><td class="number">8</td>', text)


def test_a_waiting_run_asks_before_it_is_accepted(site, log):
    run, gone = waiting(site, log)
    with site.browser() as client:
        text = client.get(f"/runs/{run.id}").text
        assert "This run is waiting" in text
        [confirm] = set(re.findall(r'href="(/runs/[^"]*/accept)"', text))
        asked = client.get(confirm).text
        assert gone in asked
        [case] = re.findall(r'class="id" href="(/cases/[^"]*)"', asked)
        assert gone in client.get(f"/api/v1{case}").text
        assert capture.show(site.workspace, run.id).status == "waiting"
        answer = client.post(confirm)
        assert (answer.status_code, answer.headers["location"]) == (303, f"/runs/{run.id}")
        assert capture.show(site.workspace, run.id).status == "complete"
        assert client.post(confirm).status_code == 409
        assert "is not waiting" in client.get(confirm).text


def test_a_run_says_what_changed_with_the_case_of_each_event(site, log):
    captured(site, log)
    [line] = capture_search(site, "criterion:slow")
    flight = str(line["event"]).partition("@")[0]
    for row in log.outcomes:
        if row["flight"] == flight:
            row["actual"] = "late" if row["actual"] == "on-time" else "on-time"
    log.write()
    run = captured(site, log)
    with site.browser() as client:
        text = client.get(f"/runs/{run.id}").text
    assert f'href="/cases/{line["id"]}"' in text
    assert "label: on-time -&gt; late" in text or "label: late -&gt; on-time" in text


def capture_search(site, query):
    with site.client() as client:
        return client.get("/api/v1/cases", params={"query": query, "limit": 1}).json()["items"]


def test_reproducing_tells_whether_it_is_the_same(site, log):
    run = captured(site, log)
    with site.browser() as client:
        whole = client.post(f"/runs/{run.id}/reproduce")
        assert "<strong>The same.</strong>" in whole.text
        assert "Input</h2>" in whole.text
        piece = client.post(f"/runs/{run.id}/reproduce", headers={"HX-Request": "true"})
        assert "<strong>The same.</strong>" in piece.text
        assert "<html" not in piece.text
        (log.folder / "predictions" / "all.parquet").unlink()
        assert "<strong>Cannot be told.</strong>" in client.post(f"/runs/{run.id}/reproduce").text
    assert site.position() == run.position


def test_provisional_windows_are_named_with_when_they_settle(site, log):
    log.outcomes = [row for at, row in enumerate(log.outcomes) if at < 800 or at % 2]
    log.write()
    run = captured(site, log)
    with site.browser() as client:
        text = client.get(f"/runs/{run.id}").text
    assert "1 provisional:" in text
    assert "can be settled by capturing it again from" in text


def test_hostile_names_stay_text(site, log):
    for at, row in enumerate(log.predictions):
        row["origin"] = HOSTILE if at % 2 else "\u202eEWR" + "x" * 2000
    for row in log.predictions[:50]:
        row["carrier"] = None
    log.write()
    (log.folder / "predictions" / "all.parquet").rename(log.folder / "predictions" / "<b>bold.parquet")
    run = captured(site, log)
    with site.browser() as client:
        for path in ("/?whole=true", "/runs", f"/runs/{run.id}"):
            text = client.get(path).text
            assert "<script>alert" not in text
            assert "<b>" not in text
            assert "\u202e" not in text


def test_events_are_looked_up_in_batches_that_a_query_can_hold():
    events = [f"{at:04}-" + "e" * 100 for at in range(250)] + ["x" * 5000, '"quoted" \\ and: odd']
    found = list(batches(events))
    assert [event for batch in found for event in batch] == [event for event in events if len(event) < 5000]
    assert all(sum(len(event) for event in batch) < QUERY_LETTERS for batch in found)


def test_rows_left_out_are_said_in_the_list_on_the_page_of_a_run_and_beside_rates(site, log):
    for at, row in enumerate(log.predictions):
        row["traffic"] = "live" if at % 3 else "shadow"
    log.write(PROTOCOL.replace("fields:\n", "admit: traffic = 'live'\nfields:\n", 1))
    run = captured(site, log)
    with site.browser() as client:
        assert "400 left out" in client.get("/runs?whole=true").text
        assert "400 rows that the protocol does not admit are left out of every figure." in client.get("/?whole=true").text
        assert "<dt>Left out</dt><dd>400 rows that the protocol does not admit</dd>" in client.get(f"/runs/{run.id}").text


def test_two_ticked_runs_are_one_page_of_what_differs(site, log):
    first = captured(site, log, 1).id
    second = capture.capture(site.workspace, log.protocol, since=MONDAY + WEEK, until=MONDAY + 2 * WEEK).id
    with site.browser() as client:
        listed = client.get("/runs").text
        assert re.findall(r'type="checkbox" name="run" value="([^"]*)"', listed) == [second, first]
        page = client.get("/runs/compare", params={"run": [second, first]})
        assert page.status_code == 200
        assert len(page.content) < 60_000
        head = re.search(r"<h2>((?:Up|Down) most: [\w-]+, by [\d.]+ points)</h2>", page.text)
        assert 'class="zero"' in page.text
        # No mark leads anywhere: the chart is one picture, which says what its head says.
        picture, *titles = re.findall(r"<title>([^<]*)</title>", page.text.partition("remiss-chart")[2])
        assert picture == head[1]
        assert titles
        assert all(re.match(r"(slow|missed-delay): [+\u2212][\d.]+", each) for each in titles)
        assert f"/api/v1/runs/{first}/comparison?other={second}" in page.text
        assert "Sampling</h2>" not in page.text
        one = client.get("/runs/compare", params={"run": [first]})
        assert (one.status_code, "Tick two runs" in one.text) == (422, True)
        assert client.get("/runs/compare", params={"run": [first, "run-zzzzzz"]}).status_code == 404


@pytest.mark.parametrize("log", [30], indirect=True)
def test_of_a_run_of_many_windows_a_page_has_the_rows_of_the_part_that_one_opens(site, log):
    run = captured(site, log, 30)
    with site.browser() as client:
        page = client.get(f"/runs/{run.id}")
        assert len(page.content) < 20_000
        parts = re.findall(rf'<a href="(/runs/{run.id}\?part=[^"]*)#opened">Show its rows</a>', page.text)
        assert [each.rpartition("=")[2] for each in parts][:4] == ["files", "windows", "group+missed-delay", "group+slow"]
        for each in parts:
            opened = client.get(each)
            assert len(opened.content) < 60_000, each
            shown = opened.text.partition('id="opened"')[2].partition("</details>")[0]
            assert 1 <= shown.count('<tr><th scope="row"') <= 110, each
        windows = client.get(f"/runs/{run.id}?part=windows").text
    assert windows.count("This run") == 30


@pytest.mark.parametrize("log", [60], indirect=True)
def test_a_page_with_the_rows_of_a_part_of_very_many_is_small_with_room(site, log):
    run = captured(site, log, 60)
    with site.browser() as client:
        page = client.get(f"/runs/{run.id}").text
        parts = re.findall(rf'<a href="(/runs/{run.id}\?part=[^"]*)#opened">Show its rows</a>', page)
        opened = {each: client.get(each) for each in parts}
    assert max(each.text.count('<tr><th scope="row"') for each in opened.values()) == 110
    assert {each: len(page.content) for each, page in opened.items() if len(page.content) > 58_000} == {}
