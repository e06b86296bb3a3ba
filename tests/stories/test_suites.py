"""Cases and controls become a suite, a version is run over it, and a gate decides. Told through the library."""

from __future__ import annotations

import json
import os
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from remiss import capture, folder_files, safeguard, scenario_folder, suite_folder
from remiss.curate import labelling_actions as labelling
from remiss.curate import queue_actions as queue
from remiss.errors import Conflict, Denied, InputError, NotFound, QueryError
from remiss.govern.audit.checkpoint import Verifier
from remiss.records.expectation import ExpectationKind
from remiss.records.gate import GateVerdict
from remiss.records.labelling import Judgement, LabellingKind, Verdict
from remiss.records.suite import SuitePart
from remiss.safeguard.attestation import checked
from remiss.safeguard.suite_actions import columns_of, rows_of
from remiss.safeguard.suite_rows import is_sealed
from tests.stories.logs import MONDAY, WEEK, small_log
from tests.stories.ways import IN_THE_LIBRARY, NOT_FROM_AFAR

UNTIL = MONDAY + 3 * WEEK
ANSWERS = {"harm": "loss", "reach": "few", "detection": "late", "recovery": "itself"}
MODULE = """
import random

def usual(rows):
    return [{"output": "on-time", "confidence": 0.5} for _ in rows]

def same(rows):
    return usual(rows)

def turned(rows):
    return [{"output": "late", "confidence": 0.5} for _ in rows]

def coin(rows):
    return [{"output": random.choice(["late", "on-time"])} for _ in rows]

def numbers(rows):
    return [{"output": 1} for _ in rows]
"""
POLICY = """\
gate: release
suites: [arrivals]
repeats: 3
guard: {margin: 0.1}
production: {margin: 0.1, criteria: [missed-delay]}
"""
# What is in the files of the suite of this log, on every database and machine.
FILES = {"cases": "e3b0c44298fc", "controls": "1c714d1e9a1e", "production": "279f953c3466"}


@pytest.fixture
def log(tmp_path, monkeypatch):
    made = small_log(tmp_path / "log")
    (tmp_path / "delays.py").write_text(MODULE)
    (tmp_path / "release.yaml").write_text(POLICY)
    monkeypatch.chdir(tmp_path)
    return made


def labelled(ws, ws_as):
    """Two people find failures in what they are given, as the label says."""
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
            mode = {"mode": "remiss:model/weak-slice", "answers": ANSWERS} if missed else {}
            verdict = Verdict.FAILURE if missed else Verdict.NOT_A_FAILURE
            give(desk, task.form.case, task.form.revision, Judgement(verdict=verdict, rationale="As the gate says.", **mode))
    return ws


@pytest.fixture
def captured(ws, log, once, ws_as):
    def make():
        capture.capture(ws, log.protocol, since=MONDAY, until=UNTIL)
        labelled(ws, ws_as)
        return "made"

    once(ws, "small_log_labelled_for_suites", make)
    return ws


@pytest.fixture
def arrivals(captured):
    return safeguard.build_suite(captured, "arrivals", "status:verified")


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_a_suite_has_verified_cases_controls_and_the_rest_of_the_sample(captured):
    suite = safeguard.build_suite(captured, "arrivals", "status:verified")
    rows = safeguard.list_suite_rows(captured, "arrivals").items
    by_part = {part: [row for row in rows if row.part is part] for part in SuitePart}
    assert {each.part: each.rows for each in suite.files} == {part: len(those) for part, those in by_part.items()}
    assert by_part[SuitePart.CASES]
    assert {row.status for row in by_part[SuitePart.CASES]} == {"verified"}
    [expected] = {each for row in by_part[SuitePart.CASES] for each in row.expectations if each.kind is ExpectationKind.EQUALS}
    assert expected.value == "late"
    assert all(row.criteria == () and row.label is not None for row in by_part[SuitePart.CONTROLS])
    assert safeguard.show_suite(captured, "arrivals").digest == suite.digest
    assert [each.digest for each in safeguard.list_suites(captured)] == [suite.digest]


