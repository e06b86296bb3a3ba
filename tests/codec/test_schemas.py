"""Every published schema describes what is written; what was first published is still promised."""

from __future__ import annotations

import json
import subprocess
import sys
import typing
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from remiss.codec import from_json, kind_of, names, published, schema_of, schemas, to_json
from remiss.records.case import Filing
from remiss.records.labelling import Judgement
from remiss.records.run import Run
from tests.codec.values import ACTIONS, RETURNED, few_or_many, generated, values

# What enumerations have gained since they were first published, by a word that stood in each: verdicts and states of a case,
# and grades of a replay, and how waivers end.
GAINED = (
    {"not-a-failure": "cannot-tell", "regressed": "undecidable", "not-reproduced": "same-verdict"}
    | {
        "in-force": "withdrawn",
        "ended": "declined",
    }
    | {"rise": "missed", "level": "refused", "judged": "volume"}
)


def widened(schema: typing.Any) -> typing.Any:
    """Return a schema whose enumerations have what they have gained since."""
    match schema:
        case {"enum": list(known)}:
            return schema | {"enum": [*known, *(word for old, word in GAINED.items() if old in known)]}
        case dict():
            return {key: widened(value) for key, value in schema.items()}
        case list():
            return [widened(each) for each in schema]
        case _:
            return schema


FIRST = widened(json.loads(Path(__file__).with_name("first_published.json").read_text("utf-8")))


def written(declared: typing.Any, data: st.DataObject) -> typing.Any:
    """Return published JSON of a type, with numbers that any reader of JSON can hold."""
    value = data.draw(values(declared, ordinary=True))
    return json.loads(json.dumps(to_json(value, declared, position=7), allow_nan=False))


@pytest.mark.parametrize("name", RETURNED)
@few_or_many
def test_what_an_action_returns_is_as_its_schema_says_and_as_its_kind_was_first_published(name, examples):
    kind = kind_of(RETURNED[name]) or ""
    told = [jsonschema.Draft202012Validator(each) for each in (schema_of(RETURNED[name]), FIRST[kind])]

    @generated(examples)
    @given(data=st.data())
    def described(data):
        document = written(RETURNED[name], data)
        assert document["schema"] == f"remiss/{kind}@1"
        for each in told:
            each.validate(document)

    described()


def test_no_key_of_what_was_first_published_is_gone_and_all_are_always_there():
    now = schemas()
    gone = [path for kind, first in FIRST.items() for path in lost(first, now.get(kind, {}), kind)]
    assert not gone


def lost(first: dict[str, typing.Any], now: dict[str, typing.Any], path: str) -> list[str]:
    """Return the keys that one schema promises and another does not, within lists and what may be null too."""
    first, now = (each["anyOf"][0] if "anyOf" in each else each for each in (first, now))
    found = [f"{path}.{key}" for key in first.get("required", ()) if key not in now.get("required", ())]
    found += [f"{path}.{key}" for key in first.get("properties", {}) if key not in now.get("properties", {})]
    for key, schema in first.get("properties", {}).items():
        found += lost(schema, now.get("properties", {}).get(key, {}), f"{path}.{key}")
    if "items" in first:
        found += lost(first["items"], now.get("items", {}), f"{path}[]")
    return found


def test_every_action_returns_something_that_has_a_name():
    assert [name for name, action in ACTIONS.items() if kind_of(action.returns) is None] == []


@pytest.mark.parametrize(
    ("asked", "printed"),
    [
        ("import remiss.codec as c; print(*c.names())", {"case", "run", "job"}),
        ("import remiss.codec as c; print(*c.schemas())", {"case", "run", "job"}),
        ("import remiss.codec as c; print(*c.published('team')['properties'])", {"schema", "team", "position_from"}),
    ],
)
def test_what_is_published_does_not_depend_on_what_was_loaded(asked, printed):
    process = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=False)
    assert printed <= set(process.stdout.split()), process.stderr


def test_names_are_known_without_loading_an_action():
    script = "import sys, remiss.codec as c; c.names(); print(*(each for each in sys.modules if each.endswith('actions')))"
    process = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert process.stdout.split() == []


def test_the_table_names_what_schemas_there_are():
    assert set(names()) == {"protocol", "scenarios", "policy", *schemas()}
    assert {name: published(name)["properties"] for name in schemas()} == {
        name: each["properties"] for name, each in schemas().items()
    }


@pytest.mark.parametrize("name", names())
def test_every_published_schema_is_a_sound_schema(name):
    jsonschema.Draft202012Validator.check_schema(published(name))


@pytest.mark.parametrize("declared", [Filing, Judgement])
@generated(10)
@given(data=st.data())
def test_what_is_accepted_may_leave_out_what_has_a_default(declared, data):
    whole = to_json(data.draw(values(declared, ordinary=True)))
    needed = schema_of(declared, given=True)["required"]
    least = {key: whole[key] for key in needed}
    jsonschema.validate(least, schema_of(declared, given=True))
    from_json(declared, least)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(least, schema_of(declared))


@generated(10)
@given(run=values(Run))
def test_a_key_that_is_told_besides_must_agree_with_the_rest(run):
    document = to_json(run)
    assert document["source"]["files"] == len(run.manifest.files)
    del document["source"]["files"]
    assert from_json(Run, document) == run
