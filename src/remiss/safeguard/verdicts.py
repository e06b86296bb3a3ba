"""The three verdicts of a gate, and how those of its conditions become one."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum


class Verdict(StrEnum):
    """Released may be what passes. INCONCLUSIVE is no failure: the evidence does not suffice either way."""

    PASS = "pass"  # noqa: S105 - a verdict
    FAIL = "fail"
    INCONCLUSIVE = "inconclusive"


def overall(verdicts: Iterable[Verdict]) -> Verdict:
    """Return the verdict of a gate: any that fails fails it, else any that is open leaves it open. Of no condition it is open.

    >>> overall([Verdict.PASS, Verdict.INCONCLUSIVE]), overall([])
    (<Verdict.INCONCLUSIVE: 'inconclusive'>, <Verdict.INCONCLUSIVE: 'inconclusive'>)
    """
    found = set(verdicts)
    if Verdict.FAIL in found:
        return Verdict.FAIL
    return Verdict.PASS if found == {Verdict.PASS} else Verdict.INCONCLUSIVE
