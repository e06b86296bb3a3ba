"""Which cases another may be a duplicate of: one that is there, and one that somebody is about to file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from remiss.action import action
from remiss.catalog.actions import CONSIDERED, CONTROL_LIMIT, filable
from remiss.catalog.ports import CatalogWorkspace
from remiss.catalog.similarity import COLUMNS
from remiss.catalog.similarity import duplicates as likest_of
from remiss.parameters import CaseId, Position, Range
from remiss.records.case import Filing
from remiss.records.catalog import reached
from remiss.records.event import Event
from remiss.records.rows import Rows
from remiss.records.view_entry import listed


@action("case.similar", permission="case:read", http="GET /cases/{case}/similar", reads=True, subject="case", views=listed)
def similar(
    ws: CatalogWorkspace, case: CaseId, *, limit: Annotated[int, Range(1, CONTROL_LIMIT)] = 5, as_of: Position | None = None
) -> Rows:
    """List the cases of the same model most similar to CASE.

    It may be a duplicate of one of them. Likeness is the share of what is known of either that is the same: inputs, context,
    output and the words of the text. `fields` says how many fields that are: of few, much likeness says little; `same` names
    those that are wholly the same. They are looked for among the newest.

    Example: remiss case similar k7m4-qp --limit 3

    Parameters
    ----------
    limit : how many at most

    Raises
    ------
    NotFound, Ambiguous, InputError
    """
    head = ws.cases.position()
    position = reached(as_of, head)
    event, others = ws.cases.peers(case, position, CONSIDERED)
    return _listed(event, others, limit, head if position is None else position)


@action(
    "case.duplicates",
    permission="case:file",
    http="POST /cases/duplicates",
    within="case.file --dry-run",
    reads=True,
    views=listed,
)
def duplicates(ws: CatalogWorkspace, filing: Filing, *, limit: Annotated[int, Range(1, CONTROL_LIMIT)] = 5) -> Rows:
    """List the cases that a failure would be most similar to, and file nothing.

    As `case.similar` lists them of a case; what cannot be filed is refused as filing it would be.

    Example: remiss case file --model arrival-delay --at 2013-06-03T06:00Z --title "Wrong terminal" --dry-run

    Parameters
    ----------
    filing : what the person wrote
    limit : how many at most

    Raises
    ------
    InputError, Denied
    """
    event = filable(ws, filing).event
    return _listed(event, ws.cases.of_model(event.model, CONSIDERED), limit, ws.cases.position())


def _listed(event: Event, others: Sequence[Event], limit: int, position: int) -> Rows:
    peers = (each for each in likest_of(event, others, limit) if each.likeness)
    found = tuple((each.event.id, each.likeness, each.fields, each.event.at, ", ".join(each.same)) for each in peers)
    return Rows("similar", COLUMNS, found, position, total=len(found))
