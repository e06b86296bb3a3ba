"""A version fixes a case, which is resolved; people write what is expected of cases; a later version breaks one: regressed."""

from __future__ import annotations

import pytest

from remiss import capture, catalog, curate, safeguard
from remiss.curate import labelling_actions as labelling
from remiss.curate import queue_actions as queue
from remiss.errors import Conflict, Denied, InputError, ModelError, Precondition
from remiss.present.gate_report import markdown
from remiss.records.case import Filing
from remiss.records.gate import GateVerdict
from remiss.records.labelling import Judgement, LabellingKind, Verdict
from remiss.records.replay import ReplayGrade
from remiss.records.states import Status
from remiss.records.suite import SuitePart
from tests.stories.logs import MONDAY, WEEK, small_log

UNTIL = MONDAY + 3 * WEEK
ANSWERS = {"harm": "safety", "reach": "few", "detection": "late", "recovery": "impossible"}
FAILURE = Judgement(verdict=Verdict.FAILURE, rationale="As the gate says.", mode="remiss:model/weak-slice", answers=ANSWERS)
SOUND = Judgement(verdict=Verdict.NOT_A_FAILURE, rationale="As the gate says.")
MODULE = """
def usual(rows):
    return [{"output": "on-time", "confidence": 0.5} for _ in rows]

def turned(rows):
    return [{"output": "late", "confidence": 0.5} for _ in rows]

def dead(rows):
    raise SystemExit(3)

asked = 0

def wavering(rows):
    global asked
    found = []
    for _ in rows:
        asked += 1
        found.append({"output": "on-time" if asked % 3 == 0 else "late"})
    return found
"""
MODELS = """\
models:
  - {name: delays, version: "0.9", python: "delays:usual", path: [.], files: [delays.py]}
  - {name: delays, version: "1.9", python: "delays:turned", path: [.], files: [delays.py]}
  - {name: delays, version: "1.10", python: "delays:usual", path: [.], files: [delays.py]}
  - {name: delays, version: other, python: "delays:usual", path: [.]}
  - {name: delays, version: dead, python: "delays:dead", path: [.]}
  - {name: delays, version: wavering, python: "delays:wavering", path: [.]}
  - {name: delays, version: raw, python: "delays:turned", path: [.], gets: raw}
"""
POLICY = """\
gate: release
suites: [arrivals]
repeats: 3
guard: {margin: 0.1}
"""


@pytest.fixture
def log(tmp_path, monkeypatch):
    made = small_log(tmp_path / "log")
    (tmp_path / "delays.py").write_text(MODULE)
    (tmp_path / "models.yaml").write_text(MODELS)
    (tmp_path / "release.yaml").write_text(POLICY)
    monkeypatch.chdir(tmp_path)
    return made


def _labelled(ws_as):
    ana, bo = ws_as("ana", role="annotator"), ws_as("bo", role="verifier")
    for desk, kind, give in (
        (ana, LabellingKind.ANNOTATION, labelling.annotate),
        (bo, LabellingKind.VERIFICATION, labelling.verify),
    ):
        for _ in range(12):
            task = queue.take(desk, kind=kind).task
            if task is None:
                break
            event = task.form.event
            missed = event.output == "on-time" and event.label == "late"
            give(desk, task.form.case, task.form.revision, FAILURE if missed else SOUND)


@pytest.fixture
def verified(ws, log, once, ws_as):
    def make():
        capture.capture(ws, log.protocol, since=MONDAY, until=UNTIL)
        _labelled(ws_as)
        return "made"

    once(ws, "small_log_labelled_for_resolutions", make)
    return [catalog.show(ws, str(each)) for each in catalog.search(ws, "status:verified").column("id")]


@pytest.mark.postgresql_in_soak("others send it what these statements are made of")
def test_a_case_is_resolved_by_a_version_that_answers_it_and_says_how_much_stands_behind_that(ws, verified):
    case = verified[0]
    with pytest.raises(Conflict, match=r"delays@1.10 still fails case .* 5 of 5 times: it answers 'on-time'.*equals late"):
        safeguard.resolve_case(ws, case.id, case.revision, "delays@1.10")
    done = safeguard.resolve_case(ws, case.id, case.revision, "delays@1.9", repeat=29)
    assert (done.status, done.mode, done.severity) == (Status.RESOLVED, case.mode, case.severity)
    assert (done.resolution.model, done.resolution.version) == ("delays", "1.9")
    assert (done.resolution.failed, done.resolution.asked) == (0, 29)
    assert done.resolution.could_still_fail == pytest.approx(1 - 0.05 ** (1 / 29))
    assert done.resolution.digest.startswith("sha256:")
    assert catalog.history(ws, case.id)[-1].action == "case.resolve"
    # As it was before there was a resolution.
    before = catalog.show(ws, case.id, as_of=case.position)
    assert (before.status, before.resolution) == (Status.VERIFIED, None)
    with pytest.raises(Conflict, match="is resolved, and only what is verified or regressed can be resolved"):
        safeguard.resolve_case(ws, case.id, done.revision, "delays@1.9")


