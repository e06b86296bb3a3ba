"""Published JSON, read back: the records that an answer of the command line tells of, made from what it says and nothing else.

A record that cannot be made whole is a key that the published object lacks.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from remiss.action import Action
from remiss.capture.planning import Plan
from remiss.capture.reproduction import Reproduction
from remiss.capture.standing import Standing
from remiss.faces.answers import MANIFEST
from remiss.govern.access import Access
from remiss.govern.health import Check
from remiss.govern.key_actions import Rotation
from remiss.protocol.ports import StoredProtocol
from remiss.protocol.terms import Finding
from remiss.records import arrow
from remiss.records.agreement import Agreement
from remiss.records.case import Case, Revision, Sensitivity
from remiss.records.catalog import CatalogFacts
from remiss.records.comparison import Comparison
from remiss.records.discussion import Thread
from remiss.records.estimate import Estimate
from remiss.records.evidence import AttachedFile, Attachment, RawEvent
from remiss.records.identity import parse_time
from remiss.records.investigation import Investigation
from remiss.records.job import Job
from remiss.records.person import IssuedToken, Person, Team, Token
from remiss.records.recoding import KeptRecoding, Recoded
from remiss.records.rows import Rows
from remiss.records.run import Run
from remiss.records.wire import from_wire

Json = dict[str, Any]
T = TypeVar("T")


def read(action: Action, answer: Json) -> Any:
    """Return what an action returned, from the object that its command published."""
    schema = answer["schema"].removeprefix("remiss/").removesuffix("@1")
    kind = _BY_ACTION.get(action.name, schema)
    assert kind in _READERS, f"add here how a published {kind} is read back"
    return _READERS[kind](answer)


def rows(answer: Json) -> Rows:
    items: Sequence[Json] = answer["items"]
    columns = tuple(items[0]) if items else ()
    types = arrow.column_types(answer["of"], columns)
    lines = tuple(tuple(_value(types.get(name), value) for name, value in item.items()) for item in items)
    return Rows(answer["of"], columns, lines, answer["position"], total=answer["total"], next=answer["next"])


def _value(kind: str | None, value: Any) -> Any:
    return parse_time(value) if kind == arrow.TIME and value is not None else value


def revisions(answer: Json) -> tuple[Revision, ...]:
    items: Sequence[Json] = answer["items"]
    ends = [item["position"] for item in items[1:]] + [None]
    return tuple(
        from_wire(Revision, _renamed(item, position="position_from") | {"position_to": end})
        for item, end in zip(items, ends, strict=True)
    )


def run(answer: Json) -> Run:
    protocol, source, interval = answer["protocol"], answer["source"], answer["interval"]
    assert source["files"] == len(answer["manifest"]["files"])
    manifest = {
        "protocol": protocol["name"],
        "protocol_version": protocol["version"],
        "protocol_digest": protocol["digest"],
        "source": source["name"],
        "fingerprint": source["fingerprint"],
        "rows": source["rows"],
        **interval,
        "as_of": answer["as_of"],
        "notes": answer["notes"],
        **{name: answer["manifest"][name] for name in MANIFEST},
    }
    same = {name: answer[name] for name in ("status", "digest", "groups", "refused", "changes", "actor", "at", "position")}
    counts = {f"{what}_{name}": count for what in ("events", "cases") for name, count in answer[what].items()}
    return _made(Run, {"id": answer["run"], "manifest": manifest, **same, **counts})


def case(answer: Json) -> Case:
    told = {name: value for name, value in answer.items() if name != "labelling"}
    return _made(Case, told | {"sensitivity": Sensitivity[answer["sensitivity"].upper()].value})


def comparison(answer: Json) -> Comparison:
    window, protocol = answer["window"], answer["protocol"]
    told = {"window": window["since"], "until": window["until"]}
    return _made(Comparison, answer | told | {"protocol": protocol["name"], "protocol_version": protocol["version"]})


def person(answer: Json) -> Person:
    grants = [each | {"clearance": Sensitivity[each["clearance"].upper()].value} for each in answer["grants"]]
    return _made(Person, _renamed(answer, person="name") | {"grants": grants})


def token(answer: Json) -> Token | IssuedToken:
    known = _renamed(answer, token="id")
    text = known.pop("text", None)
    found = _made(Token, known)
    return found if text is None else IssuedToken(token=found, text=text)


def thread(answer: Json) -> Thread:
    return _made(Thread, _renamed(answer, thread="id"))


def attachment(answer: Json) -> Attachment:
    graded = answer | {"sensitivity": Sensitivity[answer["sensitivity"].upper()].value}
    return _made(Attachment, _renamed(graded, attachment="id"))


def attached_file(answer: Json) -> AttachedFile:
    return AttachedFile(attachment=attachment(answer["attachment"]), content=base64.b64decode(answer["content"]))


def estimate(answer: Json) -> Estimate:
    return _made(Estimate, answer)


def due(answer: Json) -> tuple[Any, ...]:
    return tuple((parse_time(each["since"]), parse_time(each["until"])) for each in answer["intervals"])


def _made(record: type[T], answer: Mapping[str, Any]) -> T:
    made: T = from_wire(record, {name: value for name, value in answer.items() if name != "schema"})
    return made


def _renamed(answer: Json, **names: str) -> Json:
    return {names.get(name, name): value for name, value in answer.items()}


def _items(record: type) -> Callable[[Json], Any]:
    return lambda answer: tuple(_made(record, item) for item in answer["items"])


def _whole(record: type) -> Callable[[Json], Any]:
    return lambda answer: _made(record, answer)


# What is not read by the kind of its object alone.
_BY_ACTION = {
    "case.history": "revisions",
    "run.due": "due",
    "thread.list": "threads",
    "job.due": "jobs",
    "taxonomy.recodings": "recodings",
    "attachment.list": "attachments",
}
_READERS: Mapping[str, Callable[[Json], Any]] = {
    "list": rows,
    "revisions": revisions,
    "due": due,
    "run": run,
    "case": case,
    "job": lambda answer: _made(Job, _renamed(answer, job="id")),
    "jobs": lambda answer: tuple(_made(Job, _renamed(item, job="id")) for item in answer["items"]),
    "comparison": comparison,
    "estimate": estimate,
    "person": person,
    "team": lambda answer: _made(Team, _renamed(answer, team="name")),
    "token": token,
    "access": _whole(Access),
    "agreement": _whole(Agreement),
    "recoding": _whole(Recoded),
    "recodings": _items(KeptRecoding),
    "investigation": _whole(Investigation),
    "thread": thread,
    "threads": lambda answer: tuple(thread(item) for item in answer["items"]),
    "attachment": attachment,
    "attachments": lambda answer: tuple(attachment(item) for item in answer["items"]),
    "attached-file": attached_file,
    "raw-event": lambda answer: _made(RawEvent, answer | {"sensitivity": Sensitivity[answer["sensitivity"].upper()].value}),
    "rotation": _whole(Rotation),
    "plan": _whole(Plan),
    "reproduction": _whole(Reproduction),
    "catalog": _whole(CatalogFacts),
    "stored-protocol": _whole(StoredProtocol),
    "status": _items(Standing),
    "findings": _items(Finding),
    "checks": _items(Check),
    "diff": lambda answer: tuple(answer["lines"]),
}