@pytest.mark.postgresql_in_soak("others send it each of these statements")
@IN_THE_LIBRARY
def test_rows_are_shared_until_something_else_is_written(captured, arrivals):
    built = columns_of(captured, arrivals)
    assert columns_of(captured, arrivals) is built
    safeguard.build_suite(captured, "others", "")
    again = columns_of(captured, arrivals)
    assert again is not built
    assert again.every == built.every
    assert columns_of(captured, arrivals) is again


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_the_same_catalog_gives_the_same_suite_and_the_same_bytes(captured, arrivals, tmp_path):
    again = safeguard.build_suite(captured, "arrivals", "status:verified", as_of=arrivals.position)
    assert again == arrivals
    folders = [tmp_path / "one", tmp_path / "other"]
    for folder in folders:
        suite_folder.write(captured, arrivals, folder)
    names = sorted(each.name for each in folders[0].iterdir())
    assert names == ["cases.parquet", "controls.parquet", "production.parquet", "suite.yaml"]
    assert all((folders[0] / name).read_bytes() == (folders[1] / name).read_bytes() for name in names)


@pytest.mark.postgresql_in_soak("others send it what these statements are made of")
def test_the_same_log_gives_the_same_rows_on_every_database(ws, log):
    # On the key of the catalog hang the marks of redaction, what is sealed, and what people are given to label; nothing else.
    for row in log.predictions:
        row["remarks"] = "a plain remark"
    log.write()
    capture.capture(ws, log.protocol, since=MONDAY, until=UNTIL)
    whole = safeguard.build_suite(ws, "whole", "", sealed=0.0)
    assert {each.part.value: each.digest[7:19] for each in whole.files} == FILES


@pytest.mark.postgresql_in_soak("others send it each of these statements")
@IN_THE_LIBRARY
def test_what_is_written_is_read_again_and_sealed_families_are_not_in_it(captured, arrivals, tmp_path):
    written = suite_folder.write(captured, arrivals, tmp_path / "suite")
    read = suite_folder.read(tmp_path / "suite")
    assert read.suite == arrivals
    assert read.rows == written.rows
    secret = captured.keys.secret("suites")
    assert not any(is_sealed(row.family, arrivals.sealed.share, secret) for row in read.rows)
    assert sum(arrivals.sealed.rows.values()) > 0
    text = (tmp_path / "suite" / "suite.yaml").read_text()
    assert not any(row.id in text for row in read.rows)
    whole = safeguard.build_suite(captured, "whole", "status:verified", sealed=0.0)
    assert sum(each.rows for each in whole.files) == len(read.rows) + sum(arrivals.sealed.rows.values())


def swapped(folder):
    shutil.copy(folder / "controls.parquet", folder / "cases.parquet")


def cut(folder):
    file = folder / "cases.parquet"
    file.write_bytes(file.read_bytes()[:-100])


def edited(folder):
    file = folder / "suite.yaml"
    file.write_text(file.read_text().replace("missed a connection", "was late"))


def changed(folder):
    file = folder / "cases.parquet"
    table = pq.read_table(file)
    at = table.schema.get_field_index("label")
    pq.write_table(table.set_column(at, "label", pa.array(['"on-time"'] * len(table))), file, compression="zstd")


def linked(folder):
    file = folder / "cases.parquet"
    file.rename(folder.parent / "elsewhere.parquet")
    file.symlink_to(folder.parent / "elsewhere.parquet")


def climbing(folder):
    (folder / "suite.yaml").write_text((folder / "suite.yaml").read_text().replace("part: cases", "part: ../../etc/passwd"))


def bomb(folder):
    file = folder / "cases.parquet"
    table = pq.read_table(file)
    at = table.schema.get_field_index("text")
    # One row is enough: how many cases there are hangs on the key of the catalog.
    huge = pa.array(["0" * 3_000_000] * len(table))
    pq.write_table(table.set_column(at, "text", huge), file, compression="zstd")


