"""Selection: which annotated cases a second person labels, so that the share which is verified says something of the rest.

Whether a case is selected depends on its event's id and on what its annotator found, on nothing else: neither who asks nor
when. Its annotator is not told.
"""

from __future__ import annotations

from collections.abc import Mapping

from remiss.capture.sampling import fraction

SELECTION_PURPOSE = "verify"
REJECTED = "rejected"


def grade(severity: int | None) -> str:
    """Return the grade by which an annotated case is selected: its severity, or `rejected` where there is no failure.

    >>> grade(2), grade(None)
    ('2', 'rejected')
    """
    return REJECTED if severity is None else str(severity)


def share(verify: Mapping[str, float], severity: int | None) -> float:
    """Return the share of cases of an annotator's grade that a second person labels: the probability p3 of each.

    Parameters
    ----------
    verify : the protocol's `labelling.verify`, by grade `1` to `4` and `rejected`; no share is under 0.05
    severity : the annotator's grade; None where they found no failure
    """
    return verify[grade(severity)]


def selected(seed: str, event_id: str, part: float) -> bool:
    """Return whether a case is among the share that a second person labels.

    Events have their own fraction for this: they were captured and put in order by others, which choosing again by the
    same would not thin out.

    >>> selected("2026", "flight-1", 1.0)
    True
    """
    return fraction(SELECTION_PURPOSE, seed, event_id) < part
