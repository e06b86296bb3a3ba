"""People find out why a case happened: in the library on both databases, from afar, and at a terminal."""

from __future__ import annotations

import pytest

from remiss import catalog, curate
from remiss.errors import Conflict, InputError, NotFound
from remiss.records.case import Filing
from remiss.records.investigation import Citation, CitationKind, Conclusion, Outcome, Stands
from tests.stories.logs import MONDAY

RUN = Citation(kind=CitationKind.MLFLOW_RUN, address="https://mlflow.example.org/#/experiments/1/runs/4f7q")
CHANGE = Citation(kind=CitationKind.PULL_REQUEST, address="REM-17")


@pytest.mark.postgresql_in_soak("others send it each of these statements")
@pytest.mark.every_way(
    "write-up.write", "experiment.write", "case.investigation", "remediation.write", "hypothesis.write", "citation.list"
)
def test_a_cause_is_supposed_tested_mended_and_written_up(ws):
    case = catalog.file(ws, Filing(model="arrival-delay", at=MONDAY, title="Wrong gate")).id
    curate.write_hypothesis(ws, case, text="The feed is late; ask ana@example.org")
    curate.write_experiment(ws, case, executed="Trained without the feed", hypothesis=1, citations=[RUN, CHANGE])
    found = curate.write_experiment(ws, case, number=1, revision=1, result="As good as with it", conclusion=Conclusion.SUPPORTS)
    assert "example.org" not in found.hypotheses[0].text
    assert [each.name for each in found.steps if each.done] == [
        "a hypothesis is stated",
        "every hypothesis is tested by an experiment",
        "every experiment has a result and a conclusion",
    ]
    curate.write_hypothesis(ws, case, number=1, revision=1, stands=Stands.SUPPORTED)
    curate.write_remediation(ws, case, text="Wait for the feed", model_version="42", outcome=Outcome.WORKED, citations=[CHANGE])
    done = curate.write_up(
        ws, case, hypothesis="The feed", experiments="One without it", results="As good", rationale="It is late on Mondays"
    )
    assert all(each.done for each in done.steps)
    assert curate.investigation(ws, case) == done
    assert sorted(curate.list_citations(ws, CHANGE.address).column("part")) == ["experiment", "remediation"]
    assert curate.list_citations(ws, kind=CitationKind.MLFLOW_RUN).column("case") == (case,)


def test_what_cannot_be_written_is_refused(ws):
    case = catalog.file(ws, Filing(model="arrival-delay", at=MONDAY, title="Wrong gate")).id
    curate.write_hypothesis(ws, case, text="a")
    with pytest.raises(Conflict):
        curate.write_hypothesis(
            ws, case, number=1, revision=curate.write_hypothesis(ws, case, number=1, revision=1, text="b") and 1, text="c"
        )
    with pytest.raises(NotFound):
        curate.write_experiment(ws, case, number=1, revision=1, result="x")
    with pytest.raises(InputError, match="no hypothesis 9"):
        curate.write_experiment(ws, case, executed="x", hypothesis=9)
