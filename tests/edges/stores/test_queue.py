"""The queue on each database: what people are given, for how long, and that no two are given the same."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields, replace
from datetime import timedelta
from threading import Event, Timer

import pytest
from sqlalchemy import select, update

from remiss import capture
from remiss.capture.sampling import fraction
from remiss.catalog import actions as catalog
from remiss.curate import labelling_actions as curate
from remiss.curate import queue_actions as queue
from remiss.curate.batches import SELECTION_PURPOSE, chance_of
from remiss.edges.stores.tables import cases as cases_table
from remiss.edges.stores.tables import labellings, prospects, reservations
from remiss.errors import Conflict, Denied, NotFound
from remiss.records.case import Filing, Sensitivity
from remiss.records.labelling import Judgement, LabellingKind, Verdict
from tests.curate.standings import ANSWERS, NOISE, WEAK
from tests.edges.stores.acting import unlisted
from tests.stories.logs import MONDAY, PROTOCOL, WEEK, small_log

FAILS = Judgement(verdict=Verdict.FAILURE, mode=WEAK, answers=ANSWERS)
NO = Judgement(verdict=Verdict.NOT_A_FAILURE)
LABELLING = 'labelling: {every: week, budget: 20, controls: 0.3, verify: {"2": 1.0, rejected: 1.0}}\nowners: [olga]\n'


@pytest.fixture
def captured(ws, once, tmp_path):
    log = small_log(tmp_path / "log", weeks=2, a_week=120)
    log.write(PROTOCOL + LABELLING)
    once(ws, "two_weeks", lambda: capture.capture(ws, log.protocol, since=MONDAY, until=MONDAY + 2 * WEEK).id)
    return ws


@pytest.fixture
def ana(captured, ws_as):
    return ws_as("ana", role="verifier")


@pytest.fixture
def bo(captured, ws_as):
    return ws_as("bo", role="verifier")


def annotate(ws, judgement=FAILS):
    """Take a case and annotate it; return its id."""
    task = queue.take(ws, kind=LabellingKind.ANNOTATION).task
    return curate.annotate(ws, task.form.case, task.form.revision, judgement).id


@unlisted("test.lapse")
def lapse(ws):
    """Have everybody's time run out."""
    ws._store.transaction.connection.execute(update(reservations).values(expires_at=ws.now - timedelta(seconds=1)))


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_what_one_has_in_hand_one_is_given_again_and_nobody_else_is(ana, bo):
    first = queue.take(ana).task
    assert queue.take(ana).task.form == first.form
    assert queue.take(bo).task.form.case != first.form.case
    assert queue.list_queue(ana).in_hand[0].case == first.form.case
    second = queue.take(ana, exclude=(first.form.case,)).task
    assert second.form.case not in {first.form.case, queue.take(bo).task.form.case}


