"""What files of a run are called where it is shown."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from remiss.capture.listing import shown_run
from remiss.govern.redaction.written import Gate
from remiss.records.run import Manifest, Run

NOW = datetime(2026, 1, 1, tzinfo=UTC)
GATE = Gate(b"key")


def run(*files: str, **said: object) -> Run:
    manifest = Manifest(
        protocol="p",
        protocol_version=1,
        protocol_digest="d",
        source="s",
        fingerprint="f",
        files=files,
        file_digests={file: str(at) for at, file in enumerate(files)},
        rows=1,
        since=NOW,
        until=NOW,
        as_of=NOW,
        engine="e",
        software="s",
        **said,
    )
    return Run(id="run-1", status="complete", digest="d", manifest=manifest, actor="ana", at=NOW, position=1)


def test_a_run_of_plain_names_is_shown_as_it_is():
    plain = run("log/2013-06-03.csv", "log/part-00000.parquet", folder="/srv/log", notes=("3 rows of 1.2.3.4",))
    assert shown_run(plain, GATE) == plain


def test_wherever_a_manifest_names_a_file_it_is_called_by_its_mark():
    where = "ana@example.org/day.csv"
    named = run(
        where,
        folder="/srv/ana@example.org",
        label_digests={where: "1"},
        unplaced={where: {"bad-time": 1}},
        addresses={"events": {"uri": "ana@example.org/*.csv", "format": "csv"}},
        notes=(f"{where} is gone",),
    )
    shown = shown_run(named, GATE)
    assert "ana@" not in str(shown)
    assert str(shown).count("[email:9378]") == 7
    assert shown.manifest.addresses["events"]["format"] == "csv"


def test_files_whose_marks_are_alike_stay_as_many_as_they_are():
    files = tuple(f"{at}@example.org.csv" for at in range(2000))
    found = [GATE.file(file) for file in files]
    assert len(set(found)) < len(files)
    shown = shown_run(run(*files), GATE).manifest
    assert len(set(shown.files)) == len(files)
    assert [shown.file_digests[file] for file in shown.files] == [str(at) for at in range(2000)]


def test_a_shown_run_is_otherwise_the_run():
    made = run("ana@example.org.csv")
    shown = shown_run(made, GATE)
    assert replace(shown, manifest=made.manifest) == made
