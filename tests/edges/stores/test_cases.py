"""Cases on each database: paging, looking one up, filing by hand, revising, and what people may write in them."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta

import pytest

from remiss.catalog import actions, similar_actions
from remiss.codec import to_json
from remiss.errors import Ambiguous, Conflict, Denied, InputError, NotFound
from remiss.records.case import Filing, Sensitivity
from remiss.records.identity import canonical, case_id
from remiss.records.states import Status
from tests.edges.stores.drawing import MONDAY, drawn, file, member

HOSTILE = ("it's", 'say "x"', "a\nb\tc", "🛫 naïve", "'; DROP TABLE cases; --", "%_\\*?[x]", "", "null", "=cmd|' /C calc'!A0")


def filing(number: int = 0, **said: object) -> Filing:
    given = {"model": "m", "at": MONDAY + timedelta(hours=number), "title": f"seen {number}"}
    return Filing(**{**given, **said})  # type: ignore[arg-type]


# Filing ---------------------------------------------------------------------------------------------------------------


@pytest.mark.postgresql_in_soak("others send it what these statements are made of")
def test_a_case_filed_by_hand_is_a_candidate_of_its_own_source(ws):
    case = actions.file(ws, filing(label="late", output="on-time", severity=2, mode="remiss:model/weak-slice", context={"n": 3}))
    assert (case.source, case.origin, case.status, case.revision, case.captures) == ("by-hand", "filed", Status.CANDIDATE, 1, ())
    assert case.id == case_id("by-hand", case.event.id)
    assert actions.show(ws, case.id) == case
    assert actions.search(ws, "context.n:3 label:late").column("id") == (case.id,)


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_filing_the_same_again_gives_the_same_case(ws):
    first = actions.file(ws, filing(note="n"))
    assert actions.file(ws, filing(note="n")) == first
    assert len(actions.history(ws, first.id)) == 1
    assert actions.file(ws, filing(note="another")).id != first.id


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_what_a_person_files_is_redacted_everywhere(ws):
    case = actions.file(
        ws,
        filing(
            title="ana@example.org called",
            note="card 4111 1111 1111 1111",
            text="mail ana@example.org",
            output="ana@example.org",
            inputs={"who": "ana@example.org"},
            context={"card": 4111111111111111},
        ),
    )
    shown = canonical(to_json(case)).decode()
    assert "ana@" not in shown
    assert "4111" not in shown
    assert not len(actions.search(ws, '"ana example org"'))
    assert case.title.startswith("[email:")


@pytest.mark.postgresql_in_soak("others send it each of these statements")
@pytest.mark.parametrize("team", ["Arrivals", "x" * 65, '"' * 5000, "a/b", "..", ""])
def test_a_case_is_filed_for_a_team_by_a_name_that_a_team_can_have(ws, team):
    # A team by such a name was made, and after it no capture from afar was answered.
    with pytest.raises(InputError, match="is not a valid name of a team"):
        actions.file(ws, filing(team=team))
    assert [each for each in ws.people.teams(None) if each.name != "default"] == []


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_names_that_people_file_lose_addresses_too(ws):
    case = actions.file(ws, filing(model="ana@example.org", model_version="1.2.3.4 by ana@example.org"))
    assert case.event.model.startswith("[email:")
    assert case.event.model_version.startswith("1.2.3.4 by [email:")
    with pytest.raises(InputError, match=r"context\.NAME shows what looks like personal data") as refused:
        actions.file(ws, filing(context={"ana@example.org": 1}))
    assert "ana@" not in str(refused.value)


@pytest.mark.parametrize("text", HOSTILE)
def test_whatever_people_write_comes_back_and_is_found(ws, text):
    case = actions.file(
        ws, filing(output=text, note=text, inputs={"x": text}, context={"y'--": text}, text=text, model=f"m{text}")
    )
    assert (case.event.output, case.event.inputs["x"], case.event.context["y'--"]) == (text, text, text)
    assert case.note == (text or None)
    quoted = '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
    for key in ("output", "inputs.x", "context.y'--"):
        assert actions.search(ws, f"{key}:{quoted}").column("id") == (case.id,)
    assert actions.search(ws, "output:nothing OR has:label").rows == ()


@pytest.mark.postgresql_in_soak("others send it each of these statements")
@pytest.mark.parametrize("text", ["a\0b", "\udc80"])
def test_letters_that_no_catalog_can_hold_are_refused(ws, text):
    for said in ({"title": text}, {"text": text}, {"inputs": {"x": text}}, {"model": text}, {"context": {text: 1}}):
        with pytest.raises(InputError, match=r"character that no catalog can hold|cannot name a field"):
            actions.file(ws, filing(**said))
    case = actions.file(ws, filing())
    with pytest.raises(InputError, match="character that no catalog can hold"):
        actions.revise(ws, case.id, 1, note=text)


# Looking up -----------------------------------------------------------------------------------------------------------


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_a_case_is_named_by_six_letters_or_more_however_they_are_written(ws):
    case = actions.file(ws, filing())
    letters = case.id.replace("-", "")
    for name in (case.id, letters, letters[:6], case.id[:7].upper(), f" {case.id} "):
        assert actions.show(ws, name).id == case.id
    with pytest.raises(InputError, match="too short"):
        actions.show(ws, letters[:5])
    for name in ("k7m4-qp2x-9w3d-x", "u7m4qp", "../etc/passwd", "' OR 1=1 --"):
        with pytest.raises(InputError, match="not the id of a case"):
            actions.show(ws, name)
    with pytest.raises(NotFound, match="there is no case zzzzzz"):
        actions.show(ws, "zzzzzz")


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_letters_that_several_cases_share_are_ambiguous(ws):
    # Found by trying: both ids begin with the same six letters.
    members = [member(1, met=["slow"], id=name) for name in ("event-36865", "event-79649")]
    file(ws, drawn(members), run="run-aaaaaaaa")
    first, second = (case_id("arrivals", item.event.id) for item in members)
    assert first[:7] == second[:7]
    with pytest.raises(Ambiguous, match=min(first, second)):
        actions.show(ws, first[:7])
    assert actions.show(ws, first[:9]).id == first


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_a_captured_case_says_which_runs_met_it(ws):
    file(ws, drawn([member(1, met=["missed", "slow"])]), run="run-aaaaaaaa")
    file(ws, drawn([member(1, met=["slow"], label="early")]), run="run-bbbbbbbb")
    case = actions.show(ws, case_id("arrivals", "e1"))
    assert [(capture.run, capture.in_force, capture.criteria) for capture in case.captures] == [
        ("run-bbbbbbbb", True, ("slow",)),
        ("run-aaaaaaaa", False, ("missed", "slow")),
    ]
    assert (case.criteria, case.event.label) == (("slow",), "early")
    before = actions.show(ws, case.id, as_of=ws.position() - 1)
    assert (before.criteria, before.event.label, before.captures[0].in_force) == (("missed", "slow"), "late", True)
    assert to_json(case)["captures"][0]["window"] == "2013-06-03T00:00:00Z"


# The past -------------------------------------------------------------------------------------------------------------


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_every_former_state_can_be_read_again(ws):
    case = actions.file(ws, filing())
    filed = ws.position()
    actions.revise(ws, case.id, 1, title="missed connection", severity=1)
    actions.revise(ws, case.id, 2, note="gate changed", mode="remiss:model/weak-slice")
    assert [(state.revision, state.title, state.severity, state.note) for state in actions.history(ws, case.id)] == [
        (1, "seen 0", None, None),
        (2, "missed connection", 1, None),
        (3, "missed connection", 1, "gate changed"),
    ]
    assert actions.show(ws, case.id, as_of=filed) == case
    found = {
        query: [len(actions.search(ws, query, as_of=filed + later)) for later in (-1, 0, 1, 2)]
        for query in ("seen", "missed", "gate")
    }
    assert found == {"seen": [0, 1, 0, 0], "missed": [0, 0, 1, 1], "gate": [0, 0, 0, 1]}
    with pytest.raises(NotFound, match="was not there yet"):
        actions.show(ws, case.id, as_of=filed - 1)
    then = actions.history(ws, case.id, as_of=filed + 1)
    assert [(state.revision, state.position_to) for state in then] == [(1, filed + 1), (2, None)]
    with pytest.raises(NotFound, match="was not there yet"):
        actions.history(ws, case.id, as_of=filed - 1)


@pytest.mark.postgresql_in_soak("others send it each of these statements")
@pytest.mark.parametrize(("position", "said"), [(-1, "invalid as of: -1"), (99, "has no position 99")])
def test_a_position_that_the_catalog_does_not_have_is_refused(ws, position, said):
    with pytest.raises(InputError, match=said):
        actions.search(ws, as_of=position)


# Revising -------------------------------------------------------------------------------------------------------------


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_whoever_read_an_older_revision_is_told_and_nothing_is_written(ws):
    case = actions.file(ws, filing())
    actions.revise(ws, case.id, 1, title="first")
    position = ws.position()
    with pytest.raises(Conflict, match="changed since revision 1"):
        actions.revise(ws, case.id, 1, title="second")
    assert actions.show(ws, case.id).title == "first"
    assert ws.position() == position


@pytest.mark.postgresql_in_soak("others send it each of these statements")
@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({}, "nothing is changed"),
        ({"title": " "}, "title is empty"),
        ({"title": "seen 0"}, "is already up to date"),
        ({"severity": 5}, "invalid severity"),
        ({"mode": "weak slice"}, "not a failure mode"),
        ({"title": "x" * 301}, "more than 300"),
    ],
)
def test_a_change_that_no_case_can_have_is_refused(ws, change, said):
    case = actions.file(ws, filing())
    with pytest.raises(InputError, match=said):
        actions.revise(ws, case.id, 1, **change)
    with pytest.raises(InputError, match="no revision 2 yet"):
        actions.revise(ws, case.id, 2, title="another")


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_an_empty_note_takes_the_note_away(ws):
    case = actions.file(ws, filing(note="gate"))
    assert actions.revise(ws, case.id, 1, note="").note is None
    assert len(actions.search(ws, "gate")) == 0
    assert len(actions.search(ws, "seen")) == 1


# Lists ----------------------------------------------------------------------------------------------------------------


@pytest.mark.postgresql_in_soak("others send it each of these statements")
@pytest.mark.parametrize("sort", ["occurred", "-occurred", "severity", "-severity", "filed", "-filed", "status", "-mode"])
def test_pages_show_each_case_once_while_others_file_and_revise(ws, sort):
    for number in range(11):
        # Several at the same time and of the same severity, so that ties cross pages.
        actions.file(ws, filing(number // 4, title=f"t{number}", severity=(None, 1, 4)[number % 3]))
    before = {str(name) for name in actions.search(ws).column("id")}
    seen: list[str] = []
    after = None
    for number in range(20):
        page = actions.search(ws, sort=sort, limit=3, after=after)
        seen += [str(name) for name in page.column("id")]
        after = page.next
        if after is None:
            break
        actions.file(ws, filing(number % 5, title=f"later {number}", severity=2))
        actions.revise(ws, seen[0], actions.show(ws, seen[0]).revision, severity=number % 4 + 1, note=f"{number}")
    assert len(seen) == len(set(seen))
    assert before <= set(seen)


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_lists_are_in_the_order_that_was_asked_for(ws):
    for number, severity in enumerate((3, None, 1, 3)):
        actions.file(ws, filing(number, severity=severity))
    assert actions.search(ws, sort="occurred").column("title") == ("seen 0", "seen 1", "seen 2", "seen 3")
    assert actions.search(ws).column("title") == ("seen 3", "seen 2", "seen 1", "seen 0")
    assert actions.search(ws, sort="severity").column("title") == ("seen 2", "seen 3", "seen 0", "seen 1")
    assert actions.search(ws, sort="-severity").column("title") == ("seen 3", "seen 0", "seen 2", "seen 1")


@pytest.mark.postgresql_in_soak("others send it what these statements are made of")
def test_a_list_tells_how_many_match_and_ends_without_a_token(ws):
    for number in range(5):
        actions.file(ws, filing(number))
    page = actions.search(ws, "model:m", limit=2)
    assert (len(page), page.total, page.position) == (2, 5, ws.position())
    last = actions.search(ws, "model:m", limit=4, after=page.next)
    assert (len(last), last.total, last.next) == (3, 5, None)
    assert actions.search(ws, "model:m", limit=2, total=False).total is None


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_a_token_of_another_list_or_of_nobody_is_refused(ws):
    for number in range(3):
        actions.file(ws, filing(number))
    token = actions.search(ws, limit=1).next
    for query, sort, after in (
        ("model:m", "-occurred", token),
        ("", "filed", token),
        ("", "-occurred", "x" * 9),
        ("", "-occurred", "W10"),
    ):
        with pytest.raises(InputError, match="page token"):
            actions.search(ws, query, sort=sort, after=after)
    with pytest.raises(InputError, match="did you mean severity"):
        actions.search(ws, sort="serverity")
    with pytest.raises(InputError, match="invalid limit"):
        actions.search(ws, limit=0)


@pytest.mark.postgresql_in_soak("others send it what these statements are made of")
def test_facets_count_by_the_usual_fields_and_all_context(ws):
    file(ws, drawn([member(1, met=["slow", "missed"]), member(2, met=["slow"], airport="JFK"), member(3)]), run="run-aaaaaaaa")
    actions.file(ws, filing(severity=1))
    counted = {(field, value): count for field, value, count in actions.facets(ws).rows}
    assert counted["criterion", "slow"] == 2
    assert counted["context.airport", "EWR"] == counted["context.airport", "JFK"] == 1
    assert counted["severity", 1] == counted["severity", 2] == counted["severity", 3] == 1
    assert counted["mode", None] == 3
    assert actions.facets(ws, "criterion:missed", fields=["source"]).rows == (("source", "arrivals", 1),)
    with pytest.raises(InputError, match="did you mean severity"):
        actions.facets(ws, fields=["serverity"])


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_words_are_found_alike_whatever_the_database_takes_for_a_word(ws):
    case = actions.file(ws, filing(text="See http://example.test/a_b?x=1, on-time: NAÏVE été 12:30 e\u0301"))
    for phrase in ("example test", "a b", "on time", "on-time", "naive", "naïve", "ete", "12 30", "12:30", "x=1", "e"):
        assert actions.search(ws, f'"{phrase}"').column("id") == (case.id,), phrase
    for phrase in ("exampl", "time on", "seen see", "AND", "NEAR(a b)"):
        assert actions.search(ws, f'"{phrase}"').rows == (), phrase


@pytest.mark.postgresql_in_soak("others send it what these statements are made of")
@pytest.mark.parametrize("sort", ["occurred", "severity", "filed"])
def test_a_page_token_that_says_too_little_or_too_much_is_refused(ws, sort):
    for number in range(3):
        actions.file(ws, filing(number))
    token = actions.search(ws, "model:m", sort=sort, limit=1).next
    said, seal = token.split(".")
    kept = json.loads(base64.b64decode(said + "=" * (-len(said) % 4), altchars=b"-_"))
    # A total that somebody made up was shown as the number of cases.
    for altered in (kept[:-1], [*kept, 1], [*kept[:2], 999, *kept[3:]]):
        written = base64.urlsafe_b64encode(json.dumps(altered).encode()).decode().rstrip("=")
        for after in (written, f"{written}.", f"{written}.{seal}", f"{said}.", said):
            with pytest.raises(InputError, match="the page token cannot be read"):
                actions.search(ws, "model:m", sort=sort, limit=1, after=after)
    assert actions.search(ws, "model:m", sort=sort, limit=1, after=token).total == 3


def test_what_is_above_one_s_clearance_is_neither_listed_nor_counted(ws):
    from remiss.catalog.listing import parse_sort
    from remiss.catalog.query.parsing import parse
    from remiss.edges.stores.cases import CaseStore
    from remiss.edges.stores.reading import Reader
    from remiss.govern.ports.actor import Scope

    actions.file(ws, filing(1, title="open"))
    secret = actions.file(ws, filing(2, title="closed", sensitivity=Sensitivity.SECRET, team="other"))
    for scope in (Scope.everywhere(Sensitivity.INTERNAL), Scope.of({"default": Sensitivity.SECRET})):
        seen = CaseStore(Reader(ws._store, scope, ws.viewer))
        for query in ("", "closed OR open", "model:m"):
            page = seen.page(parse(query), sort=parse_sort("filed"), limit=9, after=None, position=None)
            assert [line.title for line in page.lines] == ["open"]
            assert seen.count(parse(query), None) == 1
            assert seen.facet(parse(query), "status", 9, None) == (("candidate", 1),)
        assert seen.count(parse("closed"), None) == 0
        with pytest.raises(NotFound):
            seen.get(secret.id, None)


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_a_time_without_a_zone_and_a_missing_title_are_refused(ws):
    for said, reason in (
        ({"at": MONDAY.replace(tzinfo=None)}, "no zone"),
        ({"title": " "}, "title is empty"),
        ({"model": ""}, "no model"),
    ):
        with pytest.raises(InputError, match=reason):
            actions.file(ws, filing(**said))
    assert actions.file(ws, filing(at=datetime(2013, 6, 3, tzinfo=UTC))).event.at == MONDAY


@pytest.mark.parametrize(
    "query",
    [
        " OR ".join(f"inputs.x:>{number}" for number in range(200)),
        " ".join(f"-context.a:{number}*" for number in range(200)),
        " OR ".join(f"word{number}" for number in range(200)),
        "NOT " * 39 + "output:x",
        "(" * 39 + "criterion:a" + ")" * 39,
        "title:" + "*a" * 300,
    ],
    ids=["or", "not", "words", "negations", "parentheses", "stars"],
)
def test_the_largest_queries_that_are_read_are_answered(ws, query):
    actions.file(ws, filing(inputs={"x": 1}, title="a" * 200 + "b"))
    assert len(actions.search(ws, query)) in {0, 1}
    assert len(actions.search(ws, query, as_of=0)) == 0


# Duplicates -----------------------------------------------------------------------------------------------------------


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_a_case_is_like_those_of_its_model_that_share_most_of_what_went_in(ws, ws_as):
    seen = {"carrier": "UA", "gate": "C7", "weather": "fog"}
    one = actions.file(ws, filing(1, inputs=seen))
    near = actions.file(ws, filing(2, inputs={**seen, "weather": "rain"}))
    actions.file(ws, filing(3, inputs={"carrier": "DL"}))
    actions.file(ws, filing(4, inputs=seen, model="another"))
    actions.file(ws, filing(5, inputs=seen, team="other"))
    found = similar_actions.similar(ws_as("bo", role="reader"), one.id)
    assert [(row[0], round(row[1], 2)) for row in found.rows] == [(near.id, 0.67)]
    assert similar_actions.similar(ws, one.id, as_of=ws.position() - 4).rows == ()
    with pytest.raises(InputError, match="invalid limit"):
        similar_actions.similar(ws, one.id, limit=0)


@pytest.mark.postgresql_in_soak("others send it what these statements are made of")
def test_before_a_case_is_filed_one_is_told_which_it_would_be_like_and_in_what(ws, ws_as):
    seen = {"carrier": "UA", "gate": "C7", "weather": "fog"}
    near = actions.file(ws, filing(1, inputs=seen))
    for number, others in enumerate(({"model": "another"}, {"team": "other"}, {"sensitivity": Sensitivity.SECRET}), 2):
        actions.file(ws, filing(number, inputs=seen, **others))
    bo = ws_as("bo", role="annotator")
    asked = filing(9, inputs={**seen, "weather": "rain"})
    before = ws.position()
    found = similar_actions.duplicates(bo, asked)
    ((of, likeness, fields, _, same),) = found.rows
    assert (of, round(likeness, 2), fields, same) == (near.id, 0.67, 3, "inputs.carrier, inputs.gate")
    assert found.position == ws.position() == before
    filed = actions.file(bo, asked)
    assert similar_actions.similar(bo, filed.id).rows == found.rows


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_what_would_not_be_filed_is_compared_with_nothing(ws, ws_as):
    with pytest.raises(InputError, match="the title is empty"):
        similar_actions.duplicates(ws, filing(title=" "))
    with pytest.raises(InputError, match="no taxonomy has"):
        similar_actions.duplicates(ws, filing(mode="remiss:nope"))
    with pytest.raises(InputError, match="invalid limit"):
        similar_actions.duplicates(ws, filing(), limit=0)
    for team, sensitivity in (("other", Sensitivity.INTERNAL), ("default", Sensitivity.SECRET)):
        with pytest.raises(Denied):
            similar_actions.duplicates(ws_as("bo", role="annotator"), filing(team=team, sensitivity=sensitivity))
    with pytest.raises(Denied):
        similar_actions.duplicates(ws_as("eve", role="reader"), filing())
