"""Two versions answer one flight: by `sampling.unit` both answers are sampled or neither, and figures know that."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from remiss import capture
from remiss.capture.sampling import as_fraction, priority
from remiss.errors import ProtocolError, QueryError
from remiss.protocol import actions as protocols
from remiss.understand import actions as understand
from tests.stories.logs import MONDAY, PROTOCOL, WEEK, number, small_log

BY_FLIGHT = PROTOCOL.replace('seed: "2026"', 'seed: "2026", unit: inputs.flight').replace("[carrier,", "[flight, carrier,")
SAID = "sampled by unit inputs.flight"


@pytest.fixture
def log(tmp_path):
    """A log in which every flight is answered by two versions, and every fifth twice by each."""
    log = small_log(tmp_path / "log", a_week=200)
    log.predictions[:] = [
        {
            **row,
            "prediction_id": f"{row['flight']}@{version}/{turn}",
            "model_version": version,
            "latency_ms": 20.0 + number("slow", row["flight"], version, turn) * 0.3,
        }
        for at, row in enumerate(log.predictions)
        for version in ("1", "2")
        for turn in range(1 + (at % 5 == 0))
    ]
    return log.write(BY_FLIGHT)


def captured(ws, log, text=None):
    if text is not None:
        Path(log.protocol).write_text(text)
    return capture.capture(ws, log.protocol, since=MONDAY, until=MONDAY + 3 * WEEK)


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_both_versions_of_a_flight_are_sampled_or_neither_and_the_run_says_by_what(ws, log):
    run = captured(ws, log)
    sizes = Counter(row["flight"] for row in log.predictions if row["scheduled_at"] < MONDAY + WEEK)
    least = sorted(sizes, key=lambda flight: priority("2026", flight))
    first = next(group for group in run.groups if group.criterion == "all")
    assert (first.population, first.kept) == (sizes.total(), sum(sizes[flight] for flight in least[:50]))
    assert first.threshold == as_fraction(priority("2026", least[50]))
    assert any(note.startswith(SAID) for note in run.manifest.notes)
    assert capture.reproduce(ws, run.id).verdict == "same"


def test_a_weighted_figure_says_by_what_it_was_sampled_and_an_exact_one_does_not(ws, log):
    captured(ws, log)
    rows = understand.estimate(ws, "criterion:slow inputs.carrier:UA", by="model_version", variance="sample").rows
    assert [row.key for row in rows] == ["1", "2"]
    for row in rows:
        truth = sum(
            each["latency_ms"] > 250 and each["carrier"] == "UA" and each["model_version"] == row.key for each in log.predictions
        )
        assert row.low <= truth <= row.high
        assert f"{SAID}: events of one unit are sampled together, and intervals allow for it" in row.notes
    [row] = understand.estimate(ws, "criterion:slow").rows
    assert row.method == "counted"
    assert not any(SAID in note for note in row.notes)
    for more in ({"rate": True}, {"by": "week"}, {"by": "model_version", "rate": True}):
        assert all(row.value is not None for row in understand.estimate(ws, "criterion:slow inputs.carrier:UA", **more).rows)


@pytest.mark.of_the_log
def test_a_version_that_adds_a_unit_is_another_draw_of_the_same_meaning_and_no_way_around_what_was_seen(ws, log):
    first = captured(ws, log, BY_FLIGHT.replace(", unit: inputs.flight", ""))
    with pytest.raises(ProtocolError, match="version 1 of arrival-delay means something else in this catalog: another sampling"):
        captured(ws, log, BY_FLIGHT)
    second = captured(ws, log, BY_FLIGHT.replace("version: 1", "version: 2"))
    assert second.digest != first.digest
    assert any(note.startswith("the unit is another than in version 1") for note in second.manifest.notes)
    query = "criterion:slow inputs.carrier:UA"
    assert understand.estimate(ws, query).rows[0].method == "weighted"
    captured(ws, log, BY_FLIGHT.replace("version: 1", "version: 3").replace("> 250", "> 240"))
    with pytest.raises(
        QueryError, match=r"^not shown: rule slow was written or changed after people could see the sampled cases of 3 windows"
    ):
        understand.estimate(ws, query)


@pytest.mark.of_the_log
def test_a_unit_that_looks_like_personal_data_is_refused_since_its_hash_would_be_kept(ws, log):
    for row in log.predictions:
        row["flight"] = f"{row['flight']}@example.com"
    for row in log.outcomes:
        row["flight"] = f"{row['flight']}@example.com"
    log.write(BY_FLIGHT)
    with pytest.raises(ProtocolError, match=r"inputs.flight holds what looks like personal data, and it is the unit") as refused:
        captured(ws, log)
    assert "pseudonym" in refused.value.do
    assert refused.value.where.line == BY_FLIGHT[: BY_FLIGHT.index("unit:")].count("\n") + 1


@pytest.mark.of_the_log
def test_check_says_what_to_write_instead_of_a_unit_that_does_not_do(ws, log):
    Path(log.protocol).write_text(BY_FLIGHT.replace("unit: inputs.flight", "unit: inputs.fligt"))
    [found] = [each for each in protocols.check(ws, log.protocol) if each.level == "error"]
    assert found.what == "unit names inputs.fligt, which is not a field"
    assert "inputs.flight" in found.do
    assert found.line == BY_FLIGHT[: BY_FLIGHT.index("unit:")].count("\n") + 1
