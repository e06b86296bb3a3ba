"""The contract of sampling and estimation once more, from its definition alone: a log, a plan of the protocol, and plain Python.

Nothing of remiss is imported. Files are read line by line, priorities are md5, groups are dicts, and every figure is written
out from the formulas of the explanations of sampling and estimates. What it says of a log is compared with what a capture
files and an estimate prints.
"""

from __future__ import annotations

import csv
import hashlib
import json
import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import groupby
from pathlib import Path
from statistics import NormalDist, median
from typing import Any

from scipy.special import chdtri, fdtri

Row = dict[str, Any]
EPOCH = datetime(1970, 1, 5, tzinfo=UTC)  # a Monday
FEW = 10
LEAST_VALUES = 30
Z = NormalDist().inv_cdf(0.975)


@dataclass(frozen=True, kw_only=True)
class Rule:
    """A criterion: a condition and who is at risk, both of an event and its label, and true, false or None as in SQL.

    An anomaly has `of` in place of a condition, the field that is compared.
    """

    name: str
    when: Callable[[Row, Any], bool | None] | None = None
    among: Callable[[Row, Any], bool | None] = lambda event, label: True
    reads_label: bool = False
    undecided_nulls: bool = False
    labels: tuple[str, ...] = ("yes", "no")
    of: str | None = None
    beyond: float = 0.0
    previous: bool = False


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What a protocol says of drawing: amounts, strata, window, who is admitted, and what becomes of rows of one id."""

    seed: str
    width: timedelta
    lag: timedelta
    strata: tuple[str, ...]
    keep: Mapping[str, int]  # by criterion, and for control, undecided and all
    rules: Sequence[Rule]
    admit: Callable[[Row], bool | None] = lambda row: True
    duplicates: str = "refuse"
    required: tuple[str, ...] = ()


@dataclass(kw_only=True)
class Told:
    """What plain Python says of a log: counts of rows, groups, cells, and the sampled events."""

    rows: int = 0
    left_out: int = 0
    left_out_null: int = 0
    merged: int = 0
    resolved: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    nulls: Counter[str] = field(default_factory=Counter)
    groups: dict[tuple[Any, ...], tuple[Any, ...]] = field(default_factory=dict)
    cells: dict[tuple[Any, ...], list[Any]] = field(default_factory=dict)
    events: list[Row] = field(default_factory=list)

    @property
    def members(self) -> list[Row]:
        return [event for event in self.events if event["groups"]]


def read(log: Path) -> list[Row]:
    """Return the rows of some JSON Lines, each as the fields that the protocol makes of it."""
    found = []
    for path in sorted(log.glob("*.jsonl")):
        for line in path.read_text().splitlines():
            raw = json.loads(line)
            found.append(
                {
                    "id": raw["call"]["id"],
                    "time": datetime.fromisoformat(raw["call"]["at"]),
                    "attempt": raw["call"]["attempt"],
                    "traffic": raw["call"]["traffic"],
                    "output": raw["said"],
                    "model_version": raw["version"],
                    "latency_ms": raw["ms"],
                    "context.place": raw["place"],
                    "inputs.size": raw["size"],
                    "inputs.carrier": raw["carrier"],
                    "inputs.key": raw["key"],
                }
            )
    return found


def labels(path: Path) -> dict[str, list[tuple[datetime, str]]]:
    """Return what became known of each key, and when."""
    found = defaultdict(list)
    with path.open() as file:
        for row in csv.DictReader(file):
            found[row["key"]].append((datetime.fromisoformat(row["known_at"]), row["truth"]))
    return found


def window_of(moment: datetime, width: timedelta) -> datetime:
    return EPOCH + (moment - EPOCH) // width * width


def priority(seed: str, one: str) -> str:
    return hashlib.md5(f"{seed}:{one}".encode()).hexdigest()[:13]


def draw(log: Path, truths: Path, plan: Plan, since: datetime, until: datetime) -> Told:
    """Return what a capture of an interval draws."""
    told = Told()
    admitted = []
    for row in read(log):
        inside = since <= row["time"] < until
        told.rows += inside
        if (live := plan.admit(row)) is not True:
            told.left_out += inside
            told.left_out_null += inside and live is None
        elif missing := [name for name in plan.required if row[name] is None]:
            told.refused[f"missing:{missing[0]}"] += inside
        else:
            admitted.append(row)
    events = resolve(admitted, plan, since, until, told)
    known = labels(truths)
    for event in events:
        event["window"] = window_of(event["time"], plan.width)
        event["stratum"] = tuple(event[name] for name in plan.strata)
        event["label"] = label_of(event, known, plan.lag)
        event["groups"] = []
        event["priority"] = priority(plan.seed, event["id"])
    spreads = {rule.name: spread(events, rule, plan.width) for rule in plan.rules if rule.of}
    told.events = [event for event in events if since <= event["window"] < until]
    for event in told.events:
        judge(event, plan, spreads, told)
    sample(told, plan)
    return told


def resolve(rows: Iterable[Row], plan: Plan, since: datetime, until: datetime, told: Told) -> list[Row]:
    """Return one row for each event: for a window, its rows of an id and those of the windows beside it decide."""
    found = []
    by_id = defaultdict(list)
    for row in rows:
        by_id[row["id"]].append(row)
    for same in by_id.values():
        for own, mine in _by_window(same, plan.width):
            near = [row for row in same if abs(window_of(row["time"], plan.width) - own) <= plan.width]
            first = best(near, plan.duplicates)
            inside = since <= own < until
            for row in mine:
                if row not in first:
                    told.resolved += inside
                elif any(other != first[0] for other in first):
                    told.refused["duplicate-id"] += inside
                elif row is first[0]:
                    found.append(row)
                else:
                    told.merged += inside
    return found


def _by_window(rows: Sequence[Row], width: timedelta) -> Iterable[tuple[datetime, list[Row]]]:
    for own, mine in groupby(sorted(rows, key=lambda row: row["time"]), lambda row: window_of(row["time"], width)):
        yield own, list(mine)


def best(rows: Sequence[Row], keep: str) -> list[Row]:
    """Return the rows that rank first; without a rank that is all of them."""
    if keep == "refuse":
        return list(rows)
    ranked = [row for row in rows if row["attempt"] is not None] or rows
    choose = max if keep == "last" else min
    top = choose(ranked, key=lambda row: row["attempt"] or 0)["attempt"]
    return [row for row in ranked if row["attempt"] == top]


def label_of(event: Row, known: Mapping[str, list[tuple[datetime, str]]], lag: timedelta) -> str | None:
    """Return the newest label that was known by the event's time and the lag."""
    in_time = [said for said in known.get(event["inputs.key"], ()) if said[0] <= event["time"] + lag]
    return max(in_time)[1] if in_time else None