def test_after_thirty_minutes_or_when_put_back_somebody_else_is_given_it(captured, ana, bo):
    case = queue.take(ana).task.form.case
    held = queue.release(ana, case[:7])
    assert held.in_hand == ()
    assert queue.take(bo).task.form.case == case
    with pytest.raises(NotFound, match="in hand"):
        queue.release(ana, case)
    lapse(captured)
    assert queue.take(ana).task.form.case == case
    with ana._store.reading() as connection:
        (row,) = connection.execute(select(reservations)).all()
    assert row.expires_at - ana.now > timedelta(minutes=29)


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_the_sheet_says_neither_what_was_suggested_nor_whether_it_is_a_control(captured, ana):
    forms = []
    for _ in range(30):
        task = queue.take(ana, kind=LabellingKind.ANNOTATION).task
        forms.append(task.form)
        curate.annotate(ana, task.form.case, task.form.revision, FAILS)
    flagged = sum(bool(catalog.show(captured, form.case).criteria) for form in forms)
    assert 3 <= len(forms) - flagged <= 20
    told = {tuple((field.name, type(getattr(form, field.name))) for field in fields(form)) for form in forms}
    assert len(told) == 1
    assert {form.revision for form in forms} == {1}
    assert {form.kind for form in forms} == {LabellingKind.ANNOTATION}


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_annotation_verification_and_adjudication_all_come_from_it(ana, bo, ws_as):
    cases = {annotate(ana), annotate(ana)}
    assert queue.take(ana, kind=LabellingKind.VERIFICATION).task is None
    olga = ws_as("olga", role="verifier")
    assert queue.take(olga, kind=LabellingKind.VERIFICATION).task is None
    disputed = queue.take(bo).task
    assert (disputed.kind, disputed.labellings) == (LabellingKind.VERIFICATION, ())
    assert disputed.form.case in cases
    curate.verify(bo, disputed.form.case, disputed.form.revision, Judgement(verdict=Verdict.FAILURE, mode=NOISE, answers=ANSWERS))
    assert queue.take(bo).task.kind is LabellingKind.VERIFICATION
    cy = ws_as("cy", role="curator")
    settling = queue.take(cy).task
    assert (settling.kind, settling.form.case) == (LabellingKind.ADJUDICATION, disputed.form.case)
    assert [each.person for each in settling.labellings] == ["ana", "bo"]
    assert queue.take(ana, kind=LabellingKind.ADJUDICATION).task is None


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_an_annotator_is_given_annotations_alone_and_a_reader_nothing(ana, bo, ws_as):
    annotate(ana)
    dee = ws_as("dee", role="annotator")
    assert queue.take(dee).task.kind is LabellingKind.ANNOTATION
    assert queue.list_queue(dee).left.verification == 0 < queue.list_queue(bo).left.verification
    # Or the count would tell an annotator that a case of theirs is to be verified.
    assert queue.list_queue(ana).left.verification == 0
    with pytest.raises(Denied):
        queue.take(ws_as("eve", role="reader"))


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_people_of_another_team_are_given_nothing(captured, ws_as):
    assert queue.take(ws_as("fay", role="verifier", team="departures")).task is None


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_people_of_another_team_or_with_less_clearance_are_told_of_no_batch_and_count_nothing(captured, ana, ws_as):
    annotate(ana)
    catalog.file(captured, Filing(model="m", at=MONDAY, title="Wrong gate", sensitivity=Sensitivity.SECRET))
    for there in ({"team": "departures"}, {"clearance": "public"}):
        found = queue.list_queue(ws_as("fay", role="verifier", **there))
        assert (found.batches, found.periods, found.left.total) == ((), (), 0)
    seen, all_there = queue.list_queue(ws_as("gil", role="verifier")), queue.list_queue(captured)
    # Only who steers is told how far each batch is: who labels would know from it which one a case was in.
    assert (seen.batches, seen.periods) == ((), all_there.periods)
    assert queue.list_queue(ws_as("cy", role="curator")).batches == all_there.batches
    assert seen.left.annotation == all_there.left.annotation - 1


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_the_order_within_a_batch_is_that_of_labelling_and_progress_is_told(captured, ana):
    before = {(each.group, each.period): each for each in queue.list_queue(captured).batches}
    assert {group for group, _ in before} == {"missed-delay", "slow", "control", "undecided"}
    assert all(each.done == each.in_turn == 0 < each.size for each in before.values())
    taken = [annotate(ana, NO if at % 2 else FAILS) for at in range(12)]
    assert queue.list_queue(ana).left.mine == len(taken)
    found = queue.list_queue(captured).batches
    for each in found:
        assert each.in_turn == each.done
    assert max(each.in_turn for each in found if each.group == "missed-delay") >= 4
    cases = [catalog.show(ana, case) for case in taken]
    for start in (MONDAY, MONDAY + WEEK):
        own = [each for each in cases if "missed-delay" in each.criteria and start <= each.event.at < start + WEEK]
        places = [fraction("label", "2026", each.event.id) * each.captures[0].probability for each in own]
        assert places == sorted(places)


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_nobody_has_more_than_twenty_in_hand(ana):
    held = ()
    for _ in range(queue.MOST_IN_HAND):
        held = (*held, queue.take(ana, exclude=held).task.form.case)
    assert len(set(held)) == queue.MOST_IN_HAND
    with pytest.raises(Conflict, match="20 cases in hand"):
        queue.take(ana, exclude=held)


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_cases_that_people_filed_are_labelled_and_verified_too(ws, ws_as):
    ana, bo = ws_as("ana", role="verifier"), ws_as("bo", role="verifier")
    filed = catalog.file(ws, Filing(model="m", at=MONDAY, title="Wrong gate"))
    task = queue.take(ana).task
    assert task.form.case == filed.id
    curate.annotate(ana, filed.id, task.form.revision, NO)
    assert queue.take(ana).task is None
    assert (queue.take(bo).task.form.case, queue.take(bo).task.kind) == (filed.id, LabellingKind.VERIFICATION)


@pytest.mark.parametrize("rounds", [3, pytest.param(20, marks=pytest.mark.soak)])
def test_of_many_who_take_at_once_no_two_are_given_the_same(captured, ws_as, rounds):
    people = [ws_as(f"p{at}", role="verifier") for at in range(6)]
    with ThreadPoolExecutor(len(people)) as pool:
        for _ in range(rounds):
            tasks = [each.task for each in pool.map(queue.take, people)]
            cases = [(each.form.case, each.kind) for each in tasks if each is not None]
            assert len(set(cases)) == len(cases) > 0
            for person, (case, _) in zip(people, cases, strict=False):
                queue.release(person, case)


