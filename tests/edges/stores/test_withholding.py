"""What those who have labelled a case say of it elsewhere is withheld from those who have not, on each database."""

from __future__ import annotations

import json

import pytest

from remiss.catalog import actions as catalog
from remiss.catalog import attachment_actions as attachments
from remiss.codec import to_json
from remiss.curate import discussion_actions as discussion
from remiss.curate import investigation_actions as investigation
from remiss.curate import labelling_actions as labelling
from remiss.errors import Conflict, Precondition
from remiss.records.investigation import Citation, CitationKind, Stands
from tests.edges.stores.test_labellings import CASE, FAILS, NO, ana, bo, cy

SECOND = "not visible until a second person has labelled the case independently"
THIRD = "not visible until a third person has settled the dispute"
TICKET = Citation(kind=CitationKind.TICKET, address="REM-17")
__all__ = ["ana", "bo", "cy"]


@pytest.fixture
def dee(ana, ws_as):
    """Somebody who reads, and settles nothing."""
    return ws_as("dee", role="annotator")


def talk(ana, bo):
    """Have the annotator and another say something in every way there is; return the thread of both and the annotator's."""
    thread = discussion.comment(bo, CASE, "bo wonders, @ana @dee").id
    discussion.comment(ana, CASE, "ana thinks so, @bo @cy @dee", thread=thread)
    alone = discussion.comment(ana, CASE, "ana alone, @bo").id
    investigation.write_hypothesis(bo, CASE, text="bo supposes")
    investigation.write_hypothesis(ana, CASE, text="ana supposes")
    investigation.write_hypothesis(ana, CASE, number=1, revision=1, stands=Stands.REFUTED)
    investigation.write_experiment(ana, CASE, executed="ana tested", hypothesis=2, citations=[TICKET])
    investigation.write_remediation(bo, CASE, text="bo tried", citations=[TICKET])
    investigation.write_up(ana, CASE, rationale="ana is sure")
    return thread, alone


def told(ws, as_of=None):
    """Return all that somebody can read of it, as one text."""
    threads = discussion.list_threads(ws, CASE, as_of=as_of)
    everything = (
        to_json(threads),
        [to_json(discussion.show_thread(ws, each.id, as_of=as_of)) for each in threads],
        to_json(investigation.investigation(ws, CASE, as_of=as_of)),
        [dict(each) for each in discussion.list_inbox(ws, everything=True, as_of=as_of)],
        [dict(each) for each in investigation.list_citations(ws, as_of=as_of)],
        [dict(each) for each in investigation.list_citations(ws, "REM-17", as_of=as_of)],
    )
    return json.dumps(everything, default=str)


WORDS = ("ana thinks", "ana alone", "ana supposes", "refuted", "ana tested", "ana is sure", "bo supposes", '"person": "ana"')


def test_before_their_own_is_in_nobody_reads_what_the_annotator_says_and_is_told_why(ws, ana, bo, cy, dee):
    thread, alone = talk(ana, bo)
    before = ws.position()
    assert all(word in told(cy) for word in WORDS)
    labelling.annotate(ana, CASE, 1, FAILS)
    for each in (bo, cy, dee):
        for position in (None, before, ws.position()):
            found = told(each, position)
            assert [word for word in WORDS if word in found] == []
            assert "bo wonders" in found
            assert "bo tried" in found
    both, hers = discussion.list_threads(bo, CASE)
    assert (both.id, hers.id) == (thread, alone)
    assert ([each.person for each in both.comments], both.hidden) == (["bo"], SECOND)
    assert (hers.comments, hers.hidden) == ((), SECOND)
    parts = investigation.investigation(bo, CASE)
    assert (parts.hypotheses, parts.experiments, parts.write_up, parts.hidden) == ((), (), None, SECOND)
    assert [each.text for each in parts.remediations] == ["bo tried"]
    assert [(page.total, len(page)) for page in (discussion.list_inbox(bo), discussion.list_inbox(cy))] == [(0, 0), (0, 0)]
    assert investigation.list_citations(bo, "REM-17").total == 1


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_the_author_and_the_operator_read_everything_and_nothing_is_said_to_be_hidden(ws, ana, bo):
    talk(ana, bo)
    labelling.annotate(ana, CASE, 1, FAILS)
    for each in (ana, ws):
        assert {one.hidden for one in discussion.list_threads(each, CASE)} == {None}
        assert investigation.investigation(each, CASE).hidden is None
        assert len(investigation.investigation(each, CASE).hypotheses) == 2
        assert investigation.list_citations(each).total == 2
    assert discussion.list_inbox(ana, everything=True).total == 1


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_once_the_case_is_decided_everybody_reads_everything_and_mentions_arrive(ana, bo, cy, dee):
    talk(ana, bo)
    labelling.annotate(ana, CASE, 1, FAILS)
    labelling.verify(bo, CASE, 2, FAILS)
    for each in (bo, cy, dee):
        assert {one.hidden for one in discussion.list_threads(each, CASE)} == {None}
        assert investigation.investigation(each, CASE).write_up.rationale == "ana is sure"
        assert "ana thinks" in told(each)
    assert [line["text"] for line in discussion.list_inbox(cy)] == ["ana thinks so, @bo @cy @dee"]


