"""Investigations on each database: every state of them, and from what they cite back to the cases."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import delete

import remiss
from remiss.catalog import actions as catalog
from remiss.curate import investigation_actions as curate
from remiss.edges.stores.investigations import InvestigationStore
from remiss.edges.stores.reading import Reader
from remiss.edges.stores.tables import citations, finding_texts
from remiss.errors import Conflict, Denied, InputError, NotFound
from remiss.govern.ports.actor import Scope
from remiss.records.case import Filing, Sensitivity
from remiss.records.investigation import Citation, CitationKind, Conclusion, Outcome, Stands
from tests.edges.stores.acting import unlisted
from tests.edges.stores.drawing import MONDAY
from tests.hostile.strings import hostile

RUN = Citation(kind=CitationKind.MLFLOW_RUN, address="https://mlflow.example.org/#/experiments/1/runs/4f7q")
TICKET = Citation(kind=CitationKind.TICKET, address="REM-17")


@pytest.fixture
def case(ws):
    return catalog.file(ws, Filing(model="m", at=MONDAY, title="The board lied")).id


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_an_investigation_grows_and_is_read_as_it_stood(ws, case):
    assert curate.investigation(ws, case).hypotheses == ()
    curate.write_hypothesis(ws, case[:9], text="The feed is *late*")
    curate.write_hypothesis(ws, case, text="The label is wrong")
    curate.write_experiment(ws, case, executed="Trained without", hypothesis=1, citations=[RUN, TICKET])
    before = ws.position()
    curate.write_experiment(ws, case, number=1, revision=1, result="As good", conclusion=Conclusion.SUPPORTS)
    curate.write_hypothesis(ws, case, number=1, revision=1, stands=Stands.SUPPORTED)
    curate.write_remediation(ws, case, text="Wait for it", model_version="42", citations=[TICKET])
    found = curate.write_up(ws, case, hypothesis="The feed", rationale="It was late")
    assert [(each.number, each.text, each.stands.value) for each in found.hypotheses] == [
        (1, "The feed is *late*", "supported"),
        (2, "The label is wrong", "open"),
    ]
    [test] = found.experiments
    assert (test.executed, test.result, test.conclusion, test.hypothesis) == ("Trained without", "As good", "supports", 1)
    assert (test.citations, test.written.revision, test.written.person) == ((RUN, TICKET), 2, ws.actor.name)
    [attempt] = found.remediations
    assert (attempt.model_version, attempt.outcome, attempt.result) == ("42", Outcome.PENDING, None)
    assert found.write_up is not None
    assert (found.write_up.hypothesis, found.write_up.results) == ("The feed", None)
    assert sum(each.done for each in found.steps) == 4
    assert curate.investigation(ws, case) == found
    then = curate.investigation(ws, case, as_of=before)
    assert [each.stands.value for each in then.hypotheses] == ["open", "open"]
    assert (then.experiments[0].result, then.remediations, then.write_up) == (None, (), None)


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_whoever_read_another_state_is_told_and_nothing_is_written(ws, case):
    curate.write_hypothesis(ws, case, text="a")
    curate.write_hypothesis(ws, case, number=1, revision=1, text="b")
    position = ws.position()
    with pytest.raises(Conflict, match="hypothesis 1 was changed since revision 1"):
        curate.write_hypothesis(ws, case, number=1, revision=1, text="c")
    with pytest.raises(NotFound, match="has no hypothesis 2"):
        curate.write_hypothesis(ws, case, number=2, revision=1, text="c")
    with pytest.raises(NotFound, match="has no experiment 1"):
        curate.write_experiment(ws, case, number=1, revision=1, result="c")
    curate.write_up(ws, case, results="x")
    with pytest.raises(Conflict):
        curate.write_up(ws, case, results="y")
    assert ws.position() == position + 1
    assert curate.write_up(ws, case, results="", revision=1).write_up.results is None


def test_of_two_who_write_at_once_one_wins_and_the_other_is_told(ws, case):
    curate.write_hypothesis(ws, case, text="a")
    ends: list[str] = []

    def write(number: int) -> None:
        try:
            curate.write_hypothesis(ws, case, number=1, revision=1, text=f"from {number}")
            ends.append("written")
        except Conflict:
            ends.append("told")

    started = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for each in started:
        each.start()
    for each in started:
        each.join()
    assert sorted(ends) == ["told", "told", "told", "written"]
    assert curate.investigation(ws, case).hypotheses[0].written.revision == 2


def test_from_a_run_one_walks_to_the_cases_that_rest_on_it(ws, case):
    other = catalog.file(ws, Filing(model="m", at=MONDAY, title="Another")).id
    curate.write_experiment(ws, case, executed="Trained without", citations=[RUN, TICKET])
    curate.write_remediation(ws, other, text="Wait for it", citations=[TICKET])
    before = ws.position()
    curate.write_remediation(ws, other, number=1, revision=1, citations=[RUN])

    def listed(*asked: object, **more: object) -> list[tuple[object, ...]]:
        names = ("case", "title", "part", "kind", "text")
        return [tuple(line[name] for name in names) for line in curate.list_citations(ws, *asked, **more)]

    of_case = (case, "The board lied", "experiment", "mlflow-run", "Trained without")
    of_other = (other, "Another", "remediation", "mlflow-run", "Wait for it")
    assert listed(RUN.address) == [of_other, of_case]
    assert [line[0] for line in listed(TICKET.address)] == [case]
    assert [line[0] for line in listed(TICKET.address, as_of=before)] == [other, case]
    assert [line[3] for line in listed(kind=CitationKind.TICKET)] == ["ticket"]
    assert listed("https://mlflow.example.org/") == []
    assert len(listed()) == 3


def test_citations_are_read_page_by_page_while_more_come(ws, case):
    for number in range(4):
        curate.write_experiment(ws, case, executed=f"{number}", citations=[TICKET, RUN])
    seen: list[object] = []
    after = None
    while True:
        page = curate.list_citations(ws, limit=3, after=after)
        seen += zip(page.column("text"), page.column("kind"), strict=True)
        if (after := page.next) is None:
            break
        curate.write_experiment(ws, case, executed="later", citations=[TICKET])
    assert seen == [(f"{number}", kind) for number in (3, 2, 1, 0) for kind in ("mlflow-run", "ticket")]
    with pytest.raises(InputError, match="another query"):
        curate.list_citations(ws, "REM-17", after=curate.list_citations(ws, limit=1).next)
    with pytest.raises(InputError, match="invalid limit"):
        curate.list_citations(ws, limit=0)


@pytest.mark.postgresql_in_soak("others send it what these statements are made of")
def test_who_may_not_see_or_investigate_a_case_does_not(ws, ws_as, case):
    curate.write_experiment(ws_as("ana", role="annotator"), case, executed="x", citations=[RUN])
    with pytest.raises(Denied, match="case:investigate"):
        curate.write_hypothesis(ws_as("eve", role="reader"), case, text="x")
    outside = ws_as("eve", role="admin", team="other")
    for call in (
        lambda: curate.investigation(outside, case),
        lambda: curate.write_hypothesis(outside, case, text="x"),
        lambda: curate.write_up(outside, case, results="x"),
    ):
        with pytest.raises(NotFound):
            call()
    assert curate.list_citations(outside).total == 0
    assert (
        InvestigationStore(Reader(ws._store, Scope.everywhere(Sensitivity.PUBLIC), ws.viewer))
        .citing(None, None, limit=1, after=None, position=None)
        .lines
        == ()
    )


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_what_was_erased_leaves_the_investigation_as_it_is(ws, case):
    curate.write_hypothesis(ws, case, text="secret")
    curate.write_experiment(ws, case, executed="secret", hypothesis=1, citations=[RUN])

    @unlisted("test.erase")
    def erase(ws: remiss.Workspace) -> None:
        for table in (finding_texts, citations):
            ws._store.transaction.connection.execute(delete(table))

    erase(ws)
    found = curate.investigation(ws, case)
    assert [each.text for each in found.hypotheses] == [None]
    assert [(each.executed, each.hypothesis, each.citations) for each in found.experiments] == [(None, 1, ())]


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_texts_and_addresses_come_back_as_they_were_written(ws, case):
    kept = [text.strip() for text in hostile()[::20] if text.strip() and "@" not in text and "\0" not in text]
    for text in kept:
        found = curate.write_hypothesis(ws, case, text=text)
    assert [each.text for each in found.hypotheses] == kept
    addresses = [text for text in kept if text.isprintable() and " " not in text]
    found = curate.write_experiment(
        ws, case, executed="x", citations=[Citation(kind=CitationKind.NOTEBOOK, address=each) for each in addresses[:20]]
    )
    assert [each.address for each in found.experiments[0].citations] == addresses[:20]
    assert addresses
