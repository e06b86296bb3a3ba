"""Facets' values as terms of a query, and back."""

from __future__ import annotations

import pytest

from remiss.catalog.query.fields import having, narrowed, toggled
from remiss.catalog.query.parsing import parse
from remiss.catalog.query.printing import unparse
from remiss.errors import InputError


@pytest.mark.parametrize(
    ("field", "value", "written"),
    [
        ("severity", 2, "severity:2"),
        ("status", "candidate", "status:candidate"),
        ("context.airport", "EWR", "context.airport:EWR"),
        ("context.two words", "New York", 'context."two words":"New York"'),
        ("label", "1", 'label:"1"'),
        ("model_version", "1.*", 'model_version:"1.*"'),
        ("label", "true", 'label:"true"'),
        ("mode", None, "-has:mode"),
        ("label", '<script>alert("x")</script>', r'label:"<script>alert(\"x\")</script>"'),
    ],
)
def test_a_value_becomes_a_term_that_is_read_back_as_it_was(field, value, written):
    term = having(field, value)
    assert unparse(term) == written
    assert parse(written) == term


@pytest.mark.parametrize("query", ["", "severity:<=2", "(model:a OR model:b)", "model:a OR model:b", 'NOT "some words"'])
def test_a_term_that_is_added_and_taken_away_again_leaves_the_query_as_it_was(query):
    before, term = parse(query), having("context.airport", "EWR")
    narrower = toggled(before, term)
    assert narrowed(narrower, term)
    assert not narrowed(before, term)
    assert parse(unparse(narrower)) == narrower
    assert toggled(narrower, term) == before


def test_a_field_that_nothing_has_is_refused():
    with pytest.raises(InputError):
        having("colour", "red")
