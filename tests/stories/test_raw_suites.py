"""A suite with raw inputs: they are in its folder alone, by clearance and for a purpose, and each look is recorded."""

from __future__ import annotations

import json
import re
import stat

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from remiss import capture, safeguard, suite_folder
from remiss.codec import to_json
from remiss.errors import Denied, InputError
from remiss.govern import audit_actions as audit
from remiss.opening import without_catalog
from remiss.present import result_report
from remiss.records.suite import APART, SaltedInputs, SuiteInputs
from remiss.safeguard.kept_documents import document, suite_of
from remiss.safeguard.raw_inputs import ABOVE, GONE, SALT, UNTOLD
from remiss.safeguard.suite_actions import rows_of
from remiss.safeguard.suite_content import raw_digest
from remiss.safeguard.suite_rows import is_apart, keyed
from remiss.suite_session import SuiteSession
from tests.faces.test_canaries import cells
from tests.stories.logs import MONDAY, PROTOCOL, WEEK
from tests.stories.test_suites import UNTIL, labelled, log  # noqa: F401
from tests.stories.ways import IN_THE_LIBRARY

PURPOSE = "ana@example.org asked how it does on what was really written"
# Of what is found to be a failure production wrote an address, or what looks like a mark, into a part of a column.
TOUCHED = (
    PROTOCOL.replace("[carrier, distance]", "{carrier: carrier, remarks: \"concat('> ', meta.remark)\"}")
    .replace("  text: remarks\n", "")
    .replace("{airport: origin}", "{airport: origin, distance: distance}")
)
MARKED = "[email:00ff]"
MODULE = """
def sees(rows):
    return [{"output": "late" if "@example.com" in row["remarks"] else "on-time"} for row in rows]

def echoes(rows):
    if any("@example.com" in row["remarks"] and "7@" in row["remarks"] for row in rows):
        raise ValueError(str(rows))
    return [{"output": row["remarks"]} for row in rows]
"""


@pytest.fixture
def touched(ws, log, once, ws_as, tmp_path):  # noqa: F811
    late = {row["flight"] for row in log.outcomes if row["actual"] == "late"}
    for at, row in enumerate(log.predictions):
        missed = row["predicted"] == "on-time" and row["flight"] in late
        del row["remarks"]
        address = f"ana{at}@example.com" if at % 4 else MARKED
        row["meta"] = {"remark": f"ask {address}" if missed else "nobody"}
    log.write(TOUCHED)
    (tmp_path / "delays.py").write_text(MODULE)

    def make():
        capture.capture(ws, log.protocol, since=MONDAY, until=UNTIL)
        labelled(ws, ws_as)
        return "made"

    once(ws, "small_log_touched_by_redaction", make)
    return ws


def built(ws, **more):
    return safeguard.build_suite(ws, "arrivals", "status:verified", raw=True, purpose=PURPOSE, **more)


def written(log, rows):  # noqa: F811
    """What production wrote of some cases, by their ids; and how many there are in which it wrote a mark itself."""
    said = {row["prediction_id"]: row["meta"]["remark"] for row in log.predictions}
    found = {row.id: f"> {said[row.event]}" for row in rows if is_apart(row)}
    raw = {case: text for case, text in found.items() if MARKED not in text}
    return raw, {UNTOLD: len(found) - len(raw)} if len(found) > len(raw) else {}


