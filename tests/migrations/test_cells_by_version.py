"""Runs that were filed before cells said of which model version events are: kept whole, reproduced, not mixed with newer ones."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import text

import remiss
from remiss import capture, understand
from remiss import capture as runs
from remiss.edges.stores.migrating import apply
from tests.migrations import older
from tests.stories.logs import MONDAY, WEEK, small_log

FIRST, LATER = "occurred:<2013-06-10", "occurred:>=2013-06-10"
KEY = "run_key, window_start, stratum, criteria_met, criteria_undecided, criteria_outside"
OTHERS = f"{KEY}, CAST(ruled_out AS TEXT) AS ruled_out, population, labelled"


def read(address, columns):
    with older.writing(address) as connection:
        found = connection.execute(text(f"SELECT {columns} FROM cells")).mappings()
        return sorted(map(dict, found), key=str)


def test_no_cell_is_lost_and_none_says_its_version(empty_address, environment, tmp_path):
    older.restore(older.kept(), empty_address, tmp_path / "keys")
    with older.writing(empty_address) as connection:
        apply(connection, "0028")
        key, window = connection.execute(text("SELECT run_key, window_start FROM cells LIMIT 1")).one()
        json_of = "CAST(:ruled_out AS JSONB)" if connection.dialect.name == "postgresql" else ":ruled_out"
        connection.execute(
            text(
                f"INSERT INTO cells ({KEY}, population, labelled, ruled_out) VALUES "
                f"(:key, :window, '{{}}', '[]', '[\"slow\"]', '[\"local\"]', 7, 5, {json_of})"
            ),
            {"key": key, "window": window, "ruled_out": json.dumps({"slow": 2})},
        )
    before = read(empty_address, OTHERS)
    remiss.open(empty_address, environment=environment, upgrade=True).close()
    assert read(empty_address, OTHERS) == before
    assert {row["model_version"] for row in read(empty_address, "model_version")} == {"[]"}


@pytest.fixture
def log(tmp_path):
    log = small_log(tmp_path / "log")
    for at, row in enumerate(log.predictions):
        row["model_version"] = "12"[at % 3 == 0]
    return log.write()


@pytest.fixture
def mixed(address, environment, log):
    """A catalog of three weeks, the cells of the first as an upgrade leaves them: of no version that is told apart."""
    with remiss.open(address, environment=environment) as ws:
        first = capture.capture(ws, log.protocol, since=MONDAY, until=MONDAY + WEEK)
        second = capture.capture(ws, log.protocol, since=MONDAY + WEEK, until=MONDAY + 3 * WEEK)
    with older.writing(address) as connection:
        key = connection.execute(text("SELECT key FROM runs WHERE id = :run"), {"run": first.id}).scalar_one()
        own = "FROM cells WHERE run_key = :key AND model_version <> '[]'"
        merged = f"SELECT {KEY}, SUM(population), SUM(labelled), '[]' {own} GROUP BY {KEY}"
        connection.execute(text(f"INSERT INTO cells ({KEY}, population, labelled, model_version) {merged}"), {"key": key})
        connection.execute(text(f"DELETE {own}"), {"key": key})
    with remiss.open(address, environment=environment) as ws:
        yield ws, first.id, second.id


@pytest.mark.postgresql_in_soak("others send it what these statements are made of")
def test_a_run_of_before_reproduces_and_lists_its_cells_as_ever(mixed):
    ws, first, second = mixed
    assert runs.reproduce(ws, first).verdict == "same"
    assert "model_version" not in runs.cells(ws, first).columns
    assert sum(line["events"] for line in runs.cells(ws, first)) == 400
    assert {line["model_version"] for line in runs.cells(ws, second)} == {"1", "2"}


@pytest.mark.postgresql_in_soak("others send it what these statements are made of")
def test_figures_by_version_are_counted_where_all_windows_tell_versions_apart(mixed, log):
    ws, _, _ = mixed
    slow = {at: row for at, row in enumerate(log.predictions) if row["latency_ms"] > 250}
    counted = understand.estimate(ws, f"criterion:slow {LATER}", by="model_version").rows
    assert {row.key: row.value for row in counted} == {
        version: sum(row["model_version"] == version and at >= 400 for at, row in slow.items()) for version in "12"
    }
    assert {row.method for row in counted} == {"counted"}
    for query in ("criterion:slow", f"criterion:slow {FIRST}"):
        assert {row.method for row in understand.estimate(ws, query, by="model_version").rows} == {"weighted"}
    [row] = understand.estimate(ws, "criterion:slow").rows
    assert (row.value, row.method) == (len(slow), "counted")
    assert row.sampled == sum(each.sampled for each in understand.estimate(ws, "criterion:slow", by="context.airport").rows)


def test_a_count_by_version_that_is_another_is_said_by_reproduce(mixed, address):
    ws, _, second = mixed
    with older.writing(address) as connection:
        for old, new in (("1", "3"), ("2", "1"), ("3", "2")):
            values = {"old": f'["{old}"]', "new": f'["{new}"]', "run": second}
            own = "run_key = (SELECT key FROM runs WHERE id = :run)"
            connection.execute(text(f"UPDATE cells SET model_version = :new WHERE model_version = :old AND {own}"), values)
    found = runs.reproduce(ws, second)
    assert found.verdict == "different"
    [said] = found.differences
    assert said.startswith("cells by model version: ")
