"""The story that `remiss demo` tells, in small and, as a long test, whole."""

import csv
import re
import time
from collections import Counter

import pyarrow.parquet as pq
import pytest

import remiss
from remiss import safeguard, suite_folder
from remiss.capture.actions import capture
from remiss.catalog import actions as catalog
from remiss.curate import queue_actions as queue
from remiss.curate.agreement_actions import show_agreement
from remiss.demo import logs, release, story
from remiss.demo.labelling import PEOPLE, granted
from remiss.govern import audit_actions as audit
from remiss.govern import people_actions
from remiss.govern.authority import Granted, actor_of
from remiss.present.gate_report import verdict_words
from remiss.understand import actions as understand
from tests.demo.conftest import ANNOTATIONS
from tests.stories.logs import MONDAY, PROTOCOL, WEEK, small_log


def test_the_first_line_says_how_much_of_the_log_was_kept(told_in_small, small_demo):
    _, lines = told_in_small
    said = re.match(
        r"([\d,]+) predictions, ([\d,]+) stored: ([\d.]+) % answer for all of them; ([\d,]+) of these are cases", lines[0]
    )
    predictions, stored, share, cases = (float(number.replace(",", "")) for number in said.groups())
    assert predictions == small_demo.predictions
    assert share == round(100 * stored / predictions, 1)
    # What answers is every stored event: controls and the sample of all are more than the cases.
    assert cases < stored


def test_every_carrier_and_month_is_compared_with_the_truth(told_in_small):
    folder, lines = told_in_small
    with (folder / story.COMPARISON).open(encoding="utf-8") as file:
        cells = list(csv.DictReader(file))
    assert {(cell["carrier"], cell["month"]) for cell in cells} == {(carrier, "2013-07") for carrier in logs.CARRIERS}
    holding = [float(cell["low"]) <= int(cell["truth"]) <= float(cell["high"]) for cell in cells]
    assert [cell["holds"] == "True" for cell in cells] == holding
    assert f"holds the truth in {sum(holding)} of {len(cells)} cells" in "\n".join(lines)


def test_the_truth_is_counted_over_the_whole_log(told_in_small, small_demo):
    folder, _ = told_in_small
    predictions = pq.read_table(small_demo.folder / "predictions").to_pylist()
    actual = {row["flight_key"]: row["actual"] for row in pq.read_table(small_demo.folder / "outcomes").to_pylist()}
    missed = Counter(
        row["carrier"] for row in predictions if row["predicted"] == "on-time" and actual.get(row["flight_key"]) == "late"
    )
    with (folder / story.COMPARISON).open(encoding="utf-8") as file:
        assert {cell["carrier"]: int(cell["truth"]) for cell in csv.DictReader(file)} == dict(missed)


def test_figures_by_version_are_counts_of_the_whole_log(told_in_small, small_demo):
    folder, _ = told_in_small
    predictions = pq.read_table(small_demo.folder / "predictions").to_pandas()
    actual = pq.read_table(small_demo.folder / "outcomes").to_pandas().set_index("flight_key")["actual"]
    known = predictions.assign(actual=predictions["flight_key"].map(actual)).dropna(subset="actual")
    missed = known["predicted"].eq("on-time") & known["actual"].eq("late")
    with remiss.open(folder / story.CATALOG, environment={}) as ws:
        found = understand.estimate(ws, story.MISSED, rate=True, by="model_version").rows
    assert {row.key: row.value for row in found} == missed.groupby(known["model_version"]).mean().to_dict()
    assert {row.method for row in found} == {"counted"}


def test_the_story_ends_with_commands_to_go_on_with(told_in_small):
    folder, lines = told_in_small
    commands = [line.strip() for line in lines if line.strip().startswith("remiss ")]
    assert len(commands) >= 3
    assert all(str(folder / story.CATALOG) in command for command in commands)


def test_telling_it_again_captures_nothing_again(told_in_small):
    folder, lines = told_in_small
    with remiss.open(folder / story.CATALOG, environment={}) as ws:
        before = ws.position()
    again: list[str] = []
    story.run(folder, again.append, annotations=ANNOTATIONS)
    with remiss.open(folder / story.CATALOG, environment={}) as ws:
        assert ws.position() == before
    assert again == lines


def test_scripted_people_label_each_by_themselves_and_disagree(told_in_small):
    folder, lines = told_in_small
    with remiss.open(folder / story.CATALOG, environment={}) as ws:
        states = Counter(catalog.search(ws, limit=1000).to_arrow()["status"].to_pylist())
        agreed = show_agreement(ws)
        told = dict(zip(*people_actions.list_people(ws).to_arrow().select(["person", "about"]).to_pydict().values(), strict=True))
    assert states["verified"] > 5
    assert states["disputed"] + states["rejected"] > 0
    assert agreed.cases > 10
    assert all("scripted" in told[person.name] for person in PEOPLE)
    assert any("are confirmed" in line for line in lines)


