"""What a server is asked in a record: routes from its own OpenAPI document, pages, forms, and requests that are refused.

Reads are made up from the document, so that a route that is derived elsewhere is asked the same. Writes are written out, for
their order is part of what they answer. Names in braces are of things in the catalog (`making.py`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

# Routes that need more than their own parameters to say something.
ALWAYS: Mapping[str, Mapping[str, str]] = {"/api/v1/estimate": {"protocol": "arrival-delay@1"}}
# A value for each parameter, by its name; by route and name where the name alone does not say it.
SAMPLES: Mapping[str, str] = {
    "as_of": "60",
    "query": "criterion:missed-delay",
    "sort": "severity",
    "limit": "3",
    "after": "nonsense",
    "total": "true",
    "fields": "criterion",
    "controls": "3",
    "everything": "true",
    "address": "REM-17",
    "version": "1",
    "before": "1",
    "of": "output:on-time",
    "rate": "true",
    "by": "inputs.carrier",
    "variance": "sample",
    "confirmed": "true",
    "verdict": "failure",
    "source": "arrival-predictions",
    "protocol": "gate-change",
    "person": "bo",
    "action": "case.show",
    "case": "{case}",
    "log": "views",
    "actor": "bo",
    "subject": "{case}",
    "since": "2026-03-01T00:00:00Z",
    "until": "2026-03-02T00:00:00Z",
    "mode": "remiss:model/weak-slice",
    "kind": "pull-request",
    "/api/v1/audit kind": "change",
    "/api/v1/audit action": "case.annotate",
    "/api/v1/agreement by": "mode",
    "/api/v1/estimate protocol": "gate-change@1",
    "/api/v1/protocols/{protocol}/diff after": "1",
}
PLACES: Mapping[str, str] = {
    "case": "{case}", "run": "{run}", "thread": "{thread}", "attachment": "{attachment}", "name": "arrival-delay",
    "protocol": "arrival-delay", "job": "job-zzzzzzzzzzzz", "person": "ray", "token": "{token}", "entry": "journal-7",
}  # fmt: skip
# Other cases that routes of a case are asked about, by what they are.
OTHER_CASES = ("fresh", "annotated", "settled", "filed", "twin", "secret", "far", "absent")


@dataclass(frozen=True)
class Request:
    """One request: its name in the record, and what is sent."""

    name: str
    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    json: Any = None
    form: Mapping[str, str] | None = None
    content: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


def reads(document: Mapping[str, Any]) -> Iterator[tuple[Request, bool]]:
    """Yield a request for every route that reads and for each of its parameters, and whether everybody is to make it."""
    # What was looked at is in the log of views: who reads that comes first.
    for path, methods in sorted(document["paths"].items(), key=lambda route: "/audit" not in route[0]):
        operation = methods.get("get")
        if operation is None:
            continue
        given = operation.get("parameters", ())
        required = {each["name"]: _sample(path, each["name"]) for each in given if each["in"] == "query" and each.get("required")}
        base, where = {**ALWAYS.get(path, {}), **required}, f"GET {path}"
        yield Request(where, "GET", placed(path), base), True
        yield Request(f"{where} as CSV", "GET", placed(path), base, headers={"Accept": "text/csv"}), False
        yield Request(f"{where} with an unknown parameter", "GET", placed(path), {**base, "colour": "red"}), False
        for each in given:
            if each["in"] == "query":
                with_it = {**base, each["name"]: _sample(path, each["name"])}
                yield Request(f"{where} with {each['name']}", "GET", placed(path), with_it), False
                wrong = {**base, each["name"]: "-1"}
                yield Request(f"{where} with wrong {each['name']}", "GET", placed(path), wrong), False
        for each in OTHER_CASES if "{case}" in path else ():
            yield (
                Request(f"{where} of {each}", "GET", placed(path, {"case": f"{{{each}}}"}), base),
                each in {"fresh", "annotated", "secret"},
            )


def placed(route: str, places: Mapping[str, str] | None = None) -> str:
    """Return the path of a route with something in place of each parameter; names of the catalog's things stay in braces."""
    known = {**PLACES, **(places or {})}
    return re.sub(r"\{([a-z_]+)\}", lambda found: known.get(found[1], found[0]), route)


