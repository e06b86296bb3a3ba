"""What no parameter may be, in every parameter of every action of the contract: refused or kept, and never a fault of ours."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import httpx
import pytest
import yaml

import remiss
from remiss import capture
from remiss.catalog import actions as catalog
from remiss.catalog import attachment_actions as attachments
from remiss.catalog import view_actions as views
from remiss.contract.forms import ParameterEntry
from remiss.contract.table import Entry, entries
from remiss.curate import discussion_actions as discussion
from tests.conftest import DATABASES
from tests.databases import database_on
from tests.serving import Served, served
from tests.stories.logs import MONDAY, PROTOCOL, WEEK, small_log
from tests.tables import each

TEXTS = ("a\0b", "\ud800")
# The first and the last year, and what is in neither once it is told in UTC.
TIMES = (
    "0001-01-01T00:00:00Z",
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59.999999Z",
    "9999-12-31T23:59:59-14:00",
)
INTEGERS = (2**63, 10**400)
RECODING = """recoding: split-noise
version: 1
taxonomy: remiss
about: Two kinds of noise.
changes:
  - split: remiss:data/label-noise
    into: [{mode: "remiss:data/label-noise", when: WHEN}]
"""
DOCUMENT = "document.yaml"
DOCUMENTED = {entry.name: entry for entry in entries().values() if entry.document is not None}
SENT = [entry for entry in entries().values() if entry.method not in {"GET", "DELETE"}]
# By the name of a parameter what is no fault of it, besides what the catalog has (`ids`).
SOUND = {
    "person": "bo",
    "action": "case.show",
    "entry": "journal-1",
    "text": "said",
    "title": "a title",
    "by": "inputs.carrier",
    "model": "m",
    "at": "2026-01-01T00:00:00Z",
    "revision": 1,
    "verdict": "failure",
    "mode": "remiss:data/label-noise",
    "rationale": "seen",
    "purpose": "to see",
    "reason": "seen again",
    "job": "job-0",
    "role": "reader",
    "team": "others",
    "before": 1,
    "after": 1,
    "token": "abcdef",
    "content": b"x",
    "name": "a name",
    "address": "/cases",
    "gate": "gate-0",
    "result": "result-0",
    "suite": "arrivals",
    "query": "",
    "baseline": "m",
    "condition": "guard",
    "flag": "release.m",
    "until": "2026-01-01T00:00:00Z",
    "alert": "alert-0",
    "cluster": "cluster-0",
    "pattern": "pattern-0",
    "state": "closed",
    "webhook": "hook-0",
    "recipient": "recipient-0",
    "waiver": "waiver-0",
}


@dataclass(frozen=True)
class Asked:
    """A server, a client of it, and what names things of its catalog."""

    there: Served
    client: httpx.Client
    ids: dict[str, Any]


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.soak)])
def asked(request, captured_once, tmp_path_factory) -> Iterator[Asked]:
    assert set(DATABASES) == {"sqlite", "postgresql"}
    folder = tmp_path_factory.mktemp("asked") / "here"

    def asking(address: str, kept: dict[str, str]) -> Iterator[Asked]:
        with served(address, kept) as there, there.client() as client:
            ws = there.workspace
            [line] = catalog.search(ws, "criterion:missed-delay", limit=1)
            [run, *_] = capture.list_runs(ws, limit=1)
            ids = {
                "case": line["id"],
                "other": line["id"],
                "run": run["run"],
                "thread": discussion.comment(ws, line["id"], "hm").id,
                "attachment": attachments.add_attachment(ws, line["id"], b"x", name="a.txt").id,
                "view": views.save_view(ws, "a view", "/cases").id,
                "protocol": "arrival-delay",
                "cases": [line["id"]],
            }
            yield Asked(there, client, SOUND | ids)

    if request.param == "sqlite":
        shutil.copytree(captured_once, folder)
        yield from asking(str(folder / "remiss.db"), {"REMISS_SOURCES": str(folder / "log")})
    else:
        log = small_log(folder / "log")
        kept = {"REMISS_KEYS": str(folder / "keys"), "REMISS_VAULT": str(folder / "vault"), "REMISS_SOURCES": str(folder / "log")}
        with database_on(request.getfixturevalue("postgres"), "template") as address:
            with remiss.open(address, environment=kept) as ws:
                capture.capture(ws, log.protocol, since=MONDAY, until=MONDAY + WEEK)
            yield from asking(address, kept)


def values_of(parameter: ParameterEntry) -> Iterator[Any]:
    """Yield what a parameter may not be, wherever in it a text, a time or a number stands."""
    match parameter.form:
        case "text":
            yield from TEXTS
        case "choice":
            yield TEXTS[0]
        case "time":
            yield from TIMES
        case "integer":
            yield from INTEGERS
        case "pairs":
            yield from ({TEXTS[0]: "x"}, {"a": TEXTS[0]})
        case "many" if parameter.of == "text":
            yield [TEXTS[0]]
        case "many" | "record":
            sound = {one.name: one.values[0] if one.values else 1 if one.form == "number" else "x" for one in parameter.fields}
            for one in parameter.fields:
                for value in values_of(one):
                    whole = {**sound, one.name: value}
                    yield [whole] if parameter.form == "many" else whole


def send(client: httpx.Client, entry: Entry, given: dict[str, Any]) -> httpx.Response:
    """Send a request by an action's own route: in the path, as If-Match, in the query, or as JSON."""
    path, headers, content = entry.path, {}, None
    if entry.document is not None:
        given = {"documents": {DOCUMENT: document_of(entry)}, entry.document: DOCUMENT} | given
    rest = dict(given)
    for parameter in entry.parameters:
        if parameter.name in rest and f"{{{parameter.name}}}" in path:
            path = path.replace(f"{{{parameter.name}}}", word(rest.pop(parameter.name)))
        elif parameter.name in rest and parameter.precondition:
            headers["If-Match"] = f'"{rest.pop(parameter.name)}"'
        elif parameter.name in rest and parameter.form == "bytes":
            content = rest.pop(parameter.name)
    if entry.method in {"GET", "DELETE"} or content is not None:
        pairs = [(name, one) for name, value in rest.items() for one in (value if isinstance(value, list) else [value])]
        path += "?" + "&".join(f"{name}={word(value)}" for name, value in pairs)
        return client.request(entry.method, path, headers=headers, content=content)
    headers["Content-Type"] = "application/json"
    return client.request(entry.method, path, headers=headers, content=json.dumps(rest).encode())


