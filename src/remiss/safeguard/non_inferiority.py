"""Is the candidate no worse than the baseline, by more than a margin? Asked of cases in strata, some of which belong together.

The difference is the candidate's pass rate minus the baseline's, over production. A condition passes where the lower end of its
interval is above minus the margin, fails where the upper end is surely below it, and is open between.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from remiss.records.gate import GateVerdict
from remiss.records.result import ResultRow
from remiss.records.suite import CaptureRole, SuiteRow
from remiss.safeguard.paired_difference import chance_of_no_worse, combined_ends, z_of
from remiss.understand.multiple_testing import holm

Numbers = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Places = npt.NDArray[np.intp]

PASS_LEVEL = 0.025  # one-sided, of the lower end
FAIL_LEVEL = 0.01  # family-wise, of the upper ends of all conditions of a policy
ROLES = tuple(CaptureRole)
WIDEST = 4.0  # the greatest ratio of weights in one stratum


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PairedCases:
    """The cases of one condition, an entry each: what both versions made of it, and what it stands for."""

    baseline: Flags  # passed by the majority of the repeats
    candidate: Flags
    weight: Numbers  # events of production that it stands for, above 0
    role: Places  # its capture role: which group it was sampled in
    family: Places  # cases of one number are near-duplicates or linked


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RowColumns:
    """Rows as arrays, an entry each: what one stands for, its capture role and its family by their numbers."""

    weight: Numbers
    role: Places
    family: Places

    def pairs(self, places: Places, baseline: Flags, candidate: Flags) -> PairedCases:
        """Return the rows in some places with what two versions made of them, as conditions are judged."""
        weight, role, family = self.weight[places], self.role[places], self.family[places]
        return PairedCases(baseline=baseline, candidate=candidate, weight=weight, role=role, family=family)


def columns_of(rows: Sequence[SuiteRow] | Sequence[ResultRow]) -> RowColumns:
    """Return rows as arrays."""
    place: dict[str, int] = {}
    return RowColumns(
        weight=np.array([row.weight for row in rows], dtype=float),
        role=np.array([ROLES.index(row.role) for row in rows], dtype=np.intp),
        family=np.array([place.setdefault(row.family, len(place)) for row in rows], dtype=np.intp),
    )


def pairs_of(rows: Sequence[SuiteRow] | Sequence[ResultRow], baseline: Sequence[bool], candidate: Sequence[bool]) -> PairedCases:
    """Return rows with what two versions made of them, as conditions are judged."""
    was, now = np.asarray(baseline, dtype=bool), np.asarray(candidate, dtype=bool)
    return columns_of(rows).pairs(np.arange(len(rows)), was, now)


def shares_of(production: Mapping[str, float], role: Places) -> Numbers:
    """Return how many events of production each capture role stands for, by its number; 0 where no row is of it.

    Parameters
    ----------
    role : the capture role of each row, by its number
    """
    stands_for = np.array([production.get(each.value, 0.0) for each in ROLES])
    return np.where(np.isin(np.arange(len(ROLES)), role), stands_for, 0.0)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Strata:
    """What the interval is made of, strata along the last axis: pairs, lost, won and all, and each one's share of production."""

    lost: Numbers
    won: Numbers
    pairs: Numbers
    shares: Numbers


@dataclass(frozen=True, slots=True, kw_only=True)
class NonInferiority:
    """The answer to one condition: a difference of pass rates with its interval.

    `chance` is the adjusted p-value of failing; `effective` how many independent pairs of equal weight the cases are worth.
    """

    verdict: GateVerdict
    difference: float
    low: float
    high: float
    margin: float
    chance: float
    effective: float

    @property
    def worse_within_margin(self) -> bool:
        """Whether it passes though the candidate is surely worse."""
        return self.verdict is GateVerdict.PASS and self.high < 0


