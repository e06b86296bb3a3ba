"""Where the raw event of a case lies: which run kept it, under which protocol, at which address of the vault."""

from __future__ import annotations

from sqlalchemy import distinct, func, select

from remiss.edges.stores.case_reading import captures_of, resolve, shown
from remiss.edges.stores.in_force import holds
from remiss.edges.stores.reading import Reader
from remiss.edges.stores.tables import attachments, captures, protocols, runs
from remiss.errors import NotFound
from remiss.records.case import Sensitivity
from remiss.records.evidence import Original

FILED = "filed"


class RawEventStore:
    """Raw events of the cases that a scope may see: fulfils `catalog.ports.Originals`."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    def of(self, case_id: str, run: str | None) -> Original:
        """Return where the raw event of a case lies; see the port."""
        with self._reader.at() as reading:
            row = resolve(reading, case_id)
            # What a run kept that is not for whoever asks, they are not told of either.
            seen = [each for each in captures_of(reading, row.event_key) if shown(each, reading.scope)]
            # Of the latest run in force, or of the latest at all.
            ranked = sorted(seen, key=lambda each: not each.in_force)
            found = next((each for each in ranked if each.evidence and (run is None or each.id == run)), None)
            if found is None:
                raise _nothing(row.id, row.origin, run, [each.id for each in seen if each.evidence])
            version = select(protocols.c.version).join(runs, runs.c.protocol_key == protocols.c.key)
            return Original(
                case=row.id,
                team=row.team_id,
                sensitivity=Sensitivity(row.sensitivity),
                run=found.id,
                protocol=found.protocol_name,
                version=reading.connection.execute(version.where(runs.c.id == found.id)).scalar_one(),
                address=found.evidence,
            )

    def kept(self) -> int:
        """Return how many events and files the catalog has the address of, whoever may see them."""
        raw = select(func.count(distinct(captures.c.event_key))).where(captures.c.evidence.is_not(None))
        files = select(func.count()).select_from(attachments).where(holds(attachments, None))
        with self._reader.at() as reading:
            return sum(int(reading.connection.execute(each).scalar_one()) for each in (raw, files))


def _nothing(case: str, origin: str, run: str | None, kept: list[str]) -> NotFound:
    if run is not None and kept:
        return NotFound(f"{run} kept no raw event of case {case}", do=f"name one of {', '.join(kept)}, or none")
    if origin == FILED:
        return NotFound(f"case {case} has no raw event: a person filed it by hand", do="show the case itself")
    return NotFound(f"the raw event of case {case} is not kept any more", do="show the case itself, which has what is left")
