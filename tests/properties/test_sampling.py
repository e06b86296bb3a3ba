"""What must always hold of a sample, whatever the events are called and however they come."""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from remiss.capture.sampling import PopulationPart, as_fraction, event_of, groups, key, merge, priority, sample, selections
from tests.edges.engines.worlds import HOUR, MONDAY, WEEK, captured, protocol, write

KEEP = 3
# Letters of every plane, line breaks, quotes and colons: whatever a text may hold but zero bytes, which are refused.
ids = st.text(st.characters(blacklist_categories=("Cs",), blacklist_characters="\0"), min_size=1, max_size=12)
keys = st.lists(ids, unique=True, max_size=60).map(lambda found: [key("7", one) for one in found])


@given(keys, st.randoms(use_true_random=False), st.integers(1, 5))
def test_order_and_split_into_parts_change_no_sample(found, order, parts):
    shuffled = order.sample(found, len(found))
    pieces = [sample(shuffled[at::parts], KEEP) for at in range(parts)]
    assert merge(pieces, KEEP) == sample(found, KEEP)


units = st.sampled_from([None, "", *(f"flight {number}" for number in range(9))])


@given(st.dictionaries(ids, units, max_size=60), st.randoms(use_true_random=False), st.integers(1, 5))
def test_order_and_split_into_parts_change_no_sample_of_units(found, order, parts):
    all_keys = [key("7", one, unit) for one, unit in found.items()]
    shuffled = order.sample(all_keys, len(all_keys))
    pieces = [sample(shuffled[at::parts], KEEP, by_unit=True) for at in range(parts)]
    whole = sample(all_keys, KEEP, by_unit=True)
    assert merge(pieces, KEEP, by_unit=True) == whole
    # Every event of a kept unit is kept, and of no other.
    drawn = {unit or one for one, unit in found.items()}
    least = sorted(drawn, key=lambda unit: priority("7", unit))[:KEEP]
    assert {event_of(one) for one in whole.kept} == {one for one, unit in found.items() if (unit or one) in least}
    assert whole.threshold == (as_fraction(sorted(priority("7", unit) for unit in drawn)[KEEP]) if len(drawn) > KEEP else 1)


@given(keys)
def test_every_event_under_the_threshold_is_kept_and_no_other(found):
    drawn = sample(found, KEEP)
    under = {one for one in found if as_fraction(one[:13]) < drawn.threshold}
    assert set(drawn.kept) == (under if len(found) > KEEP else set(found))


@given(st.lists(st.tuples(st.sampled_from("0123"), ids), unique=True, max_size=30))
def test_events_of_equal_priority_are_kept_by_their_ids(found):
    tied = [f"{digit * 13}:{one}" for digit, one in found]
    assert sample(tied, KEEP).kept == tuple(sorted(tied)[:KEEP])


@given(st.text(max_size=8).filter(lambda text: ":" not in text), ids)
def test_a_priority_is_a_fraction_written_in_hex(seed, one):
    assert 0 <= as_fraction(priority(seed, one)) < 1
    assert len(priority(seed, one)) == 13


rows = st.lists(
    st.fixed_dictionaries(
        {
            "id": ids,
            "hour": st.integers(-3 * 168, 3 * 168 - 1),
            "said": st.sampled_from(["yes", "no", None]),
            "size": st.sampled_from([None, 1.0, 2.0, 300.0, float("nan"), float("inf")]),
            "place": st.sampled_from(["north", "", "Süd", None]),
        }
    ),
    unique_by=lambda row: row["id"],
    max_size=120,
)


def undecided_met(row):
    """Return which criteria a row meets and which it leaves undecided, by the rules of the design."""
    wrong = None if row["said"] is None else row["said"] != "yes"
    # Not a number means missing, and what is missing is not large.
    large = row["size"] is not None and row["size"] > 250
    return (*(("wrong",) if wrong else ()), *(("large",) if large else ())), (("wrong",) if wrong is None else ())


