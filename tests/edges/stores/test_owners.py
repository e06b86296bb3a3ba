"""Who owns a model judges no case that was captured while they did, and none of their team's while they do."""

from __future__ import annotations

from dataclasses import replace

import pytest

from remiss import capture
from remiss.catalog import actions as catalog
from remiss.curate import labelling_actions as curate
from remiss.curate import queue_actions as queue
from remiss.errors import Denied
from remiss.records.labelling import LabellingKind
from remiss.records.states import Status
from tests.edges.stores.acting import unlisted
from tests.edges.stores.test_queue import FAILS, NO, annotate
from tests.protocol.documents import protocol_of
from tests.stories.logs import MONDAY, PROTOCOL, WEEK, small_log

OWNED = PROTOCOL + 'labelling: {every: week, budget: 20, controls: 0.3, verify: {"2": 1.0, rejected: 1.0}}\nowners: [olga]\n'


@pytest.fixture
def captured(ws, once, tmp_path):
    log = small_log(tmp_path / "log", weeks=2, a_week=120)
    log.write(OWNED)
    once(ws, "two_owned_weeks", lambda: capture.capture(ws, log.protocol, since=MONDAY, until=MONDAY + 2 * WEEK).id)
    return ws


@pytest.fixture
def verifier(captured, ws_as):
    return lambda name, team="default": ws_as(name, role="verifier", team=team)


@unlisted("test.keep")
def keep(ws, text):
    ws.protocols.save(protocol_of(text))


def next_version(ws, version, owners):
    """Keep a version of the protocol that names other owners, as a curator does by capturing with it."""
    keep(ws, OWNED.replace("version: 1", f"version: {version}").replace("owners: [olga]", f"owners: [{owners}]"))


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_an_owner_who_frees_themselves_by_the_next_version_still_judges_nothing_that_was_captured_before(captured, verifier):
    case, olga = annotate(verifier("ana")), verifier("olga")
    next_version(captured, 2, "nobody")
    with pytest.raises(Denied, match=r"olga owns the model \S+, by protocol \S+@1 of team default"):
        curate.verify(olga, case, 2, FAILS)
    assert queue.take(olga, kind=LabellingKind.VERIFICATION).task is None
    assert queue.list_queue(olga).left.verification == 0
    curate.verify(verifier("bo"), case, 2, replace(NO, rationale="none"))
    with pytest.raises(Denied, match="owns the model"):
        curate.adjudicate(olga, case, 3, replace(FAILS, rationale="it is one"))
    # Who may not settle it sees neither side.
    assert catalog.show(olga, case).labelling.labellings == ()
    assert queue.list_queue(olga).left.adjudication == 0
    assert len(catalog.show(verifier("cy"), case).labelling.labellings) == 2


@pytest.mark.postgresql_in_soak("others send it each of these statements")
@pytest.mark.parametrize("other", ["owners: [bo]", "owners: [olga]\nteam: rivals"], ids=["owners", "team"])
def test_a_text_that_is_filed_anew_leaves_a_version_to_its_owners_and_its_team(captured, verifier, other):
    case = annotate(verifier("ana"))
    keep(captured, OWNED.replace("owners: [olga]", other))
    found = captured.protocols.find("arrival-delay", 1)
    assert (found.text, found.team) == (OWNED, "default")
    with pytest.raises(Denied, match=r"olga owns the model \S+, by protocol \S+@1 of team default"):
        curate.verify(verifier("olga"), case, 2, FAILS)
    # Its words alone may be written anew.
    reworded = OWNED.replace("owners: [olga]", "owners: [olga] # since May")
    keep(captured, reworded)
    assert captured.protocols.find("arrival-delay", 1).text == reworded
    assert curate.verify(verifier("bo"), case, 2, FAILS).status is Status.VERIFIED


def test_who_is_named_an_owner_since_judges_nothing_until_they_are_not_and_is_told_no_more_than_a_verifier(captured, verifier):
    case, bo = annotate(verifier("ana")), verifier("bo")
    next_version(captured, 2, "bo")
    with pytest.raises(Denied, match=r"by protocol \S+@2 of team default"):
        curate.verify(bo, case, 2, FAILS)
    assert queue.take(bo, kind=LabellingKind.VERIFICATION).task is None
    # They may come to verify it, so why it was caught is not theirs to know; who owned it then never does.
    assert (catalog.show(bo, case).hidden is None, catalog.show(verifier("olga"), case).hidden is None) == (False, True)
    for name, told in (("bo", False), ("olga", True)):
        assert [each is None for each in catalog.search(verifier(name), "status:annotated").column("hidden")] == [told]
    next_version(captured, 3, "nobody")
    assert curate.verify(bo, case, 2, FAILS).status is Status.VERIFIED


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_owners_bind_the_cases_of_their_own_team_alone(captured, verifier):
    case, bo = annotate(verifier("ana")), verifier("bo")
    keep(captured, OWNED.replace("protocol: ", "protocol: rival-").replace("owners: [olga]", "owners: [bo]\nteam: rivals"))
    assert curate.form(bo, case).obstacle is None
    assert queue.take(bo, kind=LabellingKind.VERIFICATION).task is not None
    assert catalog.show(bo, case).hidden is not None
    assert curate.verify(bo, case, 2, FAILS).status is Status.VERIFIED
