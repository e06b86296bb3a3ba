"""Cases as the rules of labelling are told of them, and labellings of them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from remiss.curate.annotation import PreparedLabelling
from remiss.curate.labelling_state import LabellingState
from remiss.records.event import Event
from remiss.records.labelling import Judgement, Labelling, LabellingKind, Verdict
from remiss.records.states import Status

MONDAY = datetime(2013, 6, 3, tzinfo=UTC)
WEAK = "remiss:model/weak-slice"
NOISE = "remiss:data/label-noise"
ANSWERS = {"harm": "loss", "reach": "slice", "detection": "late", "recovery": "itself"}  # 7 points: severity 2
EVENT = Event(
    id="e1",
    at=MONDAY,
    model="arrival-delay",
    output="on-time",
    label="late",
    inputs={"carrier": "UA", "distance": 1200},
    context={"airport": "EWR"},
    text="Passenger [email:3f9a] missed the connection at Newark",
)


def labelling(
    person: str = "ana",
    kind: LabellingKind = LabellingKind.ANNOTATION,
    verdict: Verdict = Verdict.FAILURE,
    mode: str | None = WEAK,
    severity: int | None = 2,
    **other: Any,
) -> Labelling:
    fails = verdict is Verdict.FAILURE
    said = {"mode": mode if fails else None, "severity": severity if fails else None}
    return Labelling(kind=kind, person=person, at=MONDAY, position=5, verdict=verdict, **said, **other)


def state(status: Status = Status.CANDIDATE, *labellings: Labelling, **other: Any) -> LabellingState:
    given: dict[str, Any] = {
        "case": "k7m4-qp2x-9w3d",
        "revision": 3,
        "team": "default",
        "model": "arrival-delay",
        "origin": "captured",
        "stale": False,
        "event": EVENT,
        "round": 1,
        "attempts": sum(each.kind is LabellingKind.ANNOTATION for each in labellings),
        "caught_by": (),
        "link": None,
        "suggested": ("remiss:system/latency", 3),
    }
    return LabellingState(status=status, labellings=labellings, **{**given, **other})


def made(
    verdict: Verdict = Verdict.FAILURE, mode: str | None = WEAK, severity: int | None = 2, target: str | None = None
) -> PreparedLabelling:
    fails = verdict is Verdict.FAILURE
    judgement = Judgement(verdict=verdict, mode=mode if fails else None, target=target)
    return PreparedLabelling(judgement=judgement, severity=severity if fails else None, severity_reason="", quotes=())