def piped(folder):
    (folder / "cases.parquet").unlink()
    os.mkfifo(folder / "cases.parquet")


def missing(folder):
    (folder / "controls.parquet").unlink()


def pickled(folder):
    (folder / "suite.yaml").write_text("!!python/object/apply:os.system ['touch hacked']\n")


def laughing(folder):
    lines = ["a0: &a0 [lol, lol, lol]"] + [f"a{at}: &a{at} [{', '.join([f'*a{at - 1}'] * 9)}]" for at in range(1, 12)]
    (folder / "suite.yaml").write_text("\n".join(lines))


@pytest.mark.parametrize(
    ("harm", "says"),
    [
        (swapped, "has"),
        (cut, "cannot be read"),
        (edited, "has another digest"),
        (changed, "another digest"),
        (linked, "is a link"),
        (climbing, "part"),
        (bomb, "once it is unpacked"),
        (piped, "is no file"),
        (missing, "cannot be opened"),
        (pickled, "no YAML that can be read"),
        (laughing, "no suite of the form"),
    ],
    ids=lambda each: each.__name__ if callable(each) else None,
)
@pytest.mark.of_the_log
def test_a_folder_that_is_not_what_was_built_is_refused(captured, arrivals, tmp_path, monkeypatch, harm, says):
    monkeypatch.setattr(folder_files, "MOST_UNPACKED", 2 << 20)
    folder = tmp_path / "suite"
    suite_folder.write(captured, arrivals, folder)
    harm(folder)
    with pytest.raises(InputError, match=says):
        suite_folder.read(folder)
    assert not Path("hacked").exists()


SCENARIOS = """\
scenarios: robust
seed: 3
recipes:
  - name: noisy
    parents: {part: [cases, controls]}
    apply: [{operator: jitter, field: distance, spreads: 0.2}, {operator: swap-category, field: inputs.carrier}]
    copies: 2
    expect: invariance
  - name: gone
    parents: {part: [cases, controls, production], slice: {context.airport: EWR}}
    apply: [{operator: missing, field: carrier}]
    expect: same-as-parent
"""


@pytest.mark.postgresql_in_soak("others send it each of these statements")
@IN_THE_LIBRARY
def test_scenarios_are_made_of_a_suite_kept_and_taken_out_and_nothing_of_the_sealed_part_is_in_them(captured, arrivals, ws_as):
    Path("scenarios.yaml").write_text(SCENARIOS)
    made = safeguard.make_scenarios(captured, "arrivals", "scenarios.yaml")
    assert safeguard.make_scenarios(captured, "arrivals", "scenarios.yaml") == made
    assert [each.digest for each in safeguard.list_scenarios(captured, "arrivals")] == [made.digest]
    assert safeguard.show_scenarios(captured, "robust") == made
    rows = safeguard.list_scenario_rows(captured, "robust")
    assert rows.total == made.scenarios == sum(each.scenarios for each in made.recipes) > 20
    first = safeguard.list_scenario_rows(captured, "robust", limit=5)
    rest = safeguard.list_scenario_rows(captured, "robust", after=first.next)
    assert (*first.items, *rest.items) == rows.items
    those = rows_of(captured, arrivals)
    assert {each.parent for each in rows.items} <= {row.id for row in those.open}
    other = safeguard.build_suite(captured, "other", "status:verified", sealed=0.5)
    assert len(safeguard.list_scenarios(captured, "other")) == 0 and other.digest != arrivals.digest
    with pytest.raises(Denied, match="suite:build"):
        safeguard.make_scenarios(ws_as("cleo", role="curator"), "arrivals", "scenarios.yaml")
    Path("scenarios.yaml").write_text(SCENARIOS.replace("name: noisy", "name: noisy # ask ana@example.com"))
    with pytest.raises(InputError):
        safeguard.make_scenarios(captured, "arrivals", "scenarios.yaml")


