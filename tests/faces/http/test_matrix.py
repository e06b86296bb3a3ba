"""Route by role by team by sensitivity: what each answers is what the policy says, and nobody learns more.

Of everybody it is decided in this process what they may do; over HTTP each route is asked by one of them, and in `make soak` by
all.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import product
from typing import Any

import httpx
import pytest
from sqlalchemy import update

from remiss.catalog import actions as catalog
from remiss.contract.table import Entry, action_of, entries
from remiss.edges.stores.tables import jobs
from remiss.errors import Denied, NotFound
from remiss.faces.http.answering import DOCUMENTS
from remiss.govern.authority import Granted, actor_of
from remiss.govern.roles import OF_THE_CATALOG, ROLES, holds
from remiss.records.case import Filing, Sensitivity
from remiss.workspace import Workspace
from tests import tables
from tests.edges.stores.drawing import MONDAY, drawn, file, member
from tests.edges.stores.test_jobs import post
from tests.faces.http.routes import WAYS, application
from tests.serving import Served, served

OWN, OTHER = "default", "boarding"
CLEARANCE = Sensitivity.INTERNAL
RUN = "run-aaaaaaaa"
JOB = "job-aaaaaaaaaaaa"
DOCUMENT = application().openapi()
ABSENT = {"case": "zzzz-zzzz-zzzz", "run": "run-zzzzzzzz", "job": "job-zzzzzzzzzzzz", "name": "no-such-name"}
# Pages and routes that anybody may see who is signed in: they show nothing of a catalog.
# Docs, a redirect, and the number of what waits: of the catalog they show nothing.
BARE = {"/estimates", "/help", "/help/{name:path}", "/parts/waiting"}
HARMLESS = {"/livez", "/readyz", "/sign-in", "/sign-in/style.css", "/sign-out", *DOCUMENTS, *BARE, "/parts/cases/language"}


@dataclass(frozen=True)
class Somebody:
    """A person of the matrix: what they hold, and the token that stands for them."""

    name: str
    grants: tuple[tuple[str, str], ...]
    token: str

    def holds(self, permission: str, team: str | None = None) -> bool:
        """By the table of roles alone."""
        if permission in OF_THE_CATALOG:
            return False
        return any(holds(role, permission) and team in {None, where} for role, where in self.grants)

    def sees(self, team: str, level: Sensitivity) -> bool:
        return self.holds("case:read", team) and level <= CLEARANCE


@dataclass(frozen=True)
class World:
    """A served catalog with a case for each team and sensitivity, a run, and somebody for each role in each place."""

    there: Served
    people: tuple[Somebody, ...]
    cases: dict[tuple[str, Sensitivity], str]


@pytest.fixture(scope="module")
def world(sqlite_template, tmp_path_factory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("matrix")
    shutil.copy(sqlite_template, folder / "remiss.db")
    with served(str(folder / "remiss.db"), {}) as there:
        ws = there.workspace.serving("the making")
        file(ws, drawn([member(1, met=["slow"])]), run=RUN)
        post(ws)
        with ws._store.tending(60) as connection:
            connection.execute(update(jobs).values(id=JOB))
        held = [("nobody", ())]
        for role in ROLES:
            held += [(f"own-{role}", ((role, OWN),)), (f"far-{role}", ((role, OTHER),))]
            held += [(f"both-{role}", ((role, OWN), ("reader", OTHER)))]
        people = []
        for name, grants in held:
            token = there.person(name)
            for role, team in grants:
                token = there.person(name, role=role, team=team)
            people.append(Somebody(name, grants, token))
        cases = {
            (team, level): catalog.file(
                ws, Filing(model="m", at=MONDAY, title=f"{team} {level.name}", team=team, sensitivity=level)
            ).id
            for team, level in product((OWN, OTHER), Sensitivity)
        }
        yield World(there, tuple(people), cases)


def minimal(schema: dict[str, Any]) -> Any:
    """Return the least that a schema takes."""
    if "$ref" in schema:
        return minimal(DOCUMENT["components"]["schemas"][schema["$ref"].rpartition("/")[2]])
    if "default" in schema:
        return schema["default"]
    for several in ("anyOf", "oneOf", "allOf"):
        if several in schema:
            return minimal(schema[several][0])
    if "enum" in schema:
        return schema["enum"][0]
    if "const" in schema:
        return schema["const"]
    match schema.get("type"):
        case "object":
            return {name: minimal(schema["properties"][name]) for name in schema.get("required", ())}
        case "array":
            return []
        case "integer" | "number":
            return max(1, schema.get("minimum", 1))
        case "boolean":
            return False
    return "2013-06-05T00:00:00Z" if schema.get("format") == "date-time" else "remiss" * (schema.get("minLength", 1) > 6) or "x"


def properties(schema: dict[str, Any]) -> dict[str, Any]:
    """Return what an object may have."""
    while "$ref" in schema:
        schema = DOCUMENT["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return schema.get("properties", {})


# What the least request to a route asks for, where the route gives less to who may less: a thread is begun, not answered.
LEAST = {"case.comment": "thread:write"}


def request_of(route: str, subject: dict[str, str]) -> dict[str, Any]:
    """Return a request to a route of the API that is sound as far as its document says."""
    method, _, path = route.partition(" ")
    operation = DOCUMENT["paths"][path][method.lower()]
    places = {"run": RUN, "job": JOB, "name": "arrival-delay", "person": "somebody", "token": "0" * 12, "entry": "1"} | subject
    query = {}
    for each in operation.get("parameters", ()):
        if each["in"] == "path":
            path = path.replace(f"{{{each['name']}}}", places.get(each["name"], "something"))
        elif each["in"] == "query" and each.get("required"):
            query[each["name"]] = "case.show" if each["name"] == "action" else minimal(each["schema"])
    asked: dict[str, Any] = {"method": method, "url": path, "params": query, "headers": {"X-Request-Id": "same"}}
    if method != "GET":
        asked["headers"]["If-Match"] = '"1.0"'
        content = operation.get("requestBody", {}).get("content", {})
        if "application/octet-stream" in content:
            asked["content"] = b"a file"
        elif content:
            # A change of nothing is refused before anything is looked for.
            schema = content["application/json"]["schema"]
            asked["json"] = minimal(schema) | ({"note": "x"} if "note" in properties(schema) else {})
    return asked


def said(answer: httpx.Response) -> str:
    """Return how a route answered: as the policy refuses, as of what is not there, or otherwise."""
    if answer.status_code == 403:
        return "denied" if "it needs" in answer.json()["error"]["what"] else "otherwise"
    return "unknown" if answer.status_code == 404 else "otherwise"


def expected(who: Somebody, permission: str, team: str | None, level: Sensitivity) -> set[str]:
    """Return how a route may answer somebody, by the policy alone.

    Parameters
    ----------
    team : of the case or run that is asked about; None where it is about none
    """
    if not who.holds(permission):
        # A case that is changed is looked for first, which is asked of by a permission of its own.
        hidden = team is not None and who.holds("case:read") and not who.sees(team, level)
        return {"denied", "unknown"} if hidden else {"denied"}
    if team is None:
        return {"otherwise", "unknown", "denied"}
    if not who.sees(team, level):
        return {"unknown"}
    # What is wrong with the request may be said before what somebody may not do.
    return {"otherwise", "unknown"} if who.holds(permission, team) else {"denied", "otherwise", "unknown"}


def subjects(world: World, route: str) -> Iterator[tuple[dict[str, str], str | None, Sensitivity]]:
    """Yield what a route is asked about: every case, the run, the protocol, or nothing."""
    if "{case}" in route:
        yield from (({"case": case}, team, level) for (team, level), case in world.cases.items())
    elif "{run}" in route or "{job}" in route or "/protocols/{name}" in route:
        yield {}, OWN, Sensitivity.INTERNAL
    else:
        yield {}, None, Sensitivity.PUBLIC


@tables.each("face", entries().values(), ids=lambda face: face.name)
def test_of_everybody_it_is_decided_what_they_may_do_in_which_team(world, face):
    action = action_of(face.name)
    for who in world.people:
        ws = seen_by(world, who)
        assert allowed(partial(ws._authorise, action)) == who.holds(action.permission), who.name
        for team in (OWN, OTHER):
            assert ws.may(action.permission, team) == who.holds(action.permission, team), (who.name, team)


def test_of_everybody_it_is_decided_which_cases_they_see(world):
    for who in world.people:
        ws = seen_by(world, who)
        for (team, level), case in world.cases.items():
            assert allowed(partial(ws.governed, case)) == who.sees(team, level), (who.name, team, level)


def seen_by(world: World, who: Somebody) -> Workspace:
    """Return the served catalog's workspace as a call of somebody has it."""
    person = world.there.workspace.people.find(who.name)
    assert person is not None
    return world.there.workspace.serving("deciding", actor=actor_of(person), authority=Granted(person))


