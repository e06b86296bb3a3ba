"""Where a case stands when somebody is about to label it: all that the rules of labelling are told of it."""

from __future__ import annotations

from dataclasses import dataclass

from remiss.records.event import Event
from remiss.records.labelling import Labelling, LabellingKind, Link
from remiss.records.states import Status


@dataclass(frozen=True, slots=True, kw_only=True)
class LabellingState:
    """A case and its labellings in force.

    Parameters
    ----------
    round : of the labellings in force, or the next when there are none
    attempts : how many annotations that round has had
    caught_by : names and versions of the protocols whose runs met its event, the latest first
    link : by which it takes another case's verdict, if it does
    followed : whether other cases take its verdict
    suggested : mode and severity that it had before people decided
    """

    case: str
    revision: int
    status: Status
    team: str
    model: str
    origin: str
    stale: bool
    event: Event
    labellings: tuple[Labelling, ...]
    round: int
    attempts: int
    caught_by: tuple[tuple[str, int], ...]
    link: Link | None
    suggested: tuple[str | None, int | None]
    followed: bool = False

    def labelling(self, kind: LabellingKind) -> Labelling | None:
        """Return the labelling of that kind that is in force."""
        return next((each for each in self.labellings if each.kind is kind), None)

    @property
    def people(self) -> frozenset[str]:
        """Who has labelled it."""
        return frozenset(each.person for each in self.labellings)
