"""Search on a database finds what plain Python finds, at every position that the catalog ever had."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import remiss
from remiss.catalog import actions
from remiss.catalog.query import values
from remiss.catalog.query.expression import Operator, Query, Term, Text
from remiss.catalog.query.fields import TABLE, FieldForm
from remiss.catalog.query.printing import unparse
from remiss.records.event import to_text
from tests.catalog.naive import holds
from tests.catalog.strategies import ORDERS, queries
from tests.databases import database_on
from tests.edges.stores.catalogs import CRITERIA, FIELDS, MODES, OUTPUTS, TITLES, VERSIONS, Known, fill
from tests.edges.stores.drawing import MONDAY, WEEK

WORDS = (
    *("late", "newark again", "missed CONNECTION", "tres", "naive", "100", "a_b", "email 3f9a", "uni", "late late", "nowhere"),
    # Of values; the last two would go on from one to the next.
    *("ewr", "1200", "12.5", "on time", "true", "07", "drop table", "late on time", "ewr 1200"),
)
NAMES = (
    "arrivals",
    "by-hand",
    "arrival-delay",
    "arrival-delay@1",
    "boarding",
    "slow",
    "odd",
    "1",
    "1.2",
    "e1",
    "e2",
    "timeout",
    "ok",
    *MODES,
    *TITLES,
)
FIELD_NAMES = ("distance", "wind speed", "airport", "n", "none")
# The last position of what `fill` makes, the first being the catalog's own making; and that of the first capture.
POSITIONS, FIRST = 13, 2
TIMES = tuple(MONDAY + hours * WEEK / 168 for hours in (-1, 0, 1, 2, 24, 168))
# When a case was written is the clock's, and no model knows it.
KEYS = tuple(key for key in TABLE if key.name not in {"revised", "model_digest"})


@st.composite
def terms(draw: st.DrawFn) -> Query:
    key = draw(st.sampled_from(KEYS))
    name = key.name + draw(st.sampled_from(FIELD_NAMES)) if key.name.endswith(".") else key.name
    operator = draw(st.sampled_from((*ORDERS, Operator.EQUAL, Operator.EQUAL, Operator.PRESENT)))
    if operator is Operator.PRESENT:
        return Term(name, operator, None, key.level)
    match key.form:
        case FieldForm.VALUE:
            # A whole number is written and read as one: 1200.0 comes back as 1200, which a text may spell.
            known = [value for value in (*FIELDS, *OUTPUTS, 1, 1200, "b", "true") if value is not None]
            value = draw(st.sampled_from(known))
            operator = Operator.EQUAL if isinstance(value, bool) else operator
        case FieldForm.TEXT:
            value, operator = draw(st.sampled_from((*NAMES, *CRITERIA, *filter(None, VERSIONS)))), Operator.EQUAL
        case FieldForm.CHOICE:
            value = draw(st.sampled_from(key.choices))
            operator = operator if key.name == "sensitivity" else Operator.EQUAL
        case FieldForm.TIME:
            value = draw(st.sampled_from(TIMES))
        case FieldForm.NUMBER:
            value = draw(st.sampled_from((0, 0.25, 0.5, 12.5, 250, 1000)))
        case _:
            value = draw(st.integers(1, 4))
    if (
        key.form in {FieldForm.TEXT, FieldForm.VALUE}
        and isinstance(value, str)
        and operator is Operator.EQUAL
        and draw(st.booleans())
    ):
        cut = draw(st.integers(0, len(value)))
        pieces = draw(st.sampled_from(([value[:cut], ""], ["", value[cut:]], [value[:cut], value[cut:]], ["", value[1:2], ""])))
        return Term(name, Operator.GLOB, values.pattern(pieces), key.level)
    return Term(name, operator, value, key.level)


@pytest.fixture(
    scope="module",
    params=[
        pytest.param((name, seed), id=f"{name}-{seed}", marks=[] if home else pytest.mark.soak)
        for name, seed, home in (("sqlite", 1, True), ("postgresql", 2, True), ("sqlite", 2, False), ("postgresql", 1, False))
    ],
)
def filled(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[remiss.Workspace, Known]]:
    """A catalog that nobody writes to any more, on each database, and what is known of it."""
    name, seed = request.param
    folder = tmp_path_factory.mktemp("filled")
    environment = {"REMISS_KEYS": str(folder / "keys"), "REMISS_VAULT": str(folder / "vault")}
    if name == "sqlite":
        shutil.copy(request.getfixturevalue("sqlite_template"), folder / "remiss.db")
        with remiss.open(folder / "remiss.db", environment=environment) as ws:
            yield ws, fill(ws, seed)
    else:
        with (
            database_on(request.getfixturevalue("postgres"), "template") as address,
            remiss.open(address, environment=environment) as ws,
        ):
            yield ws, fill(ws, seed)


def expected(known: Known, position: int, query: Query) -> list[str]:
    return sorted(case for case, facts in known.positions[position - 1].items() if holds(query, facts))


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None)
@given(query=queries(terms() | st.sampled_from(WORDS).map(Text)), position=st.integers(1, POSITIONS))
def test_search_finds_what_plain_python_finds_now_and_then(filled, query, position):
    ws, known = filled
    text = unparse(query)
    assert sorted(actions.search(ws, text, limit=10_000).column("id")) == expected(known, len(known.positions), query)
    assert sorted(actions.search(ws, text, limit=10_000, as_of=position).column("id")) == expected(known, position, query)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None)
@given(
    query=queries(terms()),
    field=st.sampled_from(("status", "severity", "mode", "criterion", "label", "context.airport", "inputs.carrier")),
    position=st.sampled_from((None, 3, POSITIONS - 1)),
)
def test_facets_count_what_search_finds(filled, query, field, position):
    ws, known = filled
    at = len(known.positions) if position is None else position
    counts: dict[object, int] = {}
    for case in expected(known, at, query):
        facts = known.positions[at - 1][case]
        values = facts.several[field] if field in facts.several else [facts.values.get(field)]
        for value in values:
            if value is not None or not field.startswith("context."):
                shown = value if field == "severity" or value is None else to_text(value)
                counts[shown] = counts.get(shown, 0) + 1
    rows = actions.facets(ws, unparse(query), fields=[field], as_of=position)
    assert {value: count for _, value, count in rows.rows} == counts


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None)
@given(query=queries(terms() | st.sampled_from(WORDS).map(Text)), of=queries(terms()), position=st.integers(FIRST, POSITIONS))
def test_estimates_mark_the_sampled_events_that_plain_python_marks(filled, query, of, position):
    ws, known = filled
    with ws.reading():
        (frame,) = ws.evidence.frames(position)
        marked = ws.evidence.sampled(frame, query, of, None, position)
    facts = known.sampled(position)
    assert [item.inside for item in marked] == [holds(query, each) for each in facts]
    assert [item.of for item in marked] == [holds(of, each) for each in facts]