def allowed(call: Callable[[], object]) -> bool:
    try:
        call()
    except (Denied, NotFound):
        return False
    return True


def asking(world: World, face: Entry, *, everybody: bool) -> tuple[Somebody, ...]:
    """Return who asks a route: all, or one of them, and of the next route the next."""
    return world.people if everybody else (world.people[[*entries().values()].index(face) % len(world.people)],)


@pytest.mark.parametrize("everybody", [False, pytest.param(True, marks=pytest.mark.soak)], ids=["one of them", "all of them"])
@pytest.mark.parametrize("face", entries().values(), ids=lambda face: face.name)
def test_a_route_answers_everybody_as_the_policy_says(world, face, everybody):
    permission = LEAST.get(face.name, action_of(face.name).permission)
    odd = []
    for who in asking(world, face, everybody=everybody):
        with world.there.program(who.token) as client:
            for subject, team, level in subjects(world, face.route):
                refused = expected(who, permission, team, level)
                before = world.there.position()
                answer = client.request(**request_of(face.route, subject))
                if said(answer) not in refused:
                    odd.append((who.name, team, level.name, answer.status_code, answer.text[:200]))
                if "otherwise" not in refused:
                    assert world.there.position() == before
                if refused == {"unknown"}:
                    absent = client.request(**request_of(face.route, ABSENT))
                    pairs = {**({"run": RUN, "job": JOB, "name": "arrival-delay"} if "case" not in subject else {}), **subject}
                    assert anonymous(answer, pairs) == anonymous(absent, ABSENT)
    assert odd == []


