"""Clusters: groups of cases that are like one another in what they say and in what went in."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

from remiss.records import arrow
from remiss.records.case import Sensitivity
from remiss.records.published import LISTED, Amount, Count, Items, published

if TYPE_CHECKING:
    import pyarrow as pa

# The name of a cluster of which a case was redacted or erased after it was found.
WITHDRAWN = "a name that is withdrawn: what it said of a case is gone"
# Of its columns in Arrow.
TYPES = {
    **dict.fromkeys(("id", "name", "split_from"), arrow.TEXT),
    "cases": arrow.WHOLE,
    **dict.fromkeys(("events", "events_low", "events_high"), arrow.REAL),
    **dict.fromkeys(("terms", "merged", "typical"), arrow.TEXTS),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterFigure:
    """One cluster: what its cases have in common, how many there are, and how many events of the log they stand for.

    `name` is made of `terms`: the words and the values of fields that most of its cases have and few others, the most telling
    first. `cases` sampled cases are in it, which stand for about `events` events of the log; the interval is of 95 %, of this
    log. `typical` are the ids of the cases nearest to its middle. The name is withdrawn, and there are no terms, where the event
    of one of its cases was redacted or erased since.

    Its id stays the same when clusters are looked for again, and `cluster:ID` is its query wherever one is asked for. `merged`
    are clusters of before that went into it, and `split_from` is the one that it was a part of.
    """

    id: str
    name: str
    terms: tuple[str, ...]
    cases: Count
    events: Amount
    events_low: Amount
    events_high: Amount
    typical: tuple[str, ...]
    merged: tuple[str, ...] = ()
    split_from: str | None = None


@published("clustering", read="read_position")
@dataclass(frozen=True, slots=True, kw_only=True)
class Clustering:
    """The clusters that were found among the sampled cases of a query, the largest first, and what is in none.

    `query` says of which cases, of one source and protocol version, as the catalog stood at `looked_at`. `considered` cases were
    compared by their text and by `fields`, in `dimensions` dimensions; a cluster has at least `least`. `noise` cases are like no
    others, which stand for about `noise_events` events. `continues` is the clustering before whose ids these clusters have, and
    `ended` those of its clusters whose cases are in none any more.

    `untold` clusters are not told: of these the asker may not see every case, or may still be given one to label.
    """

    id: str
    query: str
    source: str
    protocol: str
    protocol_version: Count
    looked_at: Count
    considered: Count
    fields: tuple[str, ...]
    dimensions: Count
    least: Count
    seed: Count
    clusters: tuple[ClusterFigure, ...]
    noise: Count
    noise_events: Amount
    noise_low: Amount
    noise_high: Amount
    person: str
    at: datetime
    position: Count
    continues: str | None = None
    ended: tuple[str, ...] = ()
    untold: Count = 0
    team: str = "default"
    sensitivity: Sensitivity = Sensitivity.INTERNAL
    notes: tuple[str, ...] = ()
    read_position: Count | None = field(default=None, compare=False)

    def to_arrow(self) -> pa.Table:
        """Return an Arrow table with a line for each cluster."""
        return arrow.table({name: [getattr(each, name) for each in self.clusters] for name in ClusterFigure.__slots__}, TYPES)


@published("list", also=LISTED)
@dataclass(frozen=True, slots=True)
class Clusterings(Items[Clustering]):
    """The last clustering of each question, the newest first."""

    OF: ClassVar = "clustering"

    items: tuple[Clustering, ...]


@published("cluster", read="read_position")
@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """One cluster with the ids of its cases, as the last clustering found it that has it.

    `asked` is the id that was asked for: another one where that cluster was merged into this. `newer` is the last clustering of
    the same question, where that has the cluster no more.
    """

    asked: str
    found: ClusterFigure
    members: tuple[str, ...]
    clustering: str
    query: str
    source: str
    protocol: str
    protocol_version: Count
    looked_at: Count
    at: datetime
    position: Count
    newer: str | None = None
    read_position: Count | None = field(default=None, compare=False)

    def to_arrow(self) -> pa.Table:
        """Return an Arrow table with a line for each case."""
        return arrow.table({"case": [*self.members]}, {"case": arrow.TEXT})
