"""Whatever the OpenAPI document allows, and whatever it forbids, is answered as it says: schemathesis, over a running server."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator

import pytest
import requests
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode, openapi
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi import checks

import remiss
from remiss import capture
from tests.conftest import DATABASES
from tests.databases import database_on
from tests.faces.http.routes import application
from tests.serving import TOKEN, Served, served
from tests.stories.logs import MONDAY, PROTOCOL, WEEK, small_log

SCHEMA = openapi.from_dict(application().openapi())
OPERATIONS = {operation.ok().definition.raw["operationId"]: operation.ok() for operation in SCHEMA.get_all_operations()}
HEADERS = {"Authorization": f"Bearer {TOKEN}"}
CHECKS = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
]
# A document that comes along is free text: left to chance it is never a protocol.
DOCUMENTED = {"capture", "capture.plan", "capture.due", "protocol.check"}


@pytest.fixture(scope="module")
def fuzzed(captured_once, tmp_path_factory) -> Iterator[Served]:
    """A captured catalog, to be asked and told anything."""
    folder = tmp_path_factory.mktemp("fuzzed") / "here"
    shutil.copytree(captured_once, folder)
    with served(str(folder / "remiss.db"), {"REMISS_SOURCES": str(folder / "log"), "REMISS_STATEMENT_TIMEOUT": "10"}) as there:
        yield there


@pytest.fixture(scope="module", params=DATABASES)
def fuzzed_everywhere(request, tmp_path_factory) -> Iterator[Served]:
    """Likewise on each database."""
    folder = tmp_path_factory.mktemp("fuzzed")
    log = small_log(folder / "log")
    kept = {"REMISS_KEYS": str(folder / "keys"), "REMISS_VAULT": str(folder / "vault"), "REMISS_SOURCES": str(folder / "log")}

    def serving(address: str) -> Iterator[Served]:
        with remiss.open(address, environment=kept, create=True) as ws:
            capture.capture(ws, log.protocol, since=MONDAY, until=MONDAY + 3 * WEEK)
        with served(address, kept) as there:
            yield there

    if request.param == "sqlite":
        yield from serving(str(folder / "remiss.db"))
    else:
        with database_on(request.getfixturevalue("postgres"), "template") as address:
            yield from serving(address)


def requests_of(name: str) -> st.SearchStrategy[Case]:
    """Return what generates requests of an operation, sound ones and others."""
    operation = OPERATIONS[name]
    return st.one_of([operation.as_strategy(generation_mode=mode) for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)])


def ask(there: Served, name: str, case: Case, session: requests.Session) -> None:
    """Send a request, and hold the answer to what the document says."""
    if name in DOCUMENTED and isinstance(case.body, dict) and isinstance(case.body.get("documents"), dict):
        case.body = {**case.body, "protocol": "protocol.yaml", "documents": {"protocol.yaml": PROTOCOL}}
    answer = case.call(base_url=there.url, session=session, headers=HEADERS, timeout=60, allow_redirects=False)
    case.validate_response(answer, checks=CHECKS)


def test_every_operation_is_asked():
    assert len(OPERATIONS) >= 28


def hammer(there: Served, name: str, examples: int, *, fixed: bool) -> None:
    with requests.Session() as session:

        @settings(
            max_examples=examples,
            derandomize=fixed,
            database=None,
            deadline=None,
            phases=[Phase.explicit, Phase.generate] if fixed else list(Phase),
            suppress_health_check=list(HealthCheck),
        )
        @given(case=requests_of(name))
        def holds(case: Case) -> None:
            ask(there, name, case, session)

        holds()


@pytest.mark.parametrize("name", OPERATIONS)
def test_any_request_is_answered_as_the_document_says(fuzzed, name, capfd):
    hammer(fuzzed, name, 4, fixed=True)
    assert "Traceback" not in capfd.readouterr().err


@pytest.mark.soak
@pytest.mark.parametrize("name", OPERATIONS)
def test_very_many_requests_are_answered_as_the_document_says(fuzzed_everywhere, name, capfd):
    hammer(fuzzed_everywhere, name, 100, fixed=False)
    assert "Traceback" not in capfd.readouterr().err


@pytest.mark.parametrize("name", [name for name in OPERATIONS if name not in {"livez", "readyz", "metrics"}])
def test_an_unknown_field_is_refused(fuzzed, name):
    operation = OPERATIONS[name]
    path = re.sub(r"\{\w+\}", "abcdef", operation.path)
    with fuzzed.client() as client:
        headers = {"If-Match": '"1.x"'}
        answers = [client.request(operation.method, path, params={"unknown": "1"}, headers=headers)]
        # A file has no fields, whatever is in it.
        if operation.method.upper() != "GET" and name != "attachment.add":
            answers.append(client.request(operation.method, path, json={"unknown": 1}, headers=headers))
        for answer in answers:
            assert answer.status_code == 422, answer.text
            assert "unknown" in answer.json()["error"]["what"]
