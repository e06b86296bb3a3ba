"""Labelling: the scripted people work off the queue as people do, each by themselves and with no more than their role allows.

Ana owns the model: she says what a case is, and judges nothing that others said of it. She annotates what is served until most
of the plan is done. Bo and Chen verify by turns where the plan draws a second opinion, and what Ana and one of the two dispute
the other one settles, who is a stranger to the case. A few disputes are left open, to be looked at and settled.

The three who look at the demo's cases are scripted, and every word of theirs says so: nobody of flesh and blood has judged
these flights. They read the evidence alone, see some things differently by habit, and err now and then as people do, so that
there is something to disagree about. The same person says the same of the same evidence, on every machine.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from itertools import cycle
from typing import TypeAlias

import remiss
from remiss.capture.sampling import fraction
from remiss.curate import labelling_actions as labelling
from remiss.curate import queue_actions as queue
from remiss.curate.labelling_form import Task
from remiss.govern import people_actions
from remiss.govern.authority import Granted, actor_of
from remiss.records.case import Sensitivity
from remiss.records.event import Event
from remiss.records.labelling import Impact, Judgement, LabellingKind, Reproduced, Verdict
from remiss.records.person import Grant, Person

MARK = "Scripted by the demo."
SEED = "2013"
UNIT = "minutes"
# How often somebody takes one thing for another, and how often by habit.
ERRING, HABIT = 0.15, 0.3
# Above these it is weather; below, a fine day.
RAIN, MIST, FOG, WIND = 0.01, 3.0, 0.5, 25.0
# An answer that takes longer than this comes after the boards were drawn, as the gate sees it.
SLOW_MS = 3.0
SURE = 0.75

Reading: TypeAlias = Callable[[Event], Judgement]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scripted:
    """A scripted person: what they do here, the role that lets them, and the failure modes that they see in place of others."""

    name: str
    about: str
    role: str
    habits: Mapping[str, str]


ANA = Scripted(name="ana", about="Ana, who owns the model (scripted by the demo)", role="annotator", habits={})
BO = Scripted(
    name="bo",
    about="Bo, of the gate staff (scripted by the demo)",
    role="verifier",
    habits={"remiss:model/error": "remiss:data/coverage-gap"},
)
CHEN = Scripted(name="chen", about="Chen, who keeps the catalog (scripted by the demo)", role="curator", habits={})
PEOPLE = (ANA, BO, CHEN)


def judge(person: Scripted, event: Event) -> Judgement:
    """Return what a person says of an event, from its evidence alone."""
    said = read(event)
    seen = person.habits.get(said.mode or "")
    if seen and chance(person, event, "habit") < HABIT:
        said = replace(said, mode=seen)
    return err(person, event, said) if chance(person, event, "err") < ERRING else said


def judge_again(person: Scripted, event: Event) -> Judgement:
    """Return what a person says who verifies: the same, and whether they could make it happen again."""
    said = judge(person, event)
    if said.verdict is not Verdict.FAILURE or event.status != "ok":
        return said
    return replace(said, reproduced=Reproduced.YES if chance(person, event, "again") < 0.8 else Reproduced.NO)


def chance(person: Scripted, event: Event, purpose: str) -> float:
    """Return a number from 0 to 1 that is the same for the same person, event and purpose."""
    return fraction(f"demo-{purpose}-{person.name}", SEED, event.id)


def read(event: Event) -> Judgement:
    """Return what a careful reader finds in the evidence."""
    if event.status != "ok":
        return _failure("remiss:system/unsafe-fallback", "the board showed an average where there was no weather", "slice", event)
    if event.output == "on-time" and _number(event, "visib", 10.0) < FOG:
        return _failure("remiss:policy/violation", "nobody is to be promised an arrival on time in such fog", "slice", event)
    if event.label is None:
        return _none("the flight never arrived, so the answer was neither right nor wrong")
    if event.output == "on-time" and event.label == "late":
        if _rough(event):
            return _failure("remiss:model/weak-slice", "the weather was there to be seen", "slice", event)
        return _failure("remiss:model/error", "a fine day, a late flight, and nothing that would have told", "few", event)
    if event.output == "late" and event.label == "on-time" and (event.confidence or 0.0) >= SURE:
        return _failure("remiss:model/overconfidence", "three to one was promised, and the flight was on time", "few", event)
    if (event.latency_ms or 0.0) > SLOW_MS:
        return _failure("remiss:system/latency", "the board was drawn before the answer came", "one", event)
    return _none("the answer is as good as anybody's would have been")


def err(person: Scripted, event: Event, said: Judgement) -> Judgement:
    """Return what a hurried person says instead: no failure at all, another grade, another mode, a wrong label."""
    which = chance(person, event, "which")
    if said.verdict is not Verdict.FAILURE:
        unsure = _failure("remiss:model/low-confidence", "a traveller would have wanted another answer", "one", event)
        return unsure if which < 0.5 else said
    if which < 0.3:
        return _none("nothing out of the ordinary")
    if which < 0.4 and event.label is not None:
        return Judgement(verdict=Verdict.WRONG_LABEL, rationale=f"{MARK} The gate's own clock says otherwise.")
    if which < 0.7:
        return replace(said, answers={**said.answers, "harm": "none", "detection": "at-once"}, impact=None)
    return replace(said, mode="remiss:data/drift", modes=())


def _failure(mode: str, why: str, reach: str, event: Event) -> Judgement:
    harm = "loss" if event.label == "late" else "annoyance"
    low, high = (30.0, 180.0) if harm == "loss" else (5.0, 20.0)
    return Judgement(
        verdict=Verdict.FAILURE,
        mode=mode,
        answers={"harm": harm, "reach": reach, "detection": "late", "recovery": "itself"},
        impact=Impact(low=low, high=high, unit=UNIT),
        rationale=f"{MARK} {why[0].upper()}{why[1:]}.",
        quotes=_quoted(event),
    )


def _none(why: str) -> Judgement:
    return Judgement(verdict=Verdict.NOT_A_FAILURE, rationale=f"{MARK} {why[0].upper()}{why[1:]}.")


def _quoted(event: Event) -> tuple[str, ...]:
    """Return what the agent at the gate said of the weather, after the flight and the aircraft."""
    said = (event.text or "").rstrip(".").split("; ")[1:]
    return (said[0],) if said else ()


def _rough(event: Event) -> bool:
    wet, dim = _number(event, "precip", 0.0) >= RAIN, _number(event, "visib", 10.0) < MIST
    return wet or dim or _number(event, "wind_speed", 0.0) >= WIND


def _number(event: Event, name: str, otherwise: float) -> float:
    value = event.inputs.get(name)
    return float(value) if isinstance(value, (int, float)) else otherwise


TEAM = "arrivals"
# What they do of the plan; its budget has some more.
ANNOTATIONS = 400
# How many disputes Bo, and how many Chen, has not come to yet.
LEFT_OPEN = 2


def labelled(ws: remiss.Workspace, show: Callable[[str, float], None], annotations: int = ANNOTATIONS) -> None:
    """Have the scripted people label until `annotations` cases are annotated; nothing is done twice."""
    known = set(people_actions.list_people(ws).to_arrow()["person"].to_pylist())
    desks = {person.name: _seated(ws, person, new=person.name not in known) for person in PEOPLE}
    before = done = _done(ws)
    while done < annotations and _labels(desks[ANA.name], ANA, LabellingKind.ANNOTATION):
        done += 1
        show("scripted people label", (done - before) / (annotations - before))
    # Of what waits for one of them a labelling by anybody takes one at most: so many are there before one has to look again.
    sure = {BO.name: 0, CHEN.name: 0}
    for person in cycle((BO, CHEN)):
        # To take from a queue that has nothing is written down too, and a demo that is run again writes nothing.
        if not sure[person.name]:
            sure[person.name] = queue.list_queue(desks[person.name], brief=True).left.verification
        if not sure[person.name]:
            break
        _labels(desks[person.name], person, LabellingKind.VERIFICATION)
        sure = {name: max(count - 1, 0) for name, count in sure.items()}
    for person in (BO, CHEN):
        while (wait := queue.list_queue(desks[person.name], brief=True).left.adjudication - LEFT_OPEN) > 0:
            for _ in range(wait):
                _labels(desks[person.name], person, LabellingKind.ADJUDICATION)


def _seated(ws: remiss.Workspace, person: Scripted, *, new: bool) -> remiss.Workspace:
    """Return the catalog as a person has it, who is let in if they are new."""
    known = granted(person)
    if new:
        people_actions.add_person(ws, person.name, about=person.about)
        for held in known.grants:
            people_actions.grant(ws, person.name, held.role, team=held.team, clearance=held.clearance)
    return ws.serving(f"demo-{person.name}", actor=actor_of(known), authority=Granted(known))


def granted(person: Scripted) -> Person:
    """Return a scripted person with what the catalog grants them."""
    held = Grant(role=person.role, team=TEAM, clearance=Sensitivity.INTERNAL)
    return Person(name=person.name, about=person.about, grants=(held,))


def _done(ws: remiss.Workspace) -> int:
    """Return how many sampled events are annotated."""
    return sum(batch.done for batch in queue.list_queue(ws).batches)


def _labels(desk: remiss.Workspace, person: Scripted, kind: LabellingKind) -> bool:
    """Have a person label what the queue gives them; return whether there was something."""
    task = queue.take(desk, kind=kind).task
    if task is None:
        return False
    _give(desk, person, task)
    return True


def _give(desk: remiss.Workspace, person: Scripted, task: Task) -> None:
    form = task.form
    match task.kind:
        case LabellingKind.ANNOTATION:
            labelling.annotate(desk, form.case, form.revision, judge(person, form.event))
        case LabellingKind.VERIFICATION:
            labelling.verify(desk, form.case, form.revision, judge_again(person, form.event))
        case LabellingKind.ADJUDICATION:
            labelling.adjudicate(desk, form.case, form.revision, judge(person, form.event))
