"""What the operator of a catalog can ask of it.

What one can do with the keys that guard raw evidence.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from remiss.action import action
from remiss.errors import StorageError
from remiss.govern.ports.machine import GovernWorkspace, HealthChecks
from remiss.govern.ports.vault import KeyWorkspace
from remiss.records.published import Count, published


@published("rotation", read="position")
@dataclass(frozen=True, slots=True, kw_only=True)
class Rotation:
    """What a rotation did: how many pieces of evidence it wrote anew, and whether it finished one that was cut short."""

    pieces: Count
    resumed: bool
    position: Count | None = field(default=None, compare=False)


@contextmanager
def _renewed(ws: KeyWorkspace) -> Iterator[Rotation]:
    """Wrap everything under a new key before the transaction, and destroy the former key only when its row is written."""
    renewal = ws.vault.renew(ws.progress)
    yield Rotation(pieces=renewal.pieces, resumed=renewal.resumed)
    try:
        ws.vault.retire(renewal)
    except StorageError as error:
        what = f"everything is under the new key, and the former one could not be destroyed: {error.what}"
        raise StorageError(what, do=f"{error.do}; then rotate again, which finishes it") from error


@action("catalog.rotate", permission="catalog:rotate", http="POST /catalog/rotate", prepare=_renewed)
def rotate(ws: KeyWorkspace, *, prepared: Rotation | None = None) -> Rotation:
    """Replace the key that wraps the keys of raw evidence.

    The former is destroyed. Evidence is readable all the while; an interrupted rotation is finished by the next call.
    Captures that are under way are waited for. The catalog's own key, under which addresses and marks are made, stays. Copies of
    the vault from before need the former key: save the vault and its keys anew.

    Example: remiss catalog rotate

    Raises
    ------
    StorageError : a file of the vault was altered, or a key is missing; the former key is kept
    """
    assert prepared is not None
    return prepared


@action("doctor", permission="machine:read", http="GET /doctor", catalog=False, reads=True, snapshot=False)
def doctor(ws: GovernWorkspace) -> HealthChecks:
    """Check the machine, the catalog, its keys and its vault.

    It looks for what could go wrong, and changes nothing. It is of this machine now, and so at no earlier position. Without a
    catalog it looks at the machine alone. Exit status 1 when something needs doing.

    Example: remiss doctor
    """
    return HealthChecks(position=ws.health.position, items=tuple(ws.health.checks()))
