"""Whoever runs the labelling steers the queue: in the library on both databases, from afar, and at a terminal."""

from __future__ import annotations

import pytest

from remiss import capture, catalog, curate
from remiss.curate.steering import First
from remiss.errors import Precondition
from tests.stories.logs import MONDAY, PROTOCOL, WEEK, small_log

DELAYS = "arrival-delay"
LABELLING = "labelling: {every: week, budget: 60, controls: 0, strata: apart}\n"
JFK = ("context.airport=JFK",)


@pytest.mark.every_way("queue.open", "queue.close", "queue.order", "queue.undo")
def test_a_curator_opens_closes_and_orders_batches_and_people_are_given_what_is_open(ws, tmp_path):
    log = small_log(tmp_path / "log", weeks=2, a_week=120).write(PROTOCOL + LABELLING)
    capture.capture(ws, log.protocol, since=MONDAY, until=MONDAY + 2 * WEEK)

    def event():
        case = curate.take(ws).task.form.case
        curate.release(ws, case)
        return catalog.show(ws, case).event

    found = curate.open_batches(ws, DELAYS, 1, criterion="missed-delay", stratum=JFK, only=True)
    [queue] = found.steered
    assert (queue.revision, queue.apart, len(queue.steers)) == (2, True, 2)
    assert (event().context["airport"], event().at < MONDAY + WEEK) == ("JFK", True)
    curate.order_batches(ws, DELAYS, 2, First.NEWEST)
    assert (event().context["airport"], event().at >= MONDAY + WEEK) == ("JFK", True)
    curate.close_batches(ws, DELAYS, 3, period=MONDAY + 1.5 * WEEK)
    assert event().at < MONDAY + WEEK
    with pytest.raises(Precondition, match="it is at revision 4"):
        curate.close_batches(ws, DELAYS, 3)
    curate.close_batches(ws, DELAYS, 4)
    assert curate.take(ws).task is None
    [queue] = curate.undo_steering(ws, DELAYS, 5).steered
    assert (queue.revision, event().at < MONDAY + WEEK) == (6, True)
    # Whoever labels may ask for a stratum, and is given what is open of it.
    assert curate.take(ws, stratum=("context.airport=EWR",)).task is None
    assert curate.take(ws, stratum=JFK, period=MONDAY).task is not None
