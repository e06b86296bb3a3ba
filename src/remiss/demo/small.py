"""The demo in small: two airports and two weeks of July, by the same models, for whoever tries things out in seconds.

Tests build it once and copy it. Both versions answer in it, and it holds windows that are whole.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from remiss.demo import flights, logs

SINCE, UNTIL = datetime(2013, 7, 1, tzinfo=UTC), datetime(2013, 7, 15, tzinfo=UTC)
ORIGINS = ("EWR", "LGA")
CARRIERS = ("UA", "MQ", "DL")


def write_small(folder: Path) -> logs.Logs:
    """Write the logs of those two weeks and the demo's own protocol under `folder`, which is made if missing."""
    return logs.write(folder, flights.load(), lambda *_: None, asked=_asked)


def _asked(table: pa.Table) -> pa.Table:
    within = pc.and_(pc.greater_equal(table["scheduled_at"], SINCE), pc.less(table["scheduled_at"], UNTIL))
    origins = pc.is_in(table["origin"], pa.array(ORIGINS))
    carriers = pc.is_in(table["carrier"], pa.array(CARRIERS))
    return table.filter(pc.and_(within, pc.and_(origins, carriers)))
