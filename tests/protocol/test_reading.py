"""YAML to plain values with lines, and what YAML lets pass in silence."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from remiss.errors import ProtocolError
from remiss.protocol import reading
from remiss.protocol.reading import MOST_BYTES, MOST_FINDINGS, Unclear, decode, read, resolve


def test_every_value_knows_its_line():
    document, findings = read("a: 1\nb:\n  - x\n  - {c: y,\n     d: z}\n", "p.yaml")
    assert findings == ()
    assert document is not None
    assert document.value == {"a": 1, "b": ["x", {"c": "y", "d": "z"}]}
    assert [document.line(path) for path in [("a",), ("b",), ("b", 0), ("b", 1, "c"), ("b", 1, "d"), ("b", 1, "e")]] == [
        1, 2, 3, 4, 5, 4,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "line", "what", "do"),
    [
        ("a: 1\nb: 2\na: 3", 3, "the key a a second time, first on line 1", "keep one"),
        ("a:\n  b: 1\n  'b': 2", 3, "the key b a second time", "keep one"),
        ("a: !!python/object/apply:os.system [ls]", 1, "the tag !!python/object/apply:os.system", "remove it"),
        ("a: !!str no", 1, "the tag !!str", "remove it"),
        ("a: !secret x", 1, "the tag !secret", "remove it"),
        ("a: &x [1]\nb: *x", 1, "the anchor &x", "remove it"),
        ("a: &x [1]\nb: *x", 2, "the alias *x", "write the value out"),
        ("a: 1\n---\na: 2", 2, "a second document", "one document"),
        ("a:\n\tb: 1", 2, "a tab", "spaces"),
        ("a: 1\nb: c: d", 2, "a ':' inside a value", "quotes"),
        ("a: [1, 2", 1, "not YAML here", "brackets"),
        ('a: 1\nuri: "a\\0b/*.parquet"', 2, "a character that no catalog can hold", "remove it"),
        ('"a\\0": 1', 1, "a character that no catalog can hold", "remove it"),
        ("a: 'x", 1, "not YAML here", "quotes"),
        ("no: 1", 1, "the key no, which YAML also reads as true or false", 'write "no"'),
        ("<<: {a: 1}", 1, "the key <<", 'write "<<"'),
        ("? [a]\n: 1", 1, "a list or mapping as a key", "name"),
        ("a: b\n'': 1", 2, "a key that is not a name", "name"),
        ("", 1, "the document is empty", "remiss protocol new"),
        ("# only a comment\n", 1, "the document is empty", "remiss protocol new"),
        ("a: 1\nb: \x07", 2, "the character U+0007 is not text", "remove it"),
        ("a: " + "[" * 40, 1, "nested deeper than 16", "four"),
    ],
)
def test_what_yaml_lets_pass_is_found_with_line_and_advice(text, line, what, do):
    _, findings = read(text, "p.yaml")
    fitting = [finding for finding in findings if what in finding.what]
    assert [(finding.file, finding.line, finding.level) for finding in fitting] == [("p.yaml", line, "error")]
    assert do in fitting[0].do


@pytest.mark.parametrize("text", [r'a: {b: "x\ud800"}', r'a: {b: "x\0"}', r'a: {"b\ud800": x}'])
def test_what_no_catalog_can_hold_is_found_and_reading_goes_on(text):
    document, findings = read(text + "\nb: 1\nb: 2\n", "p.yaml")
    assert [(each.line, each.what[:12]) for each in findings] == [(1, "a character "), (3, "the key b a ")]
    assert document is None or "\ud800" not in repr(document.value)


def test_an_alias_bomb_is_refused_without_being_built():
    bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 30)
    )
    document, findings = read(bomb, "bomb.yaml")
    assert document is None
    assert MOST_FINDINGS <= len(findings) <= MOST_FINDINGS + 2
    assert {finding.what.split()[1] for finding in findings} == {"alias", "anchor"}


def test_a_document_that_is_too_large_is_refused_before_it_is_parsed():
    document, findings = read("a: " + "x" * MOST_BYTES, "large.yaml")
    assert document is None
    assert "more than" in findings[0].what
    with pytest.raises(ProtocolError, match=f"the most is {MOST_BYTES:,}"):
        decode(b"x" * (MOST_BYTES + 1), "large.yaml")


@pytest.mark.parametrize("text", ["no", "Yes", "off", "1e3", "1_000", "2026-11-24", "0777", "0x1F", "1:30", ".inf", "1.5e3", "="])
def test_what_versions_of_yaml_read_differently_is_unclear(text):
    value = resolve(text)
    assert isinstance(value, Unclear)
    assert value.text == text


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("true", True),
        ("250", 250),
        ("-3", -3),
        ("0.5", 0.5),
        ("", None),
        ("~", None),
        ("late", "late"),
        ("y", "y"),
        ("2 days", "2 days"),
        ("v1.2.3", "v1.2.3"),
    ],
)
def test_what_all_versions_of_yaml_read_alike_is_that_value(text, value):
    assert resolve(text) == value


def test_quoted_values_are_text_whatever_they_look_like():
    document, findings = read("""a: "no"\nb: '1e3'\nc: "2026-11-24"\nd: |\n  250\n""", "p.yaml")
    assert findings == ()
    assert document is not None
    assert document.value == {"a": "no", "b": "1e3", "c": "2026-11-24", "d": "250\n"}


@pytest.mark.parametrize(
    ("content", "line", "what"),
    [("a: 1\nb: é".encode("latin-1"), 2, "not UTF-8"), ("a: 1".encode("utf-16"), 1, "UTF-16"), (b"a\n\n\xff", 3, "not UTF-8")],
)
def test_another_encoding_is_refused_with_its_line(content, line, what):
    with pytest.raises(ProtocolError, match=what) as refused:
        decode(content, "p.yaml")
    assert refused.value.where is not None
    assert refused.value.where.line == line
    assert refused.value.do == "save it as UTF-8"


def test_a_byte_order_mark_is_no_part_of_the_text():
    assert decode(b"\xef\xbb\xbfa: 1", "p.yaml") == "a: 1"


@settings(max_examples=50, deadline=None)
@given(text=st.text("ab:-#[]{}&*!|>'\"\n \t?,%@`0.1~", max_size=60))
def test_any_text_gives_a_document_or_findings_and_never_an_error(text):
    document, findings = read(text, "p.yaml")
    assert document is not None or findings
    assert all(finding.what and finding.do and finding.line >= 1 for finding in findings)


DOCUMENTS = [
    *(path.read_text("utf-8") for path in sorted(Path(reading.__file__).parent.glob("builtin/*.yaml"))),
    "a: 1\nb: [x, 'no', {c: null}]\nd: >\n  folded\n  text\n\ne: |-\n  as it is\nf:\n- 1.5\n-\n- true\n",
]


@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_libyaml_and_pyyaml_read_the_same(data):
    text = data.draw(st.sampled_from(DOCUMENTS))
    assert reading._OTHERWISE.search(text) is None or "?" in text
    lines = text.splitlines()
    first = data.draw(st.integers(0, len(lines) - 1))
    part = "\n".join(lines[first : first + 6])
    at = data.draw(st.integers(0, len(part)))
    text = part[:at] + data.draw(st.text("ab:-#[]{}&*!|>'\"\n \t?,%@`0.1~é\u2028", max_size=3)) + part[at:]
    quickly = None if reading._OTHERWISE.search(text) else reading._read_quickly(text, "p.yaml")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(reading, "_read_quickly", lambda text, file: None)
        assert quickly is None or (quickly, ()) == read(text, "p.yaml")
