"""Every answer says at which position of the catalog it was read: as JSON, and so from each face; in the library."""

from __future__ import annotations

from dataclasses import replace

import pytest

from remiss.codec import schema_of, to_json
from remiss.faces.http.answering import POSITION
from remiss.records.case import CaseHistory
from remiss.records.discussion import CaseThreads, Thread, ThreadStatus
from remiss.records.person import IssuedToken, Team, Token
from remiss.records.published import position_of, published_as, read_at_position
from scripts import declared
from tests.faces.http.routes import application
from tests.tables import each

ACTIONS = declared.load()
# What reads no catalog, and so has no position to tell.
WITHOUT_A_CATALOG = {"protocol.check": "a document, and the log that it names"}
# What tells of itself at which position it was written tells by another key where it was read.
WRITTEN_AT = {
    *(f"attachment.{verb}" for verb in ("add", "erase", "remove", "restore")),
    "capture",
    *("gate.decide", "gate.show", "scenario.make", "scenario.show", "suite.build", "suite.show"),
    "protocol.show",
    *("result.show", "suite.run"),
    "run.accept",
    "run.redact",
    "run.show",
    *(f"pattern.{verb}" for verb in ("name", "show", "describe", "own", "mark", "link", "merge", "split", "subscribe")),
    *("cluster.find", "cluster.show", "slice.confirm", "slice.confirm-exact", "slice.show"),
}


@each("name", ACTIONS)
def test_an_answer_says_at_which_position_it_was_read(name):
    returns = ACTIONS[name].returns
    key = "read_position" if name in WRITTEN_AT else "position"
    assert (key in schema_of(returns)["required"]) != (name in WITHOUT_A_CATALOG)
    if name not in WITHOUT_A_CATALOG:
        assert (published_as(returns).read or "position") == key
    # Only the machine is looked at without a catalog.
    assert (schema_of(returns)["properties"].get(key, {}).get("type") == "integer") == (
        name not in {*WITHOUT_A_CATALOG, "doctor"}
    )


def test_over_http_a_file_says_it_in_a_header():
    headers = application().openapi()["paths"]["/api/v1/attachments/{attachment}"]["get"]["responses"]["200"]["headers"]
    assert headers[POSITION]["schema"]["type"] == "integer"


def test_what_is_a_part_of_an_answer_does_not_say_it_again():
    thread = Thread(id="t", case="c", status=ThreadStatus.OPEN, comments=())
    listed = to_json(CaseThreads(position=3, items=(thread,)))
    assert listed["position"] == 3
    assert "position" not in listed["items"][0]
    told = to_json(read_at_position(thread, lambda: 4))
    assert (told.pop("schema"), told.pop("position")) == ("remiss/thread@1", 4)
    assert told == {key: value for key, value in listed["items"][0].items() if key != "schema"}
    token = Token(id="t", person="bo", about=None, expires=None, position_from=1, position=2)
    assert to_json(IssuedToken(token=token, text="secret", position=5))["position"] == 5


def test_an_answer_that_was_read_nowhere_is_none_yet():
    team = Team(name="boarding")
    assert position_of(team) is None
    with pytest.raises(TypeError):
        to_json(team)
    assert position_of(read_at_position(team, lambda: 7)) == 7
    assert position_of(CaseHistory(position=8, items=())) == 8


def test_where_it_was_read_makes_no_difference_to_what_was_read():
    assert replace(Team(name="boarding"), position=1) == replace(Team(name="boarding"), position=2)
