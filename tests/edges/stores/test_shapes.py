"""A statement is made once for a query's shape: with other values, other scopes and on other pages it answers as rightly."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from remiss.catalog import actions
from remiss.catalog.listing import CaseLine, Order, parse_sort
from remiss.catalog.query import values
from remiss.catalog.query.expression import And, Not, Operator, Or, Query, Term, Text, kind_of, split_values
from remiss.catalog.query.fields import FieldForm, find
from remiss.catalog.query.parsing import parse
from remiss.edges.stores.cases import CaseStore
from remiss.edges.stores.listing import pages
from remiss.edges.stores.listing.lines import listed_now
from remiss.edges.stores.reading import Reader
from remiss.errors import InputError
from remiss.govern.ports.actor import Scope
from remiss.records.case import Filing, Sensitivity
from remiss.records.rows import SortValues
from remiss.records.states import Status
from tests.catalog.strategies import queries
from tests.edges.stores.catalogs import FIELDS, OUTPUTS
from tests.edges.stores.drawing import MONDAY, drawn, file, member
from tests.edges.stores.guarding import govern_cases
from tests.edges.stores.listening import overheard
from tests.edges.stores.test_search_agrees import NAMES, POSITIONS, TIMES, WORDS, expected, filled, terms  # noqa: F401  a fixture is found by name

ANY_STORE = settings(
    max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None
)
NAMED = (*(order.value for order in Order if order is not Order.FIELD), "inputs.distance", "context.airport", "inputs.wind speed")
SORTS = tuple(sign + name for name in NAMED for sign in ("", "-"))
JSON_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)([.][0-9]+)?([eE][+-]?[0-9]+)?")
NUMBERS = (0, 1, 2, 3.0, 3, 0.25, 0.5, 7, 12.5, -3, 250, 1200, 1200.0, 2**53 + 1, 1e300)


@st.composite
def with_other_values(draw: st.DrawFn, query: Query) -> Query:
    """A query of the same shape."""
    match query:
        case And(parts):
            return And(tuple(draw(with_other_values(part)) for part in parts))
        case Or(parts):
            return Or(tuple(draw(with_other_values(part)) for part in parts))
        case Not(part):
            return Not(draw(with_other_values(part)))
        case Text():
            return Text(draw(st.sampled_from(WORDS)))
        case _:
            return Term(query.key, query.operator, draw(another_value(query)), query.level)


def another_value(term: Term) -> st.SearchStrategy[Any]:
    key = find(term.key)
    texts = tuple(value for value in (*NAMES, *FIELDS, *OUTPUTS) if isinstance(value, str))
    if term.operator is Operator.PRESENT:
        return st.none()
    if term.operator is Operator.GLOB:
        return st.lists(st.sampled_from((*texts, "", "a", "1")), min_size=2, max_size=3).map(values.pattern)
    match key.form:
        case FieldForm.CHOICE:
            return st.sampled_from(key.choices)
        case FieldForm.GRADE | FieldForm.INTEGER:
            return st.integers(1, 4)
        case FieldForm.TIME:
            return st.sampled_from(TIMES)
    if kind_of(term) is bool:
        return st.booleans()
    return st.sampled_from(texts if kind_of(term) is str else NUMBERS)


QUERIES = queries(terms() | st.sampled_from(WORDS).map(Text))


def read_on(store: CaseStore, query: Query, sort: str, limit: int, position: int | None = None) -> list[CaseLine]:
    """All lines of a list, page by page."""
    lines: list[CaseLine] = []
    after: SortValues | None = None
    while True:
        page = store.page(query, sort=parse_sort(sort), limit=limit, after=after, position=position)
        lines.extend(page.lines)
        if page.last is None:
            return lines
        after = page.last


@ANY_STORE
@given(
    data=st.data(),
    query=QUERIES,
    sort=st.sampled_from(SORTS),
    limit=st.integers(2, 9),
    positions=st.lists(st.sampled_from((None, 1, 2, POSITIONS // 2, POSITIONS - 1)), min_size=4, max_size=4),
)
def test_other_values_of_a_shape_find_what_plain_python_finds(filled, data, query, sort, limit, positions):  # noqa: F811
    ws, known = filled
    others = (data.draw(with_other_values(query)), data.draw(with_other_values(query)))
    for asked, position in zip((query, *others, query), positions, strict=True):
        assert split_values(asked)[0] == split_values(query)[0]
        found = expected(known, len(known.positions) if position is None else position, asked)
        lines = read_on(ws.cases, asked, sort, limit, position)
        assert sorted(line.id for line in lines) == found
        assert in_order(lines, sort)
        assert ws.cases.count(asked, position) == len(found)
        assert sum(count for _, count in ws.cases.facet(asked, "status", 99, position)) == len(found)


def in_order(lines: list[CaseLine], sort: str) -> bool:
    """Whether lines stand in an order as far as they show it; `filed` they do not, nor a field."""
    name, descends = sort.removeprefix("-"), sort.startswith("-")
    if name == "filed" or "." in name:
        return True
    return all(_follows(name, before, behind, descends=descends) for before, behind in pairwise(lines))


def _follows(name: str, before: CaseLine, behind: CaseLine, *, descends: bool) -> bool:
    if name == "occurred":
        return before.occurred >= behind.occurred if descends else before.occurred <= behind.occurred
    (kind, value), (next_kind, next_value) = _rank(name, before), _rank(name, behind)
    if kind != next_kind:
        return kind < next_kind
    if value != next_value:
        return (value > next_value) is descends
    return before.occurred >= behind.occurred


def _rank(name: str, line: CaseLine) -> tuple[int, Any]:
    """What a line is sorted by: numbers before texts, and what has no value last."""
    value = getattr(line, name)
    match name:
        case "mode":
            value = line.mode or line.suggested_mode
        case "criteria":
            value = line.criteria[0] if line.criteria else None
        case "status":
            value = list(Status).index(line.status)
        case "output" | "label" if value is not None:
            number = JSON_NUMBER.fullmatch(value)
            return (0, (float(value), value)) if number else (1, value)
    return (2, 0) if value is None else (1, value)


def test_every_order_of_a_list_is_right_and_whole_now_and_then(filled):  # noqa: F811
    ws, known = filled
    query = parse("")
    for sort in SORTS:
        for position in (None, POSITIONS // 2):
            lines = read_on(ws.cases, query, sort, 5, position)
            assert sorted(line.id for line in lines) == expected(known, position or len(known.positions), query), (sort, position)
            assert in_order(lines, sort), (sort, position)


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_fields_of_a_protocol_sort_numbers_by_their_size_before_texts_and_nothing_last(ws):
    for number, distance in enumerate((30, "7", None, "late", 4.5, "a" * 100 + "b", "a" * 100 + "a")):
        actions.file(
            ws, Filing(model="m", at=MONDAY + timedelta(hours=number), title=f"t{number}", inputs={"distance": distance})
        )
    assert actions.search(ws, sort="inputs.distance").column("title") == ("t4", "t0", "t1", "t6", "t5", "t3", "t2")
    assert actions.search(ws, sort="-inputs.distance").column("title") == ("t0", "t4", "t3", "t6", "t5", "t1", "t2")
    page = actions.search(ws, sort="-inputs.distance", limit=2)
    assert actions.search(ws, sort="-inputs.distance", limit=2, after=page.next).column("title") == ("t3", "t6")


@pytest.mark.postgresql_in_soak("others send it what these statements are made of")
def test_fields_are_columns_of_a_list_typed_by_what_is_in_them(ws):
    actions.file(ws, Filing(model="m", at=MONDAY, title="t0", inputs={"distance": 30, "wind speed": 2.5}, context={"gate": "A"}))
    actions.file(ws, Filing(model="m", at=MONDAY, title="t1", context={"gate": None}))
    found = actions.search(ws, sort="filed", columns="title, inputs.distance,gate,inputs.wind speed,inputs.nothing")
    assert found.columns == ("title", "inputs.distance", "context.gate", "inputs.wind speed", "inputs.nothing")
    assert found.rows == (("t0", 30, "A", 2.5, None), ("t1", None, None, None, None))
    assert [str(each.type) for each in found.to_arrow().schema][:4] == ["string", "int64", "string", "double"]
    assert actions.search(ws, sort="filed", columns="gate", as_of=ws.position()).rows == (("A",), (None,))
    with pytest.raises(InputError, match="there is no column 'dist'"):
        actions.search(ws, columns="title,dist")


def test_another_value_takes_no_other_statement(ws):
    file(ws, drawn([member(number, met=["slow"]) for number in range(4)]), run="run-aaaaaaaa")
    actions.search(ws, "confidence:>0.1 model:arrival-delay nowhere")
    made = listed_now.cache_info().misses
    for value in (0.2, 7, 1e10):
        actions.search(ws, f"confidence:>{value} model:boarding{value} early{value}")
    assert listed_now.cache_info().misses == made


def test_scopes_of_one_kind_each_see_their_own(ws):
    file(ws, drawn([member(number, met=["slow"]) for number in range(12)]), run="run-aaaaaaaa")
    governed = [(team, level) for team in ("a", "b", "c'") for level in Sensitivity]
    govern_cases(ws, dict(enumerate(governed, 1)))
    teams = (None, {"a"}, {"b"}, {"a", "c'"}, {"none"}, set())
    position = ws.position()
    for named in teams:
        for clearance in Sensitivity:
            teams_seen = dict.fromkeys(named or (), clearance)
            scope = Scope.of(teams_seen, elsewhere=clearance if named is None else None)
            seen = [pair for pair in governed if (named is None or pair[0] in named) and pair[1] <= clearance]
            store = CaseStore(Reader(ws._store, scope, ws.viewer))
            for text in ("", "criterion:slow", "severity:<=4 criterion:slow"):
                query = parse(text)
                assert len(read_on(store, query, "-occurred", 5)) == len(seen)
                assert store.count(query, None) == store.count(query, position) == len(seen)
                assert sum(count for _, count in store.facet(query, "team", 9, None)) == len(seen)
                assert sum(count for _, count in store.facet(query, "criterion", 9, None)) == len(seen)


def test_a_question_asked_again_from_afar_is_one_statement(ws):
    actions.file(ws, Filing(model="m", at=datetime(2013, 6, 3, tzinfo=UTC), title="late"))
    for request, statements in (("the first also looks how common the word is", 2), ("the second", 1)):
        with overheard(ws) as heard:
            assert len(actions.search(ws.serving(request), "late", total=False))
        assert len(heard) == statements


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_long_ago_is_listed_like_lately(ws, monkeypatch):
    monkeypatch.setattr(pages, "MANY_CHANGES", 1)
    file(ws, drawn([member(number, met=["slow"]) for number in range(4)]), run="run-aaaaaaaa")
    then = ws.position()
    for number in range(3):
        actions.file(ws, Filing(model="m", at=datetime(2013, 6, 3, tzinfo=UTC), title=f"seen {number}"))
    listed = [len(actions.search(ws, "", as_of=position, total=False)) for position in (then, then + 2, ws.position())]
    assert listed == [4, 6, 7]