def spread(events: Iterable[Row], rule: Rule, width: timedelta) -> dict[datetime, tuple[float, float]]:
    """Return the median and the median deviation that each window is compared with, where there are enough values."""
    values = defaultdict(list)
    for event in events:
        if event[rule.of] is not None:
            values[event["window"] + (width if rule.previous else timedelta())].append(event[rule.of])
    found = {}
    for window, own in values.items():
        middle = median(own)
        deviation = median(abs(value - middle) for value in own)
        if len(own) >= LEAST_VALUES and deviation > 0:
            found[window] = middle, deviation
    return found


def judge(event: Row, plan: Plan, spreads: Mapping[str, Mapping[datetime, tuple[float, float]]], told: Told) -> None:
    """Say of an event which criteria it meets, is undecided on, is outside of; and which no label could make it meet."""
    event |= {"met": [], "undecided": [], "outside": [], "ruled_out": []}
    for rule in plan.rules:
        state, null = state_of(event, rule, spreads.get(rule.name, {}))
        if state:
            event[state].append(rule.name)
        missing = state == "undecided" and rule.reads_label and event["label"] is None
        if missing and all(rule.when(event, label) is False for label in rule.labels):
            event["ruled_out"].append(rule.name)
        told.nulls[rule.name] += null


def state_of(event: Row, rule: Rule, known: Mapping[datetime, tuple[float, float]]) -> tuple[str | None, bool]:
    """Return what a criterion is on an event, None for not met; and whether it read a null for another reason than a label."""
    missing = rule.reads_label and event["label"] is None
    at_risk = rule.among(event, event["label"])
    if at_risk is False or (at_risk is None and not missing):
        return "outside", False
    if rule.of:
        if event["window"] not in known:
            return "undecided", False
        middle, deviation = known[event["window"]]
        value = event[rule.of]
        if value is None:
            return None, True
        return ("met" if abs(value - middle) / (1.4826 * deviation) > rule.beyond else None), False
    if missing:
        return "undecided", False
    met = rule.when(event, event["label"])
    if met is None:
        return ("undecided" if rule.undecided_nulls else None), True
    return ("met" if met else None), False