def word(value: object) -> str:
    return quote(str(value).encode("utf-8", "surrogatepass"), safe="")


def document_of(entry: Entry) -> str:
    return RECODING.replace("WHEN", "criterion:slow") if entry.name.startswith("taxonomy.") else PROTOCOL


def sound(asked: Asked, entry: Entry) -> dict[str, Any]:
    """Return arguments of which none is at fault."""
    wanted = [one for parameter in entry.parameters for one in parameter.flattened]
    needed = [one for one in wanted if one.required and one.name != entry.document]
    return {one.name: asked.ids[one.name] if one.name in asked.ids else one.values[0] for one in needed}


# What takes long where nothing is at fault.
LONG = {"capture", "capture.due", "capture.plan", "catalog.rotate", "doctor", "estimate.exact", "protocol.check", "reproduce"}


def hammer(asked: Asked, entry: Entry, capfd: pytest.CaptureFixture[str]) -> None:
    given = sound(asked, entry)
    for parameter in (one for whole in entry.parameters for one in whole.flattened):
        for value in values_of(parameter):
            answer = send(asked.client, entry, given | {parameter.name: value})
            assert answer.status_code < 500, (parameter.name, value, answer.text)
    assert "Traceback" not in capfd.readouterr().err


CHAPTERS = sorted({entry.chapter for entry in entries().values()})


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_nothing_in_any_parameter_of_an_action_is_a_fault(asked, chapter, capfd):
    for entry in entries().values():
        if entry.chapter == chapter:
            hammer(asked, entry, capfd)


def test_what_is_sound_of_each_action_is_taken_for_a_call_of_it(asked):
    """Else the values above were refused for another reason."""
    malformed = {}
    for entry in entries().values():
        if entry.name in LONG:
            continue
        answer = send(asked.client, entry, sound(asked, entry))
        if answer.status_code in {400, 414} or (answer.status_code == 422 and answer.json()["error"]["code"] == "request"):
            malformed[entry.name] = answer.text
    assert malformed == {}


def nested(depth: int) -> Iterator[str]:
    """Yield what nests, as a document of YAML and as JSON."""
    yield "a: " + "[" * depth + "]" * depth
    yield "a: " + "{b: " * depth + "}" * depth
    yield "[" * depth
    yield "- " * depth + "x"
    yield "".join(" " * at + "a:\n" for at in range(min(depth, 300)))


def deep_expressions(depth: int) -> Iterator[str]:
    yield "(" * depth + "1 = 1" + ")" * depth
    yield "NOT " * depth + "true"
    yield "-" * depth + "1 > 0"
    yield "CASE WHEN " * depth + "true"
    yield from ("confidence" + " + 1" * times + " > 0" for times in (36, min(depth, 390)))


PLACES = ("when", "among", "admit", "output", "key")


