"""Recoding on each database: where each case goes, what its labellings say then, and what stays in its history."""

from __future__ import annotations

import pytest

from remiss.catalog import actions
from remiss.curate import labelling_actions as labelling
from remiss.curate import recoding_actions as curate
from remiss.errors import Conflict, Denied, InputError, QueryError
from remiss.records.case import Filing
from remiss.records.identity import case_id
from remiss.records.labelling import Judgement, Verdict
from remiss.records.states import Status
from tests.curate.standings import ANSWERS, NOISE, WEAK
from tests.edges.stores.drawing import MONDAY, drawn, file, member

SHIFT = "remiss:data/label-noise"
LATENCY = "remiss:system/latency"
VERIFIED, ANNOTATED, DISPUTED, OTHER = (case_id("arrivals", f"e{number}") for number in range(4))
RENAME = f'{{rename: "{WEAK}", to: "{LATENCY}"}}'


def document(tmp_path, *moves, name="r1"):
    path = tmp_path / f"{name}.yaml"
    path.write_text(f"recode: {name}\nabout: better words\nmoves:\n" + "".join(f"  - {move}\n" for move in moves))
    return str(path)


def split(*arms, otherwise="relabel"):
    into = ", ".join(f'{{to: "{to}", when: "{when}"}}' for to, when in arms)
    return f'{{split: "{WEAK}", into: [{into}], otherwise: "{otherwise}"}}'


@pytest.fixture
def labelled(ws, ws_as):
    """A verified, an annotated and a disputed case of one mode, and one of another that names it beside."""
    airports = ("EWR", "EWR", "JFK", "JFK")
    members = [member(number, met=["slow"], airport=airport) for number, airport in enumerate(airports)]
    file(ws, drawn(members), run="run-a0000000")
    ana, bo = ws_as("ana", role="verifier"), ws_as("bo", role="verifier")
    weak = Judgement(verdict=Verdict.FAILURE, mode=WEAK, answers=ANSWERS, rationale="feeder")
    noise = Judgement(verdict=Verdict.FAILURE, mode=NOISE, modes=(WEAK,), answers=ANSWERS)
    for case, first, second in (
        (VERIFIED, weak, weak),
        (ANNOTATED, weak, None),
        (DISPUTED, weak, noise),
        (OTHER, noise, noise),
    ):
        labelling.annotate(ana, case, 1, first)
        if second is not None:
            labelling.verify(bo, case, 2, second)
    return ws


def said(ws, case, as_of=None):
    found = actions.show(ws, case, as_of=as_of)
    labels = () if found.labelling is None else found.labelling.labellings
    return found.status, found.mode, [(each.mode, each.modes, each.person) for each in labels]


def test_a_rename_reaches_cases_and_labellings_and_the_past_keeps_the_old_name(labelled, tmp_path):
    before = labelled.position()
    path = document(tmp_path, RENAME)
    rehearsed = curate.rehearse(labelled, path)
    assert labelled.position() == before
    done = curate.recode(labelled, path)
    assert (rehearsed.sent, rehearsed.written, done.written) == (done.sent, False, True)
    [line] = done.sent
    assert (line.mode, line.to, line.cases, line.weight) == (WEAK, LATENCY, 1, pytest.approx(4.0))
    assert said(labelled, VERIFIED) == (Status.VERIFIED, LATENCY, [(LATENCY, (), "ana"), (LATENCY, (), "bo")])
    assert said(labelled, VERIFIED, before) == (Status.VERIFIED, WEAK, [(WEAK, (), "ana"), (WEAK, (), "bo")])
    assert said(labelled, ANNOTATED)[2] == [(LATENCY, (), "ana")]
    assert said(labelled, DISPUTED)[2] == [(LATENCY, (), "ana"), (NOISE, (LATENCY,), "bo")]
    assert said(labelled, OTHER)[1:] == (NOISE, [(NOISE, (LATENCY,), "ana"), (NOISE, (LATENCY,), "bo")])
    [first, *_] = actions.show(labelled, VERIFIED).labelling.labellings
    assert first.rationale == "feeder"
    assert [(each.action, each.mode) for each in actions.history(labelled, VERIFIED)][-2:] == [
        ("case.verify", WEAK),
        ("taxonomy.recode", LATENCY),
    ]


