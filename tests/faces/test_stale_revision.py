"""Who read an older revision is told so: by the same error in every action, in the library, over HTTP and by commands."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import timedelta
from typing import Any

import jsonschema
import pytest

from remiss import codec, safeguard, understand
from remiss.catalog import actions as catalog
from remiss.contract.table import action_of, entries
from remiss.curate import investigation_actions as curate
from remiss.curate import steering_actions as steering
from remiss.curate.steering import First
from remiss.errors import Precondition, RemissError
from remiss.govern.ports.actor import Actor
from remiss.records.case import Filing
from remiss.records.identity import plain
from remiss.records.labelling import Judgement, Verdict
from remiss.records.pattern import PatternState
from tests.command_line import CommandLine
from tests.edges.stores.drawing import MONDAY, drawn, file, member
from tests.safeguard.test_attestation import decision
from tests.serving import TOKEN
from tests.stories.logs import PROTOCOL

SAYS = {"verdict": "not-a-failure", "rationale": "It was right."}
JUDGEMENT = Judgement(verdict=Verdict.NOT_A_FAILURE, rationale="It was right.")


@dataclass(frozen=True)
class Change:
    """An action that names what it read: its arguments beside the case and revision 1, and its route with its body."""

    route: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    body: Mapping[str, Any] = field(default_factory=dict)

    @property
    def conditional(self) -> bool:
        """Whether the route names the revision by If-Match, and not in its body."""
        return "revision" not in self.body

    def of(self, case: str, waiver: str = "") -> Mapping[str, str]:
        """What it changes: a case, the queue of a protocol, or a waiver."""
        known = {"case": case, "protocol": PROTOCOL_NAME, "waiver": waiver, "pattern": PATTERN_NAME}
        return {name: value for name, value in known.items() if f"{{{name}}}" in self.route}


FOUND = {"number": 1, "revision": 1}
PART = {"query": "severity:2", "name": "a part"}
EXPECTED = {"expectations": ["equals late"]}
CHANGES = {
    "case.revise": Change("PATCH /cases/{case}", {"title": "Later"}, {"title": "Later"}),
    "case.annotate": Change("POST /cases/{case}/annotation", {"judgement": JUDGEMENT}, SAYS),
    "case.verify": Change("POST /cases/{case}/verification", {"judgement": JUDGEMENT}, SAYS),
    "case.adjudicate": Change("POST /cases/{case}/adjudication", {"judgement": JUDGEMENT}, SAYS),
    "case.reopen": Change("POST /cases/{case}/reopening", {"reason": "new facts"}, {"reason": "new facts"}),
    "case.resolve": Change("POST /cases/{case}/resolution", {"model": "m@1"}, {"model": "m@1"}),
    "case.expect": Change("POST /cases/{case}/expectations", EXPECTED, EXPECTED),
    "case.link": Change("POST /cases/{case}/link", {"other": "{other}"}, {"other": "{other}"}),
    "case.unlink": Change("DELETE /cases/{case}/link"),
    "hypothesis.write": Change("POST /cases/{case}/hypotheses", {"text": "c", **FOUND}, {"text": "c", **FOUND}),
    "experiment.write": Change("POST /cases/{case}/experiments", {"result": "c", **FOUND}, {"result": "c", **FOUND}),
    "remediation.write": Change("POST /cases/{case}/remediations", {"result": "c", **FOUND}, {"result": "c", **FOUND}),
    "write-up.write": Change("POST /cases/{case}/write-up", {"results": "c", "revision": 1}, {"results": "c", "revision": 1}),
    "queue.open": Change("POST /queue/batches/{protocol}/open", {"criterion": "slow"}, {"criterion": "slow"}),
    "queue.close": Change("POST /queue/batches/{protocol}/close", {"criterion": "slow"}, {"criterion": "slow"}),
    "queue.order": Change("POST /queue/batches/{protocol}/order", {"first": First.NEWEST}, {"first": "newest"}),
    "queue.undo": Change("POST /queue/batches/{protocol}/undo"),
    "pattern.describe": Change("PATCH /patterns/{pattern}", {"name": "later"}, {"name": "later"}),
    "pattern.own": Change("POST /patterns/{pattern}/owner"),
    "pattern.mark": Change("POST /patterns/{pattern}/state", {"state": PatternState.CLOSED}, {"state": "closed"}),
    "pattern.merge": Change("POST /patterns/{pattern}/merge", {"other": "{other}"}, {"other": "{other}"}),
    "pattern.split": Change("POST /patterns/{pattern}/split", PART, PART),
    "waiver.close": Change("POST /waivers/{waiver}/close", {"reason": "it was right"}, {"reason": "it was right"}),
}
PROTOCOL_NAME, PATTERN_NAME = "arrival-delay", "changed-since"
# How each finding comes to its second revision.
WRITTEN: Mapping[str, Callable[[Any, str], object]] = {
    "hypothesis.write": lambda ws, case: curate.write_hypothesis(ws, case, text="b", **FOUND),
    "experiment.write": lambda ws, case: curate.write_experiment(ws, case, result="b", **FOUND),
    "remediation.write": lambda ws, case: curate.write_remediation(ws, case, result="b", **FOUND),
    "write-up.write": lambda ws, case: curate.write_up(ws, case, results="b", revision=1),
}


@pytest.fixture
def cases(there) -> tuple[str, str]:
    """A case at revision 2 with each finding at revision 2, and another case."""
    ws = there.workspace
    one, two = (catalog.file(ws, Filing(model="m", at=MONDAY, title=title)).id for title in ("one", "two"))
    catalog.revise(ws, one, 1, note="changed since")
    curate.write_hypothesis(ws, one, text="a")
    curate.write_experiment(ws, one, executed="a", hypothesis=1)
    curate.write_remediation(ws, one, text="a")
    curate.write_up(ws, one, results="a")
    for write in WRITTEN.values():
        write(ws, one)
    file(ws, drawn([member(number, met=["slow"]) for number in range(3)]), run="run-a0000000", text=PROTOCOL)
    steering.close_batches(ws, PROTOCOL_NAME, 1, criterion="missed-delay")
    understand.name_pattern(ws, PATTERN_NAME, "severity:1")
    understand.describe_pattern(ws, PATTERN_NAME, 1, about="changed since")
    return one, two


@pytest.fixture
def waiver(there) -> str:
    """A waiver at revision 2: one person asked for it, and another approved it."""
    ws, actor = there.workspace, there.workspace.actor
    with ws._store.writing(actor, "gate.decide", ws.now, None):
        conditions = tuple(replace(each, waived=None) for each in decision().conditions)
        made = replace(decision(), conditions=conditions, waivers=0, position=ws.gates.wait())
        ws.gates.save(made, json.dumps(plain(asdict(made))))
    asked = safeguard.request_waiver(ws, made.id, "guard", reason="Two gates were renamed", until=ws.now + timedelta(days=9))
    ws.actor = Actor(name="pam")
    assert safeguard.approve_waiver(ws, asked.id).revision == 2
    ws.actor = actor
    return asked.id


def filled(given: Mapping[str, Any], other: str) -> dict[str, Any]:
    return {name: other if value == "{other}" else value for name, value in given.items()}


def test_every_action_that_takes_a_revision_is_among_those_that_are_tried():
    assert {each.name for each in entries().values() if "revision" in action_of(each.name).parameters} == {*CHANGES}


def test_a_stale_revision_is_one_error_in_the_library_over_http_and_by_commands(there, cases, waiver):
    """And nothing is written. On each database in turn; the command line speaks to the server, and tells what it is told."""
    case, other = cases
    position = there.position()
    command_line = CommandLine(there.url, {"REMISS_TOKEN": TOKEN})
    told: dict[str, object] = {}
    with there.client() as client:
        for name, change in CHANGES.items():
            arguments = action_of(name).filled({**change.of(case, waiver), "revision": 1, **filled(change.arguments, other)})
            for performer in (there.workspace, command_line):
                try:
                    performer.perform(action_of(name), arguments)
                    told[f"{name} {type(performer).__name__}"] = "no error"
                except RemissError as error:
                    said = (type(error), error.exit_status, "nothing was written" in str(error))
                    if said != (Precondition, 2, True):
                        told[f"{name} {type(performer).__name__}"] = repr(error)
            method, path = change.route.split()
            answer = client.request(
                method,
                f"/api/v1{path.format(**change.of(case, waiver))}",
                json=filled(change.body, other),
                headers={"If-Match": '"1.x"'} if change.conditional else {},
            )
            jsonschema.validate(answer.json(), codec.published("error"))
            said = (answer.status_code, answer.json()["error"]["code"])
            if said != (412, "precondition"):
                told[f"{name} {change.route}"] = said
        documented = client.get("/api/v1/openapi.json").json()["paths"]
    assert told == {}
    assert there.position() == position
    for change in CHANGES.values():
        method, path = change.route.split()
        assert "412" in documented[f"/api/v1{path}"][method.lower()]["responses"], change.route


@pytest.mark.parametrize("name", ["case.revise", "case.annotate", "case.link", "queue.close", "queue.order", *WRITTEN])
def test_of_two_who_write_on_one_revision_at_once_one_writes_and_the_other_gets_this_error(there, cases, name):
    case, other = cases
    change = CHANGES[name]
    begun = threading.Barrier(4)
    read = {"revision": 2}
    given = action_of(name).filled({**change.of(case), **filled(change.arguments, other), **read})
    told: list[object] = []

    def write() -> None:
        ws = there.workspace.serving("racing")
        begun.wait(30)
        try:
            ws.perform(action_of(name), given)
            told.append("written")
        except RemissError as error:
            told.append(type(error))

    position = there.position()
    writers = [threading.Thread(target=write) for _ in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)
    assert sorted(map(str, told)) == [*(3 * [str(Precondition)]), "written"]
    assert there.position() == position + 1