def anonymous(answer: httpx.Response, names: dict[str, str]) -> tuple[int, str, dict[str, str]]:
    """Return an answer without the name of what was asked about and without the time."""
    text = answer.text
    for kind, name in names.items():
        text = text.replace(name, f"<{kind}>")
    headers = {name: value for name, value in answer.headers.items() if name not in {"date", "content-length"}}
    return answer.status_code, text, headers


@pytest.mark.parametrize("way", [way for way in WAYS if not way.path.startswith(("/static", "/assets"))], ids=str)
def test_a_page_or_route_shows_nothing_to_whoever_was_granted_nothing(world, way):
    nobody = world.people[0]
    before = world.there.position()
    path = way.path.replace("{case}", world.cases[OWN, Sensitivity.PUBLIC])
    path = path.replace("{run}", RUN).replace("{job}", JOB).replace("{name}", "arrival-delay")
    with world.there.program(nobody.token) as client:
        client.headers.update({"Origin": world.there.url, "Accept": "text/html"})
        answer = client.request(way.method, path)
    assert world.there.position() == before
    if way.path in HARMLESS:
        return
    # Of a request that is not whole its form may be told, and of an address that is none, that it is none.
    assert answer.status_code in {403, 404, 422, 428}, answer.text[:300]
    for shown in ("PUBLIC", RUN, JOB, "arrival-delay"):
        assert shown not in answer.text.replace(path, ""), shown


PROBES = (
    "team:boarding",
    "sensitivity:secret",
    "-team:default",
    "team:default OR team:boarding",
    "-(team:default sensitivity:internal)",
    "has:team",
    "team:board*",
    "boarding OR SECRET",
    '"boarding SECRET"',
    "title:*",
    'team:"default\' OR 1=1 --"',
    "model:m) OR (1=1",
    "context.x' OR '1'='1:1",
    "%27%20OR%201=1",
)


@pytest.mark.parametrize("probe", PROBES)
def test_no_query_finds_what_is_not_for_whoever_asks(world, probe):
    mine = {case for (team, level), case in world.cases.items() if team == OWN and level <= CLEARANCE}
    hidden = set(world.cases.values()) - mine
    [who] = [each for each in world.people if each.name == "own-curator"]
    with world.there.program(who.token) as client:
        for path, asked in (
            ("/api/v1/cases", {"query": probe}),
            ("/api/v1/cases", {"query": probe, "sort": "severity"}),
            ("/api/v1/cases", {"query": probe, "as_of": str(world.there.position())}),
            ("/api/v1/cases/facets", {"query": probe, "fields": "team"}),
            ("/api/v1/cases/facets", {"query": probe, "fields": "sensitivity"}),
            ("/api/v1/estimate", {"query": probe}),
        ):
            answer = client.get(path, params=asked)
            assert answer.status_code in {200, 404, 422}, answer.text
            assert not any(case in answer.text for case in hidden)
            if path.endswith("facets") and answer.status_code == 200:
                assert {item["value"] for item in answer.json()["items"]} <= {"default", "public", "internal"}


def test_a_token_of_somebody_else_s_page_shows_only_one_s_own(world):
    [who] = [each for each in world.people if each.name == "own-reader"]
    with world.there.client() as operator, world.there.program(who.token) as client:
        following = operator.get("/api/v1/cases", params={"limit": 1}).json()["next"]
        page = client.get("/api/v1/cases", params={"limit": 100, "after": following})
        assert page.status_code == 200
        assert {line["title"] for line in page.json()["items"] if line["title"]} <= {"default PUBLIC", "default INTERNAL"}
