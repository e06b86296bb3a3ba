"""What one does with the taxonomy of a catalog: rename, merge and split failure modes, with a rehearsal, on record."""

from __future__ import annotations

from remiss.action import action
from remiss.catalog.modes import check_known
from remiss.catalog.parsing import parse
from remiss.curate.ports import RecodingWorkspace
from remiss.curate.recoding import recoded
from remiss.protocol import recoding as documents
from remiss.records.person import EVERY_TEAM
from remiss.records.position import reached
from remiss.records.recoding import KeptRecoding, Recoded, Recoding

RECODE = "taxonomy:recode"


@action(name="taxonomy.rehearse", permission=RECODE, reads=True, document="path")
def rehearse(ws: RecodingWorkspace, path: str) -> Recoded:
    """Say where each case would go by a recoding document, and write nothing.

    Raises
    ------
    ProtocolError : the document cannot be used; QueryError : a rule of it cannot be understood
    InputError : it gives a mode that no taxonomy has, or would send back what nobody can begin anew
    Conflict : a recoding of that name was written already
    """
    recoding = _read(ws, path)
    return recoded(recoding, ws.recodings.affected(recoding), written=False)


@action(name="taxonomy.recode", permission=RECODE, document="path")
def recode(ws: RecodingWorkspace, path: str) -> Recoded:
    """Rename, merge or split failure modes by a document. What each case was called before stays in its history.

    Raises
    ------
    ProtocolError : the document cannot be used; QueryError : a rule of it cannot be understood
    InputError : it gives a mode that no taxonomy has, or would send back what nobody can begin anew
    Conflict : a recoding of that name was written already
    """
    recoding = _read(ws, path)
    return recoded(recoding, ws.recodings.write(recoding), written=True)


@action(name="taxonomy.recodings", permission="protocol:read", reads=True)
def recodings(ws: RecodingWorkspace, *, as_of: int | None = None) -> tuple[KeptRecoding, ...]:
    """List the recodings that were written, oldest first, with their documents.

    Parameters
    ----------
    as_of : a position of the catalog; default: now

    Raises
    ------
    InputError : a position that is not there yet
    """
    return ws.recodings.kept(reached(as_of, ws.position()))


def _read(ws: RecodingWorkspace, path: str) -> Recoding:
    # A mode is of a taxonomy, and a taxonomy is nobody's alone.
    ws.allow(RECODE, EVERY_TEAM)
    found = documents.load(ws.documents.read(path), path)
    for move in found.moves:
        for arm in move.arms:
            check_known(arm.to, ws.protocols)
            parse(arm.when)
        check_known(move.otherwise, ws.protocols)
    return found
