"""A raw event is told key by key, each value as it is written."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remiss.records.case import Sensitivity
from remiss.records.evidence import UNPARTED, RawEvent


def told(content: str) -> list[tuple[str, str | None]]:
    return [*RawEvent(case="c", run="r", sensitivity=Sensitivity.PUBLIC, content=content).pairs]


@pytest.mark.parametrize(
    ("content", "pairs"),
    [
        ("{}", []),
        ('\t{ "a" : 1.0 ,"b":1E5, "a": -0 } ', [("a", "1.0"), ("b", "1E5"), ("a", "-0")]),
        (
            '{"a": {"x": 1, "x": [ 2 ]}, "t": "caf\\u00e9 \\"", "n": null}',
            [("a", '{"x": 1, "x": [ 2 ]}'), ("t", 'café "'), ("n", None)],
        ),
        (f'{{"a": {"7" * 5000}}}', [("a", "7" * 5000)]),
        ('{"a": NaN, "b": true,}', [("a", "NaN"), ("b", "true")]),
    ],
)
def test_numbers_lists_and_keys_that_are_there_twice_are_told_letter_by_letter(content, pairs):
    assert told(content) == pairs


DEEP = "[" * 200_000 + "]" * 200_000


@pytest.mark.parametrize("content", [f'{{"a": {DEEP}}}', '{"a": nan}', '{"a": [1,]}', "[1]", '{"a": 1', ""])
def test_what_cannot_be_taken_apart_is_told_as_a_whole(content):
    assert told(content) == [(UNPARTED, content)]


@given(st.dictionaries(st.text(), st.integers() | st.text() | st.none() | st.lists(st.text(), max_size=2)), st.booleans())
def test_what_json_writes_is_told_as_it_is(values, ascii_only):
    written = {
        key: value if value is None or isinstance(value, str) else json.dumps(value, ensure_ascii=ascii_only)
        for key, value in values.items()
    }
    assert dict(told(json.dumps(values, ensure_ascii=ascii_only))) == written
