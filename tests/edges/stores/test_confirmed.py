"""Confirmed figures on each database: a captured log, labelled in turn by people, against the formulas worked out plainly."""

from __future__ import annotations

import math
from collections import defaultdict
from pathlib import Path

import pytest
from sqlalchemy import select, update

from remiss import capture
from remiss.capture.sampling import fraction
from remiss.catalog import actions as catalog
from remiss.catalog.query.expression import EVERYTHING
from remiss.curate import agreement_actions
from remiss.curate import labelling_actions as curate
from remiss.curate import linking_actions as linking
from remiss.curate import queue_actions as queue
from remiss.curate.batches import SELECTION_PURPOSE, chance_of
from remiss.edges.stores.labelling.uncased_events import offer
from remiss.edges.stores.tables import cases, events, labellings
from remiss.errors import QueryError
from remiss.records.identity import case_id
from remiss.records.labelling import Judgement, LabellingKind, Verdict
from remiss.understand import actions as understand
from tests.curate.standings import ANSWERS, NOISE, WEAK
from tests.edges.stores.acting import unlisted
from tests.stories.logs import MONDAY, PROTOCOL, WEEK, small_log

SOURCE, SEED = "arrival-predictions", "2026"
FAILS = Judgement(verdict=Verdict.FAILURE, mode=WEAK, answers=ANSWERS)  # severity 2
NO = Judgement(verdict=Verdict.NOT_A_FAILURE)
SHARES = {2: 0.5, None: 0.25}
LABELLING = 'labelling: {every: week, budget: 60, verify: {"2": 0.5, rejected: 0.25}}\n'


def is_failure(event_id):
    return fraction("truth", "", event_id) < 0.7


def seems_failure(event_id):
    return is_failure(event_id) != (fraction("error", "", event_id) < 0.15)


class Team:
    """Two people and the sampled events of a captured log, in the order of labelling."""

    def __init__(self, ws, ws_as, position=None):
        self.ws, self.ana, self.bo = ws, ws_as("ana", role="verifier"), ws_as("bo", role="verifier")
        self.position = ws.position() if position is None else position
        (self.frame,) = ws.evidence.frames(self.position)

    def sampled(self):
        return self.ws.evidence.judged(self.frame, EVERYTHING, EVERYTHING, None, None, self.ws.position())

    def batches(self):
        """Return the ids of each batch of flagged events, in order: worked out anew, not as the library does it."""
        found = defaultdict(list)
        groups = self.ws.evidence.groups(self.frame, self.ws.position())
        met = {(each.window, str(each.stratum), each.criterion): each.population for each in groups}
        for each in self.sampled():
            if each.met:
                rarest = min(each.met, key=lambda name: (met[each.window, str(each.stratum), name], name))
                found[rarest, each.window].append((fraction("label", SEED, each.event) * each.probability, each.event))
        return {name: [event for _, event in sorted(members)] for name, members in found.items()}

    def annotate(self, event, verdict=None):
        case = catalog.show(self.ws, case_id(SOURCE, event))
        said = verdict or (FAILS if seems_failure(event) else NO)
        if case.status.value == "candidate":
            curate.annotate(self.ana, case.id, case.revision, said)
            choose(self.ws, case.id, fraction("verify", SEED, event))

    def verify(self, event, verdict=None):
        case = catalog.show(self.ws, case_id(SOURCE, event))
        said = verdict or (FAILS if is_failure(event) else NO)
        if case.status.value == "annotated":
            case = curate.verify(self.bo, case.id, case.revision, said)
        if case.status.value == "disputed":
            curate.adjudicate(self.ws, case.id, case.revision, Judgement(**parts(said), rationale="seen again"))


@unlisted("test.choose")
def choose(ws, case, fraction):
    """Have it be chosen by a fraction that is the same each time whether an annotated case is verified."""
    of_case = select(cases.c.key).where(cases.c.id == case).scalar_subquery()
    annotation = (labellings.c.case_key == of_case) & (labellings.c.kind == "annotation")
    ws._store.transaction.connection.execute(update(labellings).where(annotation).values(chance=fraction))


