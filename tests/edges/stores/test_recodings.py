"""Recoding on each database: where each case goes, what its labellings say then, and what stays in its history."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from remiss.catalog import actions
from remiss.curate import labelling_actions as labelling
from remiss.curate import recoding_actions as curate
from remiss.edges.stores.tables import cases
from remiss.errors import Conflict, Denied, InputError, QueryError
from remiss.govern import audit_actions as audit
from remiss.records.case import Filing, Sensitivity
from remiss.records.identity import case_id
from remiss.records.labelling import Judgement, Verdict
from remiss.records.states import Status
from tests.curate.standings import ANSWERS, NOISE, WEAK
from tests.edges.stores.acting import unlisted
from tests.edges.stores.drawing import MONDAY, drawn, file, member
from tests.edges.stores.test_blindness import offered

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
def labelled(ws, ws_as, once):
    """A verified, an annotated and a disputed case of one mode, and one of another that names it beside."""
    once(ws, "recodings", lambda: label(ws, ws_as))
    return ws


def label(ws, ws_as):
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
    return DISPUTED


def said(ws, case, as_of=None):
    found = actions.show(ws, case, as_of=as_of)
    labels = () if found.labelling is None else found.labelling.labellings
    return found.status, found.mode, [(each.mode, each.modes, each.person) for each in labels]


@pytest.mark.postgresql_in_soak("others send it each of these statements")
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


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_what_was_annotated_before_is_verified_by_the_new_name(labelled, tmp_path, ws_as):
    curate.recode(labelled, document(tmp_path, RENAME))
    chen = ws_as("chen", role="verifier")
    revision = actions.show(chen, ANNOTATED).revision
    given = Judgement(verdict=Verdict.FAILURE, mode=LATENCY, answers=ANSWERS)
    assert labelling.verify(chen, ANNOTATED, revision, given).status is Status.VERIFIED


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_a_split_sends_each_case_by_its_rule_or_back_to_be_labelled(labelled, tmp_path):
    by_hand = actions.file(labelled, Filing(model="m", at=MONDAY, title="t", mode=WEAK)).id
    done = curate.recode(labelled, document(tmp_path, split((LATENCY, "context.airport:EWR"))))
    assert {(line.to, line.cases) for line in done.sent} == {(LATENCY, 1), (None, 1)}
    assert said(labelled, VERIFIED)[:2] == (Status.VERIFIED, LATENCY)
    assert said(labelled, by_hand)[:2] == (Status.CANDIDATE, None)
    # What was said of undecided cases stays, and whoever labels next decides.
    assert said(labelled, DISPUTED)[2][0][0] == WEAK
    assert not actions.show(labelled, DISPUTED).stale
    assert said(labelled, OTHER)[0] is Status.CANDIDATE


@pytest.mark.postgresql_in_soak("others send it each of these statements")
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


@pytest.mark.postgresql_in_soak("others send it each of these statements")
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


@pytest.mark.postgresql_in_soak("others send it each of these statements")
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


def rehearsed(ws, tmp_path, *moves):
    return {(line.mode, line.to): line.cases for line in curate.rehearse(ws, document(tmp_path, *moves)).sent}


GUARDED = Filing(
    model="arrival-delay",
    at=MONDAY,
    title="Zebras on the runway",
    note="a herd",
    mode=WEAK,
    severity=1,
    inputs={"distance": 777},
    context={"airport": "ZRH"},
    text="The tower said zebras",
    sensitivity=Sensitivity.SECRET,
)
GUESSES = ("distance:777", "inputs.distance:777", "title:Zebra*", "zebras", "context.airport:ZRH", "severity:1", "has:title")


@pytest.mark.postgresql_in_soak("others send it what these statements are made of")
def test_no_rule_of_a_rehearsal_tells_of_a_case_that_the_asker_may_not_see(labelled, tmp_path, ws_as):
    curator = ws_as("cy", role="curator", team="*")
    splits = [split((LATENCY, guess)) for guess in GUESSES if not guess.startswith("distance")]
    before = [rehearsed(curator, tmp_path, each) for each in (RENAME, *splits)]
    secret = actions.file(labelled, GUARDED).id
    assert [rehearsed(curator, tmp_path, each) for each in (RENAME, *splits)] == before
    assert all(rehearsed(labelled, tmp_path, each)[WEAK, LATENCY] == 1 + (each == RENAME) for each in (RENAME, *splits[:4]))
    assert curate.recode(curator, document(tmp_path, RENAME)).sent[0].cases == 1
    assert actions.show(labelled, secret).mode == LATENCY


def test_no_rehearsal_says_that_a_case_that_the_asker_may_not_see_cannot_be_labelled_again(labelled, tmp_path, ws_as):
    secret = actions.file(labelled, GUARDED).id
    regress(labelled, secret)
    curator = ws_as("cy", role="curator", team="*")
    assert rehearsed(curator, tmp_path, split((LATENCY, "context.airport:EWR")))
    with pytest.raises(InputError, match=f"case {secret} is regressed"):
        rehearsed(labelled, tmp_path, split((LATENCY, "context.airport:EWR")))


@unlisted("test.regress")
def regress(ws, case):
    connection = ws._store.transaction.connection
    connection.execute(update(cases).where(cases.c.id == case).values(status=Status.REGRESSED.value))


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_whoever_does_not_see_every_case_splits_no_mode_by_a_query(labelled, tmp_path, ws_as):
    position = labelled.position()
    for clearance in ("internal", "restricted"):
        curator = ws_as("cy", role="curator", team="*", clearance=clearance)
        with pytest.raises(Denied, match="does not see every case"):
            curate.recode(curator, document(tmp_path, split((LATENCY, "context.airport:EWR"))))
    assert labelled.position() == position
    seeing = ws_as("di", role="curator", team="*", clearance="secret")
    assert curate.recode(seeing, document(tmp_path, split((LATENCY, "context.airport:EWR")))).written


@pytest.fixture
def waiting(ws, ws_as):
    """Two cases and a control, which ana annotated alike but for the mode; two cases that nobody labelled.

    All but the second and the control had a mode before.
    """
    file(ws, drawn([*(member(number, met=["slow"]) for number in range(4)), member(4)]), run="run-a0000000")
    control = offered(ws, "e4")
    for case in (VERIFIED, DISPUTED, OTHER):
        actions.revise(ws, case, 1, mode=LATENCY)
    actions.revise(ws, ANNOTATED, 1, severity=2)
    for case, revision, mode in ((VERIFIED, 2, WEAK), (ANNOTATED, 2, NOISE), (control, 1, WEAK)):
        given = Judgement(verdict=Verdict.FAILURE, mode=mode, answers=ANSWERS)
        labelling.annotate(ws_as("ana", role="verifier"), case, revision, given)
    return VERIFIED, ANNOTATED, control


@pytest.mark.postgresql_in_soak("others send it what these statements are made of")
def test_no_rehearsal_and_no_recoding_tells_what_an_annotator_found_or_why_a_case_was_caught(ws, waiting, tmp_path, ws_as):
    curator = ws_as("cy", role="curator", team="*", clearance="secret")
    slow = f'{{split: "{LATENCY}", into: [{{to: "{NOISE}", when: "criterion:slow"}}]}}'
    for number, move in enumerate((RENAME, slow, split((LATENCY, "context.airport:JFK")))):
        path = document(tmp_path, move, name=f"r{number}")
        told = {(line.mode, line.to): line.cases for line in curate.rehearse(curator, path).sent}
        # Of five cases those two that nobody labelled yet.
        assert told == ({(LATENCY, NOISE): 2} if move == slow else {})
        assert {(line.mode, line.to): line.cases for line in curate.recode(curator, path).sent} == told
    tracks = {tuple((each.action, each.position_from) for each in actions.history(curator, case)[-3:]) for case in waiting}
    assert len(tracks) == 1
    assert {actions.show(curator, case).stale for case in waiting} == {False}
    assert [actions.show(curator, case).revision for case in waiting] == [6, 6, 5]
    named = [line["subject"] for line in audit.search_audit(ws, action="taxonomy.recode")]
    assert len(named) == 3
    assert all(case in subjects for case in waiting for subjects in named)
