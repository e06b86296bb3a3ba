"""Two runs beside each other, and of all that is known of both only what differs.

Rates of rules are counted: every event of a run's windows is in its cells, sampled or not. So the difference of two rates is
exact of these two logs; what it says of the process behind them is its interval. Each rate has its process interval, by how its
windows differ among themselves, and the interval of the difference is made of these two (Zou and Donner, Statistics in Medicine
27, 2008: variance estimates are recovered from the limits): it reaches as far down as the one may lie below and the other above.
It holds for independent windows; of runs over the same time, which share what happened in it, there is none.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

import numpy as np

from remiss.action import action
from remiss.errors import InputError
from remiss.parameters import Position, RunId
from remiss.protocol.meaning import meaning as document_meaning
from remiss.protocol.meaning import parts_that_differ
from remiss.protocol.terms import Protocol
from remiss.protocol.versions import salvage
from remiss.records.catalog import reached
from remiss.records.event import Scalar
from remiss.records.rows import Rows
from remiss.records.run import Cell, Run
from remiss.understand.estimators import IntervalEstimate
from remiss.understand.ports import LogWorkspace
from remiss.understand.post_selection import meaning
from remiss.understand.process import WindowSums, process_rate
from remiss.understand.question import CELLS_SAY_OUTSIDE

COLUMNS = ("part", "name", "before", "after", "difference", "low", "high", "remark")
RULE, PROTOCOL, SAMPLING, REFUSED, FIELD, LOG = "rule", "protocol", "sampling", "refused", "field", "log"
OTHER_MEANING = "means something else in the two versions"
ONLY_FIRST, ONLY_SECOND = "only in the first", "only in the second"
SHARED = "over the same time: exact of these logs, and no two draws of the process"
SHORT = "exact of these logs: under 8 windows say nothing of other weeks"
UNREAD = "cannot be read any more"


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedRun:
    """A run, its cells by window, and the document that drew it: None where that cannot be read any more."""

    run: Run
    cells: Sequence[Cell]
    document: Protocol | None

    def counts(self, criterion: str) -> tuple[Counter[datetime], Counter[datetime]] | None:
        """Return of each window how many events met a criterion, and how many could be judged; None where that is not known."""
        found = None if self.document is None else next((one for one in self.document.criteria if one.name == criterion), None)
        if found is None or (found.among is not None and self.run.manifest.rules < CELLS_SAY_OUTSIDE):
            return None
        met, judged = Counter[datetime](), Counter[datetime]()
        for cell in self.cells:
            met[cell.window] += cell.population if criterion in cell.met else 0
            judged[cell.window] += cell.population if criterion not in {*cell.undecided, *cell.outside} else 0
        return met, judged

    def rate(self, criterion: str) -> float | None:
        """Return how often a criterion was met among those that could be judged, in these windows; None without any."""
        met, judged = self.counts(criterion) or (Counter(), Counter())
        return met.total() / judged.total() if judged.total() else None

    def interval(self, criterion: str) -> IntervalEstimate:
        """Return the same as a draw of the process."""
        found = self.counts(criterion)
        assert found is not None, "only of a criterion that has a rate"
        y, x = (np.array([of[window] for window in sorted(found[1])], dtype=np.float64) for of in found)
        sums = WindowSums(y=y, x=x, y2=y, x2=x)
        parts, among = sums.parts(rate=True), float(x.sum())
        assert parts is not None, "only of a criterion that has a rate"
        return process_rate(float(y.sum()) / among, parts, among, None)


@action("run.compare", permission="run:read", http="GET /runs/{run}/comparison", reads=True, subject="run")
def compare_runs(ws: LogWorkspace, run: RunId, other: RunId, *, as_of: Position | None = None) -> Rows:
    """Compare RUN with OTHER: what differs in design, log and rates.

    What is the same in both is left out. Rates are counted over all events, in fractions; the interval of a difference is of the
    process behind the logs, and there is none of runs over the same time, or of under 8 windows.

    Example: remiss run compare run-4f7q2m run-9k2d5c

    Parameters
    ----------
    other : the id of the run to compare it with, or a prefix that no other run shares

    Raises
    ------
    NotFound : no such run; InputError : both are the same
    """
    head = ws.position()
    position = reached(as_of, head)
    first, second = (_run(ws, name, position) for name in (run, other))
    if first.run.id == second.run.id:
        raise InputError(f"{first.run.id} is compared with itself", do="name another run; see remiss run list")
    lines = (*_of_protocols(first, second), *_rates(first, second), *_of_logs(first, second))
    return Rows("difference", COLUMNS, lines, head if position is None else position, total=len(lines))


def _run(ws: LogWorkspace, name: str, position: int | None) -> ComparedRun:
    run = ws.runs.get(name, position)
    stored = ws.protocols.find(run.manifest.protocol, run.manifest.protocol_version)
    document = None if stored is None else salvage(stored.text, f"{run.manifest.protocol}.yaml")
    return ComparedRun(run=run, cells=ws.runs.cells(run.id), document=document)


def _line(part: str, name: str, before: object, after: object, remark: str = "") -> tuple[Scalar, ...]:
    return (part, name, _text(before), _text(after), None, None, None, remark)


def _text(value: object) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    return "" if value is None else str(value)


def _of_protocols(first: ComparedRun, second: ComparedRun) -> Iterator[tuple[Scalar, ...]]:
    """Yield which versions drew the runs, by which digests, in what these differ, and how they sample."""
    ours, others = second.run.manifest, first.run.manifest
    labels = [f"{each.protocol}@{each.protocol_version}" for each in (others, ours)]
    if labels[0] != labels[1]:
        yield _line(PROTOCOL, "version", *labels)
    if others.protocol_digest != ours.protocol_digest:
        yield _line(PROTOCOL, "digest", others.protocol_digest, ours.protocol_digest)
    if others.source != ours.source:
        yield _line(LOG, "source", others.source, ours.source)
    before, after = first.document, second.document
    if before is None or after is None:
        unread = [UNREAD if each is None else "" for each in (before, after)]
        yield _line(PROTOCOL, "document", *unread)
        return
    for name in parts_that_differ(document_meaning(before), document_meaning(after)):
        if name not in {"sampling", "criteria"}:
            yield _line(PROTOCOL, name, "", "", "differs")
    drawn = [asdict(each.sampling) for each in (before, after)]
    yield from (_line(SAMPLING, name, drawn[0][name], drawn[1][name]) for name in drawn[0] if drawn[0][name] != drawn[1][name])


def _rates(first: ComparedRun, second: ComparedRun) -> Iterator[tuple[Scalar, ...]]:
    """Yield the difference of each rule's rate, and the rules that only one run has."""
    theirs, ours = (() if each.document is None else each.document.criteria for each in (first, second))
    names = list(dict.fromkeys(each.name for each in (*theirs, *ours)))
    for name in names:
        before, after = first.rate(name), second.rate(name)
        known = [of in {each.name for each in criteria} for of, criteria in ((name, theirs), (name, ours))]
        if not all(known):
            said = ["" if found is None else found for found in (before, after)]
            yield _line(RULE, name, said[0], said[1], ONLY_FIRST if known[0] else ONLY_SECOND)
            continue
        if before is None or after is None:
            continue
        assert first.document is not None and second.document is not None
        same, shared = meaning(first.document, name) == meaning(second.document, name), _overlap(first.run, second.run)
        if before == after and same:
            continue
        # An interval takes longer to work out than all else, and is of two draws of the process.
        low, high = limits(first.interval(name), second.interval(name)) if same and not shared else (None, None)
        remark = OTHER_MEANING if not same else SHARED if shared else SHORT if low is None else ""
        yield (RULE, name, str(before), str(after), after - before if same else None, low, high, remark)


