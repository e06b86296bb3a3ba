"""What clusters need of the catalog: where they are kept, and which cases of them the actor may know."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from remiss.govern.ports.actor import Permits
from remiss.records.case import Sensitivity
from remiss.understand.ports import SampleWorkspace, UnderstandWorkspace


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredClustering:
    """A clustering as it is kept: what was found, as JSON, and the digest of what was asked."""

    id: str
    question: str
    content: str
    position: int = 0
    team: str
    sensitivity: Sensitivity


class ClusterStore(Protocol):
    """Clusterings that were kept, as far as the actor may see them."""

    def listed(self, position: int | None = None) -> Sequence[StoredClustering]:
        """Return all clusterings, the newest first, as they were at a position; None is now."""
        ...

    def untold(self, clustering: str) -> frozenset[str | None]:
        """Return the clusters of a clustering with a case that the actor may not see, or may still be given to label."""
        ...

    def members(self, clustering: str) -> Mapping[str, frozenset[str]]:
        """Return the ids of the cases of each cluster of a clustering, without those that are in none."""
        ...

    def save(self, found: StoredClustering, members: Mapping[str, str | None]) -> int:
        """Keep a clustering, with the cluster of each case; return the position that it has."""
        ...


class ClusterWorkspace(UnderstandWorkspace, SampleWorkspace, Permits, Protocol):
    """The ports that actions on clusters take."""

    @property
    def clusters(self) -> ClusterStore: ...
