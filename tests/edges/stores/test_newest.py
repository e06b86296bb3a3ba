"""A page that is looked for among the newest cases alone is the page."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import update

from remiss.catalog import actions
from remiss.catalog.query.expression import And, Text
from remiss.catalog.query.parsing import parse
from remiss.edges.stores.cases import CaseStore
from remiss.edges.stores.dialect import full_text
from remiss.edges.stores.querying import newest, paths
from remiss.edges.stores.reading import Reader
from remiss.edges.stores.tables import cases
from remiss.govern.ports.actor import Scope
from remiss.records.case import Filing
from tests.catalog.strategies import queries
from tests.edges.stores.listening import overheard
from tests.edges.stores.test_search_agrees import WORDS, expected, filled, terms  # noqa: F401  a fixture is found by name
from tests.edges.stores.test_shapes import in_order, read_on

START = datetime(2013, 6, 3, tzinfo=UTC)


@pytest.fixture
def uncommon(monkeypatch):
    """No word is so common that cases are asked one by one."""
    monkeypatch.setattr(paths, "COMMON", 10**9)


def said(ws, number, word="late"):
    """File a case that says a word, the later the higher its number."""
    return actions.file(ws, Filing(model="m", at=START + timedelta(hours=number), title=f"{word} {number}")).id


def listed(ws, text="late", limit=3):
    return list(actions.search(ws, text, limit=limit, total=False).column("id"))


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None)
@given(
    word=st.sampled_from(WORDS).map(Text),
    query=queries(terms()),
    margin=st.sampled_from((1, 2, 3, 5)),
    limit=st.integers(1, 5),
)
def test_wherever_the_newest_begin_all_pages_have_what_plain_python_finds(filled, word, query, margin, limit):  # noqa: F811
    ws, known = filled
    # Not with what the other tests remembered.
    store = CaseStore(Reader(ws._store, Scope.everywhere(), ws.viewer))
    for asked in (word, And((word, query))):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(newest, "MARGIN", margin)
            patch.setattr(newest, "ENTRIES_A_CASE", 10**9)
            patch.setattr(paths, "COMMON", 10**9)
            lines = read_on(store, asked, "-occurred", limit)
        assert in_order(lines, "-occurred")
        assert sorted(line.id for line in lines) == expected(known, len(known.positions), asked)


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_what_is_filed_later_is_listed_in_its_place(ws, uncommon):
    at = {number: said(ws, number) for number in range(10, 20)}
    assert listed(ws) == [at[19], at[18], at[17]]
    at[30], at[5], at[18.5] = said(ws, 30), said(ws, 5), said(ws, 18.5)
    assert listed(ws) == [at[30], at[19], at[18.5]]
    assert listed(ws, limit=99) == [at[number] for number in sorted(at, reverse=True)]


def test_where_the_newest_began_before_the_catalog_changed_is_not_believed(ws, uncommon):
    at = {number: said(ws, number) for number in (0, *range(10, 20))}
    assert listed(ws) == [at[19], at[18], at[17]]
    # As when somebody who began to write earlier commits a lesser key later: that of the newest case is the least of all.
    with ws._store.engine.execution_options(writes=True).begin() as connection:
        connection.execute(update(cases).where(cases.c.id == at[0]).values(occurred_at=START + timedelta(hours=99)))
    with overheard(ws) as heard:
        assert listed(ws) == [at[19], at[18], at[17]]
    assert among(heard, ws)
    # Nothing that it remembers tells it: only that the catalog has another position by then.
    said(ws, 5, "slow")
    assert listed(ws) == [at[0], at[19], at[18]]
    assert listed(ws, limit=5) == [at[0], *(at[number] for number in range(19, 15, -1))]


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_asked_again_it_is_one_statement_that_names_where_the_newest_begin(ws, uncommon):
    for number in range(10):
        said(ws, number)
    listed(ws)
    with overheard(ws) as heard:
        listed(ws)
    assert len(heard) == 1
    assert among(heard, ws)


@pytest.mark.postgresql_in_soak("others send it what these statements are made of")
def test_too_few_among_the_newest_is_remembered_until_the_catalog_changes(ws, uncommon):
    # One in four says it, and they are the oldest: of the 32 newest, in which eight are expected, two do.
    ids = [said(ws, number, "late" if number < 10 else "slow") for number in range(40)]
    for looks, newest_alone in ((4, True), (1, False)):
        with overheard(ws) as heard:
            assert listed(ws) == [ids[9], ids[8], ids[7]]
        assert (len(heard), among(heard, ws)) == (looks, newest_alone)


def among(heard, ws):
    """Whether a page was looked for among the newest cases alone: those behind some instant, of at least some key."""
    key = "rowid" if ws._store.engine.dialect.name == "sqlite" else "case_key"
    return any(f"case_words.{key} >=" in each for each in heard)


@pytest.mark.postgresql_in_soak("others send it what these statements are made of")
def test_both_databases_find_as_many_of_the_last_cases(ws):
    for number in range(12):
        said(ws, number, "late" if number % 4 == 0 else "slow")
    store = ws.cases
    asked, parameters = store._asked(parse("late"), paths.Purpose.PAGE, paths.NEWEST_FIRST, lines=4)
    with ws._store.reading() as connection:
        ((*_, found, count),) = paths.looks_for(asked).ask(connection, parameters)
    assert (found, count) == (3, 12)
    assert full_text.SAMPLED[connection.dialect.name] > count