# Without shrinking: each try opens an engine, and the rows of a failure are few enough to read.
@settings(max_examples=15, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(rows, st.integers(1, 3), st.integers(1, 2))
def test_the_engine_draws_what_the_definition_says(events, files, threads):
    text = protocol(
        uri="log/*.parquet",
        fields=["latency_ms: size", "context: {place: place}"],
        criteria=[
            "{name: wrong, kind: custom, when: \"output <> 'yes'\", nulls: undecided, severity: 2, why: It said no.}",
            "{name: large, kind: latency, when: latency_ms > 250, keep: 6, severity: 3, why: It took long.}",
        ],
        strata=["context.place"],
    )
    schema = pa.schema(
        [
            ("id", pa.string()),
            ("at", pa.timestamp("us", tz="UTC")),
            ("said", pa.string()),
            ("size", pa.float64()),
            ("place", pa.string()),
        ]
    )
    lines = [{**row, "at": MONDAY + row["hour"] * HOUR} for row in events]
    with tempfile.TemporaryDirectory() as place:
        for at in range(files):
            write(Path(place, "log", f"{at}.parquet"), pa.Table.from_pylist(lines[at::files], schema))
        drawn = captured(Path(place), text, MONDAY - 3 * WEEK, MONDAY + 3 * WEEK, threads=str(threads))
    parts, whole = [], []
    for row in events:
        met, undecided = undecided_met(row)
        part = PopulationPart(
            window=row["hour"] // 168,
            stratum=(row["place"],),
            met=met,
            undecided=undecided,
            population=1,
            labelled=0,
            least=(key("7", row["id"]),),
        )
        parts.append(part)
    for window in {part.window for part in parts}:
        own = [part for part in parts if part.window == window]
        least = tuple(sorted(one for part in own for one in part.least))
        whole.append(
            PopulationPart(window=window, stratum=(), met=(), undecided=(), population=len(own), labelled=0, least=least)
        )

    expected = groups(parts, whole, {"wrong": 3, "large": 6, "control": 3, "undecided": 3, "all": 5})
    assert {
        (group.window, tuple(group.stratum.values()), group.criterion): (group.population, group.kept, group.threshold)
        for group in drawn.groups
    } == {
        (MONDAY + name.window * WEEK, name.stratum or (), name.criterion): (one.population, len(one.kept), one.threshold)
        for name, one in expected.items()
    }
    assert [
        (one.member.window, f"{one.member.priority}:{one.member.event.id}", one.member.groups, one.member.probability)
        for one in drawn.sampled
    ] == [(MONDAY + one.window * WEEK, one.key, one.groups, one.probability) for one in selections(expected, ["wrong", "large"])]
    assert sum(cell.population for cell in drawn.cells) == len(events)


# An hour of one of three weeks, a time that cannot be read, or half a line.
lines = st.lists(st.one_of(st.integers(0, 3 * 168 - 1), st.just("yesterday"), st.none()), max_size=12)


def log_lines(name: str, found: Sequence[int | str | None]) -> str:
    """Return JSON Lines of events at those hours, of rows with a bad time, and of broken lines."""

    def line(at: int, hour: int | str | None) -> str:
        when = (MONDAY + hour * HOUR).isoformat() if isinstance(hour, int) else hour
        text = json.dumps({"id": f"{name}-{at}", "at": when, "said": "yes" if at % 3 else "no"})
        return text if hour is not None else text[:15]

    return "".join(f"{line(at, hour)}\n" for at, hour in enumerate(found))


def derived(found: object) -> tuple[object, ...]:
    return tuple(getattr(found, name) for name in ("windows", "groups", "cells", "sampled", "refusals", "files", "rows"))


@pytest.mark.slow(reason="each example is five captures")
@settings(max_examples=4, deadline=None, phases=(Phase.explicit, Phase.generate))
@given(lines, lines, st.integers(0, 2))
def test_a_file_without_an_event_of_a_run_changes_nothing_of_it_and_loses_no_row(first, added, own):
    check_a_file_without_an_event(first, added, own)


@pytest.mark.soak
@settings(max_examples=40, deadline=None, phases=(Phase.explicit, Phase.generate))
@given(lines, lines, st.integers(0, 2))
def test_of_many_files_without_an_event_none_changes_a_run_or_loses_a_row(first, added, own):
    check_a_file_without_an_event(first, added, own)


def check_a_file_without_an_event(first, added, own):
    text = protocol(format="jsonl", uri="*.jsonl")
    week = (MONDAY + own * WEEK, MONDAY + (own + 1) * WEEK)
    elsewhere = [hour for hour in added if not isinstance(hour, int) or hour // 168 != own] or ["yesterday"]
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        (folder / "a.jsonl").write_text(log_lines("a", [0, *first]))
        before = captured(folder, text, *week)
        (folder / "b.jsonl").write_text(log_lines("b", elsewhere))
        assert derived(captured(folder, text, *week)) == derived(before)
        every = [captured(folder, text, MONDAY + at * WEEK, MONDAY + (at + 1) * WEEK) for at in range(3)]
    placed = {file: reasons for one in every for file, reasons in one.unplaced.items()}
    expected = Counter("bad-time" if hour else "unreadable-row" for hour in [*first, *elsewhere] if not isinstance(hour, int))
    assert sum((Counter(reasons) for reasons in placed.values()), Counter()) == expected
    for file, reasons in placed.items():
        holding = [one for one in every if file in one.files]
        assert all(one.lost.get(file) == (None if holding else reasons) for one in every)
        for reason, count in reasons.items():
            assert all(one.refusals.counts[reason] >= count for one in holding)
