"""Which entries of the log of views name what one reading showed."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from remiss.govern.audit.views import ALONE, MOST, Seen, beside, entered
from remiss.records.view_entry import ViewEntry, ViewKind

KINDS = st.sampled_from(ViewKind)
LOOKS = st.builds(
    ViewEntry,
    kind=KINDS,
    subject=st.sampled_from([None, "a", "b"]),
    team=st.sampled_from([None, "x", "y"]),
    count=st.integers(0, 1),
)
SEEN = st.lists(st.builds(Seen, st.sampled_from(["case.show", "case.search"]), LOOKS), max_size=12)


def test_a_page_of_a_case_is_one_entry_about_the_case():
    case = ViewEntry(kind=ViewKind.CASE, subject="k", team="a")
    threads = ViewEntry(kind=ViewKind.LIST, subject="k", team="a", count=2)
    (entry,) = entered([Seen("thread.list", threads), Seen("case.show", case), Seen("case.show", case)], "b")
    assert [each.action for each in entry] == ["case.show", "thread.list"]


@given(SEEN)
def test_all_that_was_shown_is_named_once_by_an_entry_of_its_team_and_its_thing(seen):
    found = entered(seen, "x")
    named = [each for entry in found for each in entry]
    assert set(named) == set(seen)
    joined = [each for each in named if each.view.kind not in ALONE]
    assert len(joined) == len(set(joined))
    for entry in found:
        assert len({each.view.team or "x" for each in entry}) == 1
        assert len({each.view.subject for each in entry} - {None}) <= 1
        assert len(entry) == 1 or not {each.view.kind for each in entry} & ALONE
        for each in entry:
            assert each.view.kind is entry[0].view.kind or entry[0].view.kind in beside(each.view.kind)


def test_what_very_many_actions_showed_is_named_by_several_entries():
    seen = [Seen("case.search", ViewEntry(kind=ViewKind.LIST, query=str(number))) for number in range(2 * MOST + 1)]
    assert [len(entry) for entry in entered(seen, "x")] == [MOST, MOST, 1]
