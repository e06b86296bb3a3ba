"""Cases on models again, on both databases: what a model gets, who may have it asked, and what is told of it."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest

from remiss import capture, safeguard
from remiss.catalog import actions as catalog
from remiss.catalog import evidence_actions as evidence
from remiss.codec import to_json
from remiss.curate import labelling_actions as curate
from remiss.errors import Denied, InputError, NotFound
from remiss.govern import audit_actions as audit
from remiss.records.case import Filing
from remiss.records.labelling import Judgement, Verdict
from remiss.records.model import TroubleKind
from remiss.records.replay import LoggedAnswer, ReplayCause, ReplayGrade
from tests.curate.standings import ANSWERS, WEAK
from tests.stories.logs import MONDAY, PROTOCOL, WEEK, small_log

WHY = "ana@example.org asked which flight it was"
FAILS = Judgement(verdict=Verdict.FAILURE, mode=WEAK, answers=ANSWERS)
# The models note what they were asked, and one says what the test wrote.
MODULE = """
import json
from pathlib import Path

HERE = Path(__file__).parent


def same(rows):
    (HERE / "asked.json").write_text(json.dumps(rows))
    return [json.loads((HERE / "said.json").read_text()) for _ in rows]


def logged(rows):
    (HERE / "asked.json").write_text(json.dumps(rows))
    return [{"output": row["predicted"], "confidence": row["score"]} for row in rows]
"""
MODELS = """models:
  - {name: arrival-delay, version: "1", python: "delays:same"}
  - {name: arrival-delay, version: "2", python: "delays:same"}
  - {name: arrival-delay, version: "1-raw", python: "delays:logged", gets: raw}