@IN_THE_LIBRARY
def test_raw_inputs_are_in_the_folder_alone_and_each_look_is_recorded(touched, log, tmp_path, address):  # noqa: F811
    suite = built(touched)
    rows = rows_of(touched, suite)
    (raw, left), (sealed, untold) = written(log, rows.open), written(log, rows.sealed)
    assert (suite.inputs, suite.raw.cases, suite.raw.left, suite.sensitivity) == (SuiteInputs.RAW, len(raw), left, "restricted")
    assert suite.left_out.get(APART, 0) == len(sealed) + sum((*left.values(), *untold.values()))
    assert raw
    folder = suite_folder.write(touched, suite, tmp_path / "suite")
    assert {case: values["remarks"] for case, values in folder.raw.items()} == raw
    read = suite_folder.read(tmp_path / "suite")
    assert (read.suite, read.rows, read.raw) == (suite, folder.rows, folder.raw)
    assert yaml_says(tmp_path, "inputs: raw")
    modes = [stat.S_IMODE(each.stat().st_mode) for each in (tmp_path / "suite", *sorted((tmp_path / "suite").iterdir()))]
    assert modes == [0o700, *[0o600] * 5]
    tables = {each.name: str(pq.read_table(each).to_pylist()) for each in (tmp_path / "suite").glob("*.parquet")}
    assert all(value in tables["raw.parquet"] for value in raw.values())
    assert not any(value in table for value in sealed.values() for table in tables.values())
    assert not any("@example.com" in table for name, table in tables.items() if name != "raw.parquet")
    looks = audit.search_audit(touched, action="suite.build", kind="evidence")
    assert {look["subject"] for look in looks} == raw.keys()
    assert all(re.fullmatch(r"\[email:[0-9a-f]{4}\] asked how it does .*", look["purpose"]) for look in looks)
    # Nothing else knows a value, nor what could be tried against a digest.
    shown = safeguard.show_suite(touched, "arrivals")
    ran = safeguard.run(touched, "arrivals", model="python:delays:sees")
    told = [shown, safeguard.list_suites(touched), safeguard.list_suite_rows(touched, "arrivals"), ran, looks]
    failed = safeguard.list_result_rows(touched, ran.id)
    told += [form(ran, failed, failed, None) for form in result_report.FORMS.values()]
    told += [*cells(address), (tmp_path / "suite" / "suite.yaml").read_text()]
    salt = keyed(next(iter(raw)), touched.keys.secret(SALT)).hex()[:32]
    texts = [each if isinstance(each, str) else json.dumps(to_json(each)) for each in told]
    assert not any("@example.com" in each or salt in each for each in texts)
    # A catalog asks what it has.
    assert ran.verdicts["cases"]["inputs-redacted"] == len(raw) + sum(left.values())


def yaml_says(tmp_path, line):
    return f"\n{line}\n" in (tmp_path / "suite" / "suite.yaml").read_text()


@pytest.mark.postgresql_in_soak("others send it each of these statements")
@IN_THE_LIBRARY
def test_a_model_is_asked_raw_inputs_and_nobody_is_told_what_it_makes_of_them(touched, log, tmp_path):  # noqa: F811
    suite = built(touched, sealed=0.0, success=["pass-rate of target at least 50 %"])
    rows = suite_folder.write(touched, suite, tmp_path / "suite").rows
    raw, left = written(log, rows)
    with without_catalog() as there:
        found = suite_folder.run(there, tmp_path / "suite", "python:delays:sees")
        echoed = suite_folder.run(there, tmp_path / "suite", "python:delays:echoes")
    untold = {"inputs-redacted": left[UNTOLD]} if left else {}
    assert found.verdicts["cases"] == {"passed": len(raw), **untold}
    assert "@example.com" not in repr(echoed)
    session = SuiteSession.opened(tmp_path / "suite", "python:delays:echoes")
    cases = [row for row in session.rows if row.id in raw]
    assert len(cases) == len(raw)
    stories = [session.story(row, session.outcome(row)) for row in cases]
    session.close()
    assert all(re.search(r"^answered (something else|exception)$", story, re.MULTILINE) for story in stories)
    assert all("[email:" in story and "@example.com" not in story for story in stories)
    assert "@example.com" not in repr(session)


@pytest.mark.postgresql_in_soak("others send it each of these statements")
@IN_THE_LIBRARY
def test_the_same_events_give_the_same_digest_and_raw_inputs_are_in_it(touched):
    one = built(touched)
    redacted = safeguard.build_suite(touched, "arrivals", "status:verified", as_of=one.position)
    assert (redacted.inputs, redacted.raw, redacted.files) == (SuiteInputs.REDACTED, None, one.files)
    assert redacted.digest != one.digest
    assert built(touched, as_of=one.position).digest == one.digest
    said = document(one)
    for harm in ({"inputs": "redacted"}, {"raw": {**said["raw"], "cases": said["raw"]["cases"] + 1}}):
        with pytest.raises(InputError, match="another digest"):
            suite_of({**said, **harm}, "suite.yaml")


