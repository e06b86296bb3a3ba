"""Lists say their times as times and everything else as what it is; each kind of list is known by the columns that it has."""

from __future__ import annotations

import ast
from datetime import UTC, datetime
from pathlib import Path

import pytest

import remiss
from remiss.codec import from_json, to_json
from remiss.errors import RequestError
from remiss.records import arrow
from remiss.records.rows import Rows

MONDAY = datetime(2013, 6, 3, tzinfo=UTC)


def kinds() -> set[str]:
    """Return the kinds of list that the code makes."""
    sources = (path.read_text("utf-8") for path in Path(remiss.__path__[0]).rglob("*.py"))
    calls = (node for text in sources for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call))
    made = (call.args[0] for call in calls if isinstance(call.func, ast.Name) and call.func.id == "Rows" and call.args)
    return {each.value for each in made if isinstance(each, ast.Constant) and isinstance(each.value, str)}


def test_every_kind_of_list_says_which_of_its_columns_are_times():
    assert kinds() - {"attachment"} - arrow.COLUMNS.keys() == set()


@pytest.mark.parametrize(
    ("kind", "column"), [("case", "occurred"), ("audit-entry", "at"), ("cell", "window"), ("token", "expires")]
)
def test_a_time_is_published_as_a_time_alone(kind, column):
    page = Rows(kind, (column,), ((MONDAY,), (None,)), 3, total=2)
    assert [each[column] for each in to_json(page)["items"]] == ["2013-06-03T00:00:00Z", None]
    assert from_json(Rows, to_json(page)) == page


def test_text_that_looks_like_a_time_stays_text():
    page = Rows("case", ("title",), (("2013-06-03T00:00:00Z",),), 3)
    assert to_json(page)["items"] == [{"title": "2013-06-03T00:00:00Z"}]
    assert from_json(Rows, to_json(page)) == page


def test_an_empty_list_still_has_its_columns():
    page = Rows("case", ("id", "occurred"), (), 3, total=0)
    assert from_json(Rows, to_json(page)).columns == ("id", "occurred")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"items": [{"id": "a"}]}, r"items\[0\]: occurred missing"),
        ({"items": [{"id": "a", "occurred": 1}]}, r"items\[0\]\.occurred: expected a time such as"),
        ({"items": [{"id": [], "occurred": None}]}, r"items\[0\]\.id: expected text, a number"),
        ({"columns": None}, "columns: expected a list, got null"),
        ({"columns": ["id", "id", "occurred"]}, "columns: one is there twice"),
        ({"more": 1}, "list: unknown more"),
        ({"schema": "remiss/case@1"}, "expected remiss/list@1, got remiss/case@1"),
    ],
)
def test_a_list_of_another_form_is_refused_by_its_place(change, says):
    whole = to_json(Rows("case", ("id", "occurred"), (("a", MONDAY),), 3))
    with pytest.raises(RequestError, match=says):
        from_json(Rows, whole | change)
