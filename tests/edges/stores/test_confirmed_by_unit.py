"""Figures of a log that was sampled by unit, on each database: against the formulas with every pair of events written out."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import product

import pytest
from scipy.stats import t as student

from remiss import capture
from remiss.capture.sampling import fraction
from remiss.catalog.query.expression import EVERYTHING
from remiss.catalog.query.parsing import parse
from remiss.understand import actions as understand
from tests.edges.stores.test_confirmed import LABELLING, SEED, SHARES, Team, is_failure, reckoned, seems_failure, work_through
from tests.stories.logs import MONDAY, PROTOCOL, WEEK, number, small_log

FLAGGED = "criterion:slow -criterion:missed-delay"


@pytest.fixture
def log(tmp_path):
    """Two versions answer each flight; one that is slow for the first is slow for the second more often than not."""
    log = small_log(tmp_path / "log", a_week=300)
    log.predictions[:] = [
        {
            **row,
            "prediction_id": f"{row['flight']}@{version}",
            "model_version": version,
            "latency_ms": row["latency_ms"] + number("more", row["flight"], version) * 0.03,
        }
        for row in log.predictions
        for version in ("1", "2")
    ]
    text = PROTOCOL.replace("keep: 5", "keep: 8").replace('seed: "2026"', 'seed: "2026", unit: inputs.flight')
    return log.write(text.replace("[carrier,", "[flight, carrier,") + LABELLING)


@pytest.fixture
def team(ws, ws_as, once, log):
    def label():
        capture.capture(ws, log.protocol, since=MONDAY, until=MONDAY + 3 * WEEK)
        team = Team(ws, ws_as)
        work_through(team)
        return str(team.position)

    return Team(ws, ws_as, position=int(once(ws, "confirmed_by_unit", label)))


def pairs(events, weighted):
    """Return the sum over all pairs of events of one unit, with themselves, of z z' (1 - max(p, p'))."""
    return sum(
        weighted[one] * weighted[other] * (1 - max(events[one].probability, events[other].probability))
        for one, other in product(range(len(events)), repeat=2)
        if events[one].unit == events[other].unit
    )


@pytest.mark.postgresql_in_soak("others send it what these statements are made of")
def test_events_of_one_flight_have_one_unit_and_only_where_the_frame_says_so(team):
    frame = replace(team.frame, unit="inputs.flight")
    found = team.ws.evidence.judged(frame, EVERYTHING, EVERYTHING, None, None, team.ws.position())
    units = {}
    for each in found:
        units.setdefault(each.event.partition("@")[0], set()).add(each.unit)
    assert all(len(one) == 1 for one in units.values())
    assert len({unit for one in units.values() for unit in one}) == len(units)
    both = {each.unit for each in team.ws.evidence.sampled(frame, EVERYTHING, None, None, team.ws.position())}
    assert both == {unit for one in units.values() for unit in one}
    assert {each.unit for each in team.sampled()} == {None}


@pytest.mark.postgresql_in_soak("others send it what these statements are made of")
def test_the_interval_of_a_weighted_total_is_of_all_pairs(team):
    query = "criterion:slow inputs.carrier:UA"
    frame = replace(team.frame, unit="inputs.flight")
    found = [each for each in team.ws.evidence.sampled(frame, parse(query), None, None, team.ws.position()) if each.inside]
    open_ = [each for each in found if each.probability < 1]
    weighted = [1 / each.probability for each in open_]
    variance, total = pairs(open_, weighted), sum(weighted)
    assert variance > 1.2 * sum((1 - each.probability) / each.probability**2 for each in open_)
    by_unit = {}
    for each, weight in zip(open_, weighted, strict=True):
        by_unit.setdefault(each.unit, []).append((each, weight))
    sizes = [sum(weight for _, weight in own) for own in by_unit.values()]
    parts = [pairs([each for each, _ in own], [weight for _, weight in own]) for own in by_unit.values()]
    degrees = sum(parts) ** 2 / sum(part**2 for part in parts)
    spread = student.ppf(0.975, degrees) * math.sqrt(variance) / total
    assert sum(sizes) ** 2 / sum(size**2 for size in sizes) >= 10
    [row] = understand.estimate(team.ws, query).rows
    sure = len(found) - len(open_)
    assert row.value == pytest.approx(sure + total)
    assert row.high == pytest.approx(sure + total * math.exp(spread))
    assert row.low == pytest.approx(sure + max(len(open_), total * math.exp(-spread)))


def test_the_precision_knows_that_both_answers_of_a_flight_came_together(team):
    members = [each for (met, _), own in reckoned(team).items() if met == ("slow",) for each in own]
    known = [(each, weight / share) for each, weight, share in members if fraction("verify", SEED, each.event) < share]
    ratio = sum(a for each, a in known if is_failure(each.event)) / sum(a for _, a in known)
    [row] = understand.estimate(team.ws, FLAGGED, confirmed=True).rows
    assert row.value == pytest.approx(ratio * row.flagged)
    assert {SHARES[2 if seems_failure(each.event) else None] for each, _ in known} <= set(SHARES.values())
    # The same verdicts as if every event had been drawn by itself: as many, and less sure or as sure.
    assert row.low <= row.value <= row.high
    for by, rate in ((None, True), ("model_version", False), ("week", True)):
        found = understand.estimate(team.ws, "criterion:slow inputs.carrier:UA", by=by, rate=rate, confirmed=True)
        assert all(each.value is None or each.low is None or each.low <= each.value <= each.high for each in found.rows)
