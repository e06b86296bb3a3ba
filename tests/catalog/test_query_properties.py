"""What always holds of the filter language."""

import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from remiss.catalog.query import values
from remiss.catalog.query.expression import Query, Term, Text, leaves
from remiss.catalog.query.fields import FAMILIES, TABLE, find
from remiss.catalog.query.guessing import WrittenOut, written_out
from remiss.catalog.query.parsing import parse
from remiss.catalog.query.printing import unparse, words
from remiss.errors import QueryError
from tests.catalog.strategies import ANY_TEXT, PHRASES, queries, terms


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


OF_FIELDS = tuple(key for key in TABLE if key.name in {*FAMILIES, "severity", "status"})
PLAIN = re.compile(r"[^\W\d][\w-]*")


def without_families(query: Query) -> tuple[str, dict[str, list[str]]]:
    """Return a query with each field without its family where that may be left out, and the fields by their short names."""
    text, fields = unparse(query), {}
    for leaf in leaves(query):
        family, _, name = leaf.key.partition(".") if isinstance(leaf, Term) else ("", "", "")
        if f"{family}." in FAMILIES and PLAIN.fullmatch(name) and find(name) is None and f"{name}." not in FAMILIES:
            fields.setdefault(name, [])
            if leaf.key not in fields[name]:
                fields[name].append(leaf.key)
    for name, found in fields.items():
        for full in found:
            text = re.sub(rf"(?<![^\s(:-]){re.escape(full)}(?=[:\s)]|$)", name, text)
    return text, fields


@settings(max_examples=300)
@given(query=queries(terms(OF_FIELDS) | PHRASES.map(Text)))
def test_a_key_without_its_family_is_read_as_the_one_that_has_the_name_or_refused_with_both(query):
    text, fields = without_families(query)
    if any(len(each) > 1 for each in fields.values()):
        with pytest.raises(QueryError, match="could be"):
            written_out(text, lambda name: fields.get(name, []))
        return
    found = written_out(text, lambda name: fields.get(name, []))
    assert parse(found.query) == query
    assert written_out(found.query, lambda _name: []) == WrittenOut(found.query)


@pytest.mark.parametrize(
    ("text", "query", "read_as"),
    [
        ("airport:EWR", "context.airport:EWR", ("airport: read as context.airport",)),
        (
            "-(airport:JFK OR has:airport) late",
            "-(context.airport:JFK OR has:context.airport) late",
            ("airport: read as context.airport",),
        ),
        (
            'airport:"a b" carrier:M*',
            'context.airport:"a b" inputs.carrier:M*',
            ("airport: read as context.airport", "carrier: read as inputs.carrier"),
        ),
        ("label:late airport", "label:late airport", ()),
        ('"airport:EWR"', '"airport:EWR"', ()),
    ],
)
def test_a_key_is_written_out_and_said_once(text, query, read_as):
    known = {"airport": ["context.airport"], "carrier": ["inputs.carrier"], "label": ["inputs.label"]}
    assert written_out(text, lambda name: known.get(name, [])) == WrittenOut(query, read_as)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("gate:B", "gate could be context.gate or inputs.gate, at column 1"),
        ("late airprt:EWR", "unknown key 'airprt', at column 6"),
        ("airport:EWR (", "something is missing"),
        ("airport:EWR )", "without its opening one"),
        ('airport:"\0"', "no text may hold"),
    ],
)
def test_what_cannot_be_written_out_says_why(text, says):
    known = {"airport": ["context.airport"], "gate": ["context.gate", "inputs.gate"]}
    with pytest.raises(QueryError, match=re.escape(says)):
        written_out(text, lambda name: known.get(name, []))


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
