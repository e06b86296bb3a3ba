"""Whoever uses a former name or word is told the one that holds now, in the library, on the command line and over HTTP."""

from __future__ import annotations

import json

import pytest

import remiss
from remiss.errors import InputError
from remiss.understand import actions as understand


def test_calls_with_a_former_parameter_or_value_are_told_what_it_is_now(captured):
    with remiss.open("sqlite:///remiss.db") as ws:
        with pytest.raises(TypeError, match="'basis'; basis is variance now"):
            understand.estimate(ws, basis="log")
        with pytest.raises(InputError) as refused:
            understand.estimate(ws, variance="log")
        with pytest.raises(TypeError) as unknown:
            understand.estimate(ws, basic="log")
    assert refused.value.do == "give one of sample, process; log is sample now"
    assert "now" not in str(unknown.value)


def test_commands_with_a_former_option_or_value_are_told_what_it_is_now(cli, captured):
    option = cli("estimate", "--basis", "log", "--format", "json")
    assert (option.status, json.loads(option.err)["error"]["what"]) == (2, "there is no option --basis: it is --variance now")
    value = cli("estimate", "--variance", "log")
    assert value.status == 2
    assert "'log' is not one of 'sample', 'process'" in value.err
    assert "log is sample now" in value.err
    assert "now" not in cli("estimate", "--variance", "hunch").err
    assert "use form" in cli("schema", "sheet").err


def test_requests_with_a_former_parameter_or_value_are_told_what_it_is_now(reading):
    with reading.client() as client:
        for path in ("/api/v1/estimate", "/trends"):
            name = client.get(path, params={"basis": "log"})
            value = client.get(path, params={"variance": "log"})
            assert (name.status_code, value.status_code) == (422, 422)
            assert "basis is variance now" in name.text, path
            assert "log is sample now" in value.text, path
