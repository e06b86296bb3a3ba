"""A person cannot tell what one case is and passes another: in the library on both databases, from afar, and at a terminal."""

from __future__ import annotations

import pytest

from remiss import catalog, curate
from remiss.errors import LabellingError
from remiss.records.case import Filing
from remiss.records.labelling import Judgement, Verdict
from tests.curate.standings import ANSWERS, WEAK
from tests.stories.logs import MONDAY

UNSURE = Judgement(verdict=Verdict.CANNOT_TELL, rationale="the remarks are cut off")
FAILS = Judgement(verdict=Verdict.FAILURE, mode=WEAK, answers=ANSWERS, rationale="feeder airports")


@pytest.mark.every_way("queue.next", "queue.pass", "queue.list", "case.annotate", "case.form")
def test_who_cannot_tell_leaves_a_case_as_it_is_and_who_passes_is_given_another_one(ws):
    cases = [catalog.file(ws, Filing(model="m", at=MONDAY, title=title)).id for title in ("Wrong gate", "Wrong hour", "No gate")]
    assert curate.take(ws).task.form.case == cases[0]
    assert curate.pass_on(ws, cases[0][:8]).task.form.case == cases[1]
    with pytest.raises(LabellingError, match="cannot-tell has no rationale"):
        curate.annotate(ws, cases[1], 1, Judgement(verdict=Verdict.CANNOT_TELL))
    case = curate.annotate(ws, cases[1], 1, UNSURE)
    assert (case.status.value, case.revision) == ("candidate", 1)
    assert [(each.verdict, each.rationale) for each in case.labelling.labellings] == [(UNSURE.verdict, UNSURE.rationale)]
    assert curate.take(ws).task.form.case == cases[2]
    state = curate.list_queue(ws)
    assert ([each.case for each in state.in_hand], state.left.annotation, state.left.mine) == ([cases[2]], 1, 1)
    # They may still say what each of the two is, by its id.
    for each in cases[:2]:
        assert curate.annotate(ws, each, curate.form(ws, each).revision, FAILS).status.value == "annotated"
    assert [each.revision for each in catalog.history(ws, cases[1])] == [1, 2]