@pytest.mark.postgresql_in_soak("others send it what these statements are made of")
def test_another_answer_that_meets_the_same_criteria_has_the_same_verdict(ws, verified, ws_as):
    case = verified[0]
    assert (case.event.output, case.event.label) == ("on-time", "late")
    # The confidence is another one, which no criterion here reads; then the output is.
    assert safeguard.replay(ws, case.id, model="delays@1.10").grade is ReplayGrade.SAME_VERDICT
    assert safeguard.replay(ws, case.id, model="delays@1.9").grade is ReplayGrade.NOT_REPRODUCED
    assert {each.grade for each in safeguard.case_replays(ws, case.id)} == {ReplayGrade.SAME_VERDICT, ReplayGrade.NOT_REPRODUCED}


@pytest.mark.postgresql_in_soak("others send it what these statements are made of")
def test_what_cannot_be_resolved_says_why_and_changes_nothing(ws, verified, ws_as):
    case = verified[0]
    for given, error, words in (
        ({"model": "delays@1.9", "repeat": 4}, InputError, "4 is even"),
        ({"model": "delays@dead"}, ModelError, "does not run here|still fails"),
        ({"model": "delays@raw"}, InputError, "gets the raw event"),
        ({"model": "delays@1.9", "revision": 1}, Precondition, "revision"),
    ):
        asked = {"revision": case.revision, **given}
        with pytest.raises((error, Conflict), match=words):
            safeguard.resolve_case(ws, case.id, asked.pop("revision"), asked.pop("model"), **asked)
    with pytest.raises(Denied):
        safeguard.resolve_case(ws_as("vera", role="verifier"), case.id, case.revision, "delays@1.9")
    assert catalog.show(ws, case.id).revision == case.revision


@pytest.mark.postgresql_in_soak("others send it what these statements are made of")
def test_a_version_that_wavers_counts_each_answer_that_failed(ws, verified):
    case = verified[0]
    done = safeguard.resolve_case(ws, case.id, case.revision, "delays@wavering", repeat=9)
    assert (done.resolution.failed, done.resolution.asked) == (3, 9)
    assert done.resolution.could_still_fail == pytest.approx(0.655, abs=0.001)


@pytest.mark.postgresql_in_soak("others send it what these statements are made of")
def test_a_later_version_that_fails_a_resolved_case_makes_it_regressed_and_an_earlier_one_does_not(ws, verified):
    resolved = [safeguard.resolve_case(ws, each.id, each.revision, "delays@1.9") for each in verified[:2]]
    safeguard.build_suite(ws, "arrivals", "status:resolved", sealed=0.0)
    # The earlier one is asked as the baseline, and as a candidate to go back to.
    back = safeguard.decide(ws, "release.yaml", model="delays@0.9", baseline="delays@1.9")
    assert back.regressed == ()
    shown = catalog.show(ws, resolved[0].id)
    assert (shown.status, shown.resolution.asked, shown.resolution.failed) == (Status.RESOLVED, 5 + 5, 0)
    made = safeguard.decide(ws, "release.yaml", model="delays@1.10", baseline="delays@1.9")
    assert made.regressed == tuple(sorted(each.id for each in resolved))
    broke = catalog.show(ws, resolved[0].id)
    assert broke.status is Status.REGRESSED
    assert (broke.resolution.version, broke.resolution.regressed.version) == ("1.9", "1.10")
    assert (broke.resolution.regressed.found_by, broke.resolution.regressed.failed) == (made.id, 5)
    assert catalog.history(ws, broke.id)[-1].action == "gate.decide"
    # It can be resolved again; then it counts anew.
    done = safeguard.resolve_case(ws, broke.id, broke.revision, "delays@1.9", repeat=3)
    assert (done.status, done.resolution.asked, done.resolution.regressed) == (Status.RESOLVED, 3, None)
    # The version that failed it before is asked again: that it does is no news.
    assert safeguard.run(ws, "arrivals", model="delays@1.10").regressed == ()
    safeguard.run(ws, "arrivals", model="delays@1.9", repeat=3)
    assert catalog.show(ws, broke.id).resolution.asked == 6


@pytest.mark.postgresql_in_soak("others send it what these statements are made of")
def test_running_a_suite_on_a_later_version_makes_what_it_fails_regressed(ws, verified):
    case = verified[0]
    safeguard.resolve_case(ws, case.id, case.revision, "delays@1.9")
    safeguard.build_suite(ws, "arrivals", f"id:{case.id}", sealed=0.0)
    # Of a version whose name is no number it is not known which is the later.
    assert safeguard.run(ws, "arrivals", model="delays@other").regressed == ()
    assert catalog.show(ws, case.id).resolution.asked == 5
    found = safeguard.run(ws, "arrivals", model="delays@1.10")
    assert found.regressed == (case.id,)
    broke = catalog.show(ws, case.id)
    assert (broke.status, broke.resolution.regressed.found_by) == (Status.REGRESSED, found.id)


