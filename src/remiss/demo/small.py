"""The demo in small: two airports and two weeks of July, by the same models, for whoever tries things out in seconds.

Tests build it once and copy it. Both versions answer in it, and it holds windows that are whole.
"""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from remiss.demo import flights, logs

SINCE, UNTIL = datetime(2013, 7, 1, tzinfo=UTC), datetime(2013, 7, 15, tzinfo=UTC)
ORIGINS = ("EWR", "LGA")
CARRIERS = ("UA", "MQ", "DL")
PROTOCOL = "arrival-delay.yaml"


def write(folder: Path) -> logs.Logs:
    """Write logs, outcomes and the demo's own protocol under `folder`, which is made if missing."""
    folder.mkdir(parents=True, exist_ok=True)
    copy_protocol(folder)
    return logs.write(folder, flights.load(), lambda *_: None, asked=_asked)


def copy_protocol(folder: Path) -> Path:
    """Put the demo's protocol into a folder and return its path."""
    return Path(shutil.copyfile(Path(__file__).with_name(PROTOCOL), folder / PROTOCOL))


def _asked(table: pa.Table) -> pa.Table:
    within = pc.and_(pc.greater_equal(table["scheduled_at"], SINCE), pc.less(table["scheduled_at"], UNTIL))
    origins = pc.is_in(table["origin"], pa.array(ORIGINS))
    carriers = pc.is_in(table["carrier"], pa.array(CARRIERS))
    return table.filter(pc.and_(within, pc.and_(origins, carriers)))