def test_what_was_annotated_before_is_verified_by_the_new_name(labelled, tmp_path, ws_as):
    curate.recode(labelled, document(tmp_path, RENAME))
    chen = ws_as("chen", role="verifier")
    revision = actions.show(chen, ANNOTATED).revision
    given = Judgement(verdict=Verdict.FAILURE, mode=LATENCY, answers=ANSWERS)
    assert labelling.verify(chen, ANNOTATED, revision, given).status is Status.VERIFIED


def test_a_split_sends_each_case_by_its_rule_or_back_to_be_labelled(labelled, tmp_path):
    by_hand = actions.file(labelled, Filing(model="m", at=MONDAY, title="t", mode=WEAK)).id
    done = curate.recode(labelled, document(tmp_path, split((LATENCY, "context.airport:EWR"))))
    assert {(line.to, line.cases) for line in done.sent} == {(LATENCY, 1), (None, 1)}
    assert said(labelled, VERIFIED)[:2] == (Status.VERIFIED, LATENCY)
    assert said(labelled, by_hand)[:2] == (Status.CANDIDATE, None)
    # Undecided cases whose labellings would go back wait to be annotated anew.
    assert labelled.labellings is not None
    assert said(labelled, DISPUTED)[2][0][0] == WEAK
    assert said(labelled, OTHER)[0] is Status.CANDIDATE


def test_a_decided_case_that_no_rule_fits_begins_anew_and_its_history_says_why(labelled, tmp_path):
    done = curate.recode(labelled, document(tmp_path, split((LATENCY, "context.airport:JFK"))))
    assert [(line.to, line.cases) for line in done.sent] == [(None, 1)]
    status, mode, labels = said(labelled, VERIFIED)
    assert (status, mode, labels) == (Status.CANDIDATE, None, [])
    assert [each.status for each in actions.history(labelled, VERIFIED)][-2:] == [Status.VERIFIED, Status.CANDIDATE]


def test_totals_by_mode_stand(labelled, tmp_path):
    before = dict(zip(*(actions.facets(labelled, "", fields=["mode"]).column(name) for name in ("value", "count")), strict=True))
    done = curate.recode(labelled, document(tmp_path, f'{{merge: ["{WEAK}", "{NOISE}"], to: "{LATENCY}"}}'))
    after = dict(zip(*(actions.facets(labelled, "", fields=["mode"]).column(name) for name in ("value", "count")), strict=True))
    assert sum(before.values()) == sum(after.values()) == 4
    assert after[LATENCY] == before[WEAK] + before[NOISE] == sum(line.cases for line in done.sent)
    assert {WEAK, NOISE}.isdisjoint(after)


def test_a_recoding_is_kept_under_a_name_of_its_own(labelled, tmp_path):
    path = document(tmp_path, RENAME)
    before = labelled.position()
    curate.recode(labelled, path)
    [kept] = curate.recodings(labelled)
    assert (kept.name, kept.about, kept.person, kept.position) == ("r1", "better words", labelled.actor.name, before + 1)
    assert "better words" in kept.text
    assert curate.recodings(labelled, as_of=before).items == ()
    for again in (curate.recode, curate.rehearse):
        with pytest.raises(Conflict, match="r1 was written"):
            again(labelled, path)


def test_what_cannot_be_done_is_refused_and_nothing_is_written(labelled, tmp_path, ws_as):
    position = labelled.position()
    for moves, error, said_ in (
        (f'{{rename: "{WEAK}", to: "remiss:no/such"}}', InputError, "no taxonomy has"),
        (split((LATENCY, "nope:1")), QueryError, "nope"),
    ):
        with pytest.raises(error, match=said_):
            curate.recode(labelled, document(tmp_path, moves))
    for role in ("curator", "reader"):
        with pytest.raises(Denied):
            curate.recode(ws_as("cy", role=role), document(tmp_path, RENAME))
    assert labelled.position() == position
    assert SHIFT == NOISE