def test_alerts_that_wait_are_told_a_line_each_and_nothing_is_looked_at_twice(tmp_path):
    log = small_log(tmp_path / "log", weeks=1, a_week=100).write(PROTOCOL + "alerts: {watch: [], levels: {missed-delay: 0.01}}\n")
    with remiss.open(tmp_path / story.CATALOG, environment={}, create=True) as ws:
        capture(ws, log.protocol, since=MONDAY, until=MONDAY + WEEK)
        lines = list(story.raised(ws))
        position = ws.position()
        assert list(story.raised(ws)) == lines
        assert ws.position() == position
    assert len(lines) == 2
    assert re.fullmatch(r"An alert waits: Missed delay above its level, at [\d.]+.%, 2013-06-03 to 2013-06-10\.", lines[1])


def test_each_dispute_has_somebody_who_may_settle_it_some_are_settled_and_some_are_left_to_look_at(told_in_small):
    folder, _ = told_in_small
    desks = {person.name: granted(person) for person in PEOPLE}
    with remiss.open(folder / story.CATALOG, environment={}) as ws:
        waiting = [
            queue.list_queue(ws.serving(f"test-{name}", actor=actor_of(known), authority=Granted(known))).left.adjudication
            for name, known in desks.items()
        ]
        states = Counter(catalog.search(ws, limit=1000).to_arrow()["status"].to_pylist())
        settled = list(audit.search_audit(ws, log="journal", action="case.adjudicate", limit=1000))
    assert sum(waiting) == states["disputed"] > 0
    assert {line["actor"] for line in settled} <= {"bo", "chen"}
    assert settled


def test_a_gate_decides_on_version_2_over_a_suite_of_the_verified_flights_and_says_why(told_in_small):
    folder, lines = told_in_small
    with remiss.open(folder / story.CATALOG, environment={}) as ws:
        [decision] = safeguard.list_gates(ws)
        results = {str(each.model): each for each in safeguard.list_results(ws)}
        suite = safeguard.show_suite(ws, release.SUITE)
    at = next(place for place, line in enumerate(lines) if line.startswith("The gate says"))
    assert lines[at] == f"The gate says {verdict_words(decision)}:"
    assert [line.split()[1].rstrip(":") for line in lines[at + 1 : at + 1 + len(decision.conditions)]] == [
        each.name.split()[0] for each in decision.conditions
    ]
    assert set(results) == {release.BASELINE, release.CANDIDATE}
    assert all(not each.troubles for each in results.values())
    assert {each.model.digest is None for each in results.values()} == {False}
    # The folder is the suite that was decided on.
    assert suite_folder.read(folder / release.SUITE).suite.digest == suite.digest == decision.suites[0].digest


def test_the_models_answer_as_they_did_when_the_log_was_written(told_in_small, small_demo):
    folder, _ = told_in_small
    logged = {row["prediction_id"]: row for row in pq.read_table(small_demo.folder / "predictions").to_pylist()}
    with remiss.open(folder / story.CATALOG, environment={}) as ws:
        rows = [row for row in safeguard.list_suite_rows(ws, release.SUITE).items if row.model_version == "2"]
        [result] = [each for each in safeguard.list_results(ws) if str(each.model) == release.CANDIDATE]
        found = safeguard.list_result_rows(ws, result.id, limit=10_000)
        answered = dict(zip(found.column("event"), found.column("output"), strict=True))
    assert len(rows) > 100
    assert {row.id for row in rows if answered[row.id] != f'"{logged[row.event]["predicted"]}"'} == set()


@pytest.mark.soak
@pytest.mark.alone
def test_the_whole_story_takes_under_ninety_seconds_and_its_intervals_hold(tmp_path):
    lines: list[str] = []
    started = time.perf_counter()
    story.run(tmp_path / "demo", lines.append)
    seconds = time.perf_counter() - started
    assert lines[0].startswith("455,439 predictions, ")
    assert "% answer for all of them" in lines[0]
    assert any(re.match(r"An alert waits: No weather above its level, at 49[^,]*%, usual is 0", line) for line in lines)
    with (tmp_path / "demo" / story.COMPARISON).open(encoding="utf-8") as file:
        holds = [cell["holds"] == "True" for cell in csv.DictReader(file)]
    assert sum(holds) / len(holds) >= 0.92
    assert seconds < 90
