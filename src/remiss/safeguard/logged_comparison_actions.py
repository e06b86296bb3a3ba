"""Comparing two versions on a suite over the log, where both answered the same things in production.

Nothing is run and nothing is sampled: the engine reads every event of the suite's windows again, by the protocol's predicates and
the labels that its runs knew. Which answers belong together the protocol says by `sampling.unit`.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Protocol

import numpy as np
import scipy

from remiss.action import action
from remiss.capture import counting
from remiss.capture.captured import WindowInForce
from remiss.capture.counting import PairCount
from remiss.capture.ports import CaptureWorkspace
from remiss.capture.sql.criteria import Standing
from remiss.errors import InputError, NotFound, QueryError
from remiss.parameters import Help, Option
from remiss.protocol.versions import restore
from remiss.records.result import LoggedComparison, LoggedDifference
from remiss.records.run import RULES
from remiss.records.suite import Suite
from remiss.records.view_entry import ViewEntry, ViewKind
from remiss.safeguard.kept_actions import SUITE_READ, SuiteName, check_unblinded, found_suite
from remiss.safeguard.result_ports import ResultWorkspace
from remiss.understand.intervals import TAIL
from remiss.understand.multiple_testing import mcnemar

# To have events of the log counted by what two versions answered: no event, case or label is told, only how many there are.
LOGGED = "suite:logged"
MET, NOT_MET = "met", "not met"


class LoggedWorkspace(ResultWorkspace, CaptureWorkspace, Protocol):
    """The ports that results take, and those that reading a log takes."""


def _counted(ws: object, given: Mapping[str, Any], found: LoggedComparison) -> Sequence[ViewEntry]:
    return (ViewEntry(kind=ViewKind.FIGURE, subject=given["name"], position=found.position, count=found.pairs),)


@action(
    "suite.logged",
    permission=LOGGED,
    http="GET /suites/{name}/logged",
    within="suite.compare --logged",
    reads=True,
    snapshot=False,
    subject="name",
    views=_counted,
)
def compare_logged(
    ws: LoggedWorkspace,
    name: SuiteName,
    *,
    model: Annotated[str, Option("--model"), Help("NAME@VERSION, whose newest result is taken, or the id of a result.")],
    baseline: Annotated[str, Option("--baseline"), Help("What it is compared with, named likewise.")],
) -> LoggedComparison:
    """Compare what two versions answered in production about the same things, over the log.

    The windows of the suite are read again, all of their events and not its rows alone, by the predicates of its protocol and the
    labels that the runs in force knew. Answers belong together that have the same `sampling.unit`. Which units met a criterion by
    the one answer alone is counted exactly; the interval of the difference is by windows. Units that a version did not answer, or
    more than once, are counted apart. The log has to be where it was, and as it was. Stewards may: nothing but counts is told.

    Example: remiss suite compare arrivals --logged --model arrival-delay@2 --baseline arrival-delay@1

    Raises
    ------
    NotFound : no such suite
    InputError : another model than the protocol's, or a protocol that does not say which answers belong together
    QueryError : windows by the rules of an older remiss
    SourceError : the log is gone, or is not what it was when its windows were captured
    Denied : the asker may not have a log counted, or some of the events are theirs to label
    """
    suite = found_suite(ws, name, SUITE_READ)
    ws.allow(LOGGED, suite.team)
    check_unblinded(ws, suite)
    versions = [_version(suite, text, field) for text, field in ((baseline, "baseline"), (model, "model"))]
    stored = ws.protocols.find(suite.protocol, suite.protocol_version)
    if stored is None:
        raise NotFound(f"protocol {suite.protocol}@{suite.protocol_version} is not in the catalog", do="capture by it")
    protocol = restore(stored.text, f"{suite.protocol}.yaml")
    unit = protocol.sampling.unit
    if unit is None or "model_version" not in protocol.fields:
        raise InputError(
            f"{suite.protocol}@{suite.protocol_version} does not say which answers of two versions belong together",
            do="in a new version of the protocol name the field that they share as sampling.unit, and model_version",
            field="name",
        )
    position, width = ws.position(), protocol.sampling.window
    windows = _windows(ws, suite, position)
    found = counting.count_pairs(ws, windows, width, unit, *versions)
    names = [each.name for each in suite.criteria]
    return LoggedComparison(
        suite=suite.name,
        suite_digest=suite.digest,
        protocol=suite.protocol,
        protocol_version=suite.protocol_version,
        unit=unit,
        model=model,
        baseline=baseline,
        since=suite.since,
        until=suite.until,
        windows=len(windows),
        pairs=_units(found, lambda was, now: was == now == 1),
        baseline_only=_units(found, lambda was, now: was > 0 and not now),
        candidate_only=_units(found, lambda was, now: now > 0 and not was),
        several=_units(found, lambda was, now: was > 0 < now and was + now > 2),
        criteria=tuple(difference(name, found) for name in names),
        notes=tuple(_notes(suite, windows)),
        position=position,
    )


def _version(suite: Suite, text: str, field: str) -> str:
    """Return the version that `NAME@VERSION` names.

    Raises
    ------
    InputError : it is of another model
    """
    model, _, version = text.rpartition("@")
    if model != suite.model or not version:
        what = f"{text} is no version of {suite.model}, whose answers the log has"
        raise InputError(what, do=f"give {suite.model}@VERSION", field=field)
    return version


def _windows(ws: LoggedWorkspace, suite: Suite, position: int) -> list[WindowInForce]:
    """Return the windows of a suite that its protocol version is in force for.

    Raises
    ------
    NotFound : none any more; QueryError : by rules that are not there any more
    """
    found = [
        each
        for each in ws.runs.in_force(suite.source, suite.protocol, position)
        if suite.since <= each.window.window < suite.until and each.protocol_digest == suite.protocol_digest
    ]
    if not found:
        raise NotFound(f"no run of {suite.protocol} is in force for the windows of {suite.name}", do="capture them again")
    if any(each.rules != RULES for each in found):
        do = f"capture them again by {suite.protocol}@{suite.protocol_version}"
        raise QueryError("these windows are by the rules of an older remiss, which are not there any more", do=do)
    return found


def _units(found: Sequence[PairCount], those: Any) -> int:
    return sum(each.units for each in found if those(each.baseline, each.candidate))


def difference(criterion: str, found: Sequence[PairCount]) -> LoggedDifference:
    """Return what a criterion is on pairs of answers.

    The interval is that of a ratio over windows, each drawn independently, by Student's t with one degree less than there are.
    Source: Cochran, Sampling Techniques, 1977, section 6.
    """
    cells: Counter[tuple[str, str]] = Counter()
    untold = 0
    by_window: dict[datetime, list[int]] = {}
    for each in found:
        if each.was is None or each.now is None:
            continue
        was, now = _state(criterion, each.was), _state(criterion, each.now)
        if was is None or now is None:
            untold += each.units
            continue
        cells[was, now] += each.units
        net, of = by_window.setdefault(each.window, [0, 0])
        by_window[each.window] = [net + each.units * ((was == MET) - (now == MET)), of + each.units]
    nets, sizes = (np.array([each[at] for each in by_window.values()], dtype=float) for at in (0, 1))
    fixed, broken, count = cells[MET, NOT_MET], cells[NOT_MET, MET], sizes.size
    value = low = high = None
    if count:
        value = float(nets.sum() / sizes.sum())
    if value is not None and count > 1:
        residuals = nets - value * sizes
        spread = math.sqrt(count / (count - 1) * float((residuals**2).sum())) / float(sizes.sum())
        reach = float(scipy.special.stdtrit(count - 1, 1 - TAIL)) * spread
        low, high = max(value - reach, -1.0), min(value + reach, 1.0)
    return LoggedDifference(
        criterion=criterion,
        neither=cells[NOT_MET, NOT_MET],
        fixed=fixed,
        broken=broken,
        both=cells[MET, MET],
        untold=untold,
        difference=value,
        low=low,
        high=high,
        chance=mcnemar(broken, fixed),
    )


def _state(criterion: str, standing: Standing) -> str | None:
    """Return whether an answer meets a criterion, as a gate asks it: one that was never at risk does not."""
    if criterion in standing.undecided:
        return None
    return MET if criterion in standing.met else NOT_MET


def _notes(suite: Suite, windows: Sequence[WindowInForce]) -> Iterator[str]:
    if suite.within:
        yield "all events of the windows are counted, also those that the suite's --within leaves out"
    provisional = sum(each.window.provisional for each in windows)
    if provisional:
        yield f"{provisional:,} of the windows are provisional: labels are still to come"
