"""The catalog itself: what it is, where it lies, how much it holds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from remiss.records.published import Count, published


@published("catalog")
@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogFacts:
    """What a catalog is and holds, in the order in which it is told.

    `position` is where it was read, and `protocols`, `runs`, `events` and `cases` are how many there were then. The rest is of
    now. `bytes` is the size of a catalog that is a file, else None. `address` is None to whoever may not look at the machine.
    """

    address: str | None
    database: str
    schema_version: Count
    catalog: str
    created: datetime
    position: Count
    protocols: Count
    runs: Count
    events: Count
    cases: Count
    bytes: Count | None = None
