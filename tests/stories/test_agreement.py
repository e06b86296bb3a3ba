"""How far people agree is asked in the library on both databases, from afar, and at a terminal."""

from __future__ import annotations

import pytest

from remiss import capture, curate
from remiss.errors import QueryError
from remiss.records.agreement import By, Field
from tests.stories.logs import MONDAY, WEEK, small_log


@pytest.mark.every_way("agreement.own")
def test_who_has_labelled_nothing_that_is_settled_is_told_of_nothing(ws):
    found = curate.show_own_agreement(ws)
    assert (found.settled, found.agreed, found.different, found.position) == (0, None, (), ws.position())


@pytest.mark.postgresql_in_soak("others send it what these statements are made of")
@pytest.mark.every_way("agreement.show")
def test_where_nobody_has_labelled_twice_there_are_no_figures(ws, tmp_path):
    capture.capture(ws, small_log(tmp_path / "log").protocol, since=MONDAY, until=MONDAY + WEEK)
    found = curate.show_agreement(ws, "criterion:missed-delay")
    assert (found.query, found.by, found.cases, found.position) == ("criterion:missed-delay", None, 0, ws.position())
    assert [row.field for row in found.rows] == list(Field)
    assert {row.agreed.value for row in found.rows} == {None}
    assert curate.show_agreement(ws, by=By.PAIR).rows == ()
    assert curate.show_agreement(ws, as_of=1).position == 1
    # A key without its family is read as estimates read it, and that is said.
    there = curate.show_agreement(ws, "airport:EWR")
    assert (there.query, there.notes[0]) == ("context.airport:EWR", "airport: read as context.airport")
    with pytest.raises(QueryError):
        curate.show_agreement(ws, "nope:1")
