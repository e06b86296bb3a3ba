"""Runs whose states were derived by the rules of an older remiss: told apart, never added up, and brought up to date."""

from __future__ import annotations

import pytest
from sqlalchemy import text

import remiss
from remiss import capture, understand
from remiss import capture as runs
from remiss.capture.actions import capture as capture_run
from remiss.errors import QueryError
from tests.migrations import older
from tests.stories.logs import MONDAY, PROTOCOL, WEEK, small_log

AMONG = PROTOCOL.replace('when: "output =', 'among: "output = \'on-time\'", when: "output =')


@pytest.fixture
def log(tmp_path):
    return small_log(tmp_path / "log").write(AMONG)


def captured(ws, log, first, last):
    return capture_run(ws, log.protocol, since=MONDAY + first * WEEK, until=MONDAY + last * WEEK)


@pytest.fixture
def mixed(address, environment, log):
    """A catalog of three weeks, the first as an older remiss has left it: no rules, and cells that do not say who is outside."""
    with remiss.open(address, environment=environment) as ws:
        first = captured(ws, log, 0, 1)
        captured(ws, log, 1, 3)
    with older.writing(address) as connection:
        own = {"run": first.id}
        key = connection.execute(text("SELECT key FROM runs WHERE id = :run"), own).scalar_one()
        merged = connection.execute(
            text(
                "SELECT run_key, window_start, stratum, criteria_met, criteria_undecided, SUM(population) AS population, "
                "SUM(labelled) AS labelled FROM cells WHERE run_key = :key GROUP BY 1, 2, 3, 4, 5"
            ),
            {"key": key},
        ).mappings()
        rows = [{**row, "population": int(row["population"]), "labelled": int(row["labelled"])} for row in merged]
        connection.execute(text("DELETE FROM cells WHERE run_key = :key"), {"key": key})
        columns = ", ".join(rows[0])
        values = ", ".join(f":{name}" for name in rows[0])
        connection.execute(text(f"INSERT INTO cells ({columns}) VALUES ({values})"), rows)
        connection.execute(text("UPDATE runs SET rules = NULL WHERE key = :key"), {"key": key})
        connection.execute(text("UPDATE run_windows SET nulls = NULL WHERE run_key = :key"), {"key": key})
        without = "manifest - 'rules'" if connection.dialect.name == "postgresql" else "json_remove(manifest, '$.rules')"
        connection.execute(text(f"UPDATE runs SET manifest = {without} WHERE key = :key"), {"key": key})
    with remiss.open(address, environment=environment) as ws:
        yield ws, first.id


FIRST, LATER = "occurred:<2013-06-10", "occurred:>=2013-06-10"


def rate(ws, query):
    [row] = understand.estimate(ws, f"criterion:missed-delay {query}", rate=True).rows
    return row


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_figures_over_windows_of_both_are_refused_and_say_which_to_capture_again(mixed):
    ws, _ = mixed
    with pytest.raises(QueryError, match=r"1 of the windows \(2013-06-03 to 2013-06-03\) are by the rules of an older remiss"):
        rate(ws, "")
    assert rate(ws, LATER).method == "counted"


def test_of_older_windows_a_rate_is_weighted_since_their_cells_do_not_say_who_is_outside(mixed):
    ws, _ = mixed
    found = rate(ws, FIRST)
    assert found.method == "weighted"
    assert found.low <= found.value <= found.high
    # What cells say is exact all the same, and each says how many sampled events stand behind it.
    [row] = understand.estimate(ws, f"criterion:missed-delay {FIRST}").rows
    assert (row.method, row.sampled > 0) == ("counted", True)


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_a_run_by_older_rules_cannot_be_reproduced_and_says_why(mixed):
    ws, run = mixed
    found = runs.reproduce(ws, run)
    assert found.verdict == "cannot"
    assert found.missing[0].startswith("its states were derived by rules that this remiss no longer has")
    assert runs.show(ws, run).manifest.rules == 1


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_status_counts_the_older_windows_and_a_capture_of_them_brings_them_up_to_date(mixed, log):
    ws, _ = mixed
    [status] = capture.status(ws)
    assert (status.older_rules, status.due) == (1, 0)
    assert status.warnings[0].startswith("1 window by the rules of an older remiss")
    again = captured(ws, log, 0, 1)
    assert again.manifest.rules == 2
    assert again.status == "complete"
    [status] = capture.status(ws)
    assert status.older_rules == 0
    assert rate(ws, "").method == "counted"
    assert runs.reproduce(ws, again.id).verdict == "same"
