"""What must always hold of counts by model version, whatever versions are called and however events come."""

from __future__ import annotations

import tempfile
from collections import Counter
from pathlib import Path

import pyarrow as pa
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from remiss.capture.sampling import PopulationPart
from remiss.capture.versions import MOST, added_up, order, told_apart, without_versions
from remiss.records.event import ModelVersion
from remiss.records.run import Cell
from tests.edges.engines.worlds import HOUR, MONDAY, WEEK, captured, protocol, write

# Letters of every plane, quotes and backslashes; some names are alike but for their case or a space.
names = st.one_of(
    st.none(), st.sampled_from(["1", "1.0", "", "null", "[]", "A", "a", "a "]), st.text(st.characters(codec="utf-8"), max_size=6)
).map(lambda name: name and name.replace("\0", ""))
rows = st.lists(
    st.fixed_dictionaries(
        {
            "hour": st.integers(0, 2 * 168 - 1),
            "said": st.sampled_from(["yes", "no"]),
            "place": st.sampled_from(["north", None]),
            "version": names,
        }
    ),
    max_size=80,
)


# Without shrinking: each try opens an engine, and the rows of a failure are few enough to read.
@settings(max_examples=12, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(rows, st.integers(1, 3))
def test_the_engine_counts_by_version_what_the_definition_says(events, files):
    document = protocol(
        uri="log/*.parquet", fields=["model_version: version", "context: {place: place}"], strata=["context.place"]
    )
    kinds = {"id": pa.string(), "at": pa.timestamp("us", tz="UTC"), "said": pa.string(), "place": pa.string()}
    schema = pa.schema(list((kinds | {"version": pa.string()}).items()))
    lines = [{**row, "id": f"e{at}", "at": MONDAY + row["hour"] * HOUR} for at, row in enumerate(events)]
    with tempfile.TemporaryDirectory() as place:
        for at in range(files):
            write(Path(place, "log", f"{at}.parquet"), pa.Table.from_pylist(lines[at::files], schema))
        found = captured(Path(place), document, MONDAY, MONDAY + 2 * WEEK)
    parts = [
        PopulationPart(
            window=row["hour"] // 168,
            stratum=(row["place"],),
            met=("wrong",) if row["said"] == "no" else (),
            undecided=(),
            version=ModelVersion(row["version"]),
            population=1,
            labelled=0,
            least=(),
        )
        for row in events
    ]
    expected = Counter((MONDAY + one.window * WEEK, one.stratum, one.met, one.version) for one in told_apart(parts))
    assert {
        (cell.window, tuple(cell.stratum.values()), cell.met, cell.version): cell.population for cell in found.cells
    } == expected


parts = st.lists(
    st.builds(
        lambda name, population: PopulationPart(
            window=1,
            stratum=(),
            met=(),
            undecided=(),
            version=name and ModelVersion(name[0]),
            population=population,
            labelled=0,
            least=(),
        ),
        st.one_of(st.none(), st.tuples(st.one_of(st.none(), st.integers(0, 70).map(str)))),
        st.integers(1, 5),
    ),
    max_size=150,
)


@given(parts, st.randoms(use_true_random=False))
def test_the_commonest_versions_are_told_apart_in_whatever_order_parts_come(found, by):
    told = told_apart(found)
    counts, kept = Counter(), {one.version for one in told} - {None}
    for one in found:
        counts[one.version] += one.population
    del counts[None]
    assert len(kept) == min(len(counts), MOST)
    assert sum(one.population for one in told) == sum(one.population for one in found)
    ranks = {version: (-count, order(version)) for version, count in counts.items()}
    assert all(ranks[one] < ranks[other] for one in kept for other in counts if other not in kept)
    shuffled = by.sample(found, len(found))
    assert {one.version for one in told_apart(shuffled)} - {None} == kept


cells = st.lists(
    st.builds(
        lambda place, met, name, population, ruled_out: Cell(
            window=MONDAY,
            stratum={"context.place": place},
            met=met,
            undecided=(),
            version=name and ModelVersion(name[0]),
            population=population,
            labelled=population // 2,
            ruled_out={"wrong": ruled_out} if ruled_out else {},
        ),
        st.sampled_from(["north", None]),
        st.sampled_from([(), ("wrong",)]),
        st.one_of(st.none(), st.tuples(st.sampled_from(["1", "2", None]))),
        st.integers(1, 9),
        st.integers(0, 2),
    ),
    max_size=30,
)


@given(cells)
def test_cells_that_are_added_up_count_the_same_and_are_disjoint(found):
    for made in (added_up(found), without_versions(found)):
        assert len({(tuple(one.stratum.values()), one.met, one.version) for one in made}) == len(made)
        for counted in (lambda one: one.population, lambda one: one.labelled, lambda one: one.ruled_out.get("wrong", 0)):
            assert sum(map(counted, made)) == sum(map(counted, found))
    assert without_versions(added_up(found)) == without_versions(found)
