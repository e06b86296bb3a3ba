"""An answer says the position at which it was read, and is what one reads as of that position, whoever writes meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

import remiss
from bench.commands import SCENARIOS
from remiss import capture, safeguard
from remiss.catalog import actions as catalog
from remiss.catalog import attachment_actions as attachments
from remiss.codec import to_json
from remiss.contract.table import action_of, entries
from remiss.curate import discussion_actions as discussion
from remiss.curate import investigation_actions as investigation
from remiss.curate import recoding_actions as recodings
from remiss.faces.http.answering import POSITION
from remiss.govern import access_actions, people_actions
from remiss.records.case import Filing
from remiss.records.published import position_of
from remiss.workspace import Workspace
from tests.edges.stores.drawing import MONDAY
from tests.serving import TOKEN, Served, served
from tests.stories.logs import WEEK

READS = 25


@pytest.fixture
def case(there) -> str:
    return catalog.file(there.workspace, Filing(model="m", at=MONDAY, title="Wrong gate")).id


@contextmanager
def written_to(there: Served, case: str) -> Iterator[None]:
    """Have somebody comment on a case and revise it, a position each time, while the block lasts."""
    stop, failed = threading.Event(), []

    def write() -> None:
        ws = there.workspace.serving("writing")
        try:
            revision, thread = 1, discussion.comment(ws, case, "0").id
            while not stop.is_set():
                revision = catalog.revise(ws, case, revision, note=f"{revision}").revision
                discussion.comment(ws, case, f"{revision}", thread=thread)
        except BaseException as error:
            failed.append(error)
            raise

    writer = threading.Thread(target=write)
    writer.start()
    try:
        yield
    finally:
        stop.set()
        writer.join(60)
    assert not failed


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_a_list_over_http_is_read_at_the_position_that_it_says(there, case):
    """What has come by that position is in it, as it is when one reads as of that position; and nothing that came later."""
    with there.client() as client, written_to(there, case):
        for path in (f"/api/v1/cases/{case}/history", f"/api/v1/cases/{case}/threads"):
            for _ in range(READS):
                found = client.get(path).json()
                assert client.get(path, params={"as_of": found["position"]}).json()["items"] == found["items"]


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_a_list_of_a_command_is_read_at_the_position_that_it_says(there, case, cli, monkeypatch):
    monkeypatch.setenv("REMISS_TOKEN", TOKEN)
    with written_to(there, case):
        for command in ("case history", "thread list"):
            for _ in range(5):
                words = ("--catalog", there.url, *command.split(), case, "--format", "json")
                found = cli(*words).json
                assert cli(*words, "--as-of", str(found["position"])).json["items"] == found["items"]


def test_each_list_has_its_position_in_the_library_near_and_far(there, case):
    ws = there.workspace
    discussion.comment(ws, case, "Who saw it?")
    attachments.add_attachment(ws, case, b"content", name="shot.png")
    before = ws.position()
    catalog.revise(ws, case, 1, note="Later")
    with remiss.open(there.url, environment={"REMISS_TOKEN": TOKEN}) as far:
        for each in (ws, far):
            for read in (
                lambda as_of, each=each: catalog.history(each, case, as_of=as_of),
                lambda as_of, each=each: discussion.list_threads(each, case, as_of=as_of),
                lambda as_of, each=each: attachments.list_attachments(each, case, as_of=as_of),
                lambda as_of, each=each: recodings.recodings(each, as_of=as_of),
            ):
                assert (read(None).position, read(before).position, read(before + 1).position) == (before + 1, before, before + 1)
        assert list(catalog.history(far, case)) == list(catalog.history(ws, case))
        assert len(catalog.history(far, case, as_of=before)) == 1


# What is read of a captured catalog at any position: each action that takes one, and what it is asked.
ASKED: Mapping[str, Mapping[str, str]] = {
    name: {
        "access.check": {"person": "bo", "action": "case.show"},
        "estimate": {"query": "criterion:missed-delay"},
        "protocol.diff": {"before": "1", "after": "1"},
        "run.compare": {"other": "{other}"},
    }.get(name, {})
    for name, each in entries().items()
    # What is taken out is a file, and slices and drift need more windows than are captured here: each has a test of its own.
    if any(one.name == "as_of" for one in each.parameters)
    and name not in {"chart.change", "chart.drift", "cluster.show", "pattern.show", "sample.export", "slice.find", "slice.show"}
}


@pytest.fixture
def rich(captured) -> Iterator[tuple[Served, dict[str, str]]]:
    """A served catalog that was captured and talked about, and the names of things in it."""
    with served("remiss.db", {"REMISS_SOURCES": "log"}) as there:
        ws = there.workspace
        case = str(catalog.search(ws, "criterion:missed-delay", limit=1).column("id")[0])
        people_actions.add_person(ws, "bo")
        said = discussion.comment(ws, case, "@bo who saw it?")
        other = capture.capture(ws, "log/arrival-delay.yaml", since=MONDAY, until=MONDAY + WEEK).id
        safeguard.build_suite(ws, "arrivals", "")
        Path("scenarios.yaml").write_text(SCENARIOS.replace("scenarios: bench", "scenarios: arrivals"))
        safeguard.make_scenarios(ws, "arrivals", "scenarios.yaml")
        yield (
            there,
            {
                "case": case,
                "thread": said.id,
                "run": str(capture.list_runs(ws).column("run")[1]),
                "other": other,
                "protocol": "arrival-delay",
                "name": "arrivals",
            },
        )


def much_happens(ws: Workspace, case: str) -> None:
    """Have something come, change or go of each kind that is read."""
    catalog.revise(ws, case, 1, note="Later")
    catalog.file(ws, Filing(model="arrival-delay", at=MONDAY, title="Another"))
    discussion.comment(ws, case, "@bo nobody")
    attachments.add_attachment(ws, case, b"content", name="shot.png")
    investigation.write_hypothesis(ws, case, text="The feed is late")
    people_actions.grant(ws, "bo", "reader")
    people_actions.add_team(ws, "boarding")
    access_actions.create_token(ws, "bo")


@pytest.mark.slow(reason="asks each of thirty actions three times")
def test_as_of_the_position_that_an_answer_says_one_reads_that_answer(rich):
    there, names = rich
    with there.client() as client:

        def read(name: str, **more: object) -> dict[str, Any]:
            path = entries()[name].path.format(**names)
            asked = {key: value.format(**names) for key, value in ASKED[name].items()}
            answer = client.get(path, params={**asked, **more})
            assert answer.status_code == 200, answer.text
            # The size of the catalog's file is of now, and by `next` one goes on with the list that was asked for.
            return {key: value for key, value in answer.json().items() if key not in {"bytes", "next"}}

        def where(answer: dict[str, Any]) -> int:
            return int(answer["read_position"] if "read_position" in answer else answer["position"])

        head = there.position()
        before = {name: read(name) for name in ASKED}
        assert {name: where(answer) for name, answer in before.items()} == dict.fromkeys(ASKED, head)
        much_happens(there.workspace, names["case"])
        later = there.position()
        assert {name: where(read(name)) for name in ASKED} == dict.fromkeys(ASKED, later)
        for name, answer in before.items():
            assert read(name, as_of=head) == answer, name


def test_what_changes_something_says_the_position_that_it_was_committed_at(rich):
    there, names = rich
    ws = there.workspace
    revised = catalog.revise(ws, names["case"], 1, note="Later")
    assert revised.position == ws.position()
    assert catalog.show(ws, names["case"], as_of=revised.position) == revised
    with there.client() as client:
        added = client.post("/api/v1/teams", json={"team": "boarding"}).json()
        assert added["position"] == added["position_from"] == ws.position()
        sent = client.post(f"/api/v1/cases/{names['case']}/attachments", params={"name": "shot.png"}, content=b"x").json()
        assert sent["position"] == sent["read_position"] == ws.position()
        people_actions.add_person(ws, "cy")
        got = client.get(f"/api/v1/attachments/{sent['attachment']}")
        assert (got.content, got.headers[POSITION]) == (b"x", str(ws.position()))
        gone = client.delete(f"/api/v1/attachments/{sent['attachment']}").json()
        assert (gone["position"], gone["read_position"]) == (sent["position"], ws.position())


def test_a_case_is_not_modified_when_something_else_is(rich):
    """Its ETag names what was read, whichever position the catalog has come to."""
    there, names = rich
    with there.client() as client:
        read = client.get(f"/api/v1/cases/{names['case']}")
        people_actions.add_person(there.workspace, "cy")
        again = client.get(f"/api/v1/cases/{names['case']}", headers={"If-None-Match": read.headers["ETag"]})
        assert again.status_code == 304
        later = client.get(f"/api/v1/cases/{names['case']}")
        assert (later.headers["ETag"], later.json()["position"]) == (read.headers["ETag"], read.json()["position"] + 1)


def test_what_is_read_in_a_block_says_one_position_whatever_others_write_meanwhile(rich):
    there, names = rich
    ws = there.workspace
    with ws.reading():
        first = catalog.show(ws, names["case"])
        writer = threading.Thread(target=people_actions.add_person, args=(ws.serving("other"), "cy"))
        writer.start()
        writer.join(60)
        again = action_of("thread.show")
        assert position_of(ws.perform(again, again.filled({"thread": names["thread"]}))) == first.position
    assert catalog.show(ws, names["case"]).position == first.position + 1
    assert to_json(first)["position"] == first.position
