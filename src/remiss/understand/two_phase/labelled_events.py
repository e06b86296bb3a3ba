"""The annotated events of a domain as arrays: what was found of each, and with which chances."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from remiss.understand.variance import Indices, Numbers, joined, numbered

# Places of the annotator's grades within a pattern: 1 to 4, then rejected, so that neighbours are alike.
GRADES = 5
REJECTED = GRADES - 1
# Of what two people could not tell, and nobody graded: a cell of its own.
UNGRADED = GRADES

Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Annotated:
    """The annotated events of a domain that are in a labelled beginning of their batch, one element each (n).

    What lies outside of the domain is known to, without anybody's verdict, and is not here.

    Parameters
    ----------
    y : 1 where the final verdict is what is asked for; 0 where it is not, or not known
    p12 : the probability to be captured and annotated, in (0, 1]
    p3 : the share of its grade that is verified, in (0, 1]; 1 where annotating decides
    kind : 0 flagged, 1 not; the two never share a cell
    pattern : the number of its criterion pattern
    grade : 0 to 3 for the annotator's grade 1 to 4, 4 where the annotator found no failure, 5 where nobody annotated it
    selected : whether it is among the share that is verified
    known : whether it is selected and its final verdict is in
    unsettled : whether it is selected and has no final verdict, and that is not left to chance: disputed, begun anew, undecidable
    cluster : the number of the case whose verdict it takes: its own, or one that it is linked to. One choice verifies all of them
    window : counts the windows in scope from 0; `windows` is how many those are
    unit : the number of what was captured as one, over all windows; None where every event was captured by itself
    captured : the probability p1 to be captured, where `unit` is given
    undecidable : whether it is unsettled for ever, since two people could not tell; None where none is
    """

    y: Numbers
    p12: Numbers
    p3: Numbers
    kind: Indices
    pattern: Indices
    grade: Indices
    selected: Flags
    known: Flags
    unsettled: Flags
    cluster: Indices
    window: Indices
    windows: int
    unit: Indices | None = None
    captured: Numbers | None = None
    undecidable: Flags | None = None

    @property
    def lasting(self) -> Flags:
        """Which are selected and of which no verdict is to come."""
        return np.zeros(len(self.y), dtype=bool) if self.undecidable is None else self.undecidable & self.selected

    @property
    def pending(self) -> Flags:
        """Which are selected and wait for their verdict."""
        return self.selected & ~self.known & ~self.lasting

    @property
    def choice(self) -> Indices:
        """The number of what one draw decided: events of a unit were captured by one, those that share a verdict verified."""
        return self.cluster if self.unit is None else joined(self.cluster, self.unit)

    @property
    def hits(self) -> int:
        """How many draws found what is asked for: events, or units where these were drawn."""
        found = self.y > 0
        return int(found.sum()) if self.unit is None else len(np.unique(self.choice[found]))

    @property
    def unit_size(self) -> float:
        """How many annotated events the unit of one has, in the mean over events; 1 where every event is one."""
        if self.unit is None or not len(self.unit):
            return 1.0
        return float(np.mean(np.bincount(numbered(self.unit))[numbered(self.unit)]))

    def settled(self, share: float) -> Annotated:
        """Return the same as if that share of each unsettled event were what is asked for: 0 none of them, 1 all."""
        return replace(
            self,
            y=np.where(self.unsettled, share, self.y),
            known=self.known | self.unsettled,
            unsettled=np.zeros(len(self.y), dtype=bool),
        )

    def only(self, mask: Flags) -> Annotated:
        """Return the events of a mask."""
        arrays = ("y", "p12", "p3", "kind", "pattern", "grade", "selected", "known", "unsettled", "cluster", "window")
        unit = None if self.unit is None else self.unit[mask]
        captured = None if self.captured is None else self.captured[mask]
        own = {name: getattr(self, name)[mask] for name in arrays}
        undecidable = None if self.undecidable is None else self.undecidable[mask]
        return Annotated(**own, windows=self.windows, unit=unit, captured=captured, undecidable=undecidable)
