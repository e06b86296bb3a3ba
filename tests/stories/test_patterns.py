"""People name what failures have in common, work on it, merge and split it, and whoever still labels is told nothing."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from remiss import catalog, curate, govern, understand
from remiss.codec import from_json, to_json
from remiss.errors import Ambiguous, Conflict, Denied, InputError, NotFound, Precondition, QueryError
from remiss.records.pattern import Pattern, PatternAct, PatternKind, PatternLinkKind, PatternState
from tests.stories.logs import small_log

MISSED = "criterion:missed-delay"
UA = f"{MISSED} inputs.carrier:UA"


@pytest.fixture
def captured(ws, tmp_path, already_captured):
    """A catalog of three weeks of a small log."""
    already_captured(small_log(tmp_path / "log"))
    return ws


def cases_of(ws, query):
    return {line[0] for line in catalog.search(ws, query, limit=10_000).rows}


@pytest.mark.every_way(
    "pattern.name",
    "pattern.list",
    "pattern.show",
    "pattern.describe",
    "pattern.own",
    "pattern.mark",
    "pattern.link",
    "pattern.merge",
    "pattern.split",
    "pattern.subscribe",
)
def test_what_failures_have_in_common_gets_a_name_and_is_worked_on(captured):
    ws = captured
    made = understand.name_pattern(ws, "Flights of UA", UA, about="Ask gate@example.org")
    assert (made.name, made.query, made.state, made.revision) == ("Flights of UA", UA, PatternState.HYPOTHESIS, 1)
    assert "example.org" not in made.about
    assert understand.show_pattern(ws, made.id) == understand.show_pattern(ws, "flights of ua") == made
    described = understand.describe_pattern(ws, made.id, 1, name="UA")
    marked = understand.mark_pattern(ws, "Flights of UA", described.revision, PatternState.CONFIRMED, note="Later weeks too.")
    assert (marked.name, marked.state, marked.revision) == ("UA", PatternState.CONFIRMED, 3)
    assert [each.act for each in marked.history] == [PatternAct.NAMED, PatternAct.DESCRIBED, PatternAct.MARKED]
    with pytest.raises(InputError, match="owns it already"):
        understand.own_pattern(ws, made.id, 3)
    govern.add_person(ws, "bo", roles=["curator"])
    assert understand.own_pattern(ws, made.id, 3, owner="bo").owner == "bo"
    assert [each.id for each in understand.list_patterns(ws, owner="bo")] == [made.id]
    case = min(cases_of(ws, UA))
    understand.link_pattern(ws, made.id, case=case)
    linked = understand.link_pattern(ws, made.id, ticket="REM-17")
    assert [(each.kind, each.address) for each in linked.links] == [
        (PatternLinkKind.CASE, case),
        (PatternLinkKind.TICKET, "REM-17"),
    ]
    assert linked.revision == 4
    assert len(understand.link_pattern(ws, made.id, ticket="REM-17", remove=True).links) == 1
    assert understand.subscribe_to_pattern(ws, made.id).subscribed
    part = understand.split_pattern(ws, made.id, 4, "inputs.distance:<451", name="Short ones of UA")
    assert cases_of(ws, f"pattern:{part.id}") | cases_of(ws, f"pattern:{made.id}") == cases_of(ws, UA)
    whole = understand.merge_patterns(ws, made.id, 5, part.id)
    assert understand.show_pattern(ws, part.id).id == made.id
    assert understand.show_pattern(ws, part.id).asked == part.id
    assert whole.merged == (part.id,)
    assert [each.id for each in understand.list_patterns(ws, state=PatternState.CONFIRMED)] == [made.id]
    assert understand.list_patterns(ws, state=PatternState.CLOSED).items == ()


def test_its_name_is_its_query_wherever_one_is_asked_for(captured):
    made = understand.name_pattern(captured, "Flights of UA", UA)
    for asked in (f"pattern:{made.id}", 'pattern:"Flights of UA"'):
        assert cases_of(captured, asked) == cases_of(captured, UA) != set()
        [row] = understand.estimate(captured, asked).rows
        [written] = understand.estimate(captured, UA).rows
        assert row == written
    assert (
        understand.estimate(captured, f"pattern:{made.id}", rate=True).rows == understand.estimate(captured, UA, rate=True).rows
    )
    assert cases_of(captured, f"{MISSED} -pattern:{made.id}") == cases_of(captured, MISSED) - cases_of(captured, UA)
    with pytest.raises(QueryError, match="the catalog has no pattern nothing-here"):
        catalog.search(captured, "pattern:nothing-here")
    with pytest.raises(QueryError, match="not made of patterns"):
        understand.name_pattern(captured, "Again", f"pattern:{made.id}")
    with pytest.raises(QueryError, match="everything"):
        understand.name_pattern(captured, "All", " ")


def test_a_curator_names_it_a_reader_sees_its_figure_and_who_labels_is_told_nothing(captured, ws_as):
    curator, reader, annotator = (
        ws_as(name, role=role) for name, role in (("cleo", "curator"), ("rae", "reader"), ("ana", "annotator"))
    )
    made = understand.name_pattern(curator, "Flights of UA", UA)
    assert understand.show_pattern(curator, made.id).owner == "cleo"
    assert understand.show_pattern(reader, made.id).name == "Flights of UA"
    [row] = understand.estimate(reader, f"pattern:{made.id}").rows
    assert row.low <= row.value <= row.high
    with pytest.raises(Denied):
        understand.describe_pattern(reader, made.id, 1, name="Mine")
    with pytest.raises(Denied):
        understand.name_pattern(reader, "Mine", UA)
    assert understand.list_patterns(annotator).items == ()
    for act in (understand.show_pattern, understand.subscribe_to_pattern):
        with pytest.raises(NotFound) as forbidden:
            act(annotator, made.id)
        with pytest.raises(NotFound) as absent:
            act(annotator, "nothing-here")
        assert str(forbidden.value).replace(made.id, "nothing-here") == str(absent.value)
    with pytest.raises(QueryError, match=f"the catalog has no pattern {made.id}"):
        catalog.search(annotator, f"pattern:{made.id}")


def test_who_labelled_all_that_it_may_be_about_is_told_of_it(captured, ws_as):
    annotator = ws_as("ana", role="annotator")
    understand.name_pattern(captured, "Flights of nobody", f"{MISSED} inputs.carrier:ZZ")
    assert [each.name for each in understand.list_patterns(annotator)] == ["Flights of nobody"]
    # What people decided is no part of what one can see of an event that one may label: it could be any.
    understand.name_pattern(captured, "Weak slices", "mode:remiss:model/*")
    assert [each.name for each in understand.list_patterns(annotator)] == ["Flights of nobody"]


def test_who_keeps_patterns_is_not_told_of_one_while_they_have_one_of_its_cases_in_hand(captured, ws_as):
    curator = ws_as("cleo", role="curator")
    made = understand.name_pattern(curator, "All that was missed", MISSED)
    assert [each.id for each in understand.list_patterns(curator)] == [made.id]
    curate.take(curator)
    assert understand.list_patterns(curator).items == ()
    with pytest.raises(NotFound):
        understand.show_pattern(curator, made.id)


def test_a_link_to_a_case_that_one_may_not_know_is_not_told(captured, ws_as):
    from remiss.records.case import Filing, Sensitivity
    from tests.stories.logs import MONDAY

    made = understand.name_pattern(captured, "Flights of UA", UA)
    filing = Filing(model="arrival-delay", at=MONDAY, title="Wrong gate", sensitivity=Sensitivity.RESTRICTED)
    case = catalog.file(captured, filing)
    before = understand.show_pattern(ws_as("rae", role="reader"), made.id)
    understand.link_pattern(captured, made.id, case=case.id)
    after = understand.show_pattern(ws_as("rae", role="reader"), made.id)
    assert to_json(before) | {"read_position": 0} == to_json(after) | {"read_position": 0}
    assert [each.address for each in understand.show_pattern(captured, made.id).links] == [case.id]
    with pytest.raises(NotFound, match="has no hypothesis 1"):
        understand.link_pattern(captured, made.id, case=case.id, hypothesis=1)
    with pytest.raises(InputError, match="leads to one thing"):
        understand.link_pattern(captured, made.id, case=case.id, ticket="REM-17")


def test_what_is_above_a_clearance_or_of_another_team_is_not_there(captured, ws_as):
    made = understand.name_pattern(captured, "Flights of UA", UA)
    for hidden in (ws_as("low", role="steward", clearance="public"), ws_as("far", role="steward", team="other")):
        assert understand.list_patterns(hidden).items == ()
        with pytest.raises(NotFound):
            understand.show_pattern(hidden, made.id)


def test_of_two_who_change_it_the_second_is_told(captured):
    made = understand.name_pattern(captured, "Flights of UA", UA)
    understand.mark_pattern(captured, made.id, 1, PatternState.CONFIRMED)
    with pytest.raises(Precondition):
        understand.mark_pattern(captured, made.id, 1, PatternState.CLOSED)
    with pytest.raises(InputError, match="has no revision 9 yet"):
        understand.describe_pattern(captured, made.id, 9, name="UA")
    with pytest.raises(Conflict, match="has that name already"):
        understand.name_pattern(captured, "flights of  ua", MISSED)


def test_whoever_subscribes_hears_of_what_others_do_until_they_have_seen_it(captured, ws_as):
    curator, reader = ws_as("cleo", role="curator"), ws_as("rae", role="reader")
    made = understand.name_pattern(curator, "Flights of UA", UA)
    other = understand.name_pattern(curator, "Short flights", f"{MISSED} inputs.distance:<451")
    understand.subscribe_to_pattern(reader, made.id)
    assert [each.news for each in understand.list_patterns(reader, subscribed=True)] == [0]
    understand.mark_pattern(curator, made.id, 1, PatternState.CONFIRMED)
    understand.merge_patterns(curator, other.id, 1, made.id)
    # They subscribed to what went into another, and hear of that other.
    [told] = understand.list_patterns(reader, subscribed=True)
    assert (told.id, told.news) == (other.id, 3)
    assert understand.subscribe_to_pattern(reader, made.id).news == 0
    assert not understand.subscribe_to_pattern(reader, other.id, stop=True).subscribed
    assert understand.list_patterns(reader, subscribed=True).items == ()


def test_everything_is_read_as_of_then(captured):
    made = understand.name_pattern(captured, "Flights of UA", UA)
    before = understand.list_patterns(captured).position
    other = understand.name_pattern(captured, "Short flights", f"{MISSED} inputs.distance:<451")
    understand.merge_patterns(captured, other.id, 1, made.id)
    [then] = understand.list_patterns(captured, as_of=before)
    assert (then.id, then.query, then.merged) == (made.id, UA, ())
    assert understand.show_pattern(captured, made.id, as_of=before).id == made.id
    assert understand.show_pattern(captured, made.id).id == other.id


def test_two_that_are_called_alike_are_told_apart_by_their_ids(captured):
    made = understand.name_pattern(captured, "UA", UA)
    understand.describe_pattern(captured, made.id, 1, name="United")
    other = understand.name_pattern(captured, "UA", MISSED)
    assert understand.show_pattern(captured, "UA").id == other.id
    understand.describe_pattern(captured, other.id, 1, name="Missed")
    with pytest.raises(Ambiguous, match="2 patterns are called UA"):
        understand.show_pattern(captured, "UA")


def test_a_pattern_survives_json_and_is_a_table(captured):
    made = understand.name_pattern(captured, "UA", UA)
    shown = understand.show_pattern(captured, made.id)
    assert from_json(Pattern, to_json(shown)) == shown
    assert shown.kind is PatternKind.QUERY
    assert shown.to_arrow().num_rows == 1
    assert understand.list_patterns(captured).to_arrow().num_rows == 1


PARTS = (
    "inputs.carrier:UA",
    "inputs.distance:<451",
    "context.airport:EWR",
    "criterion:slow",
    "severity:<=2",
    "-inputs.carrier:UA",
)
ACTS = st.lists(st.tuples(st.sampled_from(["split", "merge", "rename"]), st.integers(0, 9), st.integers(0, 9)), max_size=8)


@pytest.mark.slow(reason="it names, merges and splits patterns a hundred times")
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts=ACTS)
def test_however_patterns_are_merged_and_split_no_case_no_id_and_no_change_is_lost(captured, acts):
    ws = captured
    first = understand.name_pattern(ws, f"Missed {understand.list_patterns(ws).position}", MISSED)
    ids, changes = [first.id], 1
    for act, one, two in acts:
        live = list(dict.fromkeys(understand.show_pattern(ws, each).id for each in ids))
        here = understand.show_pattern(ws, live[one % len(live)])
        try:
            if act == "split":
                name = f"Part {understand.list_patterns(ws).position}"
                ids.append(understand.split_pattern(ws, here.id, here.revision, PARTS[two % len(PARTS)], name=name).id)
                changes += 2
            elif act == "merge" and live[two % len(live)] != here.id:
                understand.merge_patterns(ws, here.id, here.revision, live[two % len(live)])
                changes += 2
            elif act == "rename":
                understand.describe_pattern(ws, here.id, here.revision, name=f"Called {understand.list_patterns(ws).position}")
                changes += 1
        except QueryError:
            # So many parts are no query any more: nothing was done.
            assert understand.show_pattern(ws, here.id).revision == here.revision
    live = {each: understand.show_pattern(ws, each) for each in ids}
    standing = {each.id: each for each in live.values()}
    assert set().union(*(cases_of(ws, f"pattern:{each}") for each in standing)) == cases_of(ws, MISSED)
    history = {(each.pattern, each.revision) for one in standing.values() for each in one.history}
    assert len(history) == changes
    assert {each for one in standing.values() for each in (one.id, *one.merged)} == set(ids)