@pytest.mark.postgresql_in_soak("others send it what these statements are made of")
def test_a_dispute_is_read_by_its_parties_and_by_whoever_may_settle_it(ana, bo, cy, dee):
    talk(ana, bo)
    labelling.annotate(ana, CASE, 1, FAILS)
    labelling.verify(bo, CASE, 2, NO)
    for each in (ana, bo, cy):
        assert {one.hidden for one in discussion.list_threads(each, CASE)} == {None}
        assert "ana thinks" in told(each)
    assert discussion.list_inbox(cy).total == 1
    assert discussion.list_inbox(dee).total == 0
    found = told(dee)
    assert [word for word in (*WORDS, "bo wonders", "bo tried") if word in found] == []
    assert {one.hidden for one in discussion.list_threads(dee, CASE)} == {THIRD}
    assert investigation.investigation(dee, CASE).hidden == THIRD
    assert investigation.list_citations(dee).total == 0


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_of_a_case_begun_anew_the_words_of_the_last_round_are_read(ana, bo, cy, dee):
    talk(ana, bo)
    labelling.annotate(ana, CASE, 1, FAILS)
    shown = labelling.verify(bo, CASE, 2, FAILS)
    labelling.reopen(cy, CASE, shown.revision, reason="another label")
    assert "ana thinks" in told(dee)


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_nobody_changes_what_they_may_not_read(ws, ana, bo):
    talk(ana, bo)
    labelling.annotate(ana, CASE, 1, FAILS)
    position = ws.position()
    for change in (
        lambda: investigation.write_hypothesis(bo, CASE, number=2, revision=1, text="ana supposes"),
        lambda: investigation.write_hypothesis(bo, CASE, number=1, revision=2, stands=Stands.OPEN),
        lambda: investigation.write_up(bo, CASE, rationale="bo is sure"),
        lambda: investigation.write_up(bo, CASE, rationale="ana is sure", revision=1),
    ):
        with pytest.raises(Conflict, match="is not visible until a second person") as refused:
            change()
        assert "ana" not in str(refused.value)
    assert ws.position() == position


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_what_one_says_oneself_in_a_thread_with_hidden_comments_is_taken(ana, bo):
    _, alone = talk(ana, bo)
    labelling.annotate(ana, CASE, 1, FAILS)
    answered = discussion.comment(bo, CASE, "And what then?", thread=alone)
    assert [(each.number, each.text) for each in answered.comments] == [(2, "And what then?")]
    assert answered.hidden == SECOND


