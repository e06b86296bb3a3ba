"""Facets and counts by kind are those of the cases that are seen, one by one."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import or_, select

from remiss.catalog import actions as catalog
from remiss.catalog.query.expression import EVERYTHING
from remiss.catalog.query.parsing import parse
from remiss.edges.stores.cases import CaseStore
from remiss.edges.stores.listing import kinds
from remiss.edges.stores.reading import Reader
from remiss.edges.stores.tables import case_context, case_criteria, cases
from remiss.govern.ports.actor import Scope
from remiss.records.case import Filing, Sensitivity
from tests.edges.stores.drawing import MONDAY, drawn, file, member
from tests.edges.stores.guarding import govern_cases
from tests.edges.stores.listening import overheard
from tests.edges.stores.test_search_agrees import filled  # noqa: F401  a fixture is found by name

TEAMS = ("a", "b", "c'", "default")
FIELDS = ("status", "severity", "mode", "model", "model_version", "team", "sensitivity", "criterion", "context.airport", "label")
QUERIES = ("", "status:candidate", "severity:2", "model:arrival-delay", "mode:remiss:model/weak-slice", "criterion:slow")
SIDES = {"criterion": (case_criteria, case_criteria.c.criterion), "context.airport": (case_context, case_context.c.value)}
SEEN = st.builds(
    lambda teams, elsewhere: Scope.of(teams, elsewhere=elsewhere),
    st.dictionaries(st.sampled_from((*TEAMS, "nobody's")), st.sampled_from(Sensitivity)),
    st.none() | st.sampled_from(Sensitivity),
)


def scoped(ws: Any, scope: Scope) -> CaseStore:
    return CaseStore(Reader(ws._store, scope, ws.viewer))


def spread(ws: Any, field: str, scope: Scope) -> Counter[Any]:
    """What a facet has to count, case by case in Python."""
    side, of = SIDES.get(field, (None, None))
    column = {"team": "team_id"}.get(field, field)
    found = select(cases.c.team_id, cases.c.sensitivity, (cases.c[column] if of is None else of).label("value"))
    if side is not None:
        found = found.join(side, side.c.case_key == cases.c.key)
        found = found.where(side.c.name == "airport") if side is case_context else found
    with ws._store.reading() as connection:
        rows = connection.execute(found).all()
    seen = Counter(row.value for row in rows if scope.sees(row.team_id, Sensitivity(row.sensitivity)))
    return Counter({Sensitivity(value).name.lower(): n for value, n in seen.items()}) if field == "sensitivity" else seen


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None)
@given(data=st.data())
def test_facets_and_counts_of_a_scope_are_those_of_the_cases_that_it_sees(filled, data):  # noqa: F811  the fixture
    ws, _ = filled
    with ws._store.reading() as connection:
        keys = connection.execute(select(cases.c.key)).scalars().all()
    kind = st.tuples(st.sampled_from(TEAMS), st.sampled_from(Sensitivity))
    govern_cases(ws, {key: data.draw(kind) for key in keys})
    for scope in data.draw(st.lists(SEEN, min_size=3, max_size=3)):
        store = scoped(ws, scope)
        for field in FIELDS:
            counts = store.facet(EVERYTHING, field, 100, None)
            assert dict(counts) == spread(ws, field, scope)
            # The most frequent first, and the same order whoever asks.
            assert [count for _, count in counts] == sorted((count for _, count in counts), reverse=True)
            assert store.facet(EVERYTHING, field, 2, None) == counts[:2]
            assert counts == store.facet(parse("occurred:>1990-01-01"), field, 100, None)
        for text in QUERIES:
            query = parse(text)
            assert store.count(query, None) == store.count(query, ws.position()) == sum(1 for _ in every(store, text))


def every(store: CaseStore, text: str) -> tuple[Any, ...]:
    """Each case that matches, as a list has them."""
    return store.page(parse(text), sort=catalog.parse_sort("-occurred"), limit=1000, after=None, position=None).lines


@pytest.mark.postgresql_in_soak("others send it what these statements are made of")
def test_a_field_of_many_values_is_asked_case_by_case_with_the_same_answer(ws, monkeypatch):
    for number in range(9):
        catalog.file(ws, Filing(model=f"m{number % 4}", at=MONDAY, title=f"case {number}", team=("a", "b")[number % 2]))
    store = scoped(ws, Scope.of({"a": Sensitivity.INTERNAL}))
    with overheard(ws) as by_kind:
        few = store.facet(EVERYTHING, "model", 9, None)
    assert few == (("m0", 3), ("m2", 2))
    kinds._beyond_some.cache_clear()
    monkeypatch.setattr(kinds, "SOME_VALUES", 0)
    with overheard(ws) as by_case:
        assert store.facet(EVERYTHING, "model", 9, None) == few
    kinds._beyond_some.cache_clear()
    # By kind a number is counted for each value; by case all rows of the table are grouped.
    assert [any("numbers" in each for each in heard) for heard in (by_kind, by_case)] == [True, False]
    assert "FROM cases" in by_case[-1]


@pytest.fixture
def strays(ws):
    """How many rows of criteria and context say otherwise than their case of who may see it."""

    def count() -> int:
        with ws._store.reading() as connection:
            return sum(
                len(
                    connection.execute(
                        select(side.c.case_key)
                        .join(cases, cases.c.key == side.c.case_key)
                        .where(
                            or_(
                                cases.c.team_id.is_distinct_from(side.c.team_id),
                                cases.c.sensitivity.is_distinct_from(side.c.sensitivity),
                            )
                        )
                    ).all()
                )
                for side in (case_criteria, case_context)
            )

    return count


def test_criteria_and_context_stay_as_guarded_as_their_case(ws, strays):
    catalog.file(ws, Filing(model="m", at=MONDAY, title="t", team="a", sensitivity=Sensitivity.SECRET, context={"gate": "1"}))
    first = drawn([member(number, met=["slow"]) for number in range(4)])
    file(ws, first, run="run-aaaaaaaa", sensitivity={"id": Sensitivity.PUBLIC})
    assert strays() == 0
    again = drawn([member(number, met=["slow", "odd"]) for number in range(2)], version=2)
    file(ws, again, run="run-bbbbbbbb", version=2, sensitivity={"id": Sensitivity.INTERNAL})
    assert strays() == 0
    with ws._store.reading() as connection:
        levels = connection.execute(select(cases.c.sensitivity).order_by(cases.c.key)).scalars().all()
    assert sorted(levels) == [0, 0, 1, 1, 3]
