"""Whether a resolved case broke again: what a version answered to it, and whether that version follows the one that resolved it.

Versions have no order of their own. A gate says which of two follows the other. Else, of dotted numbers with the same count of
parts, the larger one follows. The version that the log has of a case never follows, nor does one that failed it before it was
resolved: that they fail is known already.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from remiss.records.expectation import Expectation
from remiss.records.states import Move, Status

LEVEL = 0.95
_NUMBERED = re.compile(r"v?(\d+(?:\.\d+)*)")
# A version by the name of its model and its own.
Version = tuple[str, str | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Exposure:
    """How often a version was asked about a case, and how often it failed it."""

    case: str
    model: str
    version: str
    digest: str | None
    asked: int
    failed: int

    @property
    def fails(self) -> bool:
        """Whether it fails the case by most of its answers."""
        return 2 * self.failed > self.asked


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseStanding:
    """What a case is when a version was asked about it.

    `logged` is the version that the log has, `resolved_by` the one by which it was resolved last, `failed_before` those that had
    failed it until then.
    """

    case: str
    status: Status
    revision: int
    team: str
    logged: Version
    resolved_by: Version | None = None
    failed_before: Collection[Version] = ()


def follows(standing: CaseStanding, version: Version, *, declared: bool = False) -> bool:
    """Return whether a version follows the one that resolved a case, or is it.

    Parameters
    ----------
    declared : whether somebody said that it is to follow

    >>> done = CaseStanding(case="c", status=Status.RESOLVED, revision=4, team="", logged=("m", "1"), resolved_by=("m", "1.9"))
    >>> [follows(done, ("m", each)) for each in ("1.9", "1.10", "1.8", "main")], follows(done, ("m", "main"), declared=True)
    ([True, True, False, False], True)
    """
    if standing.resolved_by is None or version == standing.logged or version in standing.failed_before:
        return False
    if version == standing.resolved_by:
        return True
    ordered = [_numbers(each) for _, each in (version, standing.resolved_by)]
    if version[0] == standing.resolved_by[0] and ordered[0] and ordered[1] and len(ordered[0]) == len(ordered[1]):
        return ordered[0] > ordered[1]
    return declared


def _numbers(version: str | None) -> tuple[int, ...]:
    found = _NUMBERED.fullmatch(version or "")
    return () if found is None or len(found[1]) > 60 else tuple(map(int, found[1].split(".")))


def recurs(standing: CaseStanding, exposure: Exposure, *, declared: bool) -> bool:
    """Return whether a case that is resolved breaks again by what a version answered."""
    of = (exposure.model, exposure.version)
    return standing.status is Status.RESOLVED and exposure.fails and follows(standing, of, declared=declared)


def could_still_fail(asked: int, failed: int) -> float:
    """Return the upper end of the exact one-sided 95 % interval of a share (Clopper and Pearson 1934).

    >>> round(could_still_fail(30, 0), 3), round(could_still_fail(30, 1), 3), could_still_fail(2, 2)
    (0.095, 0.149, 1.0)
    """
    if failed >= asked:
        return 1.0
    low, high = failed / asked, 1.0
    while high - low > 1e-12:
        middle = (low + high) / 2
        low, high = (middle, high) if _at_most(failed, asked, middle) > 1 - LEVEL else (low, middle)
    return high


def _at_most(failed: int, asked: int, share: float) -> float:
    """Return how likely at most so many of so many fail, each with that probability: summed by hand, for it loads nothing."""
    term = asked * math.log1p(-share)
    odds, found = math.log(share) - math.log1p(-share), 0.0
    for count in range(failed + 1):
        found += math.exp(term)
        term += math.log((asked - count) / (count + 1)) + odds
    return found


class Resolutions(Protocol):
    """What is expected of cases, and what versions of models made of them; of the cases that the actor may see."""

    def find(self, case_id: str) -> str:
        """Return the whole id of a case.

        Raises
        ------
        NotFound, Ambiguous, InputError
        """
        ...

    def held(self, ids: Sequence[str]) -> Mapping[str, CaseStanding]:
        """Return where cases stand, by their whole ids, and keep everybody else from moving them until the transaction ends.

        To be called before the transaction has a position. Those that are not seen are left out.
        """
        ...

    def move(self, case: str, move: Move, exposure: Exposure, found_by: str) -> None:
        """Write that a case that is held is resolved, or broke again, by what a version made of it.

        Raises
        ------
        Conflict : the table of states has no such move
        """
        ...

    def expose(self, found: Sequence[tuple[Exposure, bool]], found_by: str) -> None:
        """Write what versions made of cases, each with whether it does not follow the version that resolved the case."""
        ...

    def expect(self, case: str, wanted: Sequence[Expectation]) -> None:
        """Write what is expected of a case that is held, in place of what was."""
        ...

    def expected(self, ids: Sequence[str], position: int | None) -> Mapping[str, Sequence[Expectation]]:
        """Return what people wrote that is expected of some cases, now or at a position, of those that have any."""
        ...