@pytest.mark.postgresql_in_soak("others send it what these statements are made of")
def test_a_gate_guards_resolved_cases_and_fails_a_version_that_breaks_one_of_severity_1(ws, verified):
    assert {each.severity for each in verified} == {1}
    resolved = [safeguard.resolve_case(ws, each.id, each.revision, "delays@1.9") for each in verified[:2]]
    safeguard.build_suite(ws, "arrivals", "status:resolved", sealed=0.0)
    rows = [row for row in safeguard.list_suite_rows(ws, "arrivals").items if row.part is SuitePart.CASES]
    assert {(row.id, row.status) for row in rows} == {(each.id, "resolved") for each in resolved}
    same = safeguard.decide(ws, "release.yaml", model="delays@1.9", baseline="delays@1.9")
    by = {each.name: each for each in same.conditions}
    assert by["severity-1"].verdict is GateVerdict.PASS
    assert (by["severity-1"].events, by["guard"].verdict is GateVerdict.FAIL) == (2, False)
    worse = safeguard.decide(ws, "release.yaml", model="delays@1.10", baseline="delays@1.9")
    critical = next(each for each in worse.conditions if each.name == "severity-1")
    assert (worse.verdict, critical.verdict) == (GateVerdict.FAIL, GateVerdict.FAIL)
    assert set(critical.evidence) == {each.id for each in resolved} == set(worse.regressed)
    # Before anything else it is said that they are back.
    assert "regressed" in markdown(worse).splitlines()[2]


@pytest.mark.postgresql_in_soak("others send it what these statements are made of")
def test_what_people_write_is_expected_in_the_place_of_the_label_and_is_a_revision(ws, verified, ws_as):
    case = verified[0]
    written = safeguard.expect(ws, case.id, case.revision, expectations=('one-of ["late", "on-time"]', "latency-at-most 60000"))
    assert [str(each) for each in written.expectations] == ["is one of late, on-time", "answers within 60000 ms"]
    assert written.revision == case.revision + 1
    assert written.status is Status.VERIFIED
    assert catalog.show(ws, case.id, as_of=case.position).expectations == ()
    suite = safeguard.build_suite(ws, "arrivals", f"id:{case.id}", sealed=0.0)
    [row] = [row for row in safeguard.list_suite_rows(ws, "arrivals").items if row.part is SuitePart.CASES]
    assert row.expectations == written.expectations
    assert safeguard.resolve_case(ws, case.id, written.revision, "delays@1.10").status is Status.RESOLVED
    # The suite is what it was built of, whatever is expected since.
    safeguard.expect(ws, case.id, written.revision + 1)
    assert safeguard.list_suite_rows(ws, "arrivals").items
    assert safeguard.build_suite(ws, "arrivals", f"id:{case.id}", sealed=0.0).digest != suite.digest
    for given, words in (
        ("equals-ish late", "invalid expectation"),
        ("matches (", "no pattern that can be read"),
        ("$.[ equals 3", "no path that can be read"),
        ("within 3", "within 5 of 30"),
        ("criterion-not-met nothing", "names no criterion"),
        ("equals ana@example.org", "personal"),
    ):
        with pytest.raises(InputError, match=words):
            safeguard.expect(ws, case.id, written.revision + 2, expectations=(given,))
    with pytest.raises(Denied):
        safeguard.expect(ws_as("vera", role="verifier"), case.id, written.revision + 2, expectations=("equals late",))


@pytest.mark.postgresql_in_soak("others send it what these statements are made of")
def test_a_case_that_is_reopened_tells_its_labeller_neither_what_is_expected_nor_what_resolved_it(ws, verified, ws_as):
    case = verified[0]
    written = safeguard.expect(ws, case.id, case.revision, expectations=("equals late",))
    done = safeguard.resolve_case(ws, case.id, written.revision, "delays@1.9")
    curate.reopen(ws, case.id, done.revision, reason="The label was mended.")
    for desk in (ws, ws_as("anton", role="annotator")):
        shown = catalog.show(desk, case.id)
        assert (shown.expectations, shown.resolution) == ((), None)
    with pytest.raises(Conflict, match="once the case is decided"):
        safeguard.expect(ws, case.id, done.revision + 1, expectations=("equals late",))


def test_a_case_that_a_person_filed_is_resolved_by_what_they_expect_of_it(ws, log, ws_as):
    filing = Filing(model="delays", at=MONDAY, title="Said on time", output="on-time", inputs={"carrier": "UA"})
    case = catalog.file(ws, filing)
    ana, bo = ws_as("ana", role="annotator"), ws_as("bo", role="verifier")
    case = labelling.verify(bo, case.id, labelling.annotate(ana, case.id, 1, FAILURE).revision, FAILURE)
    with pytest.raises(InputError, match="nothing is expected"):
        safeguard.resolve_case(ws, case.id, case.revision, "delays@1.9")
    case = safeguard.expect(ws, case.id, case.revision, expectations=("equals late",))
    assert safeguard.resolve_case(ws, case.id, case.revision, "delays@1.9").status is Status.RESOLVED
