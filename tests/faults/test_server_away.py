"""The database's server goes away under a server of remiss, and comes back: pages, API, health and figures say so."""

from __future__ import annotations

import time
from contextlib import ExitStack
from urllib.parse import urlsplit

import pytest

from tests.databases import database_on
from tests.faults.proxy import Line
from tests.serving import served

pytestmark = pytest.mark.slow(reason="it waits for a server that is away")
# How long whoever asks waits at most.
SOON = 5.0
BROWSER = {"Accept": "text/html", "Sec-Fetch-Mode": "navigate"}


@pytest.fixture(scope="module")
def there(postgres, tmp_path_factory):
    """The line to a catalog that is served, and clients: the operator's program, a person's, and a person's browser."""
    folder = tmp_path_factory.mktemp("away")
    settings = {"REMISS_KEYS": str(folder / "keys"), "REMISS_VAULT": str(folder / "vault")}
    with ExitStack() as held:
        address = held.enter_context(database_on(postgres, "template"))
        line = held.enter_context(Line(urlsplit(address).port))
        found = held.enter_context(served(address.replace(f":{urlsplit(address).port}/", f":{line.port}/"), settings))
        token = found.person("ana", role="curator")
        clients = (found.client(), found.program(token), found.browser_of(token))
        yield line, *map(held.enter_context, clients)


@pytest.fixture
def line(there):
    there[0].mend()
    yield there[0]
    there[0].mend()


def asked(client, path, **given):
    """Return an answer and how long it took."""
    began = time.perf_counter()
    answer = client.get(path, **given)
    return answer, time.perf_counter() - began


def check_here(there):
    """Everything answers again, by itself, within seconds."""
    _, operator, person, browser = there
    deadline = time.monotonic() + 10
    while operator.get("/readyz").status_code != 200:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    for client in (operator, person, browser):
        assert client.get("/api/v1/cases").status_code == 200
    assert browser.get("/cases", headers=BROWSER).status_code == 200
    assert "remiss_catalog_up 1.0" in operator.get("/metrics").text
    filed = person.post("/api/v1/cases", json={"model": "m", "at": "2026-03-01T00:00:00Z", "title": "t"})
    assert filed.status_code == 201, filed.text


def check_away(there, soon):
    _, operator, person, browser = there
    for client in (operator, person, browser):
        answer, took = asked(client, "/api/v1/cases")
        assert (answer.status_code, answer.json()["error"]["code"]) == (503, "storage"), answer.text
        assert took < soon
    answer, took = asked(browser, "/cases", headers=BROWSER)
    assert answer.status_code == 503
    assert answer.headers["content-type"].startswith("text/html")
    assert "cannot be reached" in answer.text or "closed the connection" in answer.text
    assert took < soon
    assert operator.get("/livez").status_code == 200
    answer, took = asked(operator, "/readyz")
    assert (answer.status_code, answer.text) == (503, "the catalog cannot be read\n")
    assert took < soon
    answer, took = asked(operator, "/metrics")
    assert answer.status_code == 200
    assert "remiss_catalog_up 0.0" in answer.text
    assert took < soon
    filed = person.post("/api/v1/cases", json={"model": "m", "at": "2026-03-01T00:00:00Z", "title": "t"})
    assert filed.status_code == 503
    for told in (filed.text, person.get("/api/v1/cases").text, browser.get("/cases", headers=BROWSER).text):
        assert "postgresql:" not in told
        assert "127.0.0.1" not in told
        assert "the catalog cannot be reached" in told.lower()


def test_a_server_that_is_away_is_said_to_be_and_used_again_when_it_is_back(there, line):
    check_here(there)
    for _ in range(2):
        line.cut()
        check_away(there, SOON)
        line.mend()
        check_here(there)


@pytest.mark.soak
def test_a_server_that_says_nothing_any_more_is_given_up_within_seconds(there, line):
    check_here(there)
    line.fall_silent()
    line.cut()
    line.mend()
    line.fall_silent()
    check_away(there, 3 * SOON)
    line.cut()
    line.mend()
    check_here(there)
