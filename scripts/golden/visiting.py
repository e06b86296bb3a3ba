"""Recording a server: what every route and page answers to each person, and what each page asks of the database."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import httpx

from scripts.golden import inputs, renames, requests
from scripts.golden.making import PEOPLE, Made
from scripts.golden.masking import masked, masked_value
from scripts.golden.record import Record, body
from scripts.golden.renames import called
from scripts.golden.requests import NOW, Request
from scripts.golden.serving import Served

DOCUMENT = "/api/v1/openapi.json"
# Who makes the requests that not everybody need make: somebody who may do much, and somebody who may do everything.
SOME = ("chen", "ada")
STRANGER = "a stranger"
# Headers that say nothing of what was asked.
PLAIN = frozenset({"date", "content-length", "server", "connection", "x-request-id", "keep-alive", "transfer-encoding"})
# Answers that are of this machine and minute.
MEASURED = frozenset({"/metrics"})
REVISION = re.compile(r'"revision": ?(\d+)')


class Visit:
    """What is recorded of one server, by whom."""

    def __init__(self, record: Record, made: Made, there: Served) -> None:
        self._record, self._made, self._there = record, made, there
        self._database = made.place.database
        self._names = {**made.names, "absent": "zzzz-zzzz-zzzz"}
        self._clients: dict[str, httpx.Client] = {}
        # Written by whoever asked first: the same for everybody.
        self._document: Mapping[str, Any] = {}

    @contextmanager
    def begun(self) -> Iterator[Visit]:
        """Open a client for each person, for as long as the block lasts."""
        everybody = {**{name: self._made.tokens[name] for name in PEOPLE}, STRANGER: None}
        self._clients = {name: self._there.client(token) for name, token in everybody.items()}
        try:
            self._document = self._clients["ada"].get(DOCUMENT).json()
            yield self
        finally:
            for client in self._clients.values():
                client.close()

    def document(self) -> None:
        """Record the OpenAPI document, and which of its routes no request of a record is made to."""
        self._record.put(f"{self._database}/openapi/document", masked_value(dict(self._document), self._made.place.masks))
        written = {(method, called(path, self._made.renames)) for method, path, *_ in requests.WRITES}
        every = {(method.upper(), path) for path, methods in self._document["paths"].items() for method in methods}
        left = sorted(f"{method} {path}" for method, path in every - written if method != "GET")
        self._record.put(f"{self._database}/openapi/not asked", left)

    def reads(self) -> None:
        """Record what routes answer that read."""
        for request, everybody in requests.reads(self._document):
            for who in (*PEOPLE, STRANGER) if everybody else SOME:
                self._ask("route", who, request)

    def pages(self) -> None:
        """Record every page for everybody, and what the database is asked for one of them."""
        for page in (called(each, self._made.renames) for each in requests.PAGES):
            for who in (*PEOPLE, STRANGER):
                self._there.asked()
                self._ask("page", who, Request(f"GET {page}", "GET", page, headers={"Accept": "text/html"}))
                if who == "chen":
                    self._record.put(f"{self._database}/asked/page {page}", self._there.asked())

    def writes(self) -> None:
        """Record what routes answer that write, and everybody who is refused."""
        flights = (self._made.place.folder / inputs.FLIGHTS).read_text("utf-8")
        for number, (method, written, places, given, revision) in enumerate(requests.WRITES, 1):
            route = called(written, self._made.renames)
            path, where = requests.placed(route, places), f"{self._database}/write/{number:02} {method} {route}"
            sent = renames.sent(given, where, self._made.renames)
            for who in (*PEOPLE, STRANGER):
                headers = self._revision(path, revision)
                request = Request(
                    f"{number:02} {method} {route}", method, path, headers=headers, **_sent(self._filled(sent, flights))
                )
                self._ask("write", who, request)

    def forms(self) -> None:
        """Record what pages answer that are sent a form, and everybody who is refused."""
        for number, (written, fields) in enumerate(requests.FORMS, 1):
            path = called(written, self._made.renames)
            for who in (*PEOPLE, STRANGER):
                filled = {name: self._newest(path) if value == NOW else self._put(value) for name, value in fields.items()}
                request = Request(f"{number:02} POST {path}", "POST", path, form=filled, headers={"Accept": "text/html"})
                self._ask("form", who, request)

    def after(self) -> None:
        """Record what the catalog holds after all that was written."""
        for path in ("cases?limit=1000&total=true", "audit?limit=1000&log=journal", "people", "teams", "tokens", "queue",
                     "cases/{fresh}/history", "cases/{case}/threads", "runs", "catalog"):  # fmt: skip
            self._ask("after", "ada", Request(f"GET {path}", "GET", f"/api/v1/{path}"))

    def _revision(self, path: str, wanted: str | None) -> dict[str, str]:
        """Return the header that names a revision: that of the case as it is, or one that never was the newest for long."""
        if wanted is None:
            return {}
        if wanted != NOW:
            return {"If-Match": '"9999.9999"'}
        case = re.match(r"(/api/v1/cases/[^/]+)", self._put(path))
        found = self._clients["ada"].get(case[1]).headers.get("etag") if case else None
        return {"If-Match": found or '"1.0"'}

    def _newest(self, path: str) -> str:
        """Return the revision of the case of a page, as its form would have it."""
        case = self._put(path).split("/")[2]
        return str(self._clients["ada"].get(f"/api/v1/cases/{case}").json()["revision"])

    def _ask(self, kind: str, who: str, request: Request) -> None:
        given: dict[str, Any] = {"params": {name: self._put(value) for name, value in request.query.items()} or None}
        if request.json is not None:
            given["json"] = request.json
        if request.form is not None:
            given["data"] = dict(request.form)
        if request.content is not None:
            given["content"] = request.content
            given["params"] = {"name": "board.txt"}
        answer = self._clients[who].request(request.method, self._put(request.path), headers=dict(request.headers), **given)
        self._record.put(f"{self._database}/{kind}/{request.name}/{who}", self._value(request, answer))

    def _value(self, request: Request, answer: httpx.Response) -> dict[str, Any]:
        masks, sealed = self._made.place.masks, "/audit" in request.path
        headers = {
            name: masked(value, masks, sealed=sealed) for name, value in sorted(answer.headers.items()) if name not in PLAIN
        }
        if "set-cookie" in headers:
            headers["set-cookie"] = re.sub(r"=[^;]+", "=<cookie>", headers["set-cookie"], count=1)
        if request.path in MEASURED:
            return {"status": answer.status_code, "headers": headers}
        text = answer.content.decode("utf-8", "backslashreplace")
        if "html" in headers.get("content-type", ""):
            found: Any = [line.strip() for line in masked(text, masks, sealed=sealed).splitlines() if line.strip()]
        else:
            found = masked_value(body(text), masks, sealed=sealed)
        return {"status": answer.status_code, "headers": headers, "body": found}

    def _put(self, text: str) -> str:
        return re.sub(r"\{([a-z_]+)\}", lambda found: self._names[found[1]], text)

    def _filled(self, sent: Any, flights: str) -> Any:
        if sent is None or isinstance(sent, bytes):
            return sent
        return json.loads(re.sub(
            r'"\{([a-z_]+)\}"', lambda found: json.dumps({**self._names, "flights": flights}[found[1]]), json.dumps(sent)
        ))  # fmt: skip


def _sent(sent: Any) -> dict[str, Any]:
    return {"content": sent} if isinstance(sent, bytes) else {"json": sent}


def visited(record: Record, made: Made, there: Served, *, writing: bool) -> None:
    """Record a server: what reads, or what writes and what came of it."""
    with Visit(record, made, there).begun() as visit:
        if writing:
            visit.writes()
            visit.forms()
            visit.after()
        else:
            visit.document()
            visit.reads()
            visit.pages()