def _overlap(first: Run, second: Run) -> bool:
    one, other = first.manifest, second.manifest
    return one.source == other.source and one.since < other.until and other.since < one.until


def limits(before: IntervalEstimate, after: IntervalEstimate) -> tuple[float, float] | tuple[None, None]:
    """Return the interval of the difference of two independent rates; none where one of them has none.

    >>> low, high = limits(IntervalEstimate(value=0.1, low=0.07, high=0.14), IntervalEstimate(value=0.2, low=0.16, high=0.25))
    >>> round(low, 3), round(high, 3)
    (0.043, 0.158)
    """
    ends = (before.value, before.low, before.high, after.value, after.low, after.high)
    if None in ends:
        return None, None
    one, one_low, one_high, other, other_low, other_high = (float(end) for end in ends if end is not None)
    difference = other - one
    return (
        difference - math.hypot(other - other_low, one_high - one),
        difference + math.hypot(other_high - other, one - one_low),
    )


def _of_logs(first: ComparedRun, second: ComparedRun) -> Iterator[tuple[Scalar, ...]]:
    """Yield what differs of the logs: time, rows, refused rows by reason as shares of all rows, and counted fields."""
    before, after = first.run.manifest, second.run.manifest
    for name in ("since", "until", "as_of"):
        one, other = getattr(before, name), getattr(after, name)
        if one != other:
            yield _line(LOG, name, f"{one:%Y-%m-%d %H:%M}", f"{other:%Y-%m-%d %H:%M}")
    counts: Mapping[str, tuple[int, int]] = {
        "rows": (before.rows, after.rows),
        "left_out": (before.left_out, after.left_out),
        "merged": (before.merged, after.merged),
        "resolved": (before.resolved, after.resolved),
    }
    yield from (_line(LOG, name, *both) for name, both in counts.items() if both[0] != both[1])
    for reason in sorted({*first.run.refused, *second.run.refused}):
        refused = [each.run.refused.get(reason, 0) for each in (first, second)]
        if refused[0] != refused[1]:
            rows = max(1, before.rows), max(1, after.rows)
            difference = refused[1] / rows[1] - refused[0] / rows[0]
            yield (REFUSED, reason, str(refused[0]), str(refused[1]), difference, None, None, "")
    fields = [each.run.counted or (() if each.document is None else tuple(each.document.fields)) for each in (first, second)]
    for name in dict.fromkeys((*fields[0], *fields[1])):
        if name not in fields[1] or name not in fields[0]:
            yield _line(FIELD, name, "yes" if name in fields[0] else "", "yes" if name in fields[1] else "")
