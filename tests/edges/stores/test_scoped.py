"""What a person may not see is in no list, count or figure of theirs; what they may do they may in their teams alone."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from remiss import capture
from remiss.catalog import actions as catalog
from remiss.catalog import similar_actions
from remiss.catalog.query.expression import EVERYTHING
from remiss.edges.stores.listing.kinds import sight_of
from remiss.edges.stores.tables import cases, events, runs
from remiss.errors import Denied, NotFound, QueryError
from remiss.govern import actions as machine
from remiss.govern import audit_actions as audit
from remiss.govern.authority import Granted, actor_of
from remiss.protocol import actions as protocols
from remiss.records.case import Filing, Sensitivity
from remiss.records.person import Grant, Person
from remiss.understand import actions as understand
from tests.edges.stores.drawing import drawn, file, member
from tests.stories.logs import MONDAY, PROTOCOL, WEEK, small_log


@pytest.fixture
def captured(ws, once, tmp_path):
    """One capture of the team arrivals."""
    log = small_log(tmp_path / "log").write(PROTOCOL.replace("version: 1\n", "version: 1\nteam: arrivals\n", 1))
    once(ws, "of_arrivals", lambda: capture.capture(ws, log.protocol, since=MONDAY, until=MONDAY + 3 * WEEK).id)
    return log


def govern(ws, table, condition, **values):
    """Have rows guarded as captures and people have them, without going through either."""
    with ws._store.engine.execution_options(writes=True).begin() as connection:
        connection.execute(update(table).where(condition).values(**values))


def test_a_field_is_guessed_only_of_cases_that_the_asker_sees(ws, ws_as, captured):
    bo = ws_as("bo", role="curator", team="boarding", clearance="secret")
    at = next(iter(catalog.search(ws, limit=1)))["occurred"]
    catalog.file(bo, Filing(model="m", at=at, title="Wrong gate", team="boarding", context={"gate": "A 1"}))
    found = catalog.search(ws, "airport:EWR carrier:UA")
    assert found.query == "context.airport:EWR inputs.carrier:UA"
    assert found.read_as == ("airport: read as context.airport", "carrier: read as inputs.carrier")
    assert found.rows == catalog.search(ws, found.query).rows != ()
    assert catalog.facets(ws, "has:airport").query == "has:context.airport"
    estimated = understand.estimate(ws, "criterion:slow airport:EWR", by="carrier")
    assert (estimated.query, estimated.by) == ("criterion:slow context.airport:EWR", "inputs.carrier")
    assert estimated.notes[:2] == found.read_as
    assert len(catalog.search(bo, 'gate:"A 1"')) == 1
    for asked in ("airport:EWR", "carrier:UA"):
        with pytest.raises(QueryError, match="unknown key"):
            catalog.search(bo, asked)
    catalog.file(ws, Filing(model="m", at=at, title="Two of a name", team="default", context={"carrier": "UA"}))
    with pytest.raises(QueryError, match=r"carrier could be context\.carrier or inputs\.carrier"):
        catalog.search(ws, "carrier:UA")


def test_a_page_token_goes_on_with_a_query_as_it_was_read(ws, captured):
    first = catalog.search(ws, "airport:EWR", limit=1)
    assert first.next is not None
    again = [catalog.search(ws, query, limit=1, after=first.next) for query in ("airport:EWR", "context.airport:EWR")]
    assert again[0].rows == again[1].rows != first.rows


@pytest.mark.postgresql_in_soak("others send it what these statements are made of")
def test_a_stranger_to_a_team_sees_none_of_its_runs_protocols_cases_and_figures(ws, ws_as, captured):
    run = str(next(iter(capture.list_runs(ws)))["run"])
    bo = ws_as("bo", role="curator", team="boarding", clearance="secret")
    assert len(capture.list_runs(bo)) == capture.list_runs(bo).total == 0
    assert len(capture.coverage(bo)) == 0
    assert len(capture.status(bo)) == 0
    assert len(protocols.list_protocols(bo)) == 0
    assert len(catalog.facets(bo)) == 0
    facts = catalog.info(bo)
    assert (facts.protocols, facts.runs, facts.events, facts.cases) == (0, 0, 0, 0)
    then = catalog.info(bo, as_of=ws.position() - 1)
    assert (then.protocols, then.runs, then.events, then.cases) == (0, 0, 0, 0)
    for refused in (
        lambda: capture.show(bo, run),
        lambda: capture.cells(bo, run),
        lambda: capture.windows(bo, run),
        lambda: capture.diff(bo, run),
        lambda: capture.refused(bo, run),
        lambda: capture.reproduce(bo, run),
        lambda: capture.accept(bo, run),
        lambda: protocols.show(bo, "arrival-delay"),
        lambda: protocols.diff(bo, "arrival-delay", 1, 1),
        lambda: understand.estimate(bo),
    ):
        with pytest.raises(NotFound):
            refused()


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_whoever_belongs_to_the_team_sees_what_the_operator_sees(ws, ws_as, captured):
    ana = ws_as("ana", role="reader", team="arrivals")
    assert capture.list_runs(ana) == capture.list_runs(ws)
    assert capture.coverage(ana) == capture.coverage(ws)
    assert protocols.list_protocols(ana) == protocols.list_protocols(ws)
    assert catalog.facets(ana) == catalog.facets(ws)
    assert understand.estimate(ana, "criterion:slow") == understand.estimate(ws, "criterion:slow")
    assert catalog.info(ana).cases == catalog.info(ws).cases > 0


def test_a_figure_is_refused_rather_than_made_of_the_events_that_are_seen(ws, ws_as, captured):
    govern(ws, events, events.c.key % 3 == 0, sensitivity=int(Sensitivity.RESTRICTED))
    ana, sam = ws_as("ana", role="reader", team="arrivals"), ws_as("sam", role="reader", team="arrivals", clearance="restricted")
    # What is counted tells of no single event, and is the same whoever asks.
    for text in ("", "criterion:slow"):
        assert understand.estimate(ana, text) == understand.estimate(sam, text)
    for asked in ({"by": "inputs.carrier"}, {"confirmed": True}):
        assert understand.estimate(sam, "criterion:slow", **asked).rows
        with pytest.raises(QueryError, match="3 of 3 windows are above your clearance"):
            understand.estimate(ana, "criterion:slow", **asked)


def test_who_asks_changes_no_figure_whoever_filed_the_events_first(ws, ws_as, captured):
    ana = ws_as("ana", role="reader", team="arrivals")
    asked = [{}, {"by": "inputs.carrier"}, {"rate": True, "by": "inputs.carrier"}, {"confirmed": True}]
    before = [understand.estimate(ana, "criterion:slow", **each) for each in asked]
    # Another team, whose cases ana does not see, was the first to file most of the events that did not meet it.
    govern(ws, events, events.c.key % 3 != 0, team_id="boarding")
    assert [understand.estimate(ana, "criterion:slow", **each) for each in asked] == before
    assert [understand.estimate(ws, "criterion:slow", **each) for each in asked] == before


def test_figures_of_windows_that_are_seen_whole_are_told(ws, ws_as, captured):
    later = events.c.occurred_at >= MONDAY + 2 * WEEK
    govern(ws, events, later, sensitivity=int(Sensitivity.RESTRICTED))
    ana = ws_as("ana", role="reader", team="arrivals")
    first = {"query": "occurred:<2013-06-10", "by": "inputs.carrier"}
    assert understand.estimate(ana, **first).rows == understand.estimate(ws, **first).rows
    with pytest.raises(QueryError, match="1 of 3 windows"):
        understand.estimate(ana, by="inputs.carrier")


@pytest.mark.postgresql_in_soak("others send it what these statements are made of")
def test_what_a_case_was_caught_by_in_another_team_is_not_told(ws, ws_as):
    file(ws, drawn([member(1, met=["slow"])]), run="run-aaaaaaaa")
    file(ws, drawn([member(1, met=["missed"])], name="other"), run="run-bbbbbbbb")
    govern(ws, runs, runs.c.id == "run-bbbbbbbb", team_id="boarding")
    ana = ws_as("ana", role="reader")
    (case,) = catalog.search(ana, "")
    assert [each.run for each in catalog.show(ana, str(case["id"])).captures] == ["run-aaaaaaaa"]
    assert catalog.compare(ana, str(case["id"])).run == "run-aaaaaaaa"


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_raw_evidence_that_another_team_s_run_kept_is_neither_given_nor_named(ws, ws_as):
    file(ws, drawn([member(1, met=["slow"])]), run="run-aaaaaaaa")
    file(ws, drawn([member(1, met=["missed"])], name="other"), run="run-bbbbbbbb")
    govern(ws, runs, runs.c.id == "run-bbbbbbbb", team_id="boarding")
    ana = ws_as("ana", role="annotator")
    (case,) = catalog.search(ana, "").column("id")
    assert (ws.raw_events.of(case, None).run, ana.raw_events.of(case, None).run) == ("run-bbbbbbbb", "run-aaaaaaaa")
    for run in ("run-bbbbbbbb", "run-zzzzzzzz"):
        with pytest.raises(NotFound, match=f"{run} kept no raw event") as refused:
            ana.raw_events.of(case, run)
        assert refused.value.do == "name one of run-aaaaaaaa, or none"


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_names_of_context_are_those_of_cases_that_are_seen(ws, ws_as):
    for number, team in enumerate(("default", "boarding")):
        filing = Filing(model="m", at=MONDAY, title=team, team=team, context={"airport": "EWR", f"gate{number}": "1"})
        catalog.file(ws, filing)
    assert ws_as("ana", role="reader").cases.context_names() == ("airport", "gate0")
    assert ws_as("bo", role="reader", team="boarding").cases.context_names() == ("airport", "gate1")
    assert ws.cases.context_names() == ("airport", "gate0", "gate1")


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_nobody_captures_for_a_team_in_which_they_are_no_curator(ws, ws_as, captured, tmp_path):
    bo = ws_as("bo", role="curator", team="boarding", clearance="secret")
    before = ws.position()
    for attempt in (capture.capture, capture.plan, capture.due):
        with pytest.raises(Denied, match="team arrivals"):
            attempt(bo, captured.protocol)
    # A version for one's own team would take the place of what the other one has in force.
    captured.write(PROTOCOL.replace("version: 1\n", "version: 2\nteam: boarding\n", 1))
    with pytest.raises(Denied, match="team arrivals"):
        capture.capture(bo, captured.protocol)
    assert ws.position() == before
    low = ws_as("low", role="curator", team="arrivals", clearance="public")
    captured.write(PROTOCOL.replace("version: 1\n", "version: 2\nteam: arrivals\n", 1))
    with pytest.raises(Denied, match="would not see"):
        capture.plan(low, captured.protocol)
    chen = ws_as("chen", role="curator", team="arrivals")
    assert capture.capture(chen, captured.protocol, since=MONDAY, until=MONDAY + WEEK).actor == "chen"


@pytest.mark.postgresql_in_soak("others send it what these statements are made of")
def test_nobody_captures_a_source_of_another_team_by_a_protocol_of_their_own(ws, ws_as, captured, tmp_path):
    """What a source is called is all that tells its events from others: whoever names it writes to what was filed of it."""
    bo = ws_as("bo", role="curator", team="boarding", clearance="secret")
    own = PROTOCOL.replace("protocol: arrival-delay\nversion: 1\n", "protocol: mine\nversion: 1\nteam: boarding\n", 1)
    log = small_log(tmp_path / "own").write(own)
    before = ws.position()
    for attempt in (capture.capture, capture.plan, capture.due):
        with pytest.raises(Denied, match="team arrivals"):
            attempt(bo, log.protocol)
    assert ws.position() == before
    mine = capture.capture(bo, log.write(own.replace("name: arrival-predictions", "name: mine")).protocol)
    assert bo.runs.governed(mine.id).team == "boarding"
    both = Person(
        name="chen",
        grants=tuple(Grant(role="curator", team=team, clearance=Sensitivity.INTERNAL) for team in ("arrivals", "boarding")),
    )
    chen = ws.serving("as-chen", actor=actor_of(both), authority=Granted(both))
    log.write(own.replace("protocol: mine", "protocol: theirs"))
    assert ws.runs.governed(capture.capture(chen, log.protocol).id).team == "boarding"
    assert next(iter(audit.search_audit(ws, action="capture", limit=1)))["team"] == "boarding"


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_evidence_of_a_run_that_somebody_does_not_see_survives_their_capture(ws, ws_as, captured):
    run = str(next(iter(capture.list_runs(ws)))["run"])
    bo = ws_as("bo", role="curator", team="boarding", clearance="secret")
    assert bo.runs.filed(run)
    assert not bo.runs.filed(run[:-1])


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_a_role_in_one_team_revises_and_files_nothing_in_another(ws, ws_as):
    mine = catalog.file(ws, Filing(model="m", at=MONDAY, title="mine"))
    theirs = catalog.file(ws, Filing(model="m", at=MONDAY, title="theirs", team="boarding"))
    ana = ws_as("ana", role="annotator")
    both = ws_as("bo", role="reader", team="*")
    assert catalog.revise(ana, mine.id, 1, title="Mine").title == "Mine"
    with pytest.raises(NotFound):
        catalog.revise(ana, theirs.id, 1, title="Mine")
    with pytest.raises(Denied):
        catalog.revise(both, theirs.id, 1, title="Mine")
    with pytest.raises(Denied, match="team boarding"):
        catalog.file(ana, Filing(model="m", at=MONDAY, title="new", team="boarding"))
    with pytest.raises(Denied, match="would not see"):
        catalog.file(ana, Filing(model="m", at=MONDAY, title="new", sensitivity=Sensitivity.SECRET))


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_the_machine_is_looked_at_by_admins_alone(ws_as):
    assert machine.doctor(ws_as("root", role="admin", team="*"))
    for role, team in (("reader", "*"), ("curator", "*"), ("steward", "*"), ("admin", "default")):
        with pytest.raises(Denied, match="machine:read"):
            machine.doctor(ws_as("ana", role=role, team=team))


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_a_case_that_became_more_guarded_is_gone_from_every_answer(ws, ws_as, captured):
    ana = ws_as("ana", role="reader", team="arrivals")
    total = catalog.search(ana, "").total
    hidden = str(next(iter(catalog.search(ana, "", limit=1)))["id"])
    govern(ws, cases, cases.c.id == hidden, sensitivity=int(Sensitivity.SECRET))
    assert catalog.search(ana, "").total == total - 1
    assert sum(count for field, _, count in catalog.facets(ana, fields=("status",)).rows) == total - 1
    assert hidden not in {str(line["id"]) for line in catalog.search(ana, "", limit=1000)}
    with pytest.raises(NotFound):
        catalog.show(ana, hidden)


def sees_everything(ws):
    with ws._reader.at() as reading:
        return sight_of(reading).everything


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_whoever_sees_all_that_there_is_is_asked_of_no_case_and_of_each_again_as_soon_as_there_is_more(ws, ws_as):
    for number, team in enumerate(("default", "boarding", "default")):
        catalog.file(ws, Filing(model="m", at=MONDAY, title=f"{team} {number}", team=team))
    ana = ws_as("ana", role="reader", team="*")
    assert sees_everything(ana)
    assert not sees_everything(ws_as("bo", role="reader"))
    assert (ana.cases.count(EVERYTHING, None), ana.cases.facet(EVERYTHING, "team", 9, None)) == (
        3,
        (("default", 2), ("boarding", 1)),
    )
    catalog.file(ws, Filing(model="m", at=MONDAY, title="closed", sensitivity=Sensitivity.RESTRICTED))
    assert not sees_everything(ana)
    assert ana.cases.count(EVERYTHING, None) == 3
    assert dict(ana.cases.facet(EVERYTHING, "sensitivity", 9, None)) == {"internal": 3}


@pytest.mark.postgresql_in_soak("others send it what these statements are made of")
def test_where_the_catalog_lies_is_told_to_whoever_may_look_at_the_machine(ws, ws_as):
    assert ws._store.where == catalog.info(ws).address == catalog.info(ws_as("ada", role="admin", team="*")).address
    for role, team in (("reader", "default"), ("steward", "*"), ("admin", "default")):
        assert catalog.info(ws_as("bo", role=role, team=team)).address is None


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_of_an_empty_catalog_everything_is_seen(ws, ws_as):
    assert sees_everything(ws_as("ana", role="reader"))
    assert ws_as("ana", role="reader").cases.count(EVERYTHING, None) == 0


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_whoever_files_what_a_case_above_their_clearance_says_does_not_find_out_that_it_is_there(ws, ws_as):
    hidden = catalog.file(ws, Filing(model="m", at=MONDAY, title="The board lied", sensitivity=Sensitivity.SECRET))
    bo = ws_as("bo", role="annotator")
    filed = catalog.file(bo, Filing(model="m", at=MONDAY, title="The board lied"))
    assert filed.id != hidden.id
    assert catalog.file(bo, Filing(model="m", at=MONDAY, title="The board lied")).id == filed.id
    assert similar_actions.similar(bo, filed.id).total == 0
