"""Two versions answered the same flights in production: the whole log says on which one of them alone fails."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np
import pytest

from remiss import capture, safeguard
from remiss.errors import Denied, InputError, SourceError
from tests.stories.logs import MONDAY, PROTOCOL, WEEK, number, small_log

BY_FLIGHT = PROTOCOL.replace('seed: "2026"', 'seed: "2026", unit: inputs.flight').replace("[carrier,", "[flight, carrier,")
WEEKS = 3
ASKED = {"model": "arrival-delay@2", "baseline": "arrival-delay@1"}


@pytest.fixture
def log(tmp_path):
    """A log in which version 2 shadows version 1: most flights have an answer of each, some of one, some several."""
    log = small_log(tmp_path / "log", a_week=150)
    log.predictions[:] = [
        {
            **row,
            "prediction_id": f"{row['flight']}@{version}/{turn}",
            "model_version": version,
            "predicted": row["predicted"] if version == "1" or number("turns", row["flight"]) % 3 else "late",
            "latency_ms": 20.0 + number("slow", row["flight"], version, turn) % 900,
        }
        for at, row in enumerate(log.predictions)
        for version in ("1", "2")
        for turn in range(1 + (at % 11 == 0))
        if not (at % 7 == 0 and version == "2") and not (at % 13 == 0 and version == "1")
    ]
    return log.write(BY_FLIGHT)


def truth(log, fails):
    """Count pairs by whether each answer fails, and by week, in plain Python."""
    answers = defaultdict(list)
    for row in log.predictions:
        if row["scheduled_at"] < MONDAY + WEEKS * WEEK:
            answers[row["flight"], (row["scheduled_at"] - MONDAY) // WEEK].append(row)
    cells, weeks, unpaired = Counter(), defaultdict(lambda: [0, 0]), Counter()
    for (_, week), rows in answers.items():
        by = Counter(row["model_version"] for row in rows)
        if set(by.values()) != {1} or len(by) != 2:
            unpaired["1" if "2" not in by else "2" if "1" not in by else "several"] += 1
            continue
        was, now = (fails(next(row for row in rows if row["model_version"] == version)) for version in ("1", "2"))
        cells[was, now] += 1
        weeks[week][0] += was - now
        weeks[week][1] += 1
    return cells, weeks, unpaired


@pytest.mark.postgresql_in_soak("the engine counts, whatever the database")
def test_pairs_are_counted_over_the_whole_log_and_what_has_no_pair_apart(ws, log):
    capture.capture(ws, log.protocol, since=MONDAY, until=MONDAY + WEEKS * WEEK)
    safeguard.build_suite(ws, "arrivals", "")
    found = safeguard.compare_logged(ws, "arrivals", **ASKED)
    one = next(each for each in found.criteria if each.criterion == "slow")
    cells, weeks, unpaired = truth(log, lambda row: row["latency_ms"] > 250)
    assert (one.both, one.fixed, one.broken, one.neither) == (
        *(cells[True, True], cells[True, False], cells[False, True], cells[False, False]),
    )
    assert min(one.fixed, one.broken) > 0
    assert (found.baseline_only, found.candidate_only, found.several) == (unpaired["1"], unpaired["2"], unpaired["several"])
    assert found.pairs == sum(cells.values()) == one.both + one.fixed + one.broken + one.neither + one.untold
    net, size = (np.array([each[at] for each in weeks.values()], dtype=float) for at in (0, 1))
    assert one.difference == pytest.approx(net.sum() / size.sum())
    residuals = net - one.difference * size
    reach = 4.302653 * math.sqrt(WEEKS / (WEEKS - 1) * (residuals**2).sum()) / size.sum()
    assert (one.low, one.high) == pytest.approx((one.difference - reach, one.difference + reach), abs=1e-6)


@pytest.mark.of_the_log
def test_without_the_log_or_what_pairs_answers_it_says_what_it_needs(ws, log, ws_as):
    capture.capture(ws, log.protocol, since=MONDAY, until=MONDAY + WEEK)
    safeguard.build_suite(ws, "arrivals", "")
    with pytest.raises(InputError, match="no version of arrival-delay"):
        safeguard.compare_logged(ws, "arrivals", model="other@2", baseline="arrival-delay@1")
    sam = ws_as("sam", role="steward")
    found = safeguard.compare_logged(sam, "arrivals", **ASKED)
    assert (found.pairs > 0, found.criteria) == (True, safeguard.compare_logged(ws, "arrivals", **ASKED).criteria)
    with pytest.raises(Denied, match="run:capture"):
        capture.capture(sam, log.protocol, since=MONDAY, until=MONDAY + WEEK)
    # Who labels is told nothing of the sample, be it by counts over the log.
    with pytest.raises(Denied, match="suite:logged"):
        safeguard.compare_logged(ws_as("cleo", role="curator"), "arrivals", **ASKED)
    for file in Path(log.folder).glob("predictions/*"):
        file.rename(file.with_suffix(".gone"))
    with pytest.raises(SourceError):
        safeguard.compare_logged(ws, "arrivals", **ASKED)


@pytest.mark.of_the_log
def test_a_protocol_that_does_not_say_which_answers_belong_together_is_told_how(ws, log):
    log.write(PROTOCOL)
    capture.capture(ws, log.protocol, since=MONDAY, until=MONDAY + WEEK)
    safeguard.build_suite(ws, "arrivals", "")
    with pytest.raises(InputError, match="which answers of two versions belong together"):
        safeguard.compare_logged(ws, "arrivals", **ASKED)