def _sample(path: str, name: str) -> str:
    return SAMPLES.get(f"{path} {name}") or SAMPLES.get(name, "something")


LABELLED: Mapping[str, Any] = {
    "verdict": "failure",
    "mode": "remiss:model/error",
    "answers": {"harm": "loss", "reach": "slice", "detection": "late", "recovery": "itself"},
    "rationale": "It was there to be seen.",
}
FILED: Mapping[str, Any] = {
    "model": "arrival-delay", "title": "The clock stood still", "at": "2013-06-05T06:00:00Z", "inputs": {"gate": "12"},
    "team": "arrivals",
}  # fmt: skip
RECODED = "recode: r9\nabout: better words\nmoves:\n  - {rename: 'remiss:model/error', to: 'remiss:data/drift'}\n"
CITED = [{"kind": "pull-request", "address": "REM-18"}]
# Which revision a write names: that of the case as it is then, the one that was overtaken, or none at all.
NOW, STALE = "now", "stale"
# Routes that write, in this order: method, route, things in their place, body, and the revision that is named.
Write = tuple[str, str, Mapping[str, str], Any, str | None]
WRITES: tuple[Write, ...] = (
    ("POST", "/api/v1/cases", {}, FILED, None),
    ("POST", "/api/v1/cases", {}, {**FILED, "colour": "red"}, None),
    ("POST", "/api/v1/cases", {}, {"model": 7}, None),
    ("POST", "/api/v1/cases/duplicates", {}, {**FILED, "limit": 3}, None),
    ("PATCH", "/api/v1/cases/{case}", {"case": "{filed}"}, {"note": "It was the feed"}, STALE),
    ("PATCH", "/api/v1/cases/{case}", {"case": "{filed}"}, {"note": "It was the feed"}, None),
    ("PATCH", "/api/v1/cases/{case}", {"case": "{filed}"}, {"note": "It was the feed"}, NOW),
    ("PATCH", "/api/v1/cases/{case}", {"case": "{fresh}"}, {"severity": 2, "mode": None}, NOW),
    ("PATCH", "/api/v1/cases/{case}", {"case": "{absent}"}, {"note": "x"}, NOW),
    ("POST", "/api/v1/cases/{case}/annotation", {"case": "{fresh}"}, LABELLED, STALE),
    ("POST", "/api/v1/cases/{case}/annotation", {"case": "{fresh}"}, {"verdict": "perhaps"}, NOW),
    ("POST", "/api/v1/cases/{case}/annotation", {"case": "{fresh}"}, LABELLED, NOW),
    ("POST", "/api/v1/cases/{case}/verification", {"case": "{annotated}"}, {**LABELLED, "reproduced": "yes"}, NOW),
    ("POST", "/api/v1/cases/{case}/adjudication", {"case": "{disputed}"}, LABELLED, NOW),
    ("POST", "/api/v1/cases/{case}/link", {"case": "{free}"}, {"other": "{decided}"}, NOW),
    ("DELETE", "/api/v1/cases/{case}/link", {"case": "{twin}"}, None, NOW),
    ("POST", "/api/v1/cases/{case}/reopening", {"case": "{settled}"}, {"reason": "the label was corrected"}, NOW),
    ("POST", "/api/v1/cases/{case}/comments", {}, {"text": "Is this the feed again, @bo?"}, None),
    ("POST", "/api/v1/threads/{thread}/resolve", {}, None, None),
    ("POST", "/api/v1/threads/{thread}/reopen", {}, None, None),
    ("POST", "/api/v1/cases/{case}/hypotheses", {"case": "{fresh}"}, {"text": "The feed is late"}, None),
    ("POST", "/api/v1/cases/{case}/experiments", {"case": "{fresh}"}, {"executed": "Trained", "citations": CITED}, None),
    ("POST", "/api/v1/cases/{case}/experiments", {"case": "{fresh}"}, {"number": 1, "revision": 7, "result": "x"}, None),
    ("POST", "/api/v1/cases/{case}/remediations", {"case": "{fresh}"}, {"text": "Turn it off", "outcome": "worked"}, None),
    ("POST", "/api/v1/cases/{case}/write-up", {"case": "{fresh}"}, {"hypothesis": "The feed", "results": "As good"}, None),
    ("POST", "/api/v1/cases/{case}/evidence", {}, {"purpose": "to look again"}, None),
    ("POST", "/api/v1/cases/{case}/evidence", {}, {}, None),
    ("POST", "/api/v1/cases/{case}/attachments", {}, b"what the board showed then\n", None),
    ("DELETE", "/api/v1/attachments/{attachment}", {}, None, None),
    ("POST", "/api/v1/queue/next", {}, {"kind": "annotation"}, None),
    ("POST", "/api/v1/queue/{case}/release", {"case": "{reserved}"}, None, None),
    ("POST", "/api/v1/protocols/check", {}, {"path": "p.yaml", "documents": {"p.yaml": "protocol: p\nversion: one\n"}}, None),
    ("POST", "/api/v1/runs/plan", {}, {"protocol": "p.yaml", "documents": {"p.yaml": "{flights}"}}, None),
    ("POST", "/api/v1/runs/due", {}, {"protocol": "p.yaml", "documents": {"p.yaml": "{flights}"}}, None),
    ("POST", "/api/v1/runs", {}, {"protocol": "p.yaml", "documents": {"p.yaml": "{flights}"}, "since": "2013-07-01T00:00:00Z",
     "until": "2013-07-08T00:00:00Z"}, None),
    ("POST", "/api/v1/runs/{run}/accept", {}, None, None),
    ("POST", "/api/v1/runs/{run}/reproduce", {}, None, None),
    ("POST", "/api/v1/taxonomy/recodings/plan", {}, {"documents": {"r9.yaml": RECODED}, "path": "r9.yaml"}, None),
    ("POST", "/api/v1/taxonomy/recodings", {}, {"documents": {"r9.yaml": RECODED}, "path": "r9.yaml"}, None),
    ("POST", "/api/v1/audit/verify", {}, {}, None),
    ("POST", "/api/v1/audit/entries/{entry}/proof", {}, {}, None),
    ("POST", "/api/v1/actions/{name}", {"name": "case.show"}, {"arguments": {"case": "{case}"}}, None),
    ("POST", "/api/v1/actions/{name}", {"name": "case.shows"}, {"arguments": {}}, None),
    ("POST", "/api/v1/people", {}, {"person": "dan", "about": "Dan Field"}, None),
    ("POST", "/api/v1/teams", {}, {"team": "doors", "about": "Doors"}, None),
    ("POST", "/api/v1/people/{person}/grant", {"person": "dan"}, {"role": "reader", "team": "arrivals"}, None),
    ("POST", "/api/v1/people/{person}/grant", {"person": "dan"}, {"role": "king"}, None),
    ("POST", "/api/v1/people/{person}/revoke", {"person": "dan"}, {"role": "reader", "team": "arrivals"}, None),
    ("POST", "/api/v1/tokens", {}, {"person": "dan", "days": 30}, None),
    ("POST", "/api/v1/tokens/links", {}, {"person": "dan", "minutes": 30}, None),
    ("POST", "/api/v1/people/{person}/disable", {"person": "dan"}, None, None),
    ("POST", "/api/v1/catalog/rotate", {}, None, None),
    ("POST", "/api/v1/tokens/{token}/revoke", {}, None, None),
)  # fmt: skip