def mixed_up(folder):
    file = folder / "scenarios.parquet"
    table = pq.read_table(file)
    at = table.schema.get_field_index("parent")
    pq.write_table(table.set_column(at, "parent", table.column("parent")[::-1]), file, compression="zstd")


def cut_short(folder):
    file = folder / "scenarios.parquet"
    pq.write_table(pq.read_table(file)[:-1], file, compression="zstd")


def reworded(folder):
    file = folder / "scenarios.yaml"
    file.write_text(file.read_text().replace("kind: invariance", "kind: same-as-parent", 1))


def led_away(folder):
    (folder / "scenarios.yaml").rename(folder.parent / "elsewhere.yaml")
    (folder / "scenarios.yaml").symlink_to(folder.parent / "elsewhere.yaml")


def of_another_suite(folder):
    shutil.copy(folder.parent / "other" / "suite.yaml", folder / "suite.yaml")
    for part in ("cases", "controls", "production"):
        shutil.copy(folder.parent / "other" / f"{part}.parquet", folder / f"{part}.parquet")


@pytest.mark.of_the_log
def test_scenarios_of_a_folder_are_what_was_made_or_are_refused(captured, arrivals, tmp_path):
    Path("scenarios.yaml").write_text(SCENARIOS)
    made = safeguard.make_scenarios(captured, "arrivals", "scenarios.yaml")
    folder = tmp_path / "suite"
    suite = suite_folder.write(captured, arrivals, folder)
    assert scenario_folder.read(folder, suite) is None
    written = scenario_folder.write(folder, suite, made)
    assert scenario_folder.read(folder, suite_folder.read(folder)) == written
    assert written.scenarios == tuple(sorted(safeguard.list_scenario_rows(captured, "robust").items, key=lambda each: each.id))
    with pytest.raises(InputError, match="has scenarios already"):
        scenario_folder.write(folder, suite, made)
    other = suite_folder.write(captured, safeguard.build_suite(captured, "other", "", sealed=0.0), tmp_path / "other")
    with pytest.raises(InputError, match="of another digest"):
        scenario_folder.write(tmp_path / "other", other, made)
    for harm, says in (
        (mixed_up, "another digest"),
        (cut_short, "rows and not"),
        (reworded, "another digest"),
        (led_away, "is a link"),
        (of_another_suite, "is of another suite"),
    ):
        harmed = tmp_path / harm.__name__
        shutil.copytree(folder, harmed)
        harm(harmed)
        with pytest.raises(InputError, match=says):
            scenario_folder.read(harmed, suite_folder.read(harmed))


HALFWAY = """
import os
from pathlib import Path

COUNT = Path("count")

def asked(more):
    found = more + (int(COUNT.read_text()) if COUNT.exists() else 0)
    COUNT.write_text(str(found))
    return found

if asked(0) > HALF:
    raise RuntimeError("no disk is left")

def dying(rows):
    if asked(len(rows)) > HALF:
        os._exit(9)
    return [{"output": "on-time", "confidence": 0.5} for _ in rows]

def lacking(rows):
    return [{"output": float("nan") if row["carrier"] == "UA" else "on-time", "confidence": 0.5} for row in rows]

def worse(rows):
    return [{"output": float("nan") if row["carrier"] == "UA" else "late", "confidence": 0.5} for row in rows]
"""


def by_name(decision):
    return {each.name: each for each in decision.conditions}


