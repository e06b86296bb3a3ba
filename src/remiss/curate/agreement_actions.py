"""How far people agree, who label the same cases without knowing of each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from remiss.action import action
from remiss.catalog.query.parsing import parse
from remiss.curate.agreement_figures import agreement_of
from remiss.curate.ports.agreement import AgreementWorkspace
from remiss.parameters import Position, Query
from remiss.records.agreement import Agreement, By
from remiss.records.position import reached
from remiss.records.view_entry import Kind, ViewEntry


def _shown(_: AgreementWorkspace, given: Mapping[str, Any], found: Agreement) -> Sequence[ViewEntry]:
    return (ViewEntry(kind=Kind.FIGURE, query=found.query, position=found.position, count=len(found.rows)),)


@action("agreement.show", permission="agreement:read", http="GET /agreement", reads=True, views=_shown)
def show_agreement(
    ws: AgreementWorkspace, query: Query = "", *, by: By | None = None, as_of: Position | None = None
) -> Agreement:
    """Say how far annotators and verifiers of the cases that match QUERY agree, beyond chance.

    Krippendorff's alpha and Gwet's AC1 (AC2 where labels may be near) on verdict, failure mode, severity and sets of modes,
    each case weighed by how many it stands for, with 95 % intervals by resampling cases.

    Example: remiss agreement show 'criterion:missed-delay' --by month

    Parameters
    ----------
    by : a row for each failure mode, pair of people, or month of the second labelling; default: all together

    Raises
    ------
    QueryError : the query cannot be understood; InputError : a position that is not there yet
    """
    head = ws.position()
    position = reached(as_of, head)
    at = head if position is None else position
    return agreement_of(ws.doubles.labelled_twice(parse(query), at), query=query, by=by, position=at)
