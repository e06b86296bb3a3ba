"""Grounds: which source and protocol version a figure stands on. Two of them are never added up.

Two versions of a protocol may mean different things by the same name, and two sources may hold the same events.
"""

from __future__ import annotations

from collections.abc import Sequence

from remiss.catalog.query.expression import Query
from remiss.errors import NotFound, QueryError
from remiss.records.event import Values
from remiss.records.window import Window
from remiss.understand.question import Rules
from remiss.understand.sampling_facts import Frame
from remiss.understand.scope import Facts, holds


def constants_of(ground: Frame, rules: Rules) -> Values:
    """Return the canonical keys whose value all events of a ground share."""
    return {"source": ground.source, "protocol": ground.protocol, "model": rules.model}


def narrowed(grounds: Sequence[Frame], source: str | None, protocol: str | None) -> tuple[Frame, ...]:
    """Return the grounds of that source and protocol (`name` or `name@version`).

    Raises
    ------
    NotFound : nothing was captured, or nothing by that name
    """
    if not grounds:
        raise NotFound("the catalog holds no captured windows", do="capture some: remiss capture PROTOCOL.yaml")
    name, _, version = (protocol or "").partition("@")
    found = tuple(
        ground
        for ground in grounds
        if source in {None, ground.source}
        and name in {"", ground.protocol}
        and version in {"", str(ground.version), *map(str, ground.versions)}
    )
    if not found:
        raise NotFound(
            f"nothing in force was captured from {source or 'any source'} by {protocol or 'any protocol'}",
            do=f"there is {listed(grounds)}",
        )
    return found


def only(grounds: Sequence[Frame], queries: Sequence[Query], rules: Sequence[Rules]) -> Frame:
    """Return the one ground that has windows in the scope of the queries.

    Parameters
    ----------
    rules : of each ground's protocol

    Raises
    ------
    QueryError : none has, or several have
    """
    found = [ground for ground, its in zip(grounds, rules, strict=True) if reaches(ground, queries, its)]
    if len(found) == 1:
        return found[0]
    if found:
        raise QueryError(
            f"the query spans {len(found)} sources or protocol versions, whose figures are never added up",
            do=f"choose one by --source, by --protocol NAME@VERSION or by time (occurred:); there is {listed(found)}",
        )
    starts = sorted(one.window for ground in grounds for one in ground.windows)
    raise QueryError(
        "no captured window is in the scope of the query",
        do=f"windows in force begin between {starts[0].date()} and {starts[-1].date()}, of {listed(grounds)}",
    )


def reaches(ground: Frame, queries: Sequence[Query], rules: Rules) -> bool:
    """Return whether some window of a ground may hold events of all the queries."""
    constants = constants_of(ground, rules)
    return any(
        all(holds(query, Facts(window=Window(one.window, rules.width), constants=constants)) is not False for query in queries)
        for one in ground.windows
    )


def listed(grounds: Sequence[Frame]) -> str:
    """Return grounds in words."""
    return "; ".join(f"{ground.source} by {ground.protocol}@{ground.version}" for ground in grounds)