# Pages and parts of pages, each for everybody.
PAGES: tuple[str, ...] = (
    "/", "/?whole=true", "/?as_of=60", "/parts/overview/holdings", "/parts/overview/criteria", "/parts/standing",
    "/cases", "/cases?query=criterion:missed-delay&sort=severity", "/cases?query=status:verified+OR+status:disputed",
    "/cases?query=criterium:slow", "/cases?query=origin:filed&as_of=60",
    "/parts/cases/count?query=criterion:slow", "/parts/cases/facets?query=criterion:slow",
    "/parts/cases/completions?query=crit", "/cases/file",
    "/cases/{case}", "/cases/{fresh}", "/cases/{annotated}", "/cases/{settled}", "/cases/{disputed}", "/cases/{filed}",
    "/cases/{twin}", "/cases/{secret}", "/cases/{far}", "/cases/{absent}", "/cases/{case}?as_of=60",
    "/parts/cases/{case}/controls", "/cases/{case}/evidence", "/threads/{thread}", "/attachments/{attachment}",
    "/citations?address=REM-17", "/inbox", "/queue", "/queue/{reserved}", "/queue/{fresh}",
    "/runs?whole=true", "/runs/{run}", "/runs/{other_run}", "/runs/{run}/accept", "/runs/run-zzzzzzzz",
    "/trends?protocol=arrival-delay@1",
    "/trends?query=criterion:missed-delay&what=rate&by=context.airport&protocol=arrival-delay@1",
    "/trends?query=criterion:missed-delay&by=week&variance=sample&protocol=arrival-delay@1", "/trends",
    "/trends?by=criterion&found=failure&protocol=arrival-delay@1", "/trends?query=criterium:slow",
    "/agreement", "/agreement?by=mode", "/protocols", "/protocols/arrival-delay", "/protocols/gate-change?version=1",
    "/protocols/arrival-delay/diff?before=1&after=1", "/protocols/nothing",
    "/people", "/audit", "/audit?log=journal&actor=bo", "/sign-in", "/nothing",
)  # fmt: skip