def protocols(depth: int, places: Sequence[str] = PLACES) -> Iterator[str]:
    """Yield protocols with something deep in each place that nests; and with half a letter where an expression stands."""
    yield from nested(depth)
    for when in (*deep_expressions(depth), "\ud800"):
        for place in places:
            document = yaml.safe_load(PROTOCOL)
            if place == "output":
                document["fields"]["output"] = when
            elif place == "key":
                document["labels"]["key"] = {"events": when, "labels": when}
            else:
                (document["criteria"][0] if place in {"when", "among"} else document)[place] = when
            yield json.dumps(document, default=str)
    for uri in ("**/" * depth, "*/" * depth, "[" * depth + "*" * depth, "{" * depth):
        document = yaml.safe_load(PROTOCOL)
        document["source"]["uri"] = uri
        yield json.dumps(document, default=str)


def recodings(depth: int) -> Iterator[str]:
    yield from nested(depth)
    for when in ("(" * depth + "mode:a" + ")" * depth, "(" * depth, "NOT " * depth + "mode:a", "-" * depth + "mode:a"):
        yield RECODING.replace("WHEN", json.dumps(when))


@pytest.mark.parametrize("depth", [150, 5000])
@pytest.mark.parametrize("name", ["protocol.check", "taxonomy.rehearse"])
def test_no_document_nests_too_deep(asked, name, depth, capfd):
    entry = DOCUMENTED[name]
    for text in protocols(depth, ("admit",)) if name.startswith("protocol") else recodings(depth):
        answer = send(asked.client, entry, {"documents": {DOCUMENT: text}})
        assert answer.status_code < 500, (text[:60], answer.text)
    assert "Traceback" not in capfd.readouterr().err


@pytest.mark.soak
@pytest.mark.parametrize("name", DOCUMENTED)
def test_no_document_nests_too_deep_for_any_action(asked, name, capfd):
    for depth in (150, 900, 5000):
        for text in (recodings if name.startswith("taxonomy") else protocols)(depth):
            assert send(asked.client, DOCUMENTED[name], {"documents": {DOCUMENT: text}}).status_code < 500
    assert "Traceback" not in capfd.readouterr().err


@pytest.mark.parametrize("beside", ["taxonomy", "severity", "guidelines"])
def test_no_document_beside_a_protocol_nests_too_deep(asked, beside, capfd):
    document = yaml.safe_load(PROTOCOL) | {beside: "beside.yaml"}
    for text in nested(5000):
        documents = {DOCUMENT: json.dumps(document, default=str), "beside.yaml": text}
        assert send(asked.client, DOCUMENTED["protocol.check"], {"documents": documents}).status_code < 500
    assert "Traceback" not in capfd.readouterr().err


@each("entry", SENT, ids=lambda entry: entry.name)
def test_no_body_nests_too_deep(asked, entry, capfd):
    path = entry.path
    for name, value in asked.ids.items():
        path = path.replace(f"{{{name}}}", word(value))
    headers = {"Content-Type": "application/json", "If-Match": '"1"'}
    for body in ("[" * 150 + "]" * 150, '{"a":' * 5000 + "1" + "}" * 5000, "[" * 100_000):
        answer = asked.client.request(entry.method, path, content=body.encode(), headers=headers)
        assert answer.status_code < 500, answer.text
    assert "Traceback" not in capfd.readouterr().err


QUERIES = {
    "parentheses": lambda depth: "(" * depth + "severity:1" + ")" * depth,
    "open": lambda depth: "(" * depth,
    "negations": lambda depth: "NOT " * depth + "severity:1",
    "signs": lambda depth: "-" * depth + "severity:1",
    "colons": lambda depth: "severity:" * depth,
    "ranges": lambda depth: "confidence:" + "1.." * depth,
}
# Parameters that are a query, or are read by the words of one.
ASKING = ("query", "of", "by", "sort")
QUERYING = [
    (entry.name, parameter.name)
    for entry in entries().values()
    for parameter in entry.parameters
    if parameter.form == "text" and parameter.name in ASKING
]


@each("name, parameter", QUERYING, ids=" ".join)
def test_no_query_nests_too_deep(asked, name, parameter, capfd):
    for make in QUERIES.values():
        for depth in (150, 20_000):
            body = {"arguments": {parameter: make(depth)}}
            answer = asked.client.post(f"/api/v1/actions/{name}", json=body)
            assert answer.status_code == 422, answer.text
            assert len(answer.content) < 5_000
    assert "Traceback" not in capfd.readouterr().err


YEARS = ("0001-01-01", "9999-12-31", "0000-01-01", "10000-01-01", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00")


def test_no_year_in_a_query_is_a_fault(asked, capfd):
    for year in YEARS:
        for query in (f"occurred:{year}", f"occurred:>{year}", f"occurred:<={year}", f"occurred:0001-01-01..{year}"):
            for name in ("case.search", "sample.list", "estimate"):
                answer = asked.client.post(f"/api/v1/actions/{name}", json={"arguments": {"query": query}})
                assert answer.status_code < 500, (query, answer.text)
    assert "Traceback" not in capfd.readouterr().err
