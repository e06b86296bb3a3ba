"""Which cases another may be a duplicate of: one that is there, and one that somebody is about to file."""

from __future__ import annotations

from collections.abc import Sequence

from remiss.action import action
from remiss.catalog.actions import CONSIDERED, CONTROL_LIMIT, filable
from remiss.catalog.likeness import duplicates as likest_of
from remiss.catalog.ports import CatalogWorkspace
from remiss.catalog.suspects import COLUMNS
from remiss.errors import InputError
from remiss.records.case import Filing
from remiss.records.event import Event
from remiss.records.look import listed
from remiss.records.position import reached
from remiss.records.rows import Rows


@action(name="case.alike", permission="case:read", reads=True, subject="case_id", views=listed)
def alike(ws: CatalogWorkspace, case_id: str, *, limit: int = 5, as_of: int | None = None) -> Rows:
    """List the cases of the same model that a case is most like: of which it may be a duplicate.

    Likeness is the share of what is known of either that is the same: inputs, context, output and the words of the text.
    `fields` says how many fields that are: of few, much likeness says little; `same` names those that are wholly the same.
    They are looked for among the newest.

    Parameters
    ----------
    case_id : the id, or a prefix of six or more characters that no other case shares
    limit : how many at most, 1 to 100
    as_of : a position of the catalog; default: now

    Raises
    ------
    NotFound, Ambiguous, InputError
    """
    check_limit(limit)
    head = ws.cases.position()
    position = reached(as_of, head)
    event, others = ws.cases.peers(case_id, position, CONSIDERED)
    return _listed(event, others, limit, head if position is None else position)


@action(name="case.duplicates", permission="case:file", reads=True, views=listed)
def duplicates(ws: CatalogWorkspace, filing: Filing, *, limit: int = 5) -> Rows:
    """List the cases that a failure would be most like that somebody is about to file, and file nothing.

    As `case.alike` lists them of a case; what cannot be filed is refused as filing it would be.

    Parameters
    ----------
    filing : what the person wrote
    limit : how many at most, 1 to 100

    Raises
    ------
    InputError, Denied
    """
    check_limit(limit)
    event = filable(ws, filing).event
    return _listed(event, ws.cases.of_model(event.model, CONSIDERED), limit, ws.cases.position())


def check_limit(limit: int) -> None:
    """Refuse what is no number of cases.

    Raises
    ------
    InputError
    """
    if not 1 <= limit <= CONTROL_LIMIT:
        raise InputError(f"{limit} is no number of cases", do=f"give 1 to {CONTROL_LIMIT}")


def _listed(event: Event, others: Sequence[Event], limit: int, position: int) -> Rows:
    peers = (each for each in likest_of(event, others, limit) if each.likeness)
    found = tuple((each.event.id, each.likeness, each.fields, each.event.at, ", ".join(each.same)) for each in peers)
    return Rows("alike", COLUMNS, found, position, total=len(found))