def weight_strata(weight: Numbers, role: Places, family: Places) -> Places:
    """Return the stratum of each case: its role, split so that weights in one differ at most 4 to 1.

    A family goes whole where its heaviest case is, so that strata share no family: they are independent, as adding up their
    variances takes for granted.

    >>> weight_strata(np.array([1.0, 3.0, 5.0, 40.0]), np.zeros(4, int), np.arange(4)).tolist()
    [0, 0, 1, 2]
    """
    heaviest = np.lexsort((-weight, family))
    first = np.unique(family[heaviest], return_index=True)[1]
    leader = heaviest[first][np.unique(family, return_inverse=True)[1]]
    least = np.full(int(role.max()) + 1, np.inf)
    np.minimum.at(least, role[leader], weight[leader])
    # A little below a bound is on it: 4 times 1.0 belongs to the first.
    step = np.ceil(np.log(weight[leader] / least[role[leader]]) / np.log(WIDEST) - 1e-9).astype(np.intp)
    step = np.maximum(step, 1)
    _, stratum = np.unique(role[leader] * (int(step.max()) + 1) + step, return_inverse=True)
    return np.asarray(stratum, dtype=np.intp)


def strata_of(cases: PairedCases, production: Numbers | None = None) -> Strata:
    """Return the strata of the cases, each with the pairs that its families are worth.

    Parameters
    ----------
    production : what each capture role stands for, by its number, in events; without it, what its cases' weights add up to

    Families of weights W are worth (sum W)^2 / sum W^2 pairs: copies of a case add nothing.
    Source: Kish, Survey Sampling, 1965 (effective size under unequal weights).
    """
    stratum = weight_strata(cases.weight, cases.role, cases.family)
    count = int(stratum.max()) + 1

    def total(values: Numbers) -> Numbers:
        return np.bincount(stratum, weights=values, minlength=count).astype(float)

    families, place = np.unique(cases.family, return_inverse=True)
    family_weight = np.bincount(place, weights=cases.weight, minlength=families.size)
    family_stratum = np.zeros(families.size, dtype=np.intp)
    family_stratum[place] = stratum
    weight = total(cases.weight)
    pairs = weight**2 / np.bincount(family_stratum, weights=family_weight**2, minlength=count)
    stands_for = weight
    if production is not None:
        role_of = np.zeros(count, dtype=np.intp)
        role_of[stratum] = cases.role
        of_role = np.bincount(role_of, weights=weight, minlength=production.size)
        stands_for = weight / of_role[role_of] * production[role_of]
    return Strata(
        lost=pairs * total(cases.weight * (cases.baseline & ~cases.candidate)) / weight,
        won=pairs * total(cases.weight * (cases.candidate & ~cases.baseline)) / weight,
        pairs=pairs,
        shares=stands_for / stands_for.sum(),
    )


def families_lost_and_won(cases: PairedCases) -> tuple[int, int]:
    """Return how many families lost more cases than they won, and how many won more: near-duplicates have one voice."""
    _, family = np.unique(cases.family, return_inverse=True)
    net = np.bincount(family, weights=cases.candidate.astype(float) - cases.baseline)
    return int((net < 0).sum()), int((net > 0).sum())


def _verdict(*, passes: bool, fails: bool) -> GateVerdict:
    if fails:
        return GateVerdict.FAIL
    return GateVerdict.PASS if passes else GateVerdict.INCONCLUSIVE


def judge(conditions: Sequence[tuple[Strata, float]]) -> list[NonInferiority]:
    """Return the answer to each condition of a policy, given as its strata and its margin; they are one family for failing.

    Raises
    ------
    ValueError : a margin of 0 or less, or of 1 or more
    """
    for _, margin in conditions:
        if not 0 < margin < 1:
            raise ValueError(f"{margin} is no margin")
    chances = holm([float(chance_of_no_worse(s.lost, s.won, s.pairs, s.shares, margin)) for s, margin in conditions])
    answers = []
    for (strata, margin), chance in zip(conditions, chances, strict=True):
        difference, low, high = (
            float(end) for end in combined_ends(strata.lost, strata.won, strata.pairs, strata.shares, z_of(PASS_LEVEL))
        )
        verdict = _verdict(passes=low > -margin, fails=bool(chance <= FAIL_LEVEL))
        answers.append(
            NonInferiority(
                verdict=verdict,
                difference=difference,
                low=low,
                high=high,
                margin=margin,
                chance=float(chance),
                effective=float(strata.pairs.sum()),
            )
        )
    return answers
