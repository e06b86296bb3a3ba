"""A statement is made once for a query's shape: with other values, other scopes and on other pages it answers as rightly."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from remiss.catalog import actions
from remiss.catalog.listing import CaseLine, parse_sort
from remiss.catalog.query import values
from remiss.catalog.query.expression import And, Not, Operator, Or, Query, Term, Text, kind_of, split_values
from remiss.catalog.query.fields import FieldForm, find
from remiss.catalog.query.parsing import parse
from remiss.edges.stores.cases import CaseStore
from remiss.edges.stores.listing import pages
from remiss.edges.stores.listing.lines import listed_now
from remiss.edges.stores.reading import Reader
from remiss.govern.ports.actor import Scope
from remiss.records.case import Filing, Sensitivity
from tests.catalog.strategies import queries
from tests.edges.stores.catalogs import FIELDS, OUTPUTS
from tests.edges.stores.drawing import drawn, file, member
from tests.edges.stores.guarding import govern_cases
from tests.edges.stores.listening import overheard
from tests.edges.stores.test_search_agrees import NAMES, POSITIONS, TIMES, WORDS, expected, filled, terms  # noqa: F401  a fixture is found by name

ANY_STORE = settings(
    max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None
)
SORTS = ("-occurred", "occurred", "severity", "-severity", "filed", "-filed")
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
    after: tuple[int, ...] | None = None
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
    match sort:
        case "occurred" | "-occurred":
            ranks: list[Any] = [line.occurred for line in lines]
        case "severity" | "-severity":
            none = -1 if sort.startswith("-") else 9
            ranks = [none if line.severity is None else line.severity for line in lines]
        case _:
            return True  # lines do not show when they were filed; that each comes once is told by their ids
    ascending = not sort.startswith("-")
    return all(before <= behind if ascending else before >= behind for before, behind in pairwise(ranks))


def test_another_value_takes_no_other_statement(ws):
    file(ws, drawn([member(number, met=["slow"]) for number in range(4)]), run="run-aaaaaaaa")
    actions.search(ws, "confidence:>0.1 model:arrival-delay late")
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


def test_long_ago_is_listed_like_lately(ws, monkeypatch):
    monkeypatch.setattr(pages, "MANY_CHANGES", 1)
    file(ws, drawn([member(number, met=["slow"]) for number in range(4)]), run="run-aaaaaaaa")
    then = ws.position()
    for number in range(3):
        actions.file(ws, Filing(model="m", at=datetime(2013, 6, 3, tzinfo=UTC), title=f"seen {number}"))
    listed = [len(actions.search(ws, "", as_of=position, total=False)) for position in (then, then + 2, ws.position())]
    assert listed == [4, 6, 7]
