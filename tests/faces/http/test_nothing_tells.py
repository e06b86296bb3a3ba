"""A verifier asks a server everything that there is to ask: whatever the first labelling says, the answers are the same.

Two catalogs are alike in everything but one labelling. Whoever asks may verify, reads the audit, curates, and sees every
team up to secret: more than any verifier has.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import httpx
import pytest

from remiss import capture
from remiss.curate import discussion_actions as discussion
from remiss.curate import labelling_actions as curate
from remiss.curate import queue_actions as queue
from remiss.curate import steering_actions as steering
from remiss.curate.steering import First
from remiss.govern.authority import Granted, actor_of
from remiss.records.case import Sensitivity
from remiss.records.identity import case_id
from remiss.records.labelling import Impact, Judgement, Verdict
from remiss.records.person import Grant, Person
from tests.command_line import CommandLine
from tests.curate.standings import ANSWERS, NOISE, WEAK
from tests.edges.stores.drawing import drawn, file, member
from tests.edges.stores.test_blindness import offered
from tests.faces.http.routes import WAYS
from tests.serving import Served, served
from tests.stories.logs import MONDAY, PROTOCOL, WEEK, small_log

# One share for all, for which cases are chosen tells of the grade (docs/explanation/blindness.md).
SHARES = '{"1": 1.0, "2": 1.0, "3": 1.0, "4": 1.0, rejected: 1.0}'
LABELLING = f"labelling: {{every: week, budget: 40, controls: 0.3, verify: {SHARES}}}\n"
FAILS = Judgement(verdict=Verdict.FAILURE, mode=WEAK, answers=ANSWERS, rationale="feeder airports")
GRAVEST = {"harm": "safety", "reach": "many", "detection": "never", "recovery": "impossible"}
SAID = {
    "a failure": FAILS,
    "a graver one": replace(FAILS, mode=NOISE, modes=(WEAK,), answers=GRAVEST, impact=Impact(low=1, high=9, unit="EUR")),
    "none": Judgement(verdict=Verdict.NOT_A_FAILURE),
    "a wrong label": Judgement(verdict=Verdict.WRONG_LABEL, rationale="the board was right"),
    "the same event": Judgement(verdict=Verdict.SAME_EVENT, target="TARGET"),
}
# What differs between any two catalogs: times, random ids and what is derived from them, keyed digests, how long a text is.
APART = re.compile(
    r"\d{4}-\d\d-\d\d[T ][\d:.]+Z?|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{22}|[0-9a-f]{40,128}|run-\w+|\"\d+\.[0-9a-f]{16}\""
    r"|/tmp/\S+?(?=[\"<])|127\.0\.0\.1:\d+|[\w+/-]{43,}=*|\d\d:\d\d:\d\d|\b[0-9a-z]{12}\b|[\d.]+ [GM]B"
)
RECODING = f'recode: r1\nabout: better words\nmoves: [{{rename: "{NOISE}", to: "{WEAK}"}}]\n'
SAME = {"X-Request-Id": "same"}
QUERIES = ("", "status:annotated", f"mode:{NOISE}", f"mode:{WEAK}", "severity:1", "severity:>=2", "has:mode", "-has:criterion")
# Probes of a program that was measured differ by what was asked of it before, which is the same; clocks and sizes differ.
UNLIKE = {"/metrics", "/api/v1/doctor", "/api/v1/catalog"}


@pytest.fixture(scope="module")
def captured_for_two(sqlite_template, tmp_path_factory) -> Any:
    """A captured catalog with its log, keys and vault, to be copied."""
    folder = tmp_path_factory.mktemp("twins")
    log = small_log(folder / "log", weeks=1, a_week=240)
    log.write(PROTOCOL + LABELLING)
    shutil.copy(sqlite_template, folder / "remiss.db")
    with served(str(folder / "remiss.db"), {"REMISS_SOURCES": str(folder / "log")}) as there:
        capture.capture(there.workspace.serving("capture"), log.protocol, since=MONDAY, until=MONDAY + WEEK)
    return folder


def acting(there: Served, name: str) -> Any:
    person = Person(name=name, grants=(Grant(role="verifier", team="default", clearance=Sensitivity.INTERNAL),))
    return there.workspace.serving(f"as-{name}", actor=actor_of(person), authority=Granted(person))


def labelled(there: Served, said: Judgement) -> tuple[str, str]:
    """Have ana label seven cases, of which cy verifies all but the fourth; return that, and one that nobody has labelled."""
    with there.client() as client:
        cases = [each["id"] for each in client.get("/api/v1/cases", params={"limit": 9}, headers=SAME).json()["items"]]
    ana, cy, target = acting(there, "ana"), acting(there, "cy"), cases[3]
    for number, case in enumerate(cases[:7]):
        one = said if case == target else (FAILS if number % 2 else SAID["none"])
        discussion.comment(ana, case, "What do you say, @bo?")
        curate.annotate(ana, case, 1, replace(one, target=cases[8]) if one.target else one)
        if case != target:
            curate.verify(cy, case, 2, one)
    return target, cases[7]


def answers(client: httpx.Client, case: str, other: str) -> Iterator[tuple[str, str]]:
    """Yield everything that bo asks about a case, and what he is answered."""

    def asked(method: str, path: str, **given: Any) -> tuple[str, str]:
        answer = client.request(method, path, headers=given.pop("headers", {}), **given)
        headers = {name: value for name, value in answer.headers.items() if name not in {"date", "content-length"}}
        body = answer.text if "octet-stream" not in answer.headers.get("content-type", "") else ""
        return f"{method} {path} {given}".replace(case, "CASE"), APART.sub("", f"{answer.status_code} {headers} {body}")

    places = {"case": case, "name": "arrival-delay", "person": "ana", "entry": "journal-9"}
    for way in WAYS:
        if way.method != "GET" or way.path in UNLIKE or way.path.startswith(("/static", "/assets")):
            continue
        path = re.sub(r"\{(\w+)[^}]*\}", lambda found: places.get(found[1], "something"), way.path)
        yield asked("GET", path)
        if "facets" in path:
            for field in ("status", "mode", "severity", "origin", "criterion"):
                yield asked("GET", path, params={"fields": field})
    for query in QUERIES:
        for path in ("/api/v1/cases", "/api/v1/agreement", "/api/v1/estimate", "/cases", "/agreement"):
            yield asked("GET", path, params={"query": query})
        yield asked("GET", "/api/v1/cases", params={"query": query}, headers={"Accept": "text/csv"})
    event = client.get(f"/api/v1/cases/{case}").json()["event"]["id"]
    for query in (f"event_id:{event}", "criterion:slow", ""):
        for params in ({}, {"by": "criterion"}, {"rate": "true"}, {"verdict": "wrong-label"}):
            yield asked("GET", "/api/v1/estimate", params={"query": query, "confirmed": "true", **params})
    for sort in ("severity", "-severity", "mode", "-criteria", "updated"):
        yield asked("GET", "/api/v1/cases", params={"sort": sort})
    at = client.get("/api/v1/cases").json()["position"]
    for position in range(at - 9, at + 1):
        yield asked("GET", f"/api/v1/cases/{case}", params={"as_of": position})
        yield asked("GET", f"/api/v1/cases/{case}/history", params={"as_of": position})
    for params in ({"subject": case}, {"actor": "ana"}, {"log": "journal", "limit": 100}):
        yield asked("GET", "/api/v1/audit", params=params)
    wrong: Mapping[str, Any] = {"verdict": "failure", "mode": "nope:x", "quotes": ["no such words"]}
    match = {"If-Match": f'"{client.get(f"/api/v1/cases/{case}").json()["revision"]}.0"'}
    for verb in ("annotation", "verification", "adjudication"):
        yield asked("POST", f"/api/v1/cases/{case}/{verb}", json=wrong, headers=match)
    yield asked("POST", f"/api/v1/cases/{case}/annotation", json={"verdict": "not-a-failure"}, headers=match)
    yield asked("POST", f"/api/v1/cases/{case}/adjudication", json={"verdict": "not-a-failure", "rationale": "x"}, headers=match)
    yield asked("POST", f"/api/v1/cases/{case}/reopening", json={"reason": "x"}, headers=match)
    yield asked("POST", f"/api/v1/cases/{case}/link", json={"other": other}, headers=match)
    yield asked("POST", f"/api/v1/cases/{case}/evidence", json={"purpose": "to label it"})
    documents = {"recoding.yaml": RECODING}
    yield asked("POST", "/api/v1/taxonomy/recodings/plan", json={"recoding": "recoding.yaml", "documents": documents})
    # To say of another case that it is the same event asks where this one stands.
    same = {"verdict": "same-event", "target": case}
    yield asked("POST", f"/api/v1/cases/{other}/annotation", json=same, headers={"If-Match": '"1.0"'})
    yield asked("POST", "/api/v1/queue/next", json={"kind": "verification"})
    yield asked("GET", "/api/v1/queue")


def told(folder: Any, place: Any, said: Judgement) -> dict[str, str]:
    shutil.copytree(folder, place)
    with served(str(place / "remiss.db"), {"REMISS_SOURCES": str(place / "log")}) as there:
        case, other = labelled(there, said)
        for role in ("curator", "steward"):
            token = there.person("bo", role=role, team="*", clearance="secret")
        with there.program(token) as client:
            client.headers.update({"Accept": "application/json, text/html", **SAME})
            return dict(answers(client, case, other))


def difference(asked: str, one: str, two: str) -> str:
    """Return a question with what differs in two answers, and where."""
    at = next((at for at, (a, b) in enumerate(zip(one, two, strict=False)) if a != b), min(len(one), len(two)))
    return f"{asked}\n  {one[max(0, at - 150) : at + 150]!r}\n  {two[max(0, at - 150) : at + 150]!r}"


@pytest.fixture(scope="module")
def first(captured_for_two, tmp_path_factory) -> dict[str, str]:
    return told(captured_for_two, tmp_path_factory.mktemp("first") / "here", SAID["a failure"])


@pytest.mark.slow(reason="every route is asked, of two catalogs")
@pytest.mark.parametrize(
    "said",
    [
        "a graver one",
        "none",
        pytest.param("a wrong label", marks=pytest.mark.soak),
        pytest.param("the same event", marks=pytest.mark.soak),
    ],
)
def test_whatever_the_first_says_a_server_answers_the_second_alike(captured_for_two, first, tmp_path, said):
    found = told(captured_for_two, tmp_path / "here", SAID[said])
    assert found.keys() == first.keys()
    differing = [difference(asked, first[asked], answer) for asked, answer in found.items() if answer != first[asked]]
    assert not differing, "\n".join(differing)
    assert sum(answer.startswith("200") for answer in found.values()) > 60


def told_of_one_that_waits(folder: Any, place: Any, *, unsure: bool) -> dict[str, str]:
    """Return what bo is answered of a case that ana had in hand and put back, or of which she could not tell what it is."""
    shutil.copytree(folder, place)
    with served(str(place / "remiss.db"), {"REMISS_SOURCES": str(place / "log")}) as there:
        ana, held = acting(there, "ana"), []
        for _ in range(9):
            form = queue.take(ana, exclude=tuple(each.case for each in held)).task.form
            held.append(form)
        with there.client() as client:
            caught = {each["id"] for each in client.get("/api/v1/cases", params={"limit": 999}, headers=SAME).json()["items"]}
        own = next(each for each in held if each.case in caught)
        other = min(caught - {each.case for each in held})
        for each in held:
            if unsure and each is own:
                curate.annotate(ana, each.case, each.revision, Judgement(verdict=Verdict.CANNOT_TELL, rationale="cut off"))
            else:
                queue.release(ana, each.case)
        token = there.person("bo", role="curator", team="*", clearance="secret")
        with there.program(token) as client:
            client.headers.update({"Accept": "application/json, text/html", **SAME})
            found = dict(answers(client, own.case, other))
            found |= {f"task {at}": told_of_task(client.post("/api/v1/queue/next", json={}).text) for at in range(3)}
            return found


def told_of_task(text: str) -> str:
    return APART.sub("", text)


@pytest.mark.slow(reason="every route is asked, of two catalogs")
def test_a_case_of_which_somebody_could_not_tell_is_answered_for_like_one_that_was_put_back(captured_for_two, tmp_path):
    plain, unsure = (told_of_one_that_waits(captured_for_two, tmp_path / str(each), unsure=each) for each in (False, True))
    differing = [difference(asked, plain[asked], answer) for asked, answer in unsure.items() if answer != plain[asked]]
    assert not differing, "\n".join(differing)
    assert sum(answer.startswith("200") for answer in unsure.values()) > 60


# What a curator did to the queue, before anybody asks: in each catalog as much, and another thing.
OPENED = {
    "slow": lambda ws: (steering.open_batches(ws, "arrival-delay", 1, criterion="slow", only=True), "newest"),
    "missed-delay": lambda ws: (steering.open_batches(ws, "arrival-delay", 1, criterion="missed-delay", only=True), "gravest"),
}


def told_of_what_is_open(folder: Any, place: Any, *, opened: str) -> tuple[dict[str, str], list[str]]:
    """Return what bo is answered, who labels and reads the audit, and which cases he is given."""
    shutil.copytree(folder, place)
    with served(str(place / "remiss.db"), {"REMISS_SOURCES": str(place / "log")}) as there:
        _, first = OPENED[opened](there.workspace.serving("cy"))
        steering.order_batches(there.workspace.serving("cy"), "arrival-delay", 2, First(first))
        with there.client() as client:
            cases = [each["id"] for each in client.get("/api/v1/cases", params={"limit": 9}, headers=SAME).json()["items"]]
        for role in ("verifier", "steward"):
            token = there.person("bo", role=role, team="*", clearance="secret")
        with there.program(token) as client:
            client.headers.update({"Accept": "application/json, text/html", **SAME})
            found, given = dict(answers(client, cases[0], cases[1])), []
            for at in range(6):
                task = client.post("/api/v1/queue/next", json={"kind": "annotation", "exclude": given}).json()
                given.append(task["task"]["form"]["case"])
                task["task"]["form"] |= {"case": "", "event": {}}
                found[f"task {at}"] = APART.sub("", str(task))
            return found, given


@pytest.mark.soak
@pytest.mark.slow(reason="every route is asked, of two catalogs")
def test_whatever_a_curator_opened_who_labels_is_answered_alike_but_for_which_case_they_are_given(captured_for_two, tmp_path):
    (one, first), (two, second) = (told_of_what_is_open(captured_for_two, tmp_path / each, opened=each) for each in OPENED)
    differing = [difference(asked, one[asked], answer) for asked, answer in two.items() if answer != one[asked]]
    assert not differing, "\n".join(differing)
    assert set(first) != set(second)
    assert sum(answer.startswith("200") for answer in one.values()) > 60


NO = SAID["none"]


def seen_of_the_queue(there: Served, token: str) -> dict[str, str]:
    """Return all that a labeller is told of the queue, but for which case they are given and what it is about."""

    def of_a_task(answer: httpx.Response) -> str:
        given = answer.json()
        given["task"]["form"] |= {"case": "", "event": {}, "title": ""}
        return str(given)

    with there.program(token) as client, there.browser_of(token) as browser:
        client.headers.update(SAME)
        task = client.post("/api/v1/queue/next", json={}).json()["task"]["form"]["case"]
        found = {"pass": of_a_task(client.post(f"/api/v1/queue/{task}/pass", json={}))}
        found["next"] = of_a_task(client.post("/api/v1/queue/next", json={}))
        for each in client.get("/api/v1/queue").json()["in_hand"]:
            client.post(f"/api/v1/queue/{each['case']}/release", json={})
        found["list"] = client.get("/api/v1/queue").text
        found["page"] = browser.get("/queue", headers={"Accept": "text/html"}).text
        found["terminal"] = str(CommandLine(there.url, {"REMISS_TOKEN": token})._run(["queue", "list"]))
        return {name: APART.sub("", text) for name, text in found.items()}


@pytest.mark.slow(reason="four catalogs are labelled, each by another case")
def test_in_which_batch_a_case_was_nothing_of_the_queue_tells_who_labelled_it(captured_for_two, tmp_path):
    """Of cases of one period, which differ in criterion or are controls or undecided events, one is labelled in each catalog."""
    before, after = {}, {}
    for group in ("missed-delay", "slow", "control", "undecided"):
        shutil.copytree(captured_for_two, tmp_path / group)
        with served(str(tmp_path / group / "remiss.db"), {"REMISS_SOURCES": str(tmp_path / group / "log")}) as there:
            token = there.person("ana", role="verifier")
            [order] = there.workspace.queue.orders()
            event = next(events for batch, events in sorted(order.batches.items()) if batch.group == group)[1]
            case = offered(there.workspace, there.workspace.queue.where([event])[event].id, order.source)
            before[group] = seen_of_the_queue(there, token)
            curate.annotate(acting(there, "ana"), case, 1, NO)
            after[group] = seen_of_the_queue(there, token)
    [one] = {str(each) for each in before.values()}
    differing = [
        difference(f"{name} after {group}", after["slow"][name], text)
        for group, told in after.items()
        for name, text in told.items()
        if text != after["slow"][name]
    ]
    assert not differing, "\n".join(differing)
    assert (one != str(after["slow"]), "missed-delay" in one) == (True, False)


# How many cases a run brought is told of runs as a whole (docs/explanation/blindness.md).
OF_RUNS = ("GET /runs ", "GET /api/v1/runs ")


def told_of_one(template: Any, place: Any, *, control: bool) -> dict[str, str]:
    """Return what bo is answered of a case that ana annotated, which had been caught, or had been a control."""
    place.mkdir()
    shutil.copy(template, place / "remiss.db")
    kept = {"REMISS_KEYS": str(place / "keys"), "REMISS_VAULT": str(place / "vault")}
    with served(str(place / "remiss.db"), kept) as there:
        ws = there.workspace.serving("drawn")
        met = {number: () if number > 6 or (number == 3 and control) else ("slow",) for number in range(1, 9)}
        file(ws, drawn([member(number, met=names) for number, names in met.items()]), run="run-a0000000")
        offered(ws, "e3" if control else "e7")
        case, other = (case_id("arrivals", f"e{number}") for number in (3, 4))
        curate.annotate(acting(there, "ana"), case, 1, FAILS)
        for role in ("curator", "steward"):
            token = there.person("bo", role=role, team="*", clearance="secret")
        with there.program(token) as client:
            client.headers.update({"Accept": "application/json, text/html", **SAME})
            found = dict(answers(client, case, other))
            for position in range(1, there.position() + 1):
                for path in ("/api/v1/catalog", "/api/v1/cases", "/api/v1/cases/facets", "/api/v1/coverage"):
                    answer = client.get(path, params={"as_of": position})
                    found[f"{path} at {position}"] = APART.sub("", answer.text)
            return {asked: answer for asked, answer in found.items() if not asked.startswith(OF_RUNS)}


@pytest.mark.slow(reason="every route is asked, of two catalogs")
def test_whether_an_annotated_case_was_a_control_a_server_answers_alike(sqlite_template, tmp_path):
    """A control that is no failure is cleared by one person: whoever knew that it was one would know its annotation."""
    caught, control = (told_of_one(sqlite_template, tmp_path / str(each), control=each) for each in (False, True))
    differing = [difference(asked, caught[asked], answer) for asked, answer in control.items() if answer != caught[asked]]
    assert not differing, "\n".join(differing)
    assert sum("200" in answer[:3] for answer in control.values()) > 60
