"""However an action is called, its arguments are what Python would make of the call."""

from __future__ import annotations

import inspect
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from remiss.action import binder


def mixed(ws: object, a: int, b: int = 2, *, c: int, d: int = 4, prepared: int = 0) -> None:
    """Take arguments of each kind."""


def bare(ws: object) -> None:
    """Take none."""


def as_python_does(run: Any, args: tuple[int, ...], kwargs: dict[str, int]) -> dict[str, Any] | str:
    try:
        bound = inspect.signature(run).bind(None, *args, **kwargs)
    except TypeError as error:
        return str(error)
    bound.apply_defaults()
    return {name: value for name, value in bound.arguments.items() if name not in {"ws", "prepared"}}


@given(
    run=st.sampled_from((mixed, bare)),
    args=st.lists(st.integers(), max_size=4).map(tuple),
    kwargs=st.dictionaries(st.sampled_from(("a", "b", "c", "d", "prepared", "e")), st.integers()),
)
def test_arguments_are_bound_as_python_binds_them(run, args, kwargs):
    try:
        found: dict[str, Any] | str = binder(run)(args, kwargs)
    except TypeError as error:
        found = str(error)
    assert found == as_python_does(run, args, kwargs)
