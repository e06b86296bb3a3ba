"""Confirmed figures where people cannot tell, on each database: nothing is left out, and both ends are said."""

from __future__ import annotations

import pytest

from remiss.capture.sampling import fraction
from remiss.catalog import actions as catalog
from remiss.codec import to_json
from remiss.curate import labelling_actions as curate
from remiss.records.identity import case_id
from remiss.records.labelling import Judgement, Verdict
from remiss.understand import actions as understand
from tests.edges.stores.test_confirmed import FAILS, SEED, SOURCE, is_failure, labelled, log  # noqa: F401

UNSURE = Judgement(verdict=Verdict.CANNOT_TELL, rationale="the remarks are cut off")


def rows(ws, query="criterion:slow", **asked):
    return understand.estimate(ws, query, confirmed=True, **asked).rows


def told(ws):
    return [to_json(row) for row in rows(ws)]


def undecided(team, event, *people):
    """Have people say that they cannot tell, of a candidate or of what somebody annotated."""
    case = catalog.show(team.ws, case_id(SOURCE, event))
    call = curate.annotate if case.status.value == "candidate" else curate.verify
    for person in people:
        case = call(person, case.id, case.revision, UNSURE)
    return case


def next_in_turn(team, criterion):
    """Return the first event of a batch that nobody has annotated, and the one after it."""
    done = {each.event for each in team.sampled() if each.annotated}
    for (name, _), ids in sorted(team.batches().items()):
        waiting = [event for event in ids if event not in done]
        if name == criterion and len(waiting) > 1:
            return waiting[:2]
    raise AssertionError("every batch is done")


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_an_event_of_which_one_could_not_tell_holds_the_order_and_changes_no_figure(labelled):  # noqa: F811
    first, second = next_in_turn(labelled, "slow")
    before = told(labelled.ws)
    undecided(labelled, first, labelled.ana)
    assert told(labelled.ws) == before
    labelled.annotate(second)
    assert told(labelled.ws) == before
    # By another person it is annotated like any other, and what comes after counts too.
    case = catalog.show(labelled.ws, case_id(SOURCE, first))
    curate.annotate(labelled.bo, case.id, case.revision, FAILS)
    assert told(labelled.ws) != before


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_what_two_cannot_tell_counts_as_annotated_and_may_be_one_or_none(labelled):  # noqa: F811
    first, second = next_in_turn(labelled, "slow")
    [before] = rows(labelled.ws)
    case = undecided(labelled, first, labelled.ana, labelled.bo)
    assert case.status.value == "undecidable"
    [row] = rows(labelled.ws)
    assert (row.undecidable, row.verified) == (1, before.verified)
    assert row.low < row.value < row.high
    [note] = [note for note in row.notes if "two people could not tell" in note]
    assert "with none of these the figure is" in note
    assert not any("wait for a decision" in note for note in row.notes)
    found = {each.event: each for each in labelled.sampled()}[first]
    assert (found.annotated, found.undecidable, found.ungraded, found.severity, found.final) == (True, True, True, None, None)
    labelled.annotate(second)
    assert rows(labelled.ws)[0] != row


def test_one_that_was_verified_and_is_undecidable_now_is_half_of_one(labelled):  # noqa: F811
    verified = next(
        event
        for (criterion, _), ids in labelled.batches().items()
        for event in ids[:2]
        if criterion == "slow" and is_failure(event) and fraction("verify", SEED, event) < 0.25
    )
    [before] = rows(labelled.ws)
    case = catalog.show(labelled.ws, case_id(SOURCE, verified))
    curate.reopen(labelled.ws, case.id, case.revision, "look again")
    undecided(labelled, verified, labelled.ana, labelled.bo)
    [row] = rows(labelled.ws)
    assert row.undecidable == 1
    assert row.value < before.value
    assert row.low < before.low
    assert row.high == pytest.approx(before.high)
    [rate] = rows(labelled.ws, rate=True)
    assert rate.low < rate.value < rate.high
    # Whatever its mode or severity would be, it may be of each.
    by_mode = {each.key: each for each in rows(labelled.ws, by="mode")}
    assert {each.undecidable for each in by_mode.values()} <= {1}
    [none] = rows(labelled.ws, query="criterion:slow severity:1")
    assert (none.undecidable, none.sampled) == (1, 0)
    assert none.high > 0


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_of_an_annotated_one_the_grade_stays_and_a_verdict_is_not_to_come(labelled):  # noqa: F811
    done = {each.event: each for each in labelled.sampled()}
    waiting = next(
        event
        for (criterion, _), ids in labelled.batches().items()
        for event in ids
        if criterion == "slow" and done[event].annotated and done[event].final is None
    )
    undecided(labelled, waiting, labelled.ws, labelled.bo)
    found = {each.event: each for each in labelled.sampled()}[waiting]
    assert (found.undecidable, found.ungraded, found.severity) == (True, False, done[waiting].severity)
    [row] = rows(labelled.ws)
    assert row.undecidable == 0  # nobody chose it: others stand for it
    case = catalog.show(labelled.ws, case_id(SOURCE, waiting))
    curate.reopen(labelled.ws, case.id, case.revision, "the remarks are there now")
    found = {each.event: each for each in labelled.sampled()}[waiting]
    assert (found.annotated, found.undecidable, found.again) == (True, False, True)
