"""The tree keeps its shape: no figure of it is worse than the bound that it has come to."""

from __future__ import annotations

from functools import cache

import pytest

from scripts import shape

# To measure the tree takes seconds, and it is the same for both tests.
figures = cache(lambda: tuple(shape.of_the_source()))


def test_no_figure_passes_its_bound():
    passed = [str(each) for each in figures() if not each.holds]
    assert passed == []


def test_a_bound_that_could_go_down_does():
    """A figure that got better and whose bound stays would allow the next change to spoil it again."""
    loose = [
        str(each) for each in figures() if each.bound is not None and each.bound - each.today > max(2, each.bound / 50, each.room)
    ]
    assert loose == []


def test_a_small_module_outside_of_the_faces_has_a_reason_that_is_listed():
    found = {name.removeprefix("remiss.") for name in shape.small() if not name.startswith("remiss.faces.")}
    assert found == set(shape.SMALL)


@pytest.mark.parametrize(("today", "holds"), [(3, True), (4, True), (5, False)])
def test_a_bound_is_at_most(today, holds):
    assert shape.Figure(rule="r", today=today, bound=4).holds is holds
