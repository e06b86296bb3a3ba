"""Reservations given up: what somebody had in hand is labelled."""

from __future__ import annotations

from sqlalchemy import Connection, delete

from remiss.edges.stores.tables import reservations
from remiss.records.labelling import LabellingKind


def forget(connection: Connection, event: int, kind: LabellingKind) -> None:
    """Write that a labelling which somebody had in hand is given."""
    connection.execute(delete(reservations).where(reservations.c.event_key == event, reservations.c.kind == kind.value))
