"""What estimates ask of a query."""

import pytest

from remiss.catalog.query.expression import criteria
from remiss.catalog.query.parsing import parse
from remiss.catalog.query.printing import words


def test_criteria_are_named_in_order_and_once():
    assert criteria(parse("criterion:slow (criterion:odd OR -criterion:slow) has:criterion")) == ("slow", "odd")


@pytest.mark.parametrize(
    ("text", "spoken"),
    [
        ("", "everything"),
        ("label:late", "label is late"),
        ("occurred:2013-06-01..2013-06-30", "occurred is from 2013-06-01 and occurred is before 2013-07-01"),
        ("confidence:<0.6 OR -has:label", "confidence is below 0.6 or not (label is known)"),
        ("(a OR b) model:c*", '(the text says "a" or the text says "b") and model is like c*'),
    ],
)
def test_a_query_is_printed_in_words(text, spoken):
    assert words(parse(text)) == spoken