def groups_of(event: Row) -> list[str]:
    """Return the groups of its stratum that an event is in."""
    return event["met"] or (["undecided"] if event["undecided"] else ["control"])


def sample(told: Told, plan: Plan) -> None:
    """Count groups and cells, keep the events of least priority of each group, and say what chance each had."""
    members = defaultdict(list)
    for event in told.events:
        for name in groups_of(event):
            members[event["window"], event["stratum"], name].append(event)
        members[event["window"], (), "all"].append(event)
        # Whatever the version decides already needs no telling apart.
        version = () if "model_version" in plan.strata else (event["model_version"],)
        states = (tuple(event[name]) for name in ("met", "undecided", "outside"))
        pattern = (event["window"], event["stratum"], *states, version)
        cell = told.cells.setdefault(pattern, [0, 0, Counter()])
        cell[0] += 1
        cell[1] += event["label"] is not None
        cell[2].update(event["ruled_out"])
        event["cell"] = pattern
    thresholds = {}
    for place, those in members.items():
        those.sort(key=lambda event: (event["priority"], event["id"]))
        keep = plan.keep[place[2]]
        tau = int(those[keep]["priority"], 16) / 16**13 if len(those) > keep else 1.0
        thresholds[place] = tau
        for event in those[:keep]:
            event["groups"].append(place[2])
        told.groups[place] = (len(those), sum(event["label"] is not None for event in those), min(keep, len(those)), tau)
    for event in told.events:
        window, stratum = event["window"], event["stratum"]
        places = {name: (window, stratum, name) for name in groups_of(event)} | {"all": (window, (), "all")}
        # Of one that was kept, the groups in which it was; of any other, all that it could have been kept by.
        event["p"] = max(thresholds[places[name]] for name in event["groups"] or places)


@dataclass(frozen=True)
class Figure:
    """A value with its interval, neither of which is rounded."""

    value: float | None
    low: float | None
    high: float | None
    sampled: int
    judged: float | None = None
    bounds: tuple[float, float] | None = None


def chances(told: Told, open_to: Callable[[Row], bool]) -> list[float]:
    """Return the chances below 1 of all events in cells of which some event may be in question."""
    those = {event["cell"] for event in told.events if open_to(event)}
    return [tau for event in told.events if event["cell"] in those and (tau := greatest(told, event)) < 1]


def greatest(told: Told, event: Row) -> float:
    """Return the greatest threshold of all groups that an event is in."""
    places = [(event["window"], event["stratum"], name) for name in groups_of(event)]
    return max(told.groups[place][3] for place in (*places, (event["window"], (), "all")))


def total(told: Told, matches: Callable[[Row], bool], open_to: Callable[[Row], bool]) -> Figure:
    """Return an estimated total of this log; `open_to` are events in whose cells more could be: where there is none, it is 0."""
    if not any(map(open_to, told.events)):
        return Figure(0, 0, 0, 0)
    found = [event["p"] for event in told.members if matches(event)]
    sure, uncertain = sum(p == 1 for p in found), [p for p in found if p < 1]
    low, high = of_rest(uncertain, chances(told, open_to))
    return Figure(sum(1 / p for p in found), sure + low, sure + high, len(found))


