"""The queue's page: forms by which a curator steers it, which nobody else sees, and what a labeller may ask for."""

from __future__ import annotations

import re

import pytest

from remiss import capture
from remiss.curate import queue_actions as queue
from tests.edges.stores.test_queue import LABELLING
from tests.stories.logs import MONDAY, PROTOCOL, WEEK, small_log

BATCHES = "/queue/batches/arrival-delay"


@pytest.fixture
def browsers(there, tmp_path):
    """A curator and a verifier, each in a browser, of a catalog whose strata are labelled apart."""
    log = small_log(tmp_path / "log", weeks=2, a_week=120).write(
        PROTOCOL + LABELLING.replace("budget: 20", "budget: 60, strata: apart")
    )
    capture.capture(there.workspace.serving("capture"), log.protocol, since=MONDAY, until=MONDAY + 2 * WEEK)
    tokens = [there.person(name, role=role) for name, role in (("cy", "curator"), ("ana", "verifier"))]
    with there.browser_of(tokens[0]) as cy, there.browser_of(tokens[1]) as ana:
        for each in (cy, ana):
            each.headers["Accept"] = "text/html"
        yield cy, ana


def steered(there):
    [found] = queue.list_queue(there.workspace).steered
    return found


def test_a_curator_opens_closes_orders_and_undoes_by_forms_that_name_what_they_read(there, browsers):
    cy, _ = browsers
    answer = cy.post(
        f"{BATCHES}/open", data={"revision": "1", "criterion": "slow", "stratum": "context.airport=JFK", "only": "true"}
    )
    assert (answer.status_code, answer.headers["Location"]) == (303, "/queue#steering")
    cy.post(f"{BATCHES}/close", data={"revision": "2", "period": "2013-06-03T00:00:00Z"})
    cy.post(f"{BATCHES}/order", data={"revision": "3", "first": "newest"})
    page = cy.get("/queue").text
    for words in (
        "newest period first",
        "open: slow, context.airport=JFK",
        "closed: the period of 2013-06-03",
        "Open everything",
    ):
        assert words in page
    late = cy.post(f"{BATCHES}/close", data={"revision": "1"})
    assert (late.status_code, "it is at revision 4" in late.text) == (412, True)
    assert cy.post(f"{BATCHES}/open", data={"revision": "4", "period": "soon"}).status_code == 422
    cy.post(f"{BATCHES}/undo", data={"revision": "4"})
    assert (steered(there).revision, steered(there).first.value, len(steered(there).steers)) == (5, "gravest", 3)


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_every_form_of_the_page_says_what_it_promises(there, browsers):
    cy, _ = browsers
    cy.post(f"{BATCHES}/close", data={"revision": "1", "criterion": "slow"})
    page = cy.get("/queue").text
    forms = re.findall(r'<form method="post" action="(/queue/batches/[^"]+)"[^>]*>(.*?)</form>', page, re.DOTALL)
    assert len(forms) > 5
    for path, inside in forms:
        fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', inside))
        fields |= dict(re.findall(r'<button class="small" name="(\w+)" value="(\w+)">', inside))
        answer = cy.post(path, data=fields | {"revision": str(steered(there).revision)})
        assert answer.status_code == 303, (path, fields, answer.text)


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_who_labels_sees_nothing_of_it_and_asks_for_a_period_or_a_stratum(there, browsers):
    cy, ana = browsers
    before = ana.get("/queue").text
    cy.post(f"{BATCHES}/open", data={"revision": "1", "criterion": "slow", "only": "true"})
    after = ana.get("/queue").text
    apart = re.compile(r"position [\d,]+")
    assert apart.sub("", before) == apart.sub("", after)
    assert "/queue/batches" not in after
    assert ana.post(f"{BATCHES}/open", data={"revision": "2"}).status_code == 403
    asked = {"period": "2013-06-10T00:00:00Z", "stratum": "context.airport=JFK"}
    taken = ana.post("/queue/next", data=asked).headers["Location"]
    assert ("period=2013-06-10" in taken, "stratum=context.airport%3DJFK" in taken) == (True, True)
    page = ana.get(taken).text
    assert page.count("stratum=context.airport%3DJFK") == 3  # the form, its page, and passing
    assert ana.post("/queue/next", data={"stratum": "context.airport=LGA"}).status_code == 422
    cy.post(f"{BATCHES}/close", data={"revision": "2"})
    case = re.match(r"/queue/([\w-]+)", taken)[1]
    passed = ana.post(f"/queue/{case}/pass?period=2013-06-10T00:00:00Z").headers["Location"]
    assert passed.startswith("/queue?")
    told = ana.post("/queue/next", data=asked).headers["Location"]
    assert "Nothing of that waits for you right now." in ana.get(told).text
