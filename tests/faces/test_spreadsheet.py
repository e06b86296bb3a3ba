"""CSV and Markdown: what was written is what a reader finds, in one cell, and nothing of it is obeyed."""

from __future__ import annotations

import csv
import io
import re

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from remiss.faces.spreadsheet import as_markdown
from remiss.records.rows import as_csv

BREAKS = ("\n", "\r", "\r\n", "\v", "\f", "\x1c", "\x85", "\u2028", "\u2029")


@pytest.mark.parametrize("text", ["late\r=1+1", "\r=1+1", "a\r\nb", 'a"b\rc', "=1\r=2", "a,b\r", "\u2028=1"])
def test_every_reader_finds_one_row_of_two_cells(text):
    # A carriage return stood unquoted, and pandas began a row there whose first cell was =1+1.
    made = as_csv(("id", "text"), [("k7", text)])
    assert [len(row) for row in csv.reader(io.StringIO(made, newline=""))] == [2, 2]
    for engine in ("c", "python"):
        found = pd.read_csv(io.StringIO(made, newline=""), engine=engine, dtype=str, keep_default_na=False)
        assert found.shape == (1, 2)
        assert found["id"].tolist() == ["k7"]


@given(st.text(alphabet=st.sampled_from(["=", "+", "-", "@", "\uff1d", "\t", "a", '"', ",", *BREAKS[:2], *BREAKS[3:]])))
def test_no_line_of_a_cell_starts_a_formula(text):
    (_, cell) = list(csv.reader(io.StringIO(as_csv(("id", "text"), [("k7", text)]), newline="")))[1]
    assert not re.search(r"(?:\A|[\n\r\v\f\x1c\x85\u2028\u2029])[=+@\uff1d\t-]", cell)
    assert [each for each in cell.replace("'", "") if each in "=a"] == [each for each in text if each in "=a"]


@given(st.text())
def test_no_control_character_reaches_a_terminal(text):
    made = as_csv(("id", "text"), [("k7", text)])
    assert not re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]", made)


def test_what_needs_no_guard_is_as_it_was():
    assert as_csv(("key", "value"), [("plain", -1.5), (None, "a - b"), ("x,y", "=1")]) == (
        'key,value\nplain,-1.5\n,a - b\n"x,y",\'=1\n'
    )


@pytest.mark.parametrize(
    "said",
    [
        "a|b",
        "![x](http://evil.example/p.png)",
        "[click](javascript:alert)",
        "<img src=x>",
        "`code` *bold* _em_ ~~no~~",
        "one\ntwo\r\n| three |",
        "https://evil.example www.evil.example",
        "@ana look, mail bo@example.org",
        "&lt;b&gt; $x$ # head",
        "\u202eabc\x07",
        "\\",
    ],
)
def test_no_cell_of_markdown_is_obeyed(said):
    text = as_markdown(("case", said), [((said, "/cases/x y(z)"), said)])
    assert len(text.splitlines()) == 3
    html = str(MarkdownIt("commonmark").enable("table").enable("strikethrough").render(text))
    # The link is ours, and there is no other; nothing is a picture, an element of theirs, or in other letters.
    assert re.findall(r'<(a href="[^"]*"|img\b|b>|em>|strong|code|s>|h1)', html) == ['a href="/cases/x%20y%28z%29"']
    assert html.count("<td>") == 2
    assert not re.search(r"(?<!\\)://|@\w|\bwww\.", text)
