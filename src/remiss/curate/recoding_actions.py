"""What one does with the taxonomy of a catalog: rename, merge and split failure modes, with a rehearsal, on record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from remiss.action import action
from remiss.catalog.filing import check_known
from remiss.catalog.query.expression import asks_for_set
from remiss.catalog.query.parsing import parse
from remiss.curate.ports.labelling import RecodingWorkspace
from remiss.curate.recoding import recoded
from remiss.errors import Denied, ProtocolError, RecodingError
from remiss.govern.redaction.written import check_shows_nothing
from remiss.parameters import Document, Position
from remiss.protocol import recoding as documents
from remiss.records.catalog import reached, read_at
from remiss.records.person import EVERY_TEAM
from remiss.records.recoding import KeptRecodings, Recoded, Recoding
from remiss.records.view_entry import ViewEntry, ViewKind

RECODE = "taxonomy:recode"


def _rehearsed(_: RecodingWorkspace, given: Mapping[str, Any], found: Recoded) -> Sequence[ViewEntry]:
    # How many cases of a mode go where is a figure; the name of the document stands for what was asked.
    return (ViewEntry(kind=ViewKind.FIGURE, query=found.name, count=len(found.sent)),)


def _listed(_: RecodingWorkspace, given: Mapping[str, Any], found: KeptRecodings) -> Sequence[ViewEntry]:
    names = tuple(each.name for each in found)
    return (ViewEntry(kind=ViewKind.LIST, position=given.get("as_of"), ids=names, count=len(names)),)


@action(
    "taxonomy.rehearse",
    permission=RECODE,
    http="POST /taxonomy/recodings/plan",
    within="taxonomy.recode --dry-run",
    reads=True,
    document="path",
    views=_rehearsed,
)
def rehearse(ws: RecodingWorkspace, path: Document) -> Recoded:
    """Say where each case would go, and write nothing.

    It counts the cases that you may see, and of which nothing is hidden from you.

    Example: remiss taxonomy recode feeder.yaml --dry-run

    Raises
    ------
    RecodingError : the document cannot be used; QueryError : a rule of it cannot be understood
    InputError : it gives a mode that no taxonomy has, or would send back a case that cannot be reopened
    Conflict : a recoding of that name was written already
    """
    recoding = _read(ws, path)
    return recoded(recoding, ws.recodings.affected(recoding), written=False)


@action("taxonomy.recode", permission=RECODE, http="POST /taxonomy/recodings", document="path")
def recode(ws: RecodingWorkspace, path: Document) -> Recoded:
    """Rename, merge or split failure modes, as PATH says.

    It reaches every case, and counts those that you may see, and of which nothing is hidden from you. So whoever splits has to
    see every case. What a case was called before stays in its history.

    Example: remiss taxonomy recode feeder.yaml --dry-run

    Raises
    ------
    RecodingError : the document cannot be used; QueryError : a rule of it cannot be understood
    InputError : it gives a mode that no taxonomy has, or would send back a case that cannot be reopened
    Conflict : a recoding of that name was written already; Denied : it splits by a query, and the actor does not see every case
    """
    recoding = _read(ws, path)
    if recoding.asks and not ws.scope.everything:
        raise Denied(
            f"{ws.actor.name} does not see every case, and where a split sends them is decided by what they hold",
            do="have somebody split modes who sees every team up to secret, or the operator",
        )
    return recoded(recoding, ws.recodings.write(recoding), written=True)


@action("taxonomy.recodings", permission="protocol:read", http="GET /taxonomy/recodings", reads=True, views=_listed)
def recodings(ws: RecodingWorkspace, *, as_of: Position | None = None) -> KeptRecodings:
    """List the recodings that were written, oldest first.

    Each comes with its document.

    Example: remiss taxonomy recodings --format json

    Raises
    ------
    InputError : a position that is not there yet
    """
    head = ws.position()
    return KeptRecodings(position=read_at(as_of, head), items=ws.recodings.kept(reached(as_of, head)))


def _read(ws: RecodingWorkspace, path: str) -> Recoding:
    # A mode is of a taxonomy, and a taxonomy is nobody's alone.
    ws.allow(RECODE, EVERY_TEAM)
    try:
        text = ws.documents.read(path)
    except ProtocolError as error:
        raise RecodingError(error.what, where=error.where, do=error.do) from error
    found = documents.load(text, path)
    # It is kept word for word, so that it can be applied again.
    check_shows_nothing("the recoding", text)
    for move in found.moves:
        for arm in move.arms:
            check_known(arm.to, ws.protocols)
            if asks_for_set(parse(arm.when)):
                do = "write which cases are meant by what is known of them"
                raise RecodingError(f"{arm.when[:80]}: a cluster is told to some only, and no recoding is made by it", do=do)
        check_known(move.otherwise, ws.protocols)
    return found
