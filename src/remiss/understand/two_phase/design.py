"""The second phase: from the cases that two people labelled to all that the machines flagged.

Sampled events are annotated in the order of their batches, each with probability p12 = p1 p2 by now, and of the annotated
ones a share p3 that depends on the annotator's grade is verified. Within a cell (criterion pattern, annotator's grade) the
share that is confirmed is taken from the verified ones and applied to all annotated ones: double sampling.

Source: Sarndal, Swensson and Wretman, Model Assisted Survey Sampling, 1992, 9.4 (two-phase sampling for stratification).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from remiss.understand.two_phase.labelled_events import GRADES, REJECTED, UNGRADED, Annotated
from remiss.understand.variance import Indices, Numbers, numbered, part_of, shared_variance, sum_by

# Where fewer verified cases are to be expected a cell's share is left to chance, and it is merged with the next grade's.
LEAST_VERIFIED = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Cells:
    """What the cells of some annotated events say, whatever their total is set against.

    Parameters
    ----------
    total, unknown, weights, parts : as of the estimate
    a : 1/(p12 p3) of each known verdict (n); 0 of the others
    p3 : the share of the cell that is verified, times the part of its selected cases whose verdict is in (n)
    choice : the number of the draw that decided of each event (n), from 0 on
    of_verifying : what verifying adds to the variance, of each draw
    """

    total: float
    unknown: float
    weights: Numbers
    parts: Numbers
    a: Numbers
    p3: Numbers
    choice: Indices
    of_verifying: Numbers


@dataclass(frozen=True, slots=True, kw_only=True)
class TwoPhase:
    """An estimated total T and how sure it is.

    Parameters
    ----------
    total, variance : in events, and events squared
    degrees : of freedom of the variance: of how many equal parts it might be the sum; infinite where it is 0
    weights : for how many events each known verdict speaks: g a (n); 0 of the others
    parts : what each event adds to T by linearisation (n); they sum to T
    unknown : how many events are in cells without any verification
    cells : what it was made of, for another estimate of the same events
    """

    total: float
    variance: float
    degrees: float
    weights: Numbers
    parts: Numbers
    unknown: float
    cells: Cells


def two_phase(found: Annotated, around: float = 0.0, first: Numbers | None = None, cells: Cells | None = None) -> TwoPhase:
    """Return the estimate of design section 4: T = sum N_h R_h, with the variance of double sampling.

    What no criterion caught is too rare for shares: there each failure found counts for what it stands for, T = sum a y, with
    variance sum of (1 - p12 p3) a^2 y^2 (Horvitz and Thompson).

    With p3 the share of a cell times the part of its selected cases whose verdict is in, a = 1/(p12 p3),
    N_h = sum of 1/p12 over annotated, R_h = sum a y / sum a and g_h = N_h / sum a over verified ones:
    variance = sum of (1 - p12)/(p12^2 p3) y^2 + g_h^2 (1 - p3)/(p12 p3)^2 (y - R_h)^2 over verified ones, the latter with the
    degree of freedom that R_h takes (`deviations`). The variance is of T - `around` times the sum of N_h: what a share needs.
    With `first`, the probabilities p1 to be captured (n), that sum is known for the events that were captured, so that only
    annotating draws from it: sum of (1 - p1)/(p1 p12 p3) y^2 + (1 - p12/p1)/(p12^2 p3) (y - around)^2 instead of the first term.

    Cases that share a verdict are verified by one choice: of these the deviations are added up before they are squared. Events of
    one unit are captured by one: their pairs add a a' y y' (1 - max(p1, p1')), with what stands for y in the first term.

    >>> one = np.ones(4)
    >>> found = two_phase(Annotated(
    ...     y=np.array([1.0, 0.0, 0.0, 0.0]), p12=one / 2, p3=one / 2, kind=np.zeros(4, int), pattern=np.zeros(4, int),
    ...     grade=np.zeros(4, int), selected=np.array([True, True, False, False]), known=np.array([True, True, False, False]),
    ...     unsettled=np.zeros(4, bool), cluster=np.arange(4), window=np.zeros(4, int), windows=1))
    >>> found.total, found.variance  # 8 events, half of those verified are failures; 0.5/0.125 + 2 (0.5/0.0625) 0.25 times 2
    (4.0, 12.0)
    """
    cells = cells or cells_of(found)
    of_capture, p1 = (0.0, 1.0) if first is None else ((1 - first) / (first * found.p12 * cells.p3) * found.y**2, first)
    of_annotating = (1 - found.p12 / p1) / (found.p12**2 * cells.p3) * (found.y - around) ** 2
    of_drawing = np.where(found.known, of_capture + of_annotating, 0.0)
    if found.unit is not None and found.captured is not None:
        drawn = found.y if first is not None and bool(np.any(first < 1)) else found.y - around
        of_pairs = shared_variance(cells.a * drawn, found.captured, found.unit)
        # Few pairs are labelled, and by chance they may say that to capture together were better than apart.
        of_drawing = of_drawing + of_pairs if of_pairs.sum() > 0 else of_drawing
    spread = sum_by(cells.choice, of_drawing, 0) + cells.of_verifying
    variance, squares = float(np.sum(spread)), float(np.sum(spread**2))
    return TwoPhase(
        total=cells.total,
        variance=variance,
        degrees=variance**2 / squares if squares > 0 else math.inf,
        weights=cells.weights,
        parts=cells.parts,
        unknown=cells.unknown,
        cells=cells,
    )


def cells_of(found: Annotated) -> Cells:
    """Return what the cells of these events say (see `two_phase`)."""
    cell = merged(found)
    count = int(cell.max()) + 1 if len(cell) else 0
    p3 = answered(found, cell, count)
    a = np.where(found.known, 1 / (found.p12 * p3), 0.0)
    plain = np.zeros(count, dtype=bool)
    plain[cell] = found.kind == 1
    annotated = np.bincount(cell, weights=1 / found.p12, minlength=count)
    weight_sums = np.bincount(cell, weights=a, minlength=count)
    some = weight_sums > 0
    population = np.where(plain, weight_sums, annotated)
    share = np.divide(np.bincount(cell, weights=a * found.y, minlength=count), weight_sums, out=np.zeros(count), where=some)
    g = np.divide(population, weight_sums, out=np.zeros(count), where=some)
    center = np.where(plain, 0.0, share)
    deviation = np.where(found.known, found.y - center[cell], 0.0)
    apart = np.where(plain[cell], deviation, deviations(found, a, cell))
    whole = numbered(found.cluster)
    by_cluster = sum_by(whole, g[cell] * np.sqrt(1 - p3) / (found.p12 * p3) * apart, 0)
    choice = whole if found.unit is None else numbered(found.choice)
    of_cluster = np.zeros(len(by_cluster), dtype=np.intp)
    of_cluster[whole] = choice
    return Cells(
        total=float(np.sum(population * share)),
        unknown=float(annotated[~some].sum()),
        weights=g[cell] * a,
        parts=center[cell] / found.p12 + g[cell] * a * deviation,
        a=a,
        p3=p3,
        choice=choice,
        of_verifying=sum_by(of_cluster, by_cluster**2, 0),
    )


def deviations(found: Annotated, a: Numbers, cell: Indices) -> Numbers:
    """Return how far each known verdict of flagged events is from the share of its cell, as if that came from others.

    It came from the same few verdicts. Of n equal weights the squares fall short by n/(n - 1); of unequal ones n is Kish's size.
    A cluster that has the part l of its cell's weights decides its share: its deviation is from what others say, those of the
    cell to the part 1 - l and all others to the part l.

    Source: Bell and McCaffrey, Survey Methodology 28 (2002) 169-181 (what leaving a cluster out does for its deviation).
    """
    count = int(cell.max()) + 1 if len(cell) else 0
    hits, flagged = a * found.y, (found.kind == 0).astype(np.float64)
    weight, hit = sum_by(cell, a, count), sum_by(cell, hits, count)
    whole = numbered(found.cluster)
    pairs, own, sizes = np.unique(cell + count * whole, return_inverse=True, return_counts=True)
    my_weight, my_hit = sum_by(own, a, len(sizes))[own], sum_by(own, hits, len(sizes))[own]
    squares = sum_by(pairs % max(count, 1), sum_by(own, a, len(sizes)) ** 2, count)
    alone = (found.y - part_of(hit, weight)[cell]) / np.sqrt(np.maximum(1 - part_of(squares, weight**2), 1e-12))[cell]
    others = part_of(hit[cell] - my_hit, weight[cell] - my_weight)
    its_weight, its_hit = (sum_by(whole, flagged * each, len(cell))[whole] for each in (a, hits))
    rest = part_of(np.sum(flagged * hits) - its_hit, np.sum(flagged * a) - its_weight)
    part = part_of(my_weight, weight[cell])
    answer: Numbers = np.where(sizes[own] == 1, alone, found.y - (1 - part) * others - part * rest)
    return np.where(found.known, answer, 0.0)


def answered(found: Annotated, cell: Indices, count: int) -> Numbers:
    """Return p3 of each event, lessened by the part of its cell's selected cases whose verdict is still to come.

    Those whose verdict is in stand for them too, for which are looked at first is chance. Which are settled first is not: agreed
    ones are final at once and disputes wait, so those that are `unsettled` are told apart, and `settled` before this.
    """
    # All of a cell have the same chance to be looked at first, however much they weigh.
    wanted = np.bincount(cell, weights=found.selected, minlength=count)
    have = np.bincount(cell, weights=found.known, minlength=count)
    part = np.divide(have, wanted, out=np.ones(count), where=have > 0)
    return found.p3 * part[cell]


def merged(found: Annotated) -> Indices:
    """Return the cell of each event: pattern and grade, those with too few verified merged with the next grade.

    Which they are goes by how many were to be expected (the sum of p3), not by how many there are: cells that are merged
    because chance left them few would take their share along. What is still to come is not expected of now.

    What nobody graded speaks for itself, and its cells are those of no grade.

    A pattern that has too few over all its grades is merged with the other such patterns of its kind, and if these are too
    few together, with all of its kind: what was flagged is never merged with what was not. Of what no criterion caught there are
    two cells, in which the annotator found failures and none: one has no share, so that what is in the other says nothing of it.
    """
    ungraded = found.grade == UNGRADED
    if ungraded.any():
        cell = np.zeros(len(found.grade), dtype=np.intp)
        cell[~ungraded] = merged(found.only(~ungraded))
        last = int(cell[~ungraded].max()) + 1 if not ungraded.all() else 0
        cell[ungraded] = last + found.kind[ungraded]
        return numbered(cell)
    size = int(found.pattern.max()) + 1 if len(found.pattern) else 0
    kind_of = np.zeros(size, dtype=np.intp)
    kind_of[found.pattern] = found.kind
    place = found.pattern * GRADES + found.grade
    # Cases that share a verdict are one choice, and one that decides for most of a cell leaves the others little to say (Kish).
    pairs, sizes = np.unique(place + size * GRADES * numbered(found.cluster), return_counts=True)
    squares = sum_by(pairs % max(size * GRADES, 1), sizes.astype(np.float64) ** 2, size * GRADES)
    events = np.bincount(place, minlength=size * GRADES)
    alone = np.divide(events, squares, out=np.ones(size * GRADES), where=squares > 0)[place]
    expected, chosen, known = (
        np.bincount(place, weights=each * alone, minlength=size * GRADES) for each in (found.p3, found.selected, found.known)
    )
    part = np.divide(known, chosen, out=np.ones(size * GRADES), where=chosen > 0)
    verified = (expected * part).reshape(size, GRADES)
    enough = verified.sum(axis=1) >= LEAST_VERIFIED
    flagged = kind_of == 0
    sets = [[int(each)] for each in np.flatnonzero(flagged & enough)]
    small = [int(each) for each in np.flatnonzero(flagged & ~enough)]
    if verified[small].sum() < LEAST_VERIFIED:
        sets, small = [], [int(each) for each in np.flatnonzero(flagged)]
    sets.append(small)
    cell = np.zeros((size, GRADES), dtype=np.intp)
    number = 0
    for patterns in sets:
        together = grades_together(verified[patterns].sum(axis=0))
        cell[patterns] = number + together
        number += int(together.max()) + 1
    cell[~flagged] = number
    cell[~flagged, REJECTED] = number + 1
    return cell[found.pattern, found.grade]


def grades_together(verified: Numbers) -> Indices:
    """Return the number of the cell of each grade, given how many cases of each are verified.

    What the annotator rejected is a cell of its own where it can be, for it is confirmed least: together with others of it, a
    case that stands for many decides too much.

    >>> [int(cell) for cell in grades_together(np.array([2.0, 4.0, 9.0, 0.0, 1.0]))]
    [0, 0, 1, 1, 1]
    >>> [int(cell) for cell in grades_together(np.array([2.0, 4.0, 9.0, 1.0, 6.0]))]
    [0, 0, 1, 1, 2]
    """
    if verified[:REJECTED].sum() >= LEAST_VERIFIED <= verified[REJECTED]:
        failures = neighbours_together(verified[:REJECTED])
        return np.append(failures, failures.max() + 1)
    return neighbours_together(verified)


def neighbours_together(verified: Numbers) -> Indices:
    """Return the number of the cell of each grade: from the first on, a cell takes the next grade as long as it has under five.

    The last joins the one before.
    """
    cells = np.zeros(len(verified), dtype=np.intp)
    number, have = 0, 0.0
    for at, count in enumerate(verified):
        cells[at] = number
        have += count
        if have >= LEAST_VERIFIED:
            number, have = number + 1, 0.0
    cells[cells == number] = max(0, number - 1) if have < LEAST_VERIFIED else number
    return cells
