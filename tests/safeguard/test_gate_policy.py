"""The policy of a gate as it is published: what the how-to shows is taken, and what the document refuses is refused."""

import textwrap
from pathlib import Path

import jsonschema
import pytest
import yaml

from remiss.codec import published
from remiss.errors import InputError
from remiss.safeguard.gate_policy import read


def test_the_published_schema_takes_what_the_how_to_shows_and_refuses_what_the_document_refuses():
    page = Path(__file__).parents[2] / "docs" / "how-to" / "test-a-model-version.md"
    document = yaml.safe_load(
        textwrap.dedent(page.read_text("utf-8").split("## Have a gate decide\n")[1].split("\n[All keys]")[0])
    )
    schema = published("policy")
    jsonschema.validate(document, schema, jsonschema.Draft202012Validator)
    assert read(yaml.safe_dump(document), "release.yaml").sealed_uses == 20
    for wrong in ({"suites": []}, {"guard": {"margin": 0}}, {"latency": {}}, {"repeats": 0}, {"margins": 1}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(document | wrong, schema, jsonschema.Draft202012Validator)
        with pytest.raises(InputError):
            read(yaml.safe_dump(document | wrong), "release.yaml")


def test_every_key_of_a_policy_says_what_it_is():
    schema = published("policy")
    for section in (schema, *schema["$defs"].values()):
        assert all(each.get("description") for each in section["properties"].values())
