"""Random queries as the parser makes them."""

import string

from hypothesis import strategies as st

from remiss.catalog.full_text import words_of
from remiss.catalog.query import values
from remiss.catalog.query.expression import Not, Operator, Query, Term, Text, both, either
from remiss.catalog.query.fields import TABLE, FieldForm, Key
from remiss.catalog.query.parsing import UNNAMEABLE
from remiss.records.identity import from_micros

ORDERS = (Operator.EQUAL, Operator.LESS, Operator.AT_MOST, Operator.GREATER, Operator.AT_LEAST)
TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=12)
TRICKY = st.sampled_from(
    [
        "a@b",
        "1..2",
        "true",
        "1e3",
        "007",
        "-x",
        "AND",
        "<3",
        'say "x"',
        "a\\",
        "*",
        "x:y",
        "';--",
        "%_",
        "2013-06-01",
        "🛫",
        "a\nb",
    ]
)
ANY_TEXT = TEXTS | TRICKY
NUMBERS = st.integers(-(10**20), 10**20) | st.floats(allow_nan=False, allow_infinity=False, width=32)
TIMES = st.integers(-(10**15), 4 * 10**15).map(from_micros)
FIELDS = st.text(string.ascii_letters + string.digits + "_-", min_size=1, max_size=8) | ANY_TEXT.filter(
    lambda name: not UNNAMEABLE.search(name)
)
PHRASES = ANY_TEXT.filter(words_of)


def whole(number: float) -> int | float:
    """Return the number as the parser reads it: 3.0 and 3 are written alike."""
    return int(number) if isinstance(number, float) and number.is_integer() and abs(number) < 2**53 else number


@st.composite
def terms(draw: st.DrawFn, keys: tuple[Key, ...] = TABLE) -> Query:
    key = draw(st.sampled_from(keys))
    name = key.name + draw(FIELDS) if key.name.endswith(".") else key.name
    if draw(st.integers(0, 9)) == 0:
        return Term(name, Operator.PRESENT, None, key.level)
    operator = draw(st.sampled_from(ORDERS))
    match key.form:
        case FieldForm.TEXT | FieldForm.VALUE if draw(st.booleans()):
            stars = draw(st.lists(ANY_TEXT | st.just(""), min_size=2, max_size=4))
            return Term(name, Operator.GLOB, values.pattern(stars), key.level)
        case FieldForm.TEXT:
            return Term(name, Operator.EQUAL, draw(ANY_TEXT), key.level)
        case FieldForm.VALUE if draw(st.booleans()):
            return Term(name, Operator.EQUAL, draw(st.booleans()), key.level)
        case FieldForm.VALUE:
            return Term(name, operator, draw(ANY_TEXT | NUMBERS.map(whole)), key.level)
        case FieldForm.CHOICE:
            operator = operator if key.name == "sensitivity" else Operator.EQUAL
            return Term(name, operator, draw(st.sampled_from(key.choices)), key.level)
        case FieldForm.GRADE:
            return Term(name, operator, draw(st.integers(1, 4)), key.level)
        case FieldForm.INTEGER:
            return Term(name, operator, draw(st.integers(0, 10**9 - 1)), key.level)
        case FieldForm.NUMBER:
            return Term(name, operator, whole(draw(NUMBERS)), key.level)
        case _:
            return Term(name, operator, draw(TIMES), key.level)


def queries(leaf: st.SearchStrategy[Query] | None = None) -> st.SearchStrategy[Query]:
    def wider(inner: st.SearchStrategy[Query]) -> st.SearchStrategy[Query]:
        some = st.lists(inner, min_size=2, max_size=4)
        return some.map(lambda parts: both(*parts)) | some.map(lambda parts: either(*parts)) | inner.map(Not)

    return st.recursive(terms() | PHRASES.map(Text) if leaf is None else leaf, wider, max_leaves=8)