@pytest.mark.slow(reason="it builds a suite seven times")
@pytest.mark.postgresql_in_soak("others send it each of these statements")
@IN_THE_LIBRARY
def test_who_may_not_open_raw_evidence_gets_none_and_what_is_gone_stays_redacted(touched, ws_as, log, tmp_path):  # noqa: F811
    everything = built(touched, sealed=0.0)
    cases, left = everything.raw.cases, everything.raw.left
    for clearance, cleared, why in (
        ("restricted", cases, left),
        ("internal", 0, {ABOVE: cases + sum(left.values())}),
    ):
        steward = ws_as(f"of-{clearance}", role="steward", clearance=clearance)
        with pytest.raises(InputError, match="through a server"):
            built(steward)
        # As if that person opened the catalog themselves.
        steward.request_id = None
        found = built(steward, sealed=0.0, as_of=everything.position)
        assert (found.raw.cases, found.raw.left) == (cleared, why)
    assert (found.inputs, found.sensitivity) == (SuiteInputs.REDACTED, "internal")
    looked = {each["actor"] for each in audit.search_audit(touched, action="suite.build", kind="evidence", limit=1000)}
    assert "of-restricted" in looked
    assert "of-internal" not in looked
    suite_folder.write(steward, found, tmp_path / "none")
    assert not (tmp_path / "none" / "raw.parquet").exists()
    [case, *others] = suite_folder.write(touched, built(touched, sealed=0.0), tmp_path / "all").raw
    touched.vault.discard(touched.raw_events.of(case, None).address)
    less = built(touched, sealed=0.0)
    assert (less.raw.cases, less.raw.left) == (len(others), {GONE: 1, **left})
    assert case not in suite_folder.write(touched, less, tmp_path / "less").raw
    with pytest.raises(Denied):
        built(ws_as("cy", role="curator", clearance="restricted"))


@pytest.mark.postgresql_in_soak("others send it each of these statements")
@IN_THE_LIBRARY
def test_raw_inputs_need_a_purpose_and_a_protocol_that_allows_them(touched, ws_as, log, tmp_path):  # noqa: F811
    for purpose in (None, " "):
        with pytest.raises(InputError, match="purpose"):
            safeguard.build_suite(touched, "arrivals", "status:verified", raw=True, purpose=purpose)
    suite = built(touched)
    with pytest.raises(InputError, match="kept in the folder alone"):
        suite_folder.write(ws_as("sam", role="steward"), suite, tmp_path / "another")
    # It may be changed without another version, for it decides no figure.
    log.write(TOUCHED + "retention: {suites: redacted}\n")
    capture.capture(touched, log.protocol, since=MONDAY, until=MONDAY + WEEK)
    before = len(audit.search_audit(touched, kind="evidence", limit=1000))
    with pytest.raises(Denied, match=r"arrival-delay@1 lets suites hold redacted inputs alone \(retention.suites\)"):
        built(touched)
    assert len(audit.search_audit(touched, kind="evidence", limit=1000)) == before
    assert safeguard.build_suite(touched, "arrivals", "status:verified").raw is None


@pytest.mark.of_the_log
@IN_THE_LIBRARY
def test_a_file_of_raw_inputs_that_is_not_what_was_built_is_refused(touched, tmp_path):
    suite = built(touched, sealed=0.0)
    raw = suite_folder.write(touched, suite, tmp_path / "suite").raw
    file = tmp_path / "suite" / "raw.parquet"
    sound = file.read_bytes()
    table = pq.read_table(file)

    def with_column(name, values):
        return table.set_column(table.schema.get_field_index(name), name, pa.array(values))

    harms = {
        "another digest": with_column("inputs", [text.replace("example", "elsewhere") for text in table["inputs"].to_pylist()]),
        "has inputs of what is no case": with_column("id", ["0000-0000-0000"] * len(table)),
        "rows and not": table.slice(1),
        "cannot be read": with_column("inputs", ["{"] * len(table)),
    }
    for says, harmed in harms.items():
        pq.write_table(harmed, file)
        with pytest.raises(InputError, match=says):
            suite_folder.read(tmp_path / "suite")
    file.unlink()
    with pytest.raises(InputError, match="cannot be opened"):
        suite_folder.read(tmp_path / "suite")
    file.write_bytes(sound)
    assert suite_folder.read(tmp_path / "suite").raw == raw
    # Without the salts the digest confirms no guess.
    guessed = [SaltedInputs(id=case, inputs=inputs, salt="") for case, inputs in raw.items()]
    assert raw_digest(guessed) != suite.raw.digest
