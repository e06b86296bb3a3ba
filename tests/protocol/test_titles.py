"""Titles, labels and guidelines of a protocol: what a template may say, what is found, and what no value can make of it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remiss.errors import ProtocolError
from remiss.protocol.document import parse
from remiss.protocol.titles import MISSING, MOST_GUIDELINES, MOST_TITLE, TemplateError, names_of, parse_template, title_of
from remiss.protocol.titles import values_of as values
from remiss.records.event import Event
from tests.protocol.documents import WHOLE

HOSTILE = ("{x!r:>99999}", "{x.__class__}", "{0}", "{x[0]}", "{x:{y}}", "{}", "{", "}", "{{x}}", "%s", "{x!s}", "{x }")
texts = st.text(max_size=80) | st.sampled_from(HOSTILE) | st.sampled_from(["\u202e\u2066", "<script>", "a\nb", "\x00\x1b[31m"])
scalars = texts | st.integers() | st.floats() | st.booleans() | st.none() | st.just(datetime(2013, 6, 3, 6, tzinfo=UTC))


def event(**given):
    return Event(id="e1", at=datetime(2013, 6, 3, 6, tzinfo=UTC), model="m", **given)


@given(template=st.lists(texts, max_size=6).map("".join), held=st.dictionaries(texts, scalars, max_size=4))
def test_a_template_looks_names_up_whole_and_does_nothing_else(template, held):
    asked = []

    def value(name):
        asked.append(name)
        return held.get(name)

    try:
        parts = parse_template(template)
    except TemplateError:
        return
    title = title_of(parts, value)
    assert set(asked) == set(names_of(parts))
    assert all(name == name.strip() and not {"{", "}"} & set(name) for name in asked)
    assert title is None or (0 < len(title) <= MOST_TITLE and len(title.splitlines()) == 1)
    assert title is None or not {"\x00", "\x1b", "\u202e", "\u2066", "\n"} & set(title)


@given(held=scalars)
def test_a_value_is_never_read_as_a_template(held):
    title = title_of(parse_template("[{x}] {y}"), {"x": held, "y": "{x} {x.__class__}"}.get)
    assert title is not None
    assert title.endswith("] {x} {x.__class__}")


@pytest.mark.parametrize(
    ("held", "said"),
    [
        (None, MISSING),
        ("", MISSING),
        (3604, "3604"),
        (12.0, "12"),
        (0.123456789, "0.123457"),
        (True, "true"),
        ("\u202e", MISSING),
    ],
)
def test_values_stand_as_people_write_them(held, said):
    assert title_of(parse_template("{{{x}}} of {y}"), {"x": held, "y": "JFK"}.get) == f"{{{said}}} of JFK"


def test_an_event_of_which_nothing_is_left_has_no_title():
    parts = parse_template("{inputs.carrier} came {label}")
    assert title_of(parts, values(event())) is None
    assert title_of(parts, values(event(inputs={"carrier": "MQ"}))) == "MQ came no label yet"


@pytest.mark.parametrize(
    ("added", "what"),
    [
        ('title: "{inputs.carier}"', "title names inputs.carier, which is not a field"),
        ('title: "{severity} {output}"', "title names severity, which would tell people who label what is suspected"),
        ('title: "{text}"', "title names text, which is too long for a title"),
        ('title: "no field"', "title names no field, so that every event would be called alike"),
        ('title: "{output"', "title has a { at character 1 without its other"),
        ('title: "{output!r:>99999}"', "title names output!r:>99999, which is not a field"),
        ("show: {outputs: {label: Answer}}", "show names outputs, which is not a field"),
        ("show: {output: {of: late}}", "show has of for output, and only confidence has it"),
        ("show: {output: {lable: Answer}}", "unknown key lable in show.output"),
        ("show: {confidence: {threshold: 0.3}}", "threshold lacks of: the answer that is given from it on"),
        ("guidelines: none.md", "guidelines names none.md: there is no file"),
        ("guidelines: empty.md", "guidelines names empty.md, which is empty"),
        (
            "guidelines: long.md",
            f"guidelines names long.md of {MOST_GUIDELINES + 1:,} characters, and the most is {MOST_GUIDELINES:,}",
        ),
    ],
)
def test_what_is_wrong_with_words_is_found_at_its_line(added, what):
    text = WHOLE + added + "\n"
    found, findings = parse(text, "p.yaml", read_file)
    assert found is None
    assert [(each.what, each.line) for each in findings] == [(what, text.count("\n"))]
    assert all(each.do for each in findings)


def test_words_change_no_digest_and_are_read_again_from_what_is_kept():
    plain, _ = parse(WHOLE, "p.yaml", read_file)
    words = 'title: "{output}"\nshow: {confidence: {of: late, threshold: 0.3}}\nguidelines: guide.md\n'
    found, findings = parse(WHOLE + words, "p.yaml", read_file)
    assert not findings
    assert (found.digest, found.title, found.guidelines) == (plain.digest, "{output}", "# Read\n\n#: attached x\n")
    again, _ = parse(found.text, "p.yaml", read_file_of_none)
    assert (again.guidelines, again.show, again.digest) == (found.guidelines, found.show, found.digest)


def read_file(name):
    files = {"empty.md": " \n", "long.md": "a" * (MOST_GUIDELINES + 1), "guide.md": "# Read\n\n#: attached x\n"}
    return files[name] if name in files else read_file_of_none(name)


def read_file_of_none(name):
    raise ProtocolError("there is no file", do=f"write {name}")
