"""What a protocol says of when people look: what they are told of, and the reviews at which they meet.

They are told that a watched criterion is met more often, at a budget of false alarms, and of what is beyond a level in any case;
and of the log itself that windows were not captured, that rows were refused, or that it has fewer events than is usual.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Annotated

from pydantic import Field

from remiss.protocol.nearest import nearest
from remiss.protocol.reading import Path
from remiss.protocol.shape import Section, Sink
from remiss.protocol.terms import Review
from remiss.protocol.values import CriterionName, Fraction, Name, PositiveDuration, parse_duration
from remiss.records.alert import AlertRules

# A false alarm a day tells nobody anything.
MOST_BUDGET = 366


class ReviewModel(Section):
    every: PositiveDuration
    """how often, for example week"""
    owners: Annotated[list[Name], Field(min_length=1)]
    """who takes turns"""
    quorum: Annotated[int, Field(ge=1)]
    """how many of them must be there"""


class AlertsModel(Section):
    budget: Annotated[float, Field(gt=0, le=MOST_BUDGET)] = 2
    """how many false alarms a year all watched criteria together may bring where nothing changes; default: 2"""
    watch: Annotated[list[CriterionName], Field(max_length=100)] | None = None
    """the criteria of which somebody is told that they are met more often; default: all, and [] none"""
    levels: dict[CriterionName, Fraction] = Field(default_factory=dict)
    """the rates of criteria above which a window is told of in any case, for example {missed-delay: 0.2}"""
    judged: Fraction | None = None
    """the share of events that have to be judged, below which a window is told of; default: none has to"""
    refused: Fraction | None = None
    """the share of rows refused above which a window is told of, for example 0.02; default: none is"""
    volume: bool = False
    """whether somebody is told that a window has fewer events than is usual; it shares the budget; default: false"""
    missed: PositiveDuration | None = None
    """how long after it is due a window may stay uncaptured before it is told of, for example 1 day; default: for ever"""


def check_alerts(model: AlertsModel | None, criteria: Collection[str], add: Sink) -> None:
    """Add a finding for each criterion that alerts name and the protocol has not, or name twice."""
    if model is None:
        return
    named: list[tuple[Path, str]] = [(("alerts", "watch", at), name) for at, name in enumerate(model.watch or ())]
    named += [(("alerts", "levels", name), name) for name in model.levels]
    for where, name in named:
        if name not in criteria:
            add(where, f"alerts name {name}, which is not a criterion", nearest(name, criteria, "the criteria are"))
    for at, name in enumerate(model.watch or ()):
        if name in (model.watch or ())[:at]:
            add(("alerts", "watch", at), f"alerts watch {name} twice", "name it once")


def check_review(model: ReviewModel | None, add: Sink) -> None:
    """Add a finding for a quorum that its owners cannot make."""
    owners = 0 if model is None else len(set(model.owners))
    if model is not None and model.quorum > owners:
        add(("review", "quorum"), f"a quorum of {model.quorum} of {owners} owners", "name more owners")


def review_of(model: ReviewModel | None) -> Review | None:
    """Return the reviews that are scheduled, if any are."""
    if model is None:
        return None
    return Review(every=parse_duration(model.every), owners=tuple(dict.fromkeys(model.owners)), quorum=model.quorum)


def alert_rules(model: AlertsModel | None, criteria: Collection[str]) -> AlertRules:
    """Return what is watched: all criteria, where a protocol says nothing else."""
    said = AlertsModel() if model is None else model
    # A criterion of a draft that cannot be read is none, and its finding says so.
    watched = [name for name in criteria if said.watch is None or name in said.watch]
    return AlertRules(
        budget=float(said.budget),
        watch=tuple(watched),
        levels=tuple((name, said.levels[name]) for name in criteria if name in said.levels),
        judged=said.judged,
        refused=said.refused,
        volume=said.volume,
        missed=None if said.missed is None else parse_duration(said.missed),
    )
