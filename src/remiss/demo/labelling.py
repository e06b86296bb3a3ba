"""Labelling: the scripted people work off the queue as people do, each by themselves and with no more than their role allows.

They label what is served until most of the plan is done, verify each other where the plan draws a second opinion, and settle
what they dispute. Where Bo and Chen differ nobody is left who may: the third owns the model. That waits for whoever looks.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import cycle

import remiss
from remiss.curate import labelling_actions as labelling
from remiss.curate import queue_actions as queue
from remiss.curate.tasks import Task
from remiss.demo.people import ANA, BO, CHEN, PEOPLE, Scripted, judge, judge_again
from remiss.govern import people_actions
from remiss.govern.authority import Granted, actor_of
from remiss.records.case import Sensitivity
from remiss.records.labelling import LabellingKind
from remiss.records.person import Grant, Person

TEAM = "arrivals"
# Whose turn it is to annotate.
ROTA = (ANA, ANA, BO, ANA, CHEN)
# What they do of the plan; its budget has some more.
ANNOTATIONS = 400


def labelled(ws: remiss.Workspace, show: Callable[[str, float], None], annotations: int = ANNOTATIONS) -> None:
    """Have the scripted people label until `annotations` cases are annotated; nothing is done twice."""
    known = set(people_actions.people(ws).to_arrow()["person"].to_pylist())
    desks = {person.name: _seated(ws, person, new=person.name not in known) for person in PEOPLE}
    before = done = _done(ws)
    for person in cycle(ROTA):
        if done >= annotations or not _labels(desks[person.name], person, LabellingKind.ANNOTATION):
            break
        done += 1
        show("scripted people label", (done - before) / (annotations - before))
    for person in (BO, CHEN):
        _all(desks[person.name], person, LabellingKind.VERIFICATION)
    for person in (CHEN, BO):
        _all(desks[person.name], person, LabellingKind.ADJUDICATION)


def _seated(ws: remiss.Workspace, person: Scripted, *, new: bool) -> remiss.Workspace:
    """Return the catalog as a person has it, who is let in if they are new."""
    held = Grant(role=person.role, team=TEAM, clearance=Sensitivity.INTERNAL)
    if new:
        people_actions.add(ws, person.name, person.about)
        people_actions.grant(ws, person.name, held.role, team=held.team, clearance=held.clearance)
    known = Person(name=person.name, about=person.about, grants=(held,))
    return ws.serving(f"demo-{person.name}", actor=actor_of(known), authority=Granted(known))


def _done(ws: remiss.Workspace) -> int:
    """Return how many sampled events are annotated; one that is in two batches counts in the first of them that has it."""
    return sum(batch.done for batch in queue.waiting(ws).batches)


def _all(desk: remiss.Workspace, person: Scripted, kind: LabellingKind) -> None:
    while getattr(queue.waiting(desk).left, kind.value) and _labels(desk, person, kind):
        pass


def _labels(desk: remiss.Workspace, person: Scripted, kind: LabellingKind) -> bool:
    """Have a person label what the queue gives them; return whether there was something."""
    task = queue.take(desk, kind=kind).task
    if task is None:
        return False
    _give(desk, person, task)
    return True


def _give(desk: remiss.Workspace, person: Scripted, task: Task) -> None:
    sheet = task.sheet
    match task.kind:
        case LabellingKind.ANNOTATION:
            labelling.annotate(desk, sheet.case, sheet.revision, judge(person, sheet.event))
        case LabellingKind.VERIFICATION:
            labelling.verify(desk, sheet.case, sheet.revision, judge_again(person, sheet.event))
        case LabellingKind.ADJUDICATION:
            labelling.adjudicate(desk, sheet.case, sheet.revision, judge(person, sheet.event))
