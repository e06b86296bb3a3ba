"""Labelling: the scripted people work off the queue as people do, each by themselves and with no more than their role allows.

Ana owns the model: she says what a case is, and judges nothing that others said of it. She annotates what is served until most
of the plan is done. Bo and Chen verify by turns where the plan draws a second opinion, and what Ana and one of the two dispute
the other one settles, who is a stranger to the case. A few disputes are left open, to be looked at and settled.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import cycle

import remiss
from remiss.curate import labelling_actions as labelling
from remiss.curate import queue_actions as queue
from remiss.curate.labelling_form import Task
from remiss.demo.people import ANA, BO, CHEN, PEOPLE, Scripted, judge, judge_again
from remiss.govern import people_actions
from remiss.govern.authority import Granted, actor_of
from remiss.records.case import Sensitivity
from remiss.records.labelling import LabellingKind
from remiss.records.person import Grant, Person

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
    for person in cycle((BO, CHEN)):
        # To take from a queue that has nothing is written down too, and a demo that is run again writes nothing.
        if not queue.list_queue(desks[person.name]).left.verification:
            break
        _labels(desks[person.name], person, LabellingKind.VERIFICATION)
    for person in (BO, CHEN):
        while queue.list_queue(desks[person.name]).left.adjudication > LEFT_OPEN:
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