FILES = (
    attachments.get_attachment,
    attachments.remove_attachment,
    attachments.restore_attachment,
    attachments.erase_attachment,
)


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_a_file_that_the_annotator_removed_is_neither_named_nor_restored_before_one_s_own_labelling(ws, ana, bo, ws_as):
    hers = attachments.add_attachment(ana, CASE, b"proof", name="surely-a-failure.png")
    attachments.remove_attachment(ana, hers.id)
    labelling.annotate(ana, CASE, 1, FAILS)
    before = ws.position()
    sten = ws_as("sten", role="steward")
    assert attachments.list_attachments(bo, CASE, removed=True).items == ()
    [shown] = attachments.list_attachments(sten, CASE, removed=True)
    assert (shown.name, shown.person, shown.removed_by, shown.hidden) == (None, "(hidden)", "(hidden)", SECOND)
    for call in FILES:
        with pytest.raises(Conflict, match="is not visible until a second person"):
            call(sten, hers.id)
    assert ws.position() == before
    labelling.verify(bo, CASE, 2, FAILS)
    assert attachments.restore_attachment(sten, hers.id) == hers


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_a_file_of_the_annotator_is_neither_named_nor_given_nor_changed_before_one_s_own_labelling(ws, ana, bo, cy, dee):
    hers = attachments.add_attachment(ana, CASE, b"proof", name="surely-a-failure.png")
    his = attachments.add_attachment(bo, CASE, b"desk", name="desk.png")
    assert attachments.get_attachment(bo, hers.id).content == b"proof"
    labelling.annotate(ana, CASE, 1, FAILS)
    before = ws.position()
    for each in (bo, cy, dee):
        for position in (None, before):
            first, second = attachments.list_attachments(each, CASE, as_of=position)
            assert (first.id, first.name, first.person, first.hidden) == (hers.id, None, "(hidden)", SECOND)
            assert second == his
        for call in FILES:
            with pytest.raises(Conflict, match="is not visible until a second person") as refused:
                call(each, hers.id)
            assert "ana" not in str(refused.value)
    assert ws.position() == before
    for each in (ws, ana):
        assert attachments.list_attachments(each, CASE).items == (hers, his)
    labelling.verify(bo, CASE, 2, FAILS)
    for each in (bo, cy, dee):
        assert attachments.get_attachment(each, hers.id).content == b"proof"


@pytest.mark.postgresql_in_soak("others send it what these statements are made of")
def test_title_and_note_of_the_annotator_are_withheld_and_those_from_before_are_shown(ws, ana, bo, cy, dee):
    catalog.revise(bo, CASE, 1, title="Seen at the desk")
    catalog.revise(ana, CASE, 2, title="Surely a failure", note="no doubt")
    catalog.revise(cy, CASE, 3, severity=2)
    investigation.write_remediation(bo, CASE, text="bo tried", citations=[TICKET])
    labelling.annotate(ana, CASE, 4, FAILS)
    before = ws.position()
    for each in (bo, cy, dee):
        shown = catalog.show(each, CASE)
        assert (shown.title, shown.note) == ("Seen at the desk", None)
        found = json.dumps(to_json(catalog.history(each, CASE)))
        assert [word for word in ("Surely a failure", "no doubt", "ana") if word in found] == []
    for query in ("surely", '"no doubt"', "title:Surely*", "-surely title:*", "surely OR doubt"):
        for position in (None, before):
            listed = catalog.search(bo, query, as_of=position)
            assert (len(listed), listed.total) == (0, 0), query
    assert [line["title"] for line in catalog.search(bo, f"id:{CASE}")] == [None]
    for each, title in ((bo, None), (dee, None), (ana, "Surely a failure"), (ws, "Surely a failure")):
        assert [line["title"] for line in investigation.list_citations(each, "REM-17")] == [title]
    for each in (ws, ana):
        assert catalog.show(each, CASE).title == "Surely a failure"
        assert catalog.search(each, "surely").total == 1
    labelling.verify(bo, CASE, 5, FAILS)
    for each in (bo, cy, dee):
        assert (catalog.show(each, CASE).title, catalog.show(each, CASE).note) == ("Surely a failure", "no doubt")
        assert catalog.search(each, "surely").total == 1


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_nobody_changes_or_guesses_at_a_title_and_a_note_that_they_may_not_read(ws, ana, bo, cy, dee):
    catalog.revise(ana, CASE, 1, title="Surely a failure", note="no doubt")
    labelling.annotate(ana, CASE, 2, FAILS)
    before = ws.position()
    for each in (bo, cy, dee):
        for change in ({"title": "Surely a failure"}, {"note": "no doubt"}, {"clear": ("note",)}, {"title": "mine"}):
            with pytest.raises(Conflict, match=f"title and note of case {CASE} are {SECOND}") as refused:
                catalog.revise(each, CASE, 3, **change)
            assert "ana" not in str(refused.value)
            # Whether what was read is stale is no secret: the revision of a case is told to all who see it.
            with pytest.raises(Precondition, match="changed since revision 2, it is at revision 3"):
                catalog.revise(each, CASE, 2, **change)
    assert ws.position() == before
    assert catalog.revise(ana, CASE, 3, title="A failure").title == "A failure"
    labelling.verify(bo, CASE, 4, FAILS)
    assert catalog.revise(dee, CASE, 5, clear=("note",)).note is None
