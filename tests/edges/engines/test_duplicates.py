"""Rows of one id: which of them is the event, by the definition, on the engine, and whatever interval, order or file split."""

from __future__ import annotations

import random
from collections import Counter, defaultdict

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from remiss.capture.requirements import Fate, RankedRow, fates
from tests.edges.engines.worlds import HOUR, MONDAY, WEEK, captured, protocol, write

WEEKS = 6
KEEPS = [None, "first", "last"]


def rule(keep: str | None) -> str:
    return "" if keep is None else f"duplicates: {{keep: {keep}, by: logged}}"


def row(name: str, hour: float = 0, logged: float | None = 1.0, said: str = "yes") -> dict[str, object]:
    return {"id": name, "at": MONDAY + hour * HOUR, "said": said, "logged": logged}


def world(seed: int) -> list[dict[str, object]]:
    """Return many rows of few ids, over some weeks: copies, retries that say something else, and ids that come again."""
    random_ = random.Random(seed)
    rows = []
    for at in range(120):
        here = random_.randrange(WEEKS)
        for _ in range(random_.choice([1, 1, 2, 3, 4])):
            week = min(max(here + random_.choice([0, 0, 0, 1, 2, -1]), 0), WEEKS - 1)
            rows.append(row(f"e{at}", 168 * week + random_.choice([1, 1, 2]), random_.choice([None, 1.0, 2.0, 3.0])))
            rows[-1]["said"] = random_.choice(["yes", "yes", "no"])
    return rows


def decided(rows, keep):
    """Return what the definition makes of the rows, told as a run tells it: events and counts of each window."""
    by_id = defaultdict(list)
    for at, one in enumerate(rows):
        week = (one["at"] - MONDAY) // WEEK
        by_id[one["id"]].append(RankedRow(week, (one["at"], one["said"]), ("log", at), one["logged"]))
    events, counts = set(), Counter()
    for name, own in by_id.items():
        fate_of = fates(own, keep)
        for one in own:
            if len(own) == 1 or fate_of[one.place] is Fate.KEPT:
                events.add((MONDAY + one.window * WEEK, name, *one.content))
            else:
                counts[fate_of[one.place]] += 1
    return events, counts


def told(*runs):
    """Return the same of captures that kept every event."""
    events, counts = set(), Counter()
    for run in runs:
        members = [one.member for one in run.sampled]
        assert len(members) == sum(window.population for window in run.windows)
        events |= {(one.window, one.event.id, one.event.at, one.event.output) for one in members}
        counts += Counter({Fate.MERGED: run.merged, Fate.RESOLVED: run.resolved})
        counts += Counter({Fate.REFUSED: run.refusals.counts.get("duplicate-id", 0)})
        assert run.rows == len(members) + run.merged + run.resolved + sum(run.refusals.counts.values())
    return events, counts


@pytest.mark.parametrize("keep", KEEPS)
def test_a_log_read_at_once_or_week_by_week_in_any_order_and_split_gives_what_the_definition_says(tmp_path, keep):
    rows = world(7)
    text = protocol(uri="log/*.parquet", rows=rule(keep), population=10_000)
    write(tmp_path / "log" / "all.parquet", rows)
    weeks = [(MONDAY + at * WEEK, MONDAY + (at + 1) * WEEK) for at in range(WEEKS)]
    whole = told(captured(tmp_path, text, until=MONDAY + WEEKS * WEEK))
    assert whole == decided(rows, keep)
    assert min(whole[1][fate] for fate in Fate if fate is not Fate.KEPT and (keep or fate is not Fate.RESOLVED)) > 5
    assert told(*(captured(tmp_path, text, *week) for week in weeks)) == whole
    random.Random(8).shuffle(rows)
    for part in range(3):
        write(tmp_path / "log" / f"{part}.parquet", rows[part::3])
    (tmp_path / "log" / "all.parquet").unlink()
    halves = [(MONDAY, MONDAY + 3 * WEEK), (MONDAY + 3 * WEEK, MONDAY + WEEKS * WEEK)]
    assert told(*(captured(tmp_path, text, *half) for half in halves)) == whole


ROWS = st.lists(st.tuples(st.integers(0, 6), st.sampled_from("ab"), st.none() | st.integers(0, 2)), min_size=1, max_size=8).map(
    lambda found: [RankedRow(window, (window, content), ("log", at), by) for at, (window, content, by) in enumerate(found)]
)


# On a busy machine the first draw, which loads what draws, may take a second.
@settings(suppress_health_check=[HealthCheck.too_slow])
@given(rows=ROWS, keep=st.sampled_from(KEEPS), order=st.randoms(use_true_random=False))
def test_neither_order_nor_what_is_read_beyond_the_next_windows_decides_of_a_row(rows, keep, order):
    found = fates(rows, keep)
    assert fates(order.sample(rows, len(rows)), keep) == found
    for row_ in rows:
        near = [one for one in rows if abs(one.window - row_.window) <= 1]
        assert fates(near, keep)[row_.place] == found[row_.place]
    kept = Counter(row_.window for row_ in rows if found[row_.place] is Fate.KEPT)
    assert all(count == 1 and not kept[window + 1] for window, count in kept.items())


def test_the_slow_retry_is_kept_and_the_first_answer_is_counted(tmp_path):
    rows = [
        row("a", 1, 1.0),
        row("a", 1, 2.0, "no"),
        row("b", 1, 5.0),
        row("b", 1, None, "no"),
        row("c", 1, 3.0),
        row("c", 1, 3.0),
    ]
    rows += [row("d", 1, 4.0), row("d", 1, 4.0, "no"), row("d", 1, 1.0), row("e", 160, 1.0), row("e", 170, 2.0)]
    write(tmp_path / "log.parquet", rows)
    found = captured(tmp_path, protocol(rows=rule("last"), population=50), until=MONDAY + 2 * WEEK)
    outputs = {one.member.event.id: one.member.event.output for one in found.sampled}
    assert outputs == {"a": "no", "b": "yes", "c": "yes", "e": "yes"}
    assert [window.population for window in found.windows] == [3, 1]
    assert (found.merged, found.resolved, found.refusals.counts) == (1, 4, {"duplicate-id": 2})


def test_an_event_that_moved_to_the_next_window_is_known_to_be_there_still(tmp_path):
    write(tmp_path / "log.parquet", [row("a", 160, 1.0), row("a", 170, 2.0), row("b", 1)])
    known = [("a", MONDAY), ("gone", MONDAY), ("b", MONDAY)]
    found = captured(tmp_path, protocol(rows=rule("last")), also=known)
    assert found.outranked == {("a", MONDAY)}


def test_rows_left_out_take_no_part(tmp_path):
    rows = [{**row("a", 1, 1.0), "traffic": "live"}, {**row("a", 1, 2.0, "no"), "traffic": "shadow"}]
    write(tmp_path / "log.parquet", rows)
    text = protocol(rows=f"admit: traffic = 'live'\n{rule('last')}")
    found = captured(tmp_path, text)
    assert [one.member.event.output for one in found.sampled] == ["yes"]
    assert (found.merged, found.resolved, found.windows[0].left_out) == (0, 0, 1)
