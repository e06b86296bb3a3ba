"""A list says the position at which it was read: that of the snapshot in which its items were, whoever writes meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

import remiss
from remiss.catalog import actions as catalog
from remiss.catalog import attachment_actions as attachments
from remiss.curate import discussion_actions as discussion
from remiss.curate import recoding_actions as recodings
from remiss.records.case import Filing
from tests.edges.stores.drawing import MONDAY
from tests.serving import TOKEN, Served

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


def test_a_list_over_http_is_read_at_the_position_that_it_says(there, case):
    """What has come by that position is in it, as it is when one reads as of that position; and nothing that came later."""
    with there.client() as client, written_to(there, case):
        for path in (f"/api/v1/cases/{case}/history", f"/api/v1/cases/{case}/threads"):
            for _ in range(READS):
                found = client.get(path).json()
                assert client.get(path, params={"as_of": found["position"]}).json()["items"] == found["items"]


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
