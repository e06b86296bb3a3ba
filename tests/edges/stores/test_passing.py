"""Who passes a case, or cannot tell, is given another one; it waits for somebody else, and nobody else is told."""

from __future__ import annotations

import pytest

from remiss.curate import labelling_actions as curate
from remiss.curate import queue_actions as queue
from remiss.errors import NotFound
from remiss.records.labelling import Judgement, LabellingKind, Verdict
from remiss.records.states import Status
from tests.edges.stores.test_queue import FAILS, ana, bo, captured  # noqa: F401

ANNOTATION, VERIFICATION, _ = LabellingKind
UNSURE = Judgement(verdict=Verdict.CANNOT_TELL, rationale="the remarks are cut off")


def leave(how, ws, task):
    """Leave a case that somebody has in hand to another person; return their next task."""
    if how == "pass":
        return queue.pass_on(ws, task.form.case).task
    LEAVING[task.kind](ws, task.form.case, task.form.revision, UNSURE)
    return queue.take(ws).task


LEAVING = {ANNOTATION: curate.annotate, VERIFICATION: curate.verify}


@pytest.mark.postgresql_in_soak("others send it each of these statements")
@pytest.mark.parametrize("how", ["pass", "cannot-tell"])
def test_whoever_leaves_a_case_is_given_another_one_and_somebody_else_is_given_that(ana, bo, how):  # noqa: F811
    before = queue.list_queue(bo)
    task = queue.take(ana).task
    other = leave(how, ana, task)
    assert other.form.case != task.form.case
    queue.release(ana, other.form.case)
    assert queue.take(ana).task.form.case != task.form.case
    queue.release(ana, queue.list_queue(ana).in_hand[0].case)
    own = queue.list_queue(ana)
    assert (own.waiting, own.in_hand, own.left.annotation) == (
        1,
        (),
        before.left.annotation,
    )  # of each period as many as its budget
    # To everybody else nothing has happened.
    assert queue.list_queue(bo).left == before.left
    assert queue.list_queue(bo).waiting == 0
    assert queue.take(bo).task.form.case == task.form.case


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_a_case_that_was_passed_may_be_labelled_by_its_id_and_is_offered_then(ana, bo):  # noqa: F811
    task = queue.take(ana).task
    queue.release(ana, queue.pass_on(ana, task.form.case[:8]).task.form.case)
    curate.annotate(ana, task.form.case, task.form.revision, FAILS)
    assert queue.list_queue(ana).waiting == 0
    with pytest.raises(NotFound, match="in hand"):
        queue.pass_on(ana, task.form.case)


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_one_passes_only_what_one_has_in_hand(ana, bo):  # noqa: F811
    case = queue.take(bo).task.form.case
    with pytest.raises(NotFound, match="in hand"):
        queue.pass_on(ana, case)
    assert queue.list_queue(bo).in_hand[0].case == case


@pytest.mark.postgresql_in_soak("others send it each of these statements")
@pytest.mark.parametrize("how", ["pass", "cannot-tell"])
def test_whoever_left_a_verification_is_not_asked_again_and_the_next_one_is(ana, bo, ws_as, how):  # noqa: F811
    for _ in range(3):
        task = queue.take(ana, kind=ANNOTATION).task
        curate.annotate(ana, task.form.case, task.form.revision, FAILS)
    cy = ws_as("cy", role="verifier")
    waiting = queue.list_queue(cy).left.verification
    task = queue.take(bo, kind=VERIFICATION).task
    queue.release(bo, leave(how, bo, task).form.case)
    assert queue.list_queue(bo).left.verification == waiting - 1
    assert queue.list_queue(cy).left.verification == waiting
    assert queue.take(cy, kind=VERIFICATION).task.form.case == task.form.case


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_what_two_cannot_tell_is_done_in_turn(captured, ana, bo):  # noqa: F811
    def in_turn():
        return sum(each.in_turn for each in queue.list_queue(captured).batches)

    task = queue.take(ana).task
    begun = in_turn()
    curate.annotate(ana, task.form.case, task.form.revision, UNSURE)
    assert in_turn() == begun
    found = curate.annotate(bo, task.form.case, task.form.revision, UNSURE)
    assert (found.status, in_turn()) == (Status.UNDECIDABLE, begun + 1)
    assert (queue.list_queue(ana).waiting, queue.list_queue(ana).left.mine) == (0, 1)