def of_rest(uncertain: Sequence[float], hidden: Sequence[float]) -> tuple[float, float]:
    """Return the interval of a total of events that were not kept with certainty."""
    most, count, value = float(len(hidden)), len(uncertain), sum(1 / p for p in uncertain)
    least = min([*hidden, 1.0])
    if not count:
        return 0.0, min(math.log(0.05) / math.log(1 - least), most) if least < 1 else 0.0
    if count >= FEW:
        error = math.sqrt(sum((1 - p) / p**2 for p in uncertain))
        low, high = value * math.exp(-Z * error / value), value * math.exp(Z * error / value)
    else:
        low, high = gamma_interval(uncertain, 1 / min([least, *uncertain]))
    return max(count, min(low, most)), max(min(high, most), value)


def gamma_interval(uncertain: Sequence[float], weight: float) -> tuple[float, float]:
    """Return Fay and Feuer's interval, in its form with quantiles of chi-squared."""
    value, variance = sum(1 / p for p in uncertain), sum(1 / p**2 for p in uncertain)
    low = variance / (2 * value) * chdtri(2 * value**2 / variance, 0.975)
    more, wider = value + weight, variance + weight**2
    return low, wider / (2 * more) * chdtri(2 * more**2 / wider, 0.025)


def rate(told: Told, rule: str, of: Callable[[Row], bool], open_to: Callable[[Row], bool]) -> Figure:
    """Return the estimated rate of a criterion among the events of a domain that are at risk and not undecided on it."""
    asked = [event for event in told.members if of(event) and rule not in event["outside"]]
    judged = [event for event in asked if rule not in event["undecided"]]
    y = [1.0 if rule in event["met"] else 0.0 for event in judged]
    p = [event["p"] for event in judged]
    among = sum(1 / one for one in p)
    matching = sum(hit / one for hit, one in zip(y, p, strict=True))
    doubt = sum(1 / event["p"] for event in asked if rule in event["undecided"])
    possible = sum(1 / event["p"] for event in asked if rule in event["undecided"] and rule not in event["ruled_out"])
    share = among / (among + doubt) if doubt else None
    bounds = (matching / (among + doubt), (matching + possible) / (among + doubt)) if doubt else None
    if not among:
        return Figure(None, None, None, 0, share, bounds)
    value = matching / among

    def in_question(event: Row, *, hit: bool) -> bool:
        return open_to(event) and not {rule} & {*event["outside"], *event["undecided"]} and (rule in event["met"]) is hit

    hits = chances(told, lambda event: in_question(event, hit=True))
    others = chances(told, lambda event: in_question(event, hit=False))
    if not hits and (value == 0 or not others):
        return Figure(value, value, value, int(sum(y)), share, bounds)
    variance = sum((1 - one) / one**2 * ((hit - value) / among) ** 2 for hit, one in zip(y, p, strict=True))
    size = value * (1 - value) / variance if 0 < value < 1 and variance > 0 else among**2 / sum(1 / one**2 for one in p)
    low, high = clopper_pearson(value, size)
    most = upper_of_part([one for hit, one in zip(y, p, strict=True) if hit], hits)
    rest_most = upper_of_part([one for hit, one in zip(y, p, strict=True) if not hit], others)
    if matching:
        low = min(low, matching / (matching + rest_most))
    if most + among - matching:
        high = max(high, most / (most + among - matching))
    return Figure(value, low, high, int(sum(y)), share, bounds)


def upper_of_part(found: Sequence[float], hidden: Sequence[float]) -> float:
    """Return the upper end of a part of a rate where few of it were sampled and not all kept, else its estimate."""
    uncertain = [p for p in found if p < 1]
    if len(uncertain) >= FEW or not hidden:
        return sum(1 / p for p in found)
    return len(found) - len(uncertain) + of_rest(uncertain, hidden)[1]


def clopper_pearson(value: float, size: float) -> tuple[float, float]:
    """Return the exact interval of a share, in its form with quantiles of F; the size need not be whole."""
    hits, rest = value * size, size - value * size
    low = hits / (hits + (rest + 1) * fdtri(2 * (rest + 1), 2 * hits, 0.975)) if hits > 0 else 0.0
    quantile = fdtri(2 * (hits + 1), 2 * rest, 0.975) if rest > 0 else math.inf
    high = (hits + 1) * quantile / (rest + (hits + 1) * quantile) if rest > 0 else 1.0
    return float(low), float(high)
