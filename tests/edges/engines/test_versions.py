"""Model versions in cells: counted like the log itself, told apart for the commonest, and no part of what is drawn."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace

import pytest

from remiss.capture.manifest import differences, run_digest
from remiss.capture.sampling import PopulationPart
from remiss.capture.versions import MOST, told_apart, without_versions
from remiss.records.event import ModelVersion
from tests.edges.engines.worlds import HOUR, MONDAY, WEEK, captured, protocol, write

VERSIONS = ["1.0", "1.1", None, "2.0-rc"]
CRITERIA = [
    "{name: wrong, kind: custom, when: \"output <> 'yes'\", severity: 2, why: It said no.}",
    "{name: late, kind: custom, when: \"label = 'late'\", severity: 3, why: It came late.}",
]


def text(**changes):
    given = {"fields": ["label: actual", "model_version: version"], "criteria": CRITERIA, "strata": [], **changes}
    return protocol(**given)


def event(at, *, version, hours=1):
    return {
        "id": f"e{at}",
        "at": MONDAY + at * hours * HOUR,
        "said": ["yes", "no", None][at % 3],
        "actual": ["late", "on-time", None, "on-time", "late"][at % 5],
        "version": version,
    }


def events(count, versions=VERSIONS, *, hours=1):
    return [event(at, version=versions[at * 7 // 3 % len(versions)], hours=hours) for at in range(count)]


def counts(cells):
    """Return how many events have which version, and how many of these met which criterion, are undecided, and are labelled."""
    found = Counter()
    for cell in cells:
        found[cell.window, cell.version, "all"] += cell.population
        found[cell.window, cell.version, "labelled"] += cell.labelled
        for name in cell.met:
            found[cell.window, cell.version, name] += cell.population
        for name in cell.undecided:
            found[cell.window, cell.version, f"{name}?"] += cell.population
    return +found


def counted(rows, told=lambda _: True):
    """Return the same, one by one from the rows of the log."""
    found = Counter()
    for row in rows:
        window = MONDAY + (row["at"] - MONDAY) // WEEK * WEEK
        version = ModelVersion(row["version"]) if told(row["version"]) else None
        found[window, version, "all"] += 1
        found[window, version, "labelled"] += row["actual"] is not None
        found[window, version, "wrong"] += row["said"] == "no"
        found[window, version, "late?" if row["actual"] is None else "late"] += row["actual"] in {None, "late"}
    return +found


@pytest.fixture
def folder(tmp_path):
    write(tmp_path / "log.parquet", events(300, hours=3))
    return tmp_path


def six_weeks(folder, document):
    return captured(folder, document, MONDAY, MONDAY + 6 * WEEK)


def test_cells_count_by_version_what_the_log_says_and_having_none_is_one_too(folder):
    found = six_weeks(folder, text())
    assert counts(found.cells) == counted(events(300, hours=3))
    assert {cell.version for cell in found.cells} == {ModelVersion(one) for one in VERSIONS}


def test_nothing_is_drawn_by_version_and_without_it_cells_are_what_they_were(folder):
    found, plain = six_weeks(folder, text()), six_weeks(folder, text(fields=["label: actual"]))
    assert (found.groups, found.windows) == (plain.groups, plain.windows)
    assert [(one.member.priority, one.member.groups, one.member.probability) for one in found.sampled] == [
        (one.member.priority, one.member.groups, one.member.probability) for one in plain.sampled
    ]
    assert without_versions(found.cells) == plain.cells
    assert all(cell.version is None for cell in plain.cells)


def test_order_files_and_threads_change_no_count_nor_do_weeks_captured_one_by_one(folder, tmp_path):
    whole = six_weeks(folder, text())
    rows = events(300, hours=3)
    random.Random(5).shuffle(rows)
    for at in range(3):
        write(tmp_path / "split" / f"{at}.parquet", rows[at::3])
    split = captured(tmp_path, text(uri="split/*.parquet"), MONDAY, MONDAY + 6 * WEEK, threads="1")
    assert split.cells == whole.cells
    weeks = [captured(folder, text(), MONDAY + at * WEEK, MONDAY + (at + 1) * WEEK) for at in range(6)]
    assert tuple(cell for week in weeks for cell in week.cells) == whole.cells


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"strata": ["model_version"]}, id="a stratum"),
        pytest.param({"rows": "sensitivity: {model_version: restricted}"}, id="restricted"),
        pytest.param({"fields": ["label: actual"]}, id="no field"),
    ],
)
def test_versions_are_not_told_apart_where_they_are_a_stratum_or_guarded_or_not_there(folder, changes):
    assert {cell.version for cell in six_weeks(folder, text(**changes)).cells} == {None}


# Of 60 versions the last ten have one event each, as many as version 49 and 48; and half of the rows one of their own.
MANY = [f"v{at:02}" for at in range(60) for _ in range(max(1, 50 - at))]


@pytest.mark.parametrize("own", [False, True], ids=["60 versions", "a version a row"])
def test_the_fifty_commonest_are_told_apart_and_the_rest_is_counted_together(tmp_path, own):
    names = [*MANY, *(f"row-{at}" for at in range(1000 if own else 0)), *[None] * 30]
    rows = [event(at, version=one) for at, one in enumerate(names)]
    random.Random(3).shuffle(rows)
    write(tmp_path / "log.parquet", rows)
    found = captured(tmp_path, text(), MONDAY, MONDAY + 20 * WEEK)
    ordered = sorted(Counter(names).items(), key=lambda one: (-one[1], one[0] is None, one[0] or ""))
    told = {name for name, _ in ordered[:MOST]}
    assert None in told
    assert counts(found.cells) == counted(rows, told.__contains__)


def test_a_version_a_row_makes_no_cell_for_each(tmp_path):
    write(tmp_path / "log.parquet", [event(at, version=f"row-{at}") for at in range(160)])
    found = captured(tmp_path, text())
    assert len({cell.version for cell in found.cells}) == MOST + 1


def test_versions_that_are_no_text_are_told_apart_as_events_have_them(tmp_path):
    write(tmp_path / "log.parquet", [event(at, version=at % 2 + 7) for at in range(40)])
    found = captured(tmp_path, text())
    assert {cell.version for cell in found.cells} == {ModelVersion("7"), ModelVersion("8")}
    assert {ModelVersion(one.member.event.model_version) for one in found.sampled} == {cell.version for cell in found.cells}


def test_rows_that_the_protocol_is_not_about_are_in_no_version(tmp_path):
    rows = [{**row, "traffic": "shadow" if row["version"] == "2.0-rc" else "live"} for row in events(200)]
    write(tmp_path / "log.parquet", rows)
    found = captured(tmp_path, text(rows="admit: traffic = 'live'"), MONDAY, MONDAY + 2 * WEEK)
    assert counts(found.cells) == counted([row for row in rows if row["traffic"] == "live"])


def digest_of(found, cells):
    return run_digest(
        protocol_digest="p",
        source_fingerprint="s",
        as_of=MONDAY,
        windows=found.windows,
        groups=found.groups,
        cells=cells,
        members=[one.member for one in found.sampled],
        refused={},
    )


def test_a_run_has_the_digest_that_it_had_before_versions_were_told_apart(folder):
    found = six_weeks(folder, text())
    assert digest_of(found, found.cells) == digest_of(found, without_versions(found.cells))


@pytest.mark.parametrize("sides", ["none", "one", "both"])
def test_versions_are_compared_where_both_derivations_tell_them_apart(folder, sides):
    found = six_weeks(folder, text())

    class Derived:
        digest = "same"

        def __init__(self, cells):
            self.cells = cells

    other = [replace(cell, version=ModelVersion("9")) if cell.version == ModelVersion("1.0") else cell for cell in found.cells]
    left = found.cells if sides != "none" else without_versions(found.cells)
    right = other if sides == "both" else without_versions(other)
    said = differences(Derived(left), Derived(right))
    assert bool(said) == (sides == "both")
    assert not said or "cells by model version" in said[0]
    assert not differences(Derived(found.cells), Derived(found.cells[::-1]))


def test_of_more_versions_than_are_told_apart_the_definition_keeps_the_commonest():
    def part(name, population):
        return PopulationPart(
            window=1,
            stratum=(),
            met=(),
            undecided=(),
            version=None if name is ... else ModelVersion(name),
            population=population,
            labelled=0,
            least=(),
        )

    parts = [part(f"v{at:02}", 2) for at in range(52)] + [part(None, 2), part("v51", 1), part(..., 9)]
    told = {one.version for one in told_apart(parts)}
    assert told == {None, ModelVersion("v51"), *(ModelVersion(f"v{at:02}") for at in range(49))}


def test_events_that_are_drawn_by_unit_are_counted_by_version_too(folder):
    def drawn(fields):
        document = text(fields=[*fields, "inputs: [actual]"]).replace('seed: "7"', 'seed: "7", unit: inputs.actual')
        return six_weeks(folder, document)

    found, plain = drawn(["label: actual", "model_version: version"]), drawn(["label: actual"])
    assert counts(found.cells) == counted(events(300, hours=3))
    assert (found.groups, without_versions(found.cells)) == (plain.groups, plain.cells)
    assert [one.member.priority for one in found.sampled] == [one.member.priority for one in plain.sampled]