def test_what_somebody_labels_while_another_tries_to_take_it_is_labelled(captured, ana):
    """Whoever holds the place in the queue waits for their position: nobody who has one waits for them."""
    tasks = [queue.take(ana, kind=LabellingKind.ANNOTATION).task]
    while len(tasks) < 6:
        tasks.append(queue.take(ana, kind=LabellingKind.ANNOTATION, exclude=tuple(each.form.case for each in tasks)).task)
    for task in tasks:
        trying, waited = Event(), Event()
        with ThreadPoolExecutor(1) as pool:
            other = pool.submit(grab, captured.serving("bo"), task.form.case, trying, waited)
            assert trying.wait(30)
            # On SQLite nobody else writes until the other is done.
            Timer(0.2, waited.set).start()
            curate.annotate(ana, task.form.case, task.form.revision, NO)
            assert other.result(30) is False


@unlisted("test.grab")
def grab(ws, case, trying, waited):
    """Try to take what another has in hand, and be slow to go on."""
    event = ws._store.transaction.connection.execute(select(prospects.c.event_key).where(prospects.c.id == case)).scalar_one()
    taken = ws.queue.reserve(event, LabellingKind.ANNOTATION, ws.actor.name, ws.now, ws.now + queue.HOLD)
    trying.set()
    assert waited.wait(30)
    return taken


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_what_was_labelled_since_one_looked_is_not_given(ana, bo, monkeypatch):
    """As when the first has labelled a case, and so given it up, between the second's look at the queue and their taking it."""
    task = queue.take(ana, kind=LabellingKind.ANNOTATION).task
    desk = queue._desk(bo, bo.queue.reserved(bo.now))
    first = next(iter(desk.work(LabellingKind.ANNOTATION)))
    curate.annotate(ana, task.form.case, task.form.revision, FAILS)
    stale = replace(desk, taken={}, progress={})
    monkeypatch.setattr(queue, "_desk", lambda *_: stale)
    assert next(iter(stale.work(LabellingKind.ANNOTATION))) != first
    given = queue.take(bo, kind=LabellingKind.ANNOTATION).task
    assert (given.kind, given.form.kind) == (LabellingKind.ANNOTATION, LabellingKind.ANNOTATION)
    assert given.form.case != task.form.case
    assert [each.case for each in queue.list_queue(bo).in_hand] in ([], [given.form.case])


SHARED = 'labelling: {every: week, budget: 40, controls: 0.0, verify: {"2": 0.5, "3": 0.5, rejected: 0.5}}\n'


@pytest.fixture
def annotated(ws, ws_as, tmp_path):
    """Twenty annotated failures, of which half are to be verified: the forms by case, and what is kept of each choice."""
    log = small_log(tmp_path / "log", weeks=2, a_week=120)
    log.write(PROTOCOL + SHARED)
    capture.capture(ws, log.protocol, since=MONDAY, until=MONDAY + 2 * WEEK)
    ana = ws_as("ana", role="annotator")
    forms = {}
    for _ in range(20):
        form = queue.take(ana, kind=LabellingKind.ANNOTATION).task.form
        forms[form.case] = form
        curate.annotate(ana, form.case, form.revision, FAILS)
    return forms


def chances(ws):
    found = select(cases_table.c.id, labellings.c.chance).join(labellings, labellings.c.case_key == cases_table.c.key)
    with ws._store.reading() as connection:
        return dict(connection.execute(found.order_by(labellings.c.key)).all())


def chosen(ws, fractions):
    """Return how many are verified by some fractions: failures that no criterion caught are all."""
    return sum(each < 0.5 or not catalog.show(ws, case).criteria for case, each in fractions.items())


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_nobody_foretells_by_the_seed_which_annotation_is_verified(ws, ws_as, annotated):
    kept, secret = chances(ws), ws.keys.secret(SELECTION_PURPOSE)
    assert kept == {case: chance_of(secret, case) for case in annotated}
    assert set(kept.values()).isdisjoint(fraction("verify", "2026", form.event.id) for form in annotated.values())
    assert queue.list_queue(ws_as("bo", role="verifier")).left.verification == chosen(ws, kept)
    ana, case = ws_as("ana", role="annotator"), next(iter(annotated))
    curate.annotate(ana, case, catalog.show(ana, case).revision, NO)
    assert chances(ws) == kept


@unlisted("test.former")
def kept_before(ws):
    """Have all annotations be from before their chance was kept."""
    ws._store.transaction.connection.execute(update(labellings).values(chance=None))


def test_annotations_from_before_go_on_by_the_fraction_of_then(ws, ws_as, annotated):
    kept_before(ws)
    former = {case: fraction("verify", "2026", form.event.id) for case, form in annotated.items()}
    assert queue.list_queue(ws_as("bo", role="verifier")).left.verification == chosen(ws, former)
    ana, case = ws_as("ana", role="annotator"), next(iter(annotated))
    curate.annotate(ana, case, catalog.show(ana, case).revision, FAILS)
    assert set(chances(ws).values()) == {None}
