"""The template and the JSON Schema agree with what the document allows."""

from __future__ import annotations

import re

import pytest

from remiss.protocol.actions import template
from remiss.protocol.document import attach, detach, parse
from remiss.protocol.model import ProtocolModel, json_schema
from remiss.protocol.values import parse_duration
from tests.protocol.documents import no_files


@pytest.mark.parametrize("name", ["arrival-delay", "Flight Delays!", "2026", "no", "", "é"])
def test_the_template_is_a_valid_protocol_whatever_its_name(name):
    protocol, findings = parse(template(name), "new.yaml", no_files)
    assert findings == ()
    assert protocol is not None


def test_the_comment_on_the_name_stays_in_its_column():
    first = [template(name).index("# its name") - template(name).index("protocol:") for name in ("x", "my-protocol", "2026")]
    assert first[0] == first[1] == first[2]
    assert "x # its name" in template("x" * 40)


def test_the_template_shows_every_key_of_the_document():
    text = template("x")
    for key in ProtocolModel.model_fields:
        assert re.search(rf"^(# )?{key}:", text, re.MULTILINE), key


def test_the_schema_describes_every_key():
    schema = json_schema()
    assert schema["title"] == "remiss/protocol@1"
    parts = [schema, *schema["$defs"].values()]
    for part in parts:
        for name, key in part.get("properties", {}).items():
            assert key.get("description"), (part.get("title"), name)
        assert part.get("additionalProperties") is False or "enum" in part
    assert set(schema["required"]) == {"protocol", "version", "model", "source", "fields", "criteria", "sampling"}


def test_attached_files_come_back_and_the_document_stays_the_same():
    files = {"b.yaml": "x: 1\n\n  # note\n", "a.yaml": "#| y\n"}
    text = attach("a: 1\n", files)
    assert detach(text) == ("a: 1\n", files)
    assert detach("a: 1") == ("a: 1", {})


@pytest.mark.parametrize("text", ["", "2", "2 moons", "-1 days", "1.5 days", "day 1", "999999 days"])
def test_what_is_no_span_of_time_is_refused(text):
    with pytest.raises(ValueError, match="is not a number of minutes"):
        parse_duration(text)
