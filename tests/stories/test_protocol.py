"""Writing a protocol: what `check` says of a document and its sources, and what the catalog keeps of its versions."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from remiss import capture
from remiss.errors import InputError, NotFound, ProtocolError, SourceError
from remiss.opening import without_catalog
from remiss.protocol import actions
from remiss.protocol.versions import restore
from tests.command_line import CommandLine
from tests.stories.logs import MONDAY, WEEK, small_log


@pytest.fixture
def desk():
    with without_catalog({}) as opened:
        yield opened


@pytest.fixture(params=["library", "cli"])
def anywhere(request, desk):
    """What needs no catalog: in the library, then by commands that get none."""
    return desk if request.param == "library" else CommandLine(None, {})


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    return small_log(tmp_path_factory.mktemp("log"))


@pytest.fixture
def log(written, tmp_path):
    """Return a folder with a protocol and its logs, to be changed."""
    folder = Path(written.protocol).parent
    shutil.copytree(folder, tmp_path / "log")
    return tmp_path / "log" / Path(written.protocol).name


def changed(path: Path, old: str, new: str) -> str:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return str(path)


def errors(desk, path) -> list[str]:
    return [finding.what for finding in actions.check(desk, str(path)) if finding.level == "error"]


def test_a_sound_protocol_has_no_errors_and_loads(desk, anywhere, log):
    assert errors(anywhere, log) == []
    checked = actions.load(desk, str(log))
    assert checked.fields.keys() == checked.protocol.fields.keys()


def test_findings_of_the_document_and_of_the_source_come_together(anywhere, log):
    changed(log, "latency_ms > 250", "latency_ms > '250'")
    found = errors(anywhere, changed(log, "seed:", "sed:"))
    assert len(found) == 3
    assert any("unknown key sed" in what for what in found)
    assert any("cannot be compared" in what for what in found)


def test_loading_a_protocol_with_errors_raises_the_first_and_counts_the_others(desk, log):
    changed(log, "latency_ms > 250", "latency_ms > '250'")
    changed(log, "output = 'on-time'", "predicted = 'on-time'")
    with pytest.raises(ProtocolError, match=r"1 more; `remiss protocol check` shows all") as refused:
        actions.load(desk, str(log))
    assert refused.value.where is not None
    assert refused.value.where.file == str(log)
    assert refused.value.where.line is not None


def test_a_source_that_is_not_there_is_a_finding_of_check_and_an_error_of_load(desk, anywhere, log):
    shutil.rmtree(log.parent / "predictions")
    found = actions.check(anywhere, str(log))
    assert found[0].code == "source"
    assert found[0].file == str(log)
    with pytest.raises(SourceError):
        actions.load(desk, str(log))


@pytest.mark.parametrize("content", [b"\xff\xfea", b"a: \xe9", b"", b"- x", b"a: &x [*x]", b"\x00", b"x" * 300_000])
def test_a_document_that_cannot_be_read_is_a_finding(desk, tmp_path, content):
    path = tmp_path / "p.yaml"
    path.write_bytes(content)
    assert errors(desk, path)
    with pytest.raises(ProtocolError):
        actions.load(desk, str(path))


def test_where_there_is_no_file_there_is_nothing_to_check_and_the_call_was_wrong(anywhere, tmp_path):
    for path, says in (
        (tmp_path / "nowhere.yaml", f"there is no file {tmp_path / 'nowhere.yaml'}"),
        (tmp_path, f"{tmp_path} is not a file"),
        ("/dev/zero", "/dev/zero is not a file"),
        ("a\x00b", "a\x00b cannot be read: its name is not one"),
    ):
        with pytest.raises(InputError) as refused:
            actions.check(anywhere, str(path))
        assert (refused.value.what, refused.value.exit_status) == (says, 2)


def test_failure_modes_are_listed_whole_or_below_one(anywhere):
    rows = actions.show_taxonomy(anywhere)
    assert len(rows) >= 30
    below = actions.show_taxonomy(anywhere, "model").column("mode")
    assert below[0] == "remiss:model"
    assert all(str(mode).startswith("remiss:model") for mode in below)
    with pytest.raises(ProtocolError, match="no mode"):
        actions.show_taxonomy(anywhere, "modell")


@pytest.mark.every_way("protocol.diff", "protocol.list", "protocol.show")
def test_the_catalog_keeps_each_version_and_shows_what_changed(ws, log):
    def capture_it() -> None:
        capture.capture(ws, str(log), since=MONDAY, until=MONDAY + WEEK)

    capture_it()
    [name] = actions.list_protocols(ws).column("protocol")
    first = actions.show(ws, name)
    assert restore(first.text, str(log)).digest == first.digest

    changed(log, "latency_ms > 250", "latency_ms > 300")
    with pytest.raises(ProtocolError, match="means something else") as refused:
        capture_it()
    assert "raise `version`" in refused.value.do

    changed(log, f"version: {first.version}", f"version: {first.version + 1}")
    capture_it()
    assert actions.list_protocols(ws).column("version") == (first.version + 1, first.version)
    assert actions.show(ws, name).version == first.version + 1
    lines = actions.diff(ws, name, first.version, first.version + 1)
    assert lines.position == ws.position()
    assert any(line.startswith("+") and "latency_ms > 300" in line for line in lines)
    assert actions.diff(ws, name, first.version, first.version).items == ()

    with pytest.raises(NotFound, match="has no version 99"):
        actions.show(ws, name, version=99)
    with pytest.raises(NotFound, match="the catalog has no protocol") as missing:
        actions.show(ws, name[:-1])
    assert missing.value.do == f"write {name}"


def notes_of_counts(desk, path) -> list[str]:
    return [finding.what for finding in actions.check(desk, str(path)) if finding.code == "counts"]


def test_a_criterion_that_catches_nearly_everything_or_reads_nulls_is_named_with_numbers_before_anything_is_captured(
    desk, anywhere, log
):
    assert notes_of_counts(anywhere, log) == []
    # Milliseconds taken for seconds, and a status that is there only where something went wrong.
    changed(log, "latency_ms > 250", "latency_ms > 0.25")
    changed(log, "status: status", "status: \"CASE WHEN score > 0.99 THEN 'failed' END\"")
    changed(log, "sampling:", "  - {name: failed, kind: error, when: status = 'failed', severity: 1, why: Nothing.}\nsampling:")
    slow, failed = notes_of_counts(anywhere, log)
    # The newest window whose labels are all in.
    assert slow.startswith("in the window of 2013-06-10 criterion slow caught 400 (100")
    assert failed.startswith("in the window of 2013-06-10 criterion failed read a null on ")


def test_a_check_tells_what_the_sample_can_detect_from_the_window_that_it_counts(anywhere, log):
    found = actions.check(anywhere, str(log)).detectable
    assert (found.window, found.events, found.sampled) == (MONDAY + WEEK, 400, 50)
    assert [each.criterion for each in found.lifts] == ["missed-delay", "missed-delay", "slow", "slow"]
    few = found.lifts[0].slices[0]
    assert (few.of, few.least) == (0.05, None)
    changed(log, "keep: 5, control: 5, undecided: 5, population: 50", "control: 5, undecided: 5, population: 200")
    more = actions.check(anywhere, str(log)).detectable
    assert more.sampled == 200
    assert more.drift[0].sample < found.drift[0].sample
    assert more.drift[0].histogram == found.drift[0].histogram
    assert more.lifts[0].failures > found.lifts[0].failures


def test_where_nothing_can_be_counted_or_labels_are_missing_it_is_said_and_nothing_guessed(anywhere, log):
    outcomes = log.parent / "outcomes" / "all.parquet"
    pq.write_table(pq.read_table(outcomes).slice(0, 1), outcomes)
    found = actions.check(anywhere, str(log)).detectable
    assert [each.criterion for each in found.lifts] == ["slow", "slow"]
    assert "most events of this window are undecided on missed-delay: of slices of it nothing is worked out" in found.notes
    predictions = log.parent / "predictions" / "all.parquet"
    pq.write_table(pq.read_table(predictions).slice(0, 0), predictions)
    found = actions.check(anywhere, str(log))
    assert found.detectable is None
    assert [each.what for each in found if each.code == "counts"] == [
        "the log has no event that could be counted, so that nothing is known of what the sample can detect"
    ]
    changed(log, "latency_ms > 250", "latencyms > 250")
    assert actions.check(anywhere, str(log)).detectable is None


def test_what_would_end_a_capture_is_an_error_of_the_check(anywhere, log):
    changed(log, "time: scheduled_at", "time: TRY_CAST(origin AS TIMESTAMPTZ)")
    [found] = errors(anywhere, log)
    assert "has a time that can be read" in found


@pytest.mark.parametrize(
    ("per_second", "time", "what", "do"),
    [
        (
            1_000,
            "to_timestamp(meta.ts)",
            "it counts milliseconds since 1970, and is read as seconds",
            "to_timestamp(meta.ts / 1000)",
        ),
        (
            1_000_000,
            "to_timestamp(meta.ts)",
            "it counts microseconds since 1970, and is read as seconds",
            "to_timestamp(meta.ts / 1000000)",
        ),
        (
            1,
            "to_timestamp(meta.ts / 1000)",
            "all events are of 1970-01-16 to 1970-01-16",
            "seconds since 1970 may be read as milliseconds",
        ),
    ],
)
def test_a_time_in_another_unit_than_it_is_read_in_is_named_as_such(anywhere, log, per_second, time, what, do):
    rows = [{"id": f"e{at}", "meta": {"ts": (1_370_217_600 + at) * per_second}, "said": "yes"} for at in range(50)]
    (log.parent / "log.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    path = log.parent / "units.yaml"
    path.write_text(
        "protocol: units\nversion: 1\nmodel: m\nsource: {name: units, format: jsonl, uri: log.jsonl}\n"
        f"fields: {{id: id, time: {time}, output: said}}\nrequire: [id, time]\n"
        "criteria: [{name: refusal, kind: custom, when: \"output = 'no'\", severity: 2, why: It said no.}]\n"
        'sampling: {window: 1 week, keep: 5, seed: "1"}\n'
    )
    found = [finding for finding in actions.check(anywhere, str(path)) if finding.code in {"source", "times"}]
    assert [(what in finding.what, do in finding.do) for finding in found] == [(True, True)]


def test_check_says_how_many_rows_of_the_log_cannot_be_read(anywhere, log):
    # One of four lines of a log in Windows-1252 have an umlaut.
    rows = "".join(f"e{at};2013-06-03T0{at % 10}:00:00Z;{'ja' if at % 4 else 'nö'}\n" for at in range(100))
    (log.parent / "log.csv").write_bytes(b"id;at;said\n" + rows.encode("cp1252"))
    path = log.parent / "umlauts.yaml"
    path.write_text(
        "protocol: umlauts\nversion: 1\nmodel: m\nsource: {name: umlauts, format: csv, uri: log.csv}\n"
        "fields: {id: id, time: at, output: said}\nrequire: [id, time]\n"
        "criteria: [{name: refusal, kind: custom, when: \"output <> 'ja'\", severity: 2, why: It said no.}]\n"
        'sampling: {window: 1 week, keep: 5, seed: "1"}\n'
    )
    told = [finding.what for finding in actions.check(anywhere, str(path)) if "cannot be read" in finding.what]
    assert told == ["25 of 100 rows of the log cannot be read and would be refused: the line is not UTF-8"]
