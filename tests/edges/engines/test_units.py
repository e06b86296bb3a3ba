"""Sampling by unit: events of one flight are drawn together, and the engine draws what the definition says."""

from __future__ import annotations

import tempfile
from collections import Counter, defaultdict
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from remiss.capture import unit_census
from remiss.capture.expected import expect
from remiss.capture.sample import draw_sample
from remiss.capture.sampling import PopulationPart, as_fraction, groups, key, priority, selections
from remiss.capture.sql import statements
from remiss.errors import ProtocolError
from remiss.protocol.group_sizes import sizes_of
from remiss.records.run import ALL
from tests.edges.engines.worlds import HOUR, LATER, MONDAY, WEEK, captured, opened, protocol, write

CRITERIA = [
    "{name: wrong, kind: custom, when: \"output <> 'yes'\", nulls: undecided, severity: 2, why: It said no.}",
    "{name: large, kind: latency, when: latency_ms > 250, severity: 3, why: It took long.}",
]
LABELS = "{format: parquet, uri: labels.parquet, key: id, time: known, lag: 2 days}"
SCHEMA = pa.schema(
    [
        ("id", pa.string()),
        ("at", pa.timestamp("us", tz="UTC")),
        ("said", pa.string()),
        ("size", pa.float64()),
        ("place", pa.string()),
        ("flight", pa.string()),
    ]
)


def document(**more):
    text = protocol(
        uri="log/*.parquet",
        fields=["latency_ms: size", "inputs: [flight]", "context: {place: place}"],
        criteria=CRITERIA,
        strata=["context.place"],
        **more,
    )
    return text.replace('seed: "7"', 'seed: "7", unit: inputs.flight')


def logged(folder, rows, files=1):
    lines = [{"said": "yes", "size": 1.0, "place": "north", **row, "at": MONDAY + row["hour"] * HOUR} for row in rows]
    for at in range(files):
        write(Path(folder, "log", f"{at}.parquet"), pa.Table.from_pylist(lines[at::files], SCHEMA))


def own_states(row):
    wrong = None if row["said"] is None else row["said"] != "yes"
    large = row["size"] is not None and row["size"] > 250
    return (*(("wrong",) if wrong else ()), *(("large",) if large else ())), (("wrong",) if wrong is None else ())


def defined(rows, sizes):
    """Return the groups and selections of the definition, each event a part of its own."""
    parts, whole = [], []
    for row in rows:
        met, undecided = own_states(row)
        parts.append(
            PopulationPart(
                window=row["hour"] // 168,
                stratum=(row["place"],),
                met=met,
                undecided=undecided,
                population=1,
                labelled=0,
                least=(key("7", row["id"], row["flight"]),),
            )
        )
    for window in sorted({part.window for part in parts}):
        own = [part for part in parts if part.window == window]
        least = tuple(sorted(one for part in own for one in part.least))
        whole.append(
            PopulationPart(window=window, stratum=(), met=(), undecided=(), population=len(own), labelled=0, least=least)
        )
    samples = groups(parts, whole, sizes, by_unit=True)
    return samples, selections(samples, ["wrong", "large"])


names = st.text(st.characters(blacklist_categories=("Cs",), blacklist_characters="\0"), min_size=1, max_size=6)
rows = st.lists(
    st.fixed_dictionaries(
        {
            "id": names,
            "hour": st.integers(-2 * 168, 2 * 168 - 1),
            "said": st.sampled_from(["yes", "yes", "no", None]),
            "size": st.sampled_from([None, 1.0, 300.0]),
            "place": st.sampled_from(["north", None]),
            "flight": st.one_of(st.integers(0, 25).map("f{}".format), st.sampled_from([None, ""])),
        }
    ),
    unique_by=lambda row: row["id"],
    max_size=150,
)


