"""What always holds of the filter language."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from remiss.catalog.query import values
from remiss.catalog.query.expression import Query
from remiss.catalog.query.parsing import parse
from remiss.catalog.query.printing import unparse, words
from remiss.errors import QueryError
from tests.catalog.strategies import ANY_TEXT, queries


@settings(max_examples=300)
@given(query=queries())
def test_a_printed_query_reads_back_as_the_same_query(query):
    assert parse(unparse(query)) == query
    assert words(query)


def read(text: str) -> tuple[Query | None, QueryError | None]:
    try:
        return parse(text), None
    except QueryError as refusal:
        return None, refusal


@settings(max_examples=300)
@given(text=st.text(max_size=40) | st.text(st.sampled_from(' ():"\\-*.<>=@ANDORT19azinputs'), max_size=40))
@example("'; DROP TABLE cases; --")
@example('context."')
@example("inputs.a..b:1")
def test_whatever_is_written_is_a_query_or_a_refusal(text):
    query, refusal = read(text)
    assert refusal is None or ("at column" in refusal.what and refusal.do)
    assert query is None or parse(unparse(query)) == query


@given(pieces=st.lists(ANY_TEXT | st.just(""), min_size=1, max_size=5))
def test_a_glob_is_its_pieces(pieces):
    assert values.pieces(values.pattern(pieces)) == tuple(pieces)


@given(
    pieces=st.lists(st.text("ab*\\", max_size=3), min_size=2, max_size=4),
    filling=st.lists(st.text("ab", max_size=3), min_size=3, max_size=3),
)
def test_a_glob_fits_whatever_its_stars_are_replaced_with(pieces, filling):
    text = pieces[0] + "".join(fill + piece for fill, piece in zip(filling, pieces[1:], strict=False))
    assert values.fits(pieces, text)


@pytest.mark.parametrize(("pattern", "text"), [("ab*ba", "aba"), ("a*b*c", "acb"), ("a*", "ba"), ("*a", "ab"), ("a", "ab")])
def test_a_glob_fits_nothing_else(pattern, text):
    assert not values.fits(values.pieces(pattern), text)