# Forms that pages send, in this order, each sent by everybody: path, and what its fields hold.
FORMS: tuple[tuple[str, Mapping[str, str]], ...] = (
    ("/cases/file", {"model": "arrival-delay", "title": "The lamp was red", "at": "2013-06-05T06:00Z", "team": "arrivals",
     "sensitivity": "internal"}),
    ("/cases/file", {"model": "arrival-delay", "title": ""}),
    ("/cases/{filed}", {"revision": NOW, "title": "Another title", "note": "late"}),
    ("/cases/{case}/comments", {"text": "It is the feed, @ana"}),
    ("/cases/{case}/comments", {"text": " "}),
    ("/threads/{thread}/resolve", {}),
    ("/threads/{thread}/reopen", {}),
    ("/cases/{free}/hypotheses", {"text": "The feed is late"}),
    ("/cases/{free}/experiments", {"executed": "Trained again", "citations": "pull-request=REM-19"}),
    ("/cases/{free}/remediations", {"text": "Turn it off and on"}),
    ("/cases/{free}/write-up", {"hypothesis": "The feed", "results": "As good"}),
    ("/cases/{free}/link", {"revision": NOW, "other": "{decided}"}),
    ("/cases/{twin}/unlink", {"revision": NOW}),
    ("/queue/next", {"kind": "annotation"}),
    ("/cases/{free}/annotate", {"revision": "1", "verdict": "failure"}),
    ("/cases/{free}/annotate", {"revision": NOW, "verdict": "failure"}),
    ("/cases/{free}/annotate", {"revision": NOW, "verdict": "not-a-failure", "rationale": "It was on time."}),
    ("/cases/{case}/evidence", {"purpose": "to look again"}),
    ("/runs/{run}/reproduce", {}),
    ("/runs/{run}/accept", {}),
    ("/audit/verify", {}),
    ("/person/add", {"name": "eve", "about": "Eve"}),
    ("/person/grant", {"name": "eve", "role": "reader", "team": "arrivals", "clearance": "internal"}),
    ("/person/eve/revoke", {"role": "reader", "team": "arrivals"}),
    ("/team/add", {"name": "lamps", "about": "Lamps"}),
    ("/token/create", {"person": "eve", "days": "30"}),
    ("/token/link", {"person": "eve", "minutes": "30"}),
    ("/person/eve/disable", {}),
)  # fmt: skip