# Without shrinking: each try opens an engine, and the rows of a failure are few enough to read.
@settings(max_examples=15, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(rows, st.integers(1, 3), st.integers(1, 2))
def test_the_engine_draws_units_as_the_definition_says(found, files, threads):
    with tempfile.TemporaryDirectory() as place:
        logged(place, found, files)
        with opened(Path(place), document(), threads=str(threads)) as (session, checked, source):
            drawn = draw_sample(session, checked, source, MONDAY - 2 * WEEK, MONDAY + 2 * WEEK, LATER)
    samples, chosen = defined(found, sizes_of(checked.protocol))
    assert {(one.window, one.key, one.groups, one.probability) for one in chosen} == {
        (
            (one.member.window - MONDAY) // WEEK,
            f"{one.member.priority}:{one.member.event.id}",
            one.member.groups,
            one.member.probability,
        )
        for one in drawn.sampled
    }
    assert {
        (name.window, name.stratum, name.criterion): (one.population, len(one.kept), one.threshold)
        for name, one in samples.items()
    } == {
        (
            (one.window - MONDAY) // WEEK,
            None if one.criterion == ALL else tuple(one.stratum.values()),
            one.criterion,
        ): (one.population, one.kept, one.threshold)
        for one in drawn.groups
    }


def test_all_events_of_a_unit_are_kept_by_a_group_that_keeps_it(tmp_path):
    # Two versions answer each flight, and one in three is asked about again.
    found = [
        {"id": f"{flight}/{turn}@{version}", "hour": (flight + turn) % 168, "flight": f"f{flight}"}
        for flight in range(60)
        for turn in range(1 + (flight % 3 == 0))
        for version in (1, 2)
    ]
    logged(tmp_path, found)
    drawn = captured(tmp_path, document(control=4, population=7))
    kept = defaultdict(set)
    for one in drawn.sampled:
        for group in one.member.groups:
            kept[group].add(one.member.event.id)
    flights = {row["id"]: row["flight"] for row in found}
    sizes = Counter(flights.values())
    for group, keep in (("control", 4), ("all", 7)):
        units_kept = {flights[one] for one in kept[group]}
        assert len(units_kept) == keep
        assert len(kept[group]) == sum(sizes[unit] for unit in units_kept)
    of_control = next(group for group in drawn.groups if group.criterion == "control")
    assert (of_control.population, of_control.kept) == (len(found), len(kept["control"]))
    assert of_control.threshold == as_fraction(sorted({priority("7", unit) for unit in sizes})[4])
    [said] = [note for note in drawn.notes if note.startswith("sampled by unit")]
    assert said == f"sampled by unit inputs.flight: 7 units with {len(drawn.sampled)} events, those of a unit together"


def test_an_event_without_a_unit_is_drawn_by_its_id(tmp_path):
    found = [{"id": f"e{at}", "hour": at, "flight": (None, "", "f")[at % 3]} for at in range(30)]
    logged(tmp_path, found)
    drawn = captured(tmp_path, document())
    for one in drawn.sampled:
        alone = one.member.event.inputs["flight"] in (None, "")
        assert one.member.priority == priority("7", one.member.event.id if alone else "f")
    assert "20 events have no inputs.flight, each drawn by its id" in drawn.notes


def test_known_events_that_are_read_again_have_the_priority_of_their_unit(tmp_path):
    logged(tmp_path, [{"id": f"e{at}", "hour": at % 100, "flight": f"f{at // 2}"} for at in range(100)])
    drawn = captured(tmp_path, document())
    left = next(f"e{at}" for at in range(100) if f"e{at}" not in {one.member.event.id for one in drawn.sampled})
    again = captured(tmp_path, document(), also=[(left, MONDAY + int(left[1:]) * HOUR)])
    [one] = again.refreshed
    assert one.member.priority == priority("7", f"f{int(left[1:]) // 2}")


def test_bounds_that_were_too_low_are_raised(tmp_path, monkeypatch):
    found = [{"id": f"e{at}", "hour": at % 168, "said": ("yes", "no")[at % 7 == 0], "flight": f"f{at // 5}"} for at in range(600)]
    logged(tmp_path, found)
    rightly = captured(tmp_path, document())
    real, asked = unit_census.bound, []
    # The first guesses are a thousand times too high.
    monkeypatch.setattr(
        unit_census, "bound", lambda many, keep: asked.append(keep) or real(many * (1000 if len(asked) < 4 else 1), keep)
    )
    drawn = captured(tmp_path, document())
    assert len(asked) > 4
    assert drawn.sampled == rightly.sampled
    assert drawn.groups == rightly.groups


def test_a_unit_of_over_a_thousand_sampled_events_is_refused_with_its_size(tmp_path):
    found = [{"id": f"e{at:05}", "hour": at % 168, "flight": "bot" if at < 1500 else f"f{at}"} for at in range(1510)]
    logged(tmp_path, found)
    text = document(keep=50, control=50, undecided=50, population=50)
    said = "one value of the unit inputs.flight has 1,500 events in the window of 2013"
    for draw in (draw_sample, expect):
        with opened(tmp_path, text) as (session, checked, source), pytest.raises(ProtocolError, match=said) as no:
            draw(session, checked, source, MONDAY, MONDAY + WEEK, LATER, lambda stage, done: None)
        assert "e00000" in no.value.what
        assert "admit" in no.value.do
        assert no.value.where.line == text[: text.index("unit: ")].count("\n") + 1


def test_the_size_of_a_unit_is_counted_where_a_label_is_required_too(tmp_path):
    found = [{"id": f"e{at:05}", "hour": 1, "flight": "bot" if at < 1200 else f"f{at}"} for at in range(1210)]
    logged(tmp_path, found)
    # Of a hundred of them no label came, so that they are no events.
    known = [{"id": row["id"], "actual": "yes", "known": MONDAY + 2 * HOUR} for row in found[100:]]
    write(tmp_path / "labels.parquet", known)
    text = document(keep=50, control=50, undecided=50, population=50, labels=LABELS, require=["label"])
    text = text.replace("  output: said\n", "  output: said\n  label: labels.actual\n")
    with pytest.raises(ProtocolError, match="has 1,100 events in the window"), opened(tmp_path, text) as (session, *rest):
        draw_sample(session, *rest, MONDAY, MONDAY + WEEK, LATER)


def test_a_unit_of_many_events_is_said_to_be_one_draw(tmp_path):
    found = [{"id": f"e{at:05}", "hour": at % 168, "flight": "team" if at < 120 else f"f{at}"} for at in range(140)]
    logged(tmp_path, found)
    drawn = captured(tmp_path, document(keep=50, control=50, undecided=50, population=50))
    assert "one unit has 120 of the sampled events of a window, and counts as one draw" in drawn.notes


def test_a_bound_lies_above_twice_as_many_units_as_are_kept():
    assert as_fraction(unit_census.bound(1_000_000, 500)) * 1_000_000 > 2 * 501
    assert unit_census.bound(600, 500) == statements.NO_BOUND


def test_versions_that_answer_the_same_flights_are_counted_in_one_more_reading(tmp_path, monkeypatch):
    found = [
        {"id": f"{at}@{version}", "hour": at % 168, "flight": f"f{at}", "place": str(version)}
        for at in range(4000)
        for version in range(6)
    ]
    logged(tmp_path, found)
    text = document(population=50).replace("strata: [context.place]", "strata: []")
    text = text.replace("  output: said\n", "  output: said\n  model_version: place\n")
    asked, real = [], unit_census.offered
    monkeypatch.setattr(unit_census, "offered", lambda plan: asked.append(plan) or real(plan))
    drawn = captured(tmp_path, text)
    assert len(asked) == 1
    [all_] = [group for group in drawn.groups if group.criterion == "all"]
    assert (all_.population, all_.kept) == (24_000, 300)
