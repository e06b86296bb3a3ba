"""Where a case stands in a list, and which cases stand beside it: what a page needs that leads on through a list.

Only ids come of it, of cases that whoever asks could list: it is no look at any of them.
"""

from __future__ import annotations

from dataclasses import dataclass

from remiss.catalog.field_names import query_of, sort_of
from remiss.catalog.listing import parse_sort
from remiss.catalog.ports import CatalogWorkspace
from remiss.catalog.query.parsing import parse
from remiss.records.rows import Turn, list_name, token, turn


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbours:
    """The cases beside one on a page of a list; `number` counts from 0 on that page, None when the case is not on it.

    `behind` is on the next page where the case is the last of its own; `following` is then the token of that page.
    """

    number: int | None = None
    before: str | None = None
    behind: str | None = None
    following: str | None = None


def neighbours(
    ws: CatalogWorkspace, case: str, query: str, sort: str, *, after: str | None, limit: int, as_of: int | None
) -> Neighbours:
    """Return what stands beside a case on the page of a list that it was opened from.

    Parameters
    ----------
    case : the whole id
    after : the token of the page; None is the first
    limit : how many stand on a page

    Raises
    ------
    QueryError, InputError : as `case.search` of the same list
    """
    query, sort = query_of(ws, query).query, sort_of(ws, sort)
    wanted, order = parse(query), parse_sort(sort)
    name, secret = list_name(query, sort, as_of), ws.keys.secret("pages")
    turned = None if after is None else turn(after, name, order.kinds, secret)
    position = as_of if turned is None or turned.position is None else turned.position
    page = ws.cases.page(wanted, sort=order, limit=limit, after=None if turned is None else turned.last, position=position)
    ids = [line.id for line in page.lines]
    if case not in ids:
        return Neighbours()
    at = ids.index(case)
    before = ids[at - 1] if at else None
    if at + 1 < len(ids) or page.last is None:
        return Neighbours(number=at, before=before, behind=ids[at + 1] if at + 1 < len(ids) else None)
    pinned = page.head if position is None and order.moves else position
    following = ws.cases.page(wanted, sort=order, limit=1, after=page.last, position=pinned)
    behind = following.lines[0].id if following.lines else None
    return Neighbours(
        number=at,
        before=before,
        behind=behind,
        following=token(Turn(of=name, position=pinned, total=None, last=page.last), secret),
    )
