"""How often does it fail, by two things at once? Every cell is what an estimate of its query says."""

from __future__ import annotations

import pytest

from remiss.capture.actions import capture
from remiss.codec import from_json, to_json
from remiss.errors import NotFound, QueryError
from remiss.records.heatmap import EMPTY, FIGURE, ZERO, Heatmap
from remiss.understand.actions import estimate
from remiss.understand.heatmap_actions import heatmap
from tests.stories.logs import MONDAY, PROTOCOL, WEEK, small_log

WEEKS = 10
MISSED = "criterion:missed-delay"


@pytest.fixture
def captured(ws, tmp_path, once):
    """Ten weeks of which few controls are kept, so that a missed delay weighs far less than what went well."""
    log = small_log(tmp_path / "log", weeks=WEEKS)
    late = {row["flight"] for row in log.outcomes if row["actual"] == "late"}
    for at, row in enumerate(log.predictions):
        row["model_version"] = "2" if at % 3 == 0 and row["scheduled_at"] >= MONDAY + 3 * WEEK else "1"
        if row["flight"] in late:
            worse = row["carrier"] == "UA" and row["distance"] < 451
            row["predicted"] = "on-time" if worse or row["flight"][-1] in "05" else "late"
        if at % 7 == 0:
            row["distance"] = None
    log.write(PROTOCOL.replace("population: 50", "population: 30"))
    once(ws, "ten_weeks_two_versions", lambda: capture(ws, log.protocol, since=MONDAY, until=MONDAY + WEEKS * WEEK).id)
    return ws


def figure(of):
    """Return a value with its interval, to nine digits."""
    return tuple(None if each is None else float(f"{each:.9g}") for each in (of.value, of.low, of.high))


@pytest.mark.parametrize(
    ("rows", "columns", "query", "more"),
    [
        ("mode", "model_version", "", {}),
        ("criterion", "month", "", {}),
        ("severity", "inputs.carrier", "occurred:<2013-07", {}),
        ("inputs.carrier", "inputs.distance", MISSED, {"bins": 3}),
        ("inputs.carrier", "model_version", f"{MISSED} occurred:2013-07", {}),
        ("context.airport", "week", MISSED, {}),
        ("inputs.distance", "month", f"{MISSED} context.airport:EWR", {"variance": "sample"}),
        ("output", "label", "has:label", {"measure": "total"}),
        ("inputs.carrier", "context.airport", "", {"measure": "total", "variance": "sample"}),
        ("criterion", "inputs.distance", "", {"measure": "total"}),
        ("inputs.carrier", "model_version", MISSED, {"of": ""}),
        ("inputs.distance", "inputs.carrier", "output:on-time label:late", {"of": "output:on-time"}),
    ],
)
def test_every_cell_is_what_an_estimate_of_its_query_says(captured, rows, columns, query, more):
    found = heatmap(captured, rows, columns, query, **more)
    assert len(found.cells) == len(found.rows.labels) * len(found.columns.labels) > 1
    checked = 0
    for cell in found.cells:
        if cell.state == EMPTY and found.rate:
            continue
        among = None if found.of is None else f"{found.of} {found.rows.queries[cell.row]} {found.columns.queries[cell.column]}"
        of = {"of": among} if among is not None else {}
        [row] = estimate(captured, cell.query, rate=found.rate, variance=cell.variance, **of).rows
        assert figure(cell) == figure(row)
        assert (cell.sampled, cell.method, cell.interval, cell.provisional) == (
            row.sampled,
            row.method,
            row.interval,
            row.provisional,
        )
        assert cell.among == (None if row.among is None else pytest.approx(row.among))
        checked += 1
    assert checked > 1


def test_by_one_field_the_cells_of_a_rule_are_the_rows_of_its_estimate(captured):
    found = heatmap(captured, "criterion", "inputs.carrier")
    for at, name in enumerate(found.rows.labels):
        rows = estimate(captured, f"criterion:{name}", rate=True, by="inputs.carrier").rows
        cells = [cell for cell in found.cells if cell.row == at]
        assert [found.columns.labels[cell.column] for cell in cells] == [row.key for row in rows]
        assert [*map(figure, cells)] == [*map(figure, rows)]


def test_nothing_sampled_is_told_apart_from_nothing_failed(captured):
    found = heatmap(captured, "model_version", "month", "criterion:slow")
    state = {(found.rows.labels[each.row], found.columns.labels[each.column]): each for each in found.cells}
    assert (state["2", "2013-06"].state, state["2", "2013-06"].support) == (EMPTY, 0) or state["2", "2013-06"].support > 0
    assert {each.state for each in found.cells} <= {EMPTY, ZERO, FIGURE}


def test_an_empty_catalog_has_no_heatmap(ws):
    with pytest.raises(NotFound):
        heatmap(ws)


def test_what_cannot_stand_beside_each_other_is_refused(captured):
    for rows, columns in (("mode", "mode"), ("month", "week"), ("criterion", "mode")):
        with pytest.raises(QueryError, match=r"rows and columns|criteria"):
            heatmap(captured, rows, columns)
    with pytest.raises(QueryError, match="no field"):
        heatmap(captured, "inputs.zebra", "month")
    for wrong, meant in (
        ("carier", "inputs.carrier"),
        ("context.airpot", "context.airport"),
        ("criteron", "criterion"),
        ("mnth", "month"),
    ):
        with pytest.raises(QueryError) as refused:
            heatmap(captured, wrong, "model_version", MISSED)
        assert refused.value.do == f"write {meant}"
    with pytest.raises(QueryError, match="names no criterion"):
        heatmap(captured, "inputs.carrier", "month")


def test_the_answer_is_published_and_is_a_table(captured):
    found = heatmap(captured)
    assert from_json(Heatmap, to_json(found)) == found
    table = found.to_arrow()
    assert table.num_rows == len(found.cells)
    assert set(table.column("column").to_pylist()) == {"1", "2"}