def chance(ws, event):
    """Return the fraction by which it is chosen whether the annotation of an event is verified."""
    return chance_of(ws.keys.secret(SELECTION_PURPOSE), case_id(SOURCE, event))


def parts(judgement):
    return {name: getattr(judgement, name) for name in ("verdict", "mode", "answers")}


@pytest.fixture
def log(tmp_path):
    return small_log(tmp_path / "log").write(PROTOCOL.replace("keep: 5", "keep: 8") + LABELLING)


def captured(ws, log):
    return capture.capture(ws, log.protocol, since=MONDAY, until=MONDAY + 3 * WEEK).id


@pytest.fixture
def team(ws, ws_as, once, log):
    once(ws, "to_be_confirmed", lambda: captured(ws, log))
    return Team(ws, ws_as)


@pytest.fixture
def labelled(ws, ws_as, once, log):
    """Two thirds of each batch are annotated in turn, and one case out of turn; who is selected is verified."""

    def label():
        captured(ws, log)
        team = Team(ws, ws_as)
        work_through(team)
        return str(team.position)

    return Team(ws, ws_as, position=int(once(ws, "confirmed", label)))


def work_through(team):
    done = {event for ids in team.batches().values() for event in ids[: len(ids) * 2 // 3]}
    done |= {ids[-1] for ids in team.batches().values()}
    for event in sorted(done):
        team.annotate(event)
        share = SHARES[2 if seems_failure(event) else None]
        if fraction("verify", SEED, event) < share:
            team.verify(event)


def reckoned(team):
    """Return the confirmed total of all flagged events by the formulas, one event at a time."""
    reach = {}
    annotated = {each.event: each for each in team.sampled() if each.annotated}
    places = {each.event: fraction("label", SEED, each.event) * each.probability for each in team.sampled()}
    for name, ids in team.batches().items():
        waiting = [event for event in ids if event not in annotated]
        reach[name] = places[waiting[0]] if waiting else float("inf")
    cells = defaultdict(list)
    for each in annotated.values():
        t = max((reach[name] for name, ids in team.batches().items() if each.event in ids), default=0)
        if places[each.event] < t:
            grade = 2 if seems_failure(each.event) else None
            cells[each.met, grade].append((each, 1 / min(each.probability, t), SHARES[grade]))
    return cells


@pytest.mark.postgresql_in_soak("others send it what these statements are made of")
def test_the_figure_is_what_the_formulas_give(labelled):
    [row] = understand.estimate(labelled.ws, "criterion:slow -criterion:missed-delay", confirmed=True).rows
    members = [each for (met, _), own in reckoned(labelled).items() if met == ("slow",) for each in own]
    rejected = [share for _, _, share in members if share == 0.25]
    assert sum(rejected) < 5  # so that both grades are one cell
    known = [(each, weight / share) for each, weight, share in members if fraction("verify", SEED, each.event) < share]
    ratio = sum(a for each, a in known if is_failure(each.event)) / sum(a for _, a in known)
    # How many there are is counted, not estimated.
    assert row.value == pytest.approx(ratio * row.flagged)
    assert row.low < row.value < row.high
    assert not row.preliminary
    [total] = understand.estimate(labelled.ws, "criterion:slow", confirmed=True).rows
    [rate] = understand.estimate(labelled.ws, "criterion:slow", confirmed=True, rate=True).rows
    [every] = understand.estimate(labelled.ws, "").rows
    assert rate.value == pytest.approx(total.value / every.value)
    # Among as many as the page and its files say.
    assert (rate.among, total.among) == (every.value, None)
    assert 0 < rate.low < rate.value < rate.high < 1


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_flagged_and_confirmed_stand_side_by_side_and_are_told_apart(labelled):
    found = understand.estimate(labelled.ws, "criterion:slow", confirmed=True)
    [row] = found.rows
    [flagged] = understand.estimate(labelled.ws, "criterion:slow").rows
    assert (found.kind, found.verdict, row.flagged) == ("confirmed", "failure", flagged.value)
    assert row.value < row.flagged
    value, low, high = row.precision
    assert low < 0.7 < high
    assert value == pytest.approx(row.value / row.flagged)
    # As many as people saw there are at least.
    assert (row.low, row.high) == pytest.approx((max(row.sampled, low * row.flagged), high * row.flagged))
    rows = understand.estimate(labelled.ws, by="criterion", confirmed=True).rows
    assert [row.key for row in rows] == ["missed-delay", "slow"]
    assert all(row.precision is not None for row in rows)


@pytest.mark.postgresql_in_soak("others send it what these statements are made of")
def test_a_slice_is_the_share_of_what_all_sampled_events_say_was_flagged(labelled):
    for carrier in ("UA", "DL", "B6"):
        query = f"criterion:* inputs.carrier:{carrier}"
        [row] = understand.estimate(labelled.ws, query, confirmed=True).rows
        [machines] = understand.estimate(labelled.ws, query).rows
        assert row.flagged == pytest.approx(machines.value)
        assert row.low < row.value <= row.high <= machines.high
        if row.precision is not None:
            assert row.value == pytest.approx(row.precision[0] * row.flagged)
            assert row.high <= row.precision[2] * machines.high + 1e-9
        query = f"criterion:slow inputs.carrier:{carrier}"
        [row] = understand.estimate(labelled.ws, query, confirmed=True).rows
        [rate] = understand.estimate(labelled.ws, query, confirmed=True, rate=True).rows
        [flagged] = understand.estimate(labelled.ws, query, rate=True).rows
        if row.value is None:
            assert rate.value is None
            assert row.to_label > 0
            continue
        assert rate.among == pytest.approx(flagged.among)
        assert rate.value == pytest.approx(row.value / row.flagged * flagged.value)
        assert rate.low < rate.value < rate.high < 1


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_a_verdict_to_come_makes_the_figure_preliminary(labelled):
    waiting = next(
        event
        for ids in labelled.batches().values()
        for event in ids[:2]
        if seems_failure(event) and fraction("verify", SEED, event) < 0.5
    )
    case = catalog.show(labelled.ws, case_id(SOURCE, waiting))
    curate.reopen(labelled.ws, case.id, case.revision, "look again")
    labelled.annotate(waiting)
    [row] = understand.estimate(labelled.ws, "criterion:*", confirmed=True).rows
    assert row.preliminary
    assert any("preliminary: no final verdict yet on 1 of" in note for note in row.notes)


@pytest.mark.postgresql_in_soak("others send it what these statements are made of")
def test_each_mode_and_severity_that_people_found_has_its_row(labelled):
    whole = understand.estimate(labelled.ws, "criterion:*", confirmed=True)
    for by in ("mode", "severity"):
        found = understand.estimate(labelled.ws, "criterion:*", confirmed=True, by=by)
        assert found.narrowed
        assert not whole.narrowed
        assert [row.flagged for row in found.rows] == [whole.rows[0].flagged] * len(found.rows)
        assert sum(row.value for row in found.rows) == pytest.approx(whole.rows[0].value)
        for row in found.rows:
            [alone] = understand.estimate(labelled.ws, f"criterion:* {by}:{row.key}", confirmed=True).rows
            assert (row.value, row.low, row.high, row.precision) == (alone.value, alone.low, alone.high, alone.precision)
        with pytest.raises(QueryError, match="decided by people"):
            understand.estimate(labelled.ws, "criterion:*", by=by)


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_of_few_verdicts_there_are_counts_or_only_how_many_are_missing(labelled):
    rows = understand.estimate(labelled.ws, "criterion:*", confirmed=True, by="inputs.carrier").rows
    rows += understand.estimate(labelled.ws, "criterion:slow", confirmed=True, by="inputs.carrier").rows
    kinds = set()
    for row in rows:
        if row.value is None:
            assert (row.precision, row.verified, row.low, row.flagged) == (None, None, None, None)
            assert any("too few verdicts" in note for note in row.notes)
            kinds.add("missing")
        elif row.of_labelled_sample:
            assert row.precision is None
            assert 5 <= row.verified < 10
            assert any("of the labelled sample" in note for note in row.notes)
            kinds.add("counts")
        else:
            assert row.verified >= 10
            assert row.precision[1] <= row.precision[0] <= row.precision[2]
            kinds.add("share")
    assert kinds == {"missing", "counts", "share"}


@pytest.mark.postgresql_in_soak("others send it what these statements are made of")
def test_whose_own_case_is_open_learns_only_how_many_verdicts_are_missing(labelled):
    rows = {"ws": [], "ana": []}
    for who, workspace in (("ws", labelled.ws), ("ana", labelled.ana)):
        for query in ("criterion:*", "criterion:slow"):
            rows[who] += understand.estimate(workspace, query, confirmed=True, by="inputs.carrier").rows
    few = [(row, own) for row, own in zip(rows["ws"], rows["ana"], strict=True) if row.of_labelled_sample]
    assert few
    for _, own in few:
        assert own.value is None
        assert own.to_label > 0 or any("more are needed" in note for note in own.notes)


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_windows_that_nobody_has_begun_with_are_left_out_and_told(team):
    [row] = understand.estimate(team.ws, "criterion:slow", confirmed=True).rows
    assert (row.value, row.low, row.high, row.flagged) == (None, None, None, None)
    for (_, window), ids in team.batches().items():
        if window == MONDAY:
            for event in ids:
                team.annotate(event)
                if fraction("verify", SEED, event) < SHARES[2 if seems_failure(event) else None]:
                    team.verify(event)
    [row] = understand.estimate(team.ws, "criterion:*", confirmed=True).rows
    [first] = understand.estimate(team.ws, f"criterion:* occurred:<{(MONDAY + WEEK).date()}").rows
    assert row.flagged == first.value
    assert any("of 1 of 3 windows, from 2013-06-03 to 2013-06-10: people have not begun" in note for note in row.notes)
    assert (row.windows, row.since, row.until) == (1, MONDAY, MONDAY + WEEK)


@pytest.mark.postgresql_in_soak("others send it what these statements are made of")
def test_it_can_be_narrowed_by_what_people_decided_and_read_as_it_was(labelled):
    ws = labelled.ws
    [every] = understand.estimate(ws, "criterion:*", confirmed=True).rows
    [weak] = understand.estimate(ws, f"criterion:* mode:{WEAK}", confirmed=True).rows
    [noise] = understand.estimate(ws, f"criterion:* mode:{NOISE}", confirmed=True).rows
    [grave] = understand.estimate(ws, "criterion:* severity:<=2", confirmed=True).rows
    assert every.value == weak.value == grave.value > 0
    assert noise.value == 0 < noise.high
    with pytest.raises(QueryError, match="status says nothing"):
        understand.estimate(ws, "status:verified", confirmed=True)

    [none] = understand.estimate(ws, "criterion:*", confirmed=True, verdict="wrong-label").rows
    assert none.value == 0
    with pytest.raises(QueryError, match="is what people found"):
        understand.estimate(ws, "criterion:*", verdict="wrong-label")
    [then] = understand.estimate(ws, "criterion:slow", confirmed=True, as_of=labelled.position).rows
    assert then.value is None


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_a_figure_as_of_then_is_what_it_was_before_its_events_changed(labelled, log):
    def told(as_of=None):
        return understand.estimate(labelled.ws, "criterion:slow", confirmed=True, as_of=as_of).rows

    before, position = told(), labelled.ws.position()
    for row in log.outcomes:
        row["actual"] = {"on-time": "early"}.get(row["actual"], row["actual"])
    log.write(Path(log.protocol).read_text())
    captured(labelled.ws, log)
    assert told(position) == before != told()
    assert catalog.search(labelled.ws, "is:stale").total > 0 == catalog.search(labelled.ws, "is:stale", as_of=position).total


def test_a_case_that_takes_anothers_verdict_counts_with_its_own_weight(team):
    ids = next(ids for (criterion, window), ids in team.batches().items() if criterion == "slow" and window == MONDAY)
    chosen = next(event for event in ids if fraction("verify", SEED, event) < 0.5)
    for event in ids:
        if event != chosen:
            case = catalog.show(team.ws, case_id(SOURCE, event))
            linking.link(team.ws, case.id, case.revision, case_id(SOURCE, chosen))
    team.annotate(chosen, FAILS)
    team.verify(chosen, FAILS)
    [row] = understand.estimate(team.ws, f"criterion:slow occurred:<{(MONDAY + WEEK).date()}", confirmed=True).rows
    assert (row.preliminary, row.sampled) == (False, len(ids))
    # One choice of whom to verify: it is worth one case, however many there are.
    assert row.effective == pytest.approx(1)
    assert row.value == pytest.approx(row.flagged, rel=0.3)


def test_of_few_cases_nothing_tells_what_one_person_found_of_one(labelled):
    ids = next(iter(labelled.batches().values()))
    open_ = next(event for event in ids[:4] if fraction("verify", SEED, event) >= SHARES[2 if seems_failure(event) else None])
    [row] = understand.estimate(labelled.ws, f'event_id:"{open_}"', confirmed=True).rows
    assert (row.value, row.preliminary, row.sampled) == (None, False, 0)


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_a_case_that_is_begun_anew_stays_in_the_labelled_beginning_without_a_verdict(labelled):
    # The first of its batch: were it not labelled any more, its whole window would be out of the figure.
    slow = (ids[0] for (criterion, _), ids in labelled.batches().items() if criterion == "slow")
    reopened = next(event for event in slow if fraction("verify", SEED, event) < 0.25)
    [before] = understand.estimate(labelled.ws, "criterion:slow", confirmed=True).rows
    case, position = catalog.show(labelled.ws, case_id(SOURCE, reopened)), labelled.ws.position()
    curate.reopen(labelled.ws, case.id, case.revision, "look again")
    [after] = understand.estimate(labelled.ws, "criterion:slow", confirmed=True).rows
    assert after.flagged == before.flagged
    assert not any("windows are not in the figure" in note for note in after.notes)
    assert after.preliminary
    assert after.sampled in {before.sampled, before.sampled - 1}
    [found] = [each for each in labelled.sampled() if each.event == reopened]
    assert (found.annotated, found.severity, found.final) == (True, 2 if seems_failure(reopened) else None, None)
    [then] = understand.estimate(labelled.ws, "criterion:slow", confirmed=True, as_of=position).rows
    assert then.value == before.value


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_a_case_that_takes_no_others_verdict_any_more_waits_for_its_own_in_its_place(team):
    ids = next(ids for (criterion, window), ids in team.batches().items() if criterion == "slow" and window == MONDAY)
    for event in ids[1:]:
        case = catalog.show(team.ws, case_id(SOURCE, event))
        linking.link(team.ws, case.id, case.revision, case_id(SOURCE, ids[0]))
    team.annotate(ids[0], FAILS)
    case = catalog.show(team.ws, case_id(SOURCE, ids[1]))
    linking.unlink(team.ws, case.id, case.revision)
    found = {each.event: each for each in team.sampled()}
    assert (found[ids[1]].annotated, found[ids[1]].final, found[ids[1]].chooser) == (True, None, ids[1])
    assert found[ids[2]].chooser == ids[0]


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_a_dispute_that_waits_is_one_or_none_and_the_figure_says_how_wide_that_makes_it(labelled):
    disputed = next(
        event
        for (criterion, _), ids in labelled.batches().items()
        for event in ids[:2]
        if criterion == "slow" and is_failure(event) and seems_failure(event) and fraction("verify", SEED, event) < 0.5
    )
    [before] = understand.estimate(labelled.ws, "criterion:slow", confirmed=True).rows
    case = catalog.show(labelled.ws, case_id(SOURCE, disputed))
    curate.reopen(labelled.ws, case.id, case.revision, "look again")
    labelled.annotate(disputed)
    case = catalog.show(labelled.ws, case_id(SOURCE, disputed))
    assert curate.verify(labelled.bo, case.id, case.revision, NO).status.value == "disputed"
    [row] = understand.estimate(labelled.ws, "criterion:slow", confirmed=True).rows
    assert row.preliminary
    assert row.value < before.value  # which has it as a failure; this one as half of it
    assert row.low < before.low
    assert row.high == pytest.approx(before.high)
    # Of under ten verdicts there is no share of production.
    assert (row.precision, row.of_labelled_sample, before.of_labelled_sample) == (None, True, False)
    [note] = [note for note in row.notes if "preliminary" in note]
    assert "1 of them wait for a decision" in note
    [rate] = understand.estimate(labelled.ws, "criterion:slow", confirmed=True, rate=True).rows
    assert rate.low < rate.value < rate.high
    [note] = [note for note in rate.notes if "wait for a decision" in note]
    assert note.count("%") == 2


@pytest.fixture
def checked(ws, ws_as, tmp_path, known_key):
    """A log whose controls are all annotated, half of those that are cleared to be verified: one in eight is a failure."""
    design = 'labelling: {every: week, budget: 1000, verify: {"2": 0.5, rejected: 0.25, cleared: 0.5}}\n'
    log = small_log(tmp_path / "checked").write(PROTOCOL.replace("population: 50", "population: 25") + design)
    capture.capture(ws, log.protocol, since=MONDAY, until=MONDAY + WEEK)
    team = Team(ws, ws_as)
    controls = {each.event: each for each in team.sampled() if not each.met and each.window == MONDAY}
    for event in sorted(controls):
        curate.annotate(team.ana, offered(ws, event), 1, FAILS if fraction("found", "", event) < 0.12 else NO)
    return team, controls


@unlisted("test.offer")
def offered(ws, event):
    connection = ws._store.transaction.connection
    key = connection.execute(select(events.c.key).where(events.c.event_id == event)).scalar_one()
    return offer(connection, [(case_id(SOURCE, event), key)])[0]


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_of_controls_what_is_called_a_failure_and_a_share_of_what_is_cleared_wait_for_a_second_person(checked):
    team, controls = checked
    stands = {event: catalog.show(team.ws, case_id(SOURCE, event)) for event in controls}
    failures = {event for event in controls if fraction("found", "", event) < 0.12}
    chosen = {event for event in controls if chance(team.ws, event) < 0.5}
    assert failures - chosen
    assert chosen - failures
    waiting = {event for event, case in stands.items() if case.status.value == "annotated"}
    assert waiting == failures | chosen
    assert queue.list_queue(team.bo).left.verification == len(waiting)
    one_week = "-has:criterion"
    [before] = understand.estimate(team.ws, one_week, confirmed=True).rows
    assert before.preliminary
    assert not any("none of" in note and "annotated" in note for note in before.notes)
    # Nobody has looked at what was cleared: it may be anything.
    assert before.high == sum(each.population for each in team.ws.evidence.cells(team.frame, team.ws.position()) if control(each))
    while (task := queue.take(team.bo, kind=LabellingKind.VERIFICATION).task) is not None:
        said = FAILS if task.form.event.id in failures else NO
        curate.verify(team.bo, task.form.case, task.form.revision, said)
    ended = {event: catalog.show(team.ws, case_id(SOURCE, event)) for event in controls}
    assert {case.status.value for event, case in ended.items() if event not in failures} == {"cleared"}
    assert {(ended[event].status.value, ended[event].origin) for event in failures} == {("verified", "missed")}
    [row] = understand.estimate(team.ws, one_week, confirmed=True).rows
    assert row.value == pytest.approx(sum(1 / controls[event].probability for event in failures))
    assert len(failures) <= row.low < row.value < row.high < before.high


def control(cell):
    return cell.window == MONDAY and not cell.met


def test_with_no_failure_among_controls_a_note_says_how_many_there_may_be(checked):
    team, controls = checked
    for event in controls:
        case = catalog.show(team.ws, case_id(SOURCE, event))
        if case.status.value == "annotated":
            case = curate.verify(team.bo, case.id, case.revision, NO)
        if case.status.value == "disputed":
            curate.adjudicate(team.ws, case.id, case.revision, Judgement(**parts(NO), rationale="none"))
    [row] = understand.estimate(team.ws, "-has:criterion", confirmed=True).rows
    assert (row.value, row.low) == (0, 0)
    [note] = [note for note in row.notes if "annotated events that no criterion caught" in note]
    assert f"none of {len(controls)} annotated" in note
    assert f"at most {math.ceil(row.high):,} of" in note


def test_agreement_weighs_a_case_by_all_three_draws(labelled):
    expected = {
        case_id(SOURCE, each.event): weight / share
        for own in reckoned(labelled).values()
        for each, weight, share in own
        if fraction("verify", SEED, each.event) < share
    }
    found = labelled.ws.double_labelled.labelled_twice(EVERYTHING, labelled.ws.position())
    weights = {each.case: each.weight for each in found}
    assert len(expected) > 10
    assert {case: weights[case] for case in expected} == pytest.approx(expected)
    # What was annotated out of turn has no chance that is known, though it was verified.
    others = weights.keys() - expected.keys()
    assert others
    assert {weights[case] for case in others} == {None}
    shown = agreement_actions.show_agreement(labelled.ws)
    assert shown.cases == len(expected)
    assert f"{len(others)} case" in shown.notes[0]


def confirmed(ws, query="has:criterion", **more):
    return understand.estimate(ws, query, confirmed=True, **more).rows


def figures(rows):
    return [(each.key, each.value, each.low, each.high, each.sampled, each.verified) for each in rows]


NO_FIGURE = "no figure for whoever may still be the second labeller"


def test_no_two_figures_of_whoever_may_verify_differ_in_one_annotated_event(labelled, ws_as):
    ws, cy, dee = labelled.ws, ws_as("cy", role="curator"), ws_as("dee", role="reader")
    whole = confirmed(ws)
    assert whole[0].value is not None
    assert figures(confirmed(cy)) == figures(confirmed(dee)) == figures(whole)
    waiting = catalog.search(ws, "status:annotated", limit=100).column("event")
    assert len(waiting) > 5
    one, two = waiting[:2]
    everything = "criterion:slow " + " ".join(f"-event_id:{event}" for event in waiting)
    questions = (
        f"has:criterion -event_id:{one}",
        f"criterion:slow event_id:{one}",
        f"criterion:slow -event_id:{one}",
        f"criterion:slow OR (has:criterion event_id:{two})",
        everything,
    )
    for query in questions:
        for more in ({}, {"by": "criterion"}):
            rows = confirmed(cy, query, **more)
            assert rows == () or {each.value for each in rows} == {None}
            assert [each.notes for each in rows if not any(note.startswith(NO_FIGURE) for note in each.notes)] == [], (
                query,
                more,
            )
    for by in ("event_id", "inputs.carrier"):
        assert {each.value for each in confirmed(cy, by=by)} == {None}
    assert {each.value for each in confirmed(cy, "criterion:slow", rate=True, of=f"-event_id:{one}")} == {None}
    # Nobody else is told anything else than before.
    for query in questions[:3]:
        assert figures(confirmed(dee, query)) == figures(confirmed(ws, query))


def test_whole_windows_criteria_and_grades_are_told_to_everybody(labelled, ws_as):
    ws, cy = labelled.ws, ws_as("cy", role="curator")
    for query, more in (
        ("criterion:slow", {}),
        ("has:criterion -criterion:slow", {}),
        (f"mode:{WEAK}", {}),
        ("severity:2", {}),
        ("criterion:slow", {"rate": True}),
        ("has:criterion", {"by": "criterion"}),
        ("has:criterion", {"by": "mode"}),
        ("has:criterion", {"by": "window"}),
        ("has:criterion occurred:>=2013-06-10", {}),
        ("has:criterion model:arrival-delay", {"variance": "process"}),
    ):
        assert figures(confirmed(cy, query, **more)) == figures(confirmed(ws, query, **more)), query


def test_windows_of_which_few_annotated_events_are_open_are_left_out_for_whoever_may_verify_them(labelled, ws_as):
    ws, cy, last = labelled.ws, ws_as("cy", role="curator"), "occurred:>=2013-06-17"
    _, *decided = catalog.search(ws, f"status:annotated {last}", limit=100).column("event")
    for event in decided:
        labelled.verify(event)
    rows, whole = confirmed(cy), confirmed(ws)
    assert (rows[0].windows, whole[0].windows) == (2, 3)
    assert "without 1 windows, of which you may still be the second labeller of under 5 events" in rows[0].notes
    assert figures(confirmed(cy, f"has:criterion {last}")) != figures(confirmed(ws, f"has:criterion {last}"))
    assert figures(confirmed(cy, "has:criterion occurred:<2013-06-17")) == figures(rows)