@pytest.mark.of_the_log
@IN_THE_LIBRARY
def test_a_gate_of_which_a_side_dies_half_way_or_answers_no_number_is_inconclusive_and_kept(captured, arrivals):
    Path("release.yaml").write_text(POLICY.replace("repeats: 3", "repeats: 1"))
    events = {row.id: row for row in rows_of(captured, arrivals).every}
    Path("halfway.py").write_text(HALFWAY.replace("HALF", str((len(events) + 1) // 2)))
    sides = {"candidate": {"baseline": "python:delays:usual"}, "baseline": {"model": "python:delays:usual"}}
    for side, other in sides.items():
        which = "model" if side == "candidate" else "baseline"
        Path("count").unlink(missing_ok=True)
        died = safeguard.decide(captured, "release.yaml", **other, **{which: "python:halfway:dying"})
        lacking = by_name(died)["answers"]
        assert (died.verdict, lacking.verdict, died.regressed) == (GateVerdict.INCONCLUSIVE, GateVerdict.INCONCLUSIVE, ())
        assert lacking.says.startswith(f"the {side} halfway:dying gave no answer to {lacking.events} of {len(events)} events (")
        assert "start" in lacking.says
        assert lacking.events > 0
        # What was answered is judged, nothing of it fails, and what was not is left out, and told of.
        assert GateVerdict.FAIL not in {each.verdict for each in died.conditions}
        assert any("cannot be told and are left out" in note for note in by_name(died)["guard"].notes)
        assert (died.environment or died.baseline_environment) is not None
        assert safeguard.show_gate(captured, died.id).verdict is GateVerdict.INCONCLUSIVE
        # No number for some is not taken for an answer, on neither side.
        Path("count").unlink()
        no_number = safeguard.decide(captured, "release.yaml", **other, **{which: "python:halfway:lacking"})
        of_ua = [event for event, row in events.items() if row.inputs["carrier"] == "UA"]
        assert (no_number.verdict, by_name(no_number)["answers"].events) == (GateVerdict.INCONCLUSIVE, len(of_ua))
        assert f"({len(of_ua)} not-a-number)" in by_name(no_number)["answers"].says
        assert set(by_name(no_number)["answers"].evidence) == set(of_ua) - {row.id for row in rows_of(captured, arrivals).sealed}
    # What fails on what it did answer has failed.
    worse = safeguard.decide(captured, "release.yaml", model="python:halfway:worse", baseline="python:delays:usual")
    assert (worse.verdict, by_name(worse)["answers"].verdict) == (GateVerdict.FAIL, GateVerdict.INCONCLUSIVE)


@pytest.mark.postgresql_in_soak("others send it what these statements are made of")
def test_who_labels_builds_no_suite(captured, ws_as):
    with pytest.raises(Denied, match="suite:build"):
        safeguard.build_suite(ws_as("cleo", role="curator"), "arrivals", "")
    with pytest.raises(NotFound):
        safeguard.show_suite(ws_as("sam", role="steward"), "arrivals")
    made = safeguard.build_suite(ws_as("sam", role="steward"), "arrivals", "status:verified")
    assert made.made_by == "sam"


@pytest.mark.postgresql_in_soak("others send it what these statements are made of")
def test_a_query_that_matches_nothing_gives_no_suite(captured):
    with pytest.raises(InputError, match="no sampled event matches"):
        safeguard.build_suite(captured, "arrivals", "mode:remiss:data/drift")
    for within in ("inputs.carrier:UA) OR (inputs.carrier:DL", "inputs.carrier:nobody"):
        with pytest.raises((InputError, QueryError)):
            safeguard.build_suite(captured, "arrivals", "status:verified", within=within)


@pytest.mark.postgresql_in_soak("others send it what these statements are made of")
@NOT_FROM_AFAR
def test_a_version_that_is_as_good_is_not_failed_and_one_that_is_worse_is(captured, log):
    safeguard.build_suite(captured, "arrivals", "status:verified")
    same = safeguard.decide(captured, "release.yaml", model="python:delays:same", baseline="python:delays:usual")
    assert same.verdict is GateVerdict.PASS
    assert {each.name for each in same.conditions} == {"guard", "production missed-delay", "severity-1"}
    worse = safeguard.decide(captured, "release.yaml", model="python:delays:turned", baseline="python:delays:usual")
    verdicts = {each.name: each.verdict for each in worse.conditions}
    assert (worse.verdict, verdicts["guard"]) == (GateVerdict.FAIL, GateVerdict.FAIL)
    # Who always says "late" misses no delay: it is the controls that tell.
    assert verdicts["production missed-delay"] is GateVerdict.PASS
    assert safeguard.show_gate(captured, worse.id).conditions == worse.conditions
    assert [each.id for each in safeguard.list_gates(captured)] == [worse.id, same.id]
    assert [each.sealed_uses for each in worse.suites] == [1]
    signed = safeguard.attest_gate(captured, worse.id)
    told = checked(json.dumps(signed.envelope).encode(), Verifier.of(signed.key), datetime.now(UTC))
    assert (told.decision, told.verdict, told.digest) == (worse.id, GateVerdict.FAIL, None)


@pytest.mark.of_the_log
@NOT_FROM_AFAR
def test_a_policy_that_names_a_criterion_of_no_suite_is_refused_before_anything_runs(captured, arrivals):
    Path("typo.yaml").write_text(POLICY.replace("missed-delay", "mised-delay"))
    with pytest.raises(InputError, match="no suite of this gate has the criterion mised-delay") as refused:
        safeguard.decide(captured, "typo.yaml", model="python:delays:same", baseline="python:delays:usual")
    assert (refused.value.do, str(refused.value.where)) == ("write missed-delay", "typo.yaml:5")
    assert not [*safeguard.list_gates(captured)]


@pytest.mark.of_the_log
@NOT_FROM_AFAR
def test_where_a_version_does_not_run_or_answers_otherwise_the_gate_says_so(captured, arrivals, log):
    gone = safeguard.decide(captured, "release.yaml", model="python:delays:same", baseline="python:nowhere:at_all")
    assert (gone.verdict, [each.name for each in gone.conditions]) == (GateVerdict.INCONCLUSIVE, ["models-run"])
    assert [each.sealed_run for each in gone.suites] == [False]
    other = safeguard.decide(captured, "release.yaml", model="python:delays:numbers", baseline="python:delays:usual")
    assert other.verdict is GateVerdict.FAIL


@pytest.mark.of_the_log
@IN_THE_LIBRARY
def test_the_sealed_part_is_run_as_often_as_the_policy_allows(captured, arrivals, log):
    Path("release.yaml").write_text(POLICY + "sealed_uses: 2\n")
    ask = {"model": "python:delays:same", "baseline": "python:delays:usual"}
    for _ in range(2):
        safeguard.decide(captured, "release.yaml", **ask)
    with pytest.raises(Conflict, match="was run 2 times"):
        safeguard.decide(captured, "release.yaml", **ask)
    # Another model has uses of its own.
    safeguard.decide(captured, "release.yaml", model="python:delays:coin", baseline="python:delays:usual")
    told = safeguard.show_gate(captured, safeguard.list_gates(captured)[0].id)
    sealed = {row.id for row in rows_of(captured, arrivals).sealed}
    assert sealed.isdisjoint({case for each in told.conditions for case in each.evidence} | set(told.worst))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("gate: release\n", "the document lacks suites"),
        ("gate: release\nsuites: [arrivals]\nmargins: 1\n", "unknown key margins"),
        ("gate: release\nsuites: [arrivals]\nguard: {marginn: 1}\n", "unknown key marginn in guard"),
        ("gate: release\nsuites: [arrivals]\nrepeats: 2\n", "needs an odd number"),
        ("gate: release\nsuites: [arrivals]\nguard: {margin: 2}\n", "guard.margin"),
        ("[", "no YAML"),
        ("- 1", "no mapping"),
    ],
)
@pytest.mark.of_the_log
def test_a_policy_that_cannot_be_understood_is_refused_with_its_line(captured, arrivals, log, text, says):
    Path("release.yaml").write_text(text)
    with pytest.raises(InputError, match=says):
        safeguard.decide(captured, "release.yaml", model="python:delays:same", baseline="python:delays:usual")