"""
LINES = """\
protocol: delays
version: 1
model: arrival-delay
source: {name: delays, format: jsonl, uri: log.jsonl, time_zone: UTC}
fields: {id: id, time: at, output: predicted, confidence: score}
require: [id, time]
criteria: [{name: late, kind: custom, when: output = 'late', severity: 2, why: It is late.}]
sampling: {window: 1 week, keep: 5, control: 5, undecided: 5, population: 5, seed: "1"}
"""


@pytest.fixture
def environment(environment, tmp_path):
    (tmp_path / "models.yaml").write_text(MODELS)
    (tmp_path / "delays.py").write_text(MODULE)
    return {**environment, "REMISS_MODELS": str(tmp_path / "models.yaml")}


@pytest.fixture
def case(ws, once, tmp_path):
    log = small_log(tmp_path / "log")
    once(ws, "one_week", lambda: capture.capture(ws, log.protocol, since=MONDAY, until=MONDAY + WEEK).id)
    [line, *_] = catalog.search(ws, "", limit=1)
    return catalog.show(ws, line["id"])


@pytest.fixture
def asked(tmp_path):
    """What the model was asked; None where it was not."""
    path = tmp_path / "asked.json"
    return lambda: json.loads(path.read_text()) if path.exists() else None


@pytest.fixture
def say(tmp_path):
    """Has the model say something from then on."""
    return lambda output, confidence: (tmp_path / "said.json").write_text(
        json.dumps({"output": output, "confidence": confidence})
    )


@pytest.mark.postgresql_in_soak("others send it what these statements are made of")
def test_a_verifier_has_a_model_asked_the_named_inputs_and_what_came_of_it_is_kept(ws, ws_as, case, asked, say):
    bo, event = ws_as("bo", role="verifier"), case.event
    say(event.output, event.confidence)
    before = ws.position()
    found = safeguard.replay(bo, case.id[:8], model="arrival-delay@1", seed=7)
    assert asked() == [{"carrier": event.inputs["carrier"], "distance": event.inputs["distance"]}]
    assert (found.grade, found.causes, found.case) == (ReplayGrade.IDENTICAL, (), case.id)
    assert found.logged == LoggedAnswer(
        model="arrival-delay", model_version="1", output=event.output, confidence=event.confidence
    )
    assert (found.environment.seed, found.position, ws.position()) == (7, before + 1, before + 1)
    assert found.answer.latency_ms > 0
    entries = audit.search_audit(ws, action="case.replay")
    assert {each["kind"] for each in entries if case.id in each["subject"]} == {"case", "change"}
    [kept] = safeguard.case_replays(bo, case.id)
    assert (kept.id, kept.grade, kept.answer, kept.logged) == (found.id, found.grade, found.answer, found.logged)
    assert (kept.environment, kept.person, kept.position) == (found.environment, "bo", before + 1)
    assert (str(kept.model), kept.model.target, kept.model.digest) == ("arrival-delay@1", None, None)
    assert safeguard.case_replays(bo, case.id, as_of=before).items == ()

    say("who knows", 0.5)
    found = safeguard.replay(bo, case.id, model="arrival-delay@2")
    assert (found.grade, found.causes) == (ReplayGrade.NOT_REPRODUCED, (ReplayCause.OTHER_VERSION,))


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_the_raw_event_is_given_by_clearance_and_with_a_purpose_that_is_recorded_before(ws, ws_as, case, asked):
    cleared = ws_as("bo", role="verifier", clearance="restricted")
    with pytest.raises(InputError, match="gets the raw event, and no purpose is given"):
        safeguard.replay(cleared, case.id, model="arrival-delay@1-raw")
    with pytest.raises(Denied, match="is restricted, which is above the clearance of cy"):
        safeguard.replay(ws_as("cy", role="verifier"), case.id, model="arrival-delay@1-raw", purpose=WHY)
    assert asked() is None
    found = safeguard.replay(cleared, case.id, model="arrival-delay@1-raw", purpose=WHY)
    assert (found.grade, asked()[0]["prediction_id"]) == (ReplayGrade.IDENTICAL, case.event.id)
    looks = {each["kind"]: each for each in audit.search_audit(ws, action="case.replay") if each["kind"] != "refused"}
    assert set(looks) == {"case", "change", "evidence"}
    assert looks["evidence"]["purpose"].startswith("[email:")


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_a_model_of_raw_rows_gets_what_the_line_of_the_log_says(ws, tmp_path, asked):
    """Beside other lines by which its columns have other types, and more keys."""
    begun = {"at": "2013-06-03T06:00:00Z", "predicted": "late", "score": 0.75}
    lines = [
        json.dumps({"score": 1, "size": 7, "tags": ["a", {"deep": None}], "id": "F1", **begun, "count": 2.0, "big": 2**70}),
        json.dumps({"id": "F2", **begun, "size": "seven", "count": 2.5, "more": {"x": 1}, "tags": None}),
        f'{{"id": "F3", "size": 1, {json.dumps(begun)[1:-1]}, "size": 2}}',
    ]
    (tmp_path / "log.jsonl").write_text("\n".join(lines))
    (tmp_path / "delays.yaml").write_text(LINES)
    capture.capture(ws, str(tmp_path / "delays.yaml"), since=MONDAY, until=MONDAY + WEEK)
    for line in catalog.search(ws, ""):
        found = safeguard.replay(ws, line["id"], model="arrival-delay@1-raw", purpose="what does it say now?")
        case = catalog.show(ws, line["id"])
        said = lines[int(case.event.id[1:]) - 1]
        # The order of keys, whole numbers and texts are those of the line; of a key that is there twice readers take the last.
        assert (tmp_path / "asked.json").read_text() == json.dumps([json.loads(said)])
        assert (found.grade, evidence.show_evidence(ws, case.id, WHY).content) == (ReplayGrade.IDENTICAL, said)


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_a_line_that_is_no_json_to_others_is_not_given_to_a_model_and_says_why(ws, tmp_path, asked):
    said = '{"id": "F1", "at": "2013-06-03", "predicted": "late", "score": 1, "some": [1, 2,]}'
    (tmp_path / "log.jsonl").write_text(said)
    (tmp_path / "delays.yaml").write_text(LINES)
    capture.capture(ws, str(tmp_path / "delays.yaml"), since=MONDAY, until=MONDAY + WEEK)
    [line] = catalog.search(ws, "")
    found = safeguard.replay(ws, line["id"], model="arrival-delay@1-raw", purpose="what does it say now?")
    assert (found.grade, found.answer.trouble.kind, asked()) == (ReplayGrade.NOT_REPRODUCED, TroubleKind.ROW, None)
    assert evidence.show_evidence(ws, line["id"], WHY).content == said


def test_a_look_that_is_not_recorded_gives_the_model_nothing(ws_as, case, asked):
    cleared = ws_as("bo", role="verifier", clearance="restricted")
    cleared.came_from = "https://elsewhere.example"
    with pytest.raises(Denied, match="a link of another site opens no raw evidence"):
        safeguard.replay(cleared, case.id, model="arrival-delay@1-raw", purpose=WHY)
    assert asked() is None


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_who_may_not_replay_is_refused_and_another_team_is_told_nothing(ws_as, case, asked):
    with pytest.raises(Denied, match="case:replay"):
        safeguard.replay(ws_as("ann", role="annotator"), case.id, model="arrival-delay@1")
    with pytest.raises(NotFound):
        safeguard.replay(ws_as("eve", role="curator", team="others"), case.id, model="arrival-delay@1")
    assert asked() is None


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_a_second_person_learns_nothing_from_a_replay_of_why_the_case_was_caught_or_what_was_said(ws, ws_as, case, say):
    bo = ws_as("bo", role="verifier")
    say(case.event.output, None)

    def told():
        found = safeguard.replay(bo, case.id, model="arrival-delay@1")
        assert found.answer is not None
        same = replace(found, id=None, at=None, position=0)
        return to_json(replace(same, answer=replace(found.answer, latency_ms=None)))

    before = told()
    curate.annotate(ws_as("ana", role="annotator"), case.id, case.revision, FAILS)
    assert catalog.show(bo, case.id).hidden is not None
    assert told() == before
    assert not any(word in json.dumps(before) for word in ("criteri", "missed-delay", "slow", "severity", "mode:", WEAK))


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_on_a_mark_of_redaction_no_model_is_run(ws, ws_as, asked):
    filing = Filing(model="arrival-delay", at=MONDAY, title="Wrong", output="late", inputs={"remark": "ask ana@example.org"})
    case = catalog.file(ws, filing)
    found = safeguard.replay(ws_as("bo", role="verifier"), case.id, model="arrival-delay@1")
    assert (found.grade, found.causes) == (ReplayGrade.INPUTS_REDACTED, (ReplayCause.REDACTED_INPUTS,))
    assert (found.answer, found.environment, asked()) == (None, None, None)


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_what_a_person_filed_without_inputs_and_output_cannot_be_asked(ws, asked):
    case = catalog.file(ws, Filing(model="arrival-delay", at=MONDAY, title="Wrong"))
    found = safeguard.replay(ws, case.id, model="arrival-delay@1")
    assert (found.grade, found.answer, asked()) == (None, None, None)
    assert found.causes == (ReplayCause.MISSING_INPUTS, ReplayCause.NOTHING_LOGGED)


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_inputs_that_never_reach_the_catalog_are_said_to_be_missing(ws, tmp_path, asked, say):
    log = small_log(tmp_path / "log").write(PROTOCOL + "sensitivity: {inputs.distance: restricted}\n")
    capture.capture(ws, log.protocol, since=MONDAY, until=MONDAY + WEEK)
    [line, *_] = catalog.search(ws, "", limit=1)
    event = catalog.show(ws, line["id"]).event
    say(event.output, event.confidence)
    found = safeguard.replay(ws, line["id"], model="arrival-delay@1")
    assert (found.grade, found.causes) == (ReplayGrade.IDENTICAL, (ReplayCause.MISSING_INPUTS,))
    assert [*asked()[0]] == ["carrier"]


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_what_is_kept_of_an_answer_passes_the_redaction_of_the_protocol_and_nothing_where_no_output_may_be(ws, tmp_path, say):
    log = small_log(tmp_path / "log")
    capture.capture(ws, log.protocol, since=MONDAY, until=MONDAY + WEEK)
    [line, *_] = catalog.search(ws, "", limit=1)
    say({"to": ["ana@example.org", 7], "ana@example.org": None, "zero": "\0"}, 0.5)
    told = safeguard.replay(ws, line["id"], model="arrival-delay@1")
    assert told.answer.output["to"] == ["ana@example.org", 7]
    [kept] = safeguard.case_replays(ws, line["id"])
    mark = kept.answer.output["to"][0]
    assert mark.startswith("[email:")
    assert kept.answer.output == {"to": [mark, 7], mark: None, "zero": "\0"}
    guarded = re.sub("(?m)^(protocol|name): arrival-delay", r"\1: guarded", PROTOCOL).replace("arrival-predictions", "others")
    other = small_log(tmp_path / "other").write(guarded + "sensitivity: {output: restricted}\n")
    capture.capture(ws, other.protocol, since=MONDAY, until=MONDAY + WEEK)
    [line, *_] = catalog.search(ws, "source:others", limit=1)
    found = safeguard.replay(ws, line["id"], model="arrival-delay@1")
    assert (found.grade, found.answer.output["zero"]) == (None, "\0")
    [kept] = safeguard.case_replays(ws, line["id"])
    assert (kept.answer.output, kept.grade) == (None, None)
