"""Truth: what estimates are compared with, counted over the whole log. Only a demo can do that."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from remiss.records.estimate import EstimateRow

Counts: TypeAlias = Mapping[tuple[str, str], int]
EVERY = "all"


@dataclass(frozen=True, slots=True)
class Compared:
    """One estimate beside the truth."""

    carrier: str
    month: str
    estimate: EstimateRow
    truth: int

    @property
    def holds(self) -> bool:
        """Whether the interval contains the truth; an exact count has no interval and must be the truth."""
        low, high = self.estimate.low, self.estimate.high
        if low is None or high is None:
            return self.estimate.value == self.truth
        return low <= self.truth <= high


def missed_delays(folder: Path) -> Counts:
    """Return how many delays the model missed, by carrier and month (UTC): 0 for those where it missed none."""
    predictions = pq.read_table(folder / "predictions", columns=["flight_key", "scheduled_at", "carrier", "predicted"])
    outcomes = pq.read_table(folder / "outcomes", columns=["flight_key", "actual"])
    joined = predictions.join(outcomes, "flight_key")
    missed = pc.fill_null(pc.and_(pc.equal(joined["predicted"], "on-time"), pc.equal(joined["actual"], "late")), False)
    month = pc.strftime(joined["scheduled_at"], format="%Y-%m")
    counted = (
        pa.table({"carrier": joined["carrier"], "month": month, "missed": missed.cast(pa.int64())})
        .group_by(["carrier", "month"])
        .aggregate([("missed", "sum")])
        .to_pylist()
    )
    return {(row["carrier"], row["month"]): row["missed_sum"] for row in counted}


def total(truth: Counts, *, carrier: str | None = None, month: str | None = None) -> int:
    """Return the missed delays of a carrier, of a month, or of both; None is all of them."""
    return sum(
        count for (of, when), count in truth.items() if (carrier is None or of == carrier) and (month is None or when == month)
    )
