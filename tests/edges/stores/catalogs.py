"""Small catalogs with everything in them, and what plain Python knows of each case at each position."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

import remiss
from remiss.catalog import actions
from remiss.records.case import Case, Filing
from remiss.records.identity import case_id
from remiss.records.run import Member
from tests.catalog.naive import Facts
from tests.edges.stores.drawing import MONDAY, drawn, file, member

TEXTS = ("Missed connection at Newark", "très tard, naïve", "100% 'late'; --", None, "a_b [email:3f9a] ünï", "said late late")
OUTPUTS: tuple[Any, ...] = ("on-time", "late", "7", "07", True, 3, 2.5, "a*b", None)
FIELDS: tuple[Any, ...] = (
    1200,
    12.5,
    -3,
    "1200",
    "EWR",
    "E%R",
    "E_R",
    "[x]?",
    "*",
    "'; DROP TABLE cases; --",
    True,
    None,
    "🛫 ü",
)
CRITERIA = ("slow", "missed", "odd")
VERSIONS = ("1", "1.2", "1.10", None)
TITLES = ("Newark again", "late ünï", "wrong 100%")
MODES = ("remiss:model/weak-slice", "remiss:system/latency", "remiss:data/drift")


class Known:
    """What is known: for each position from 1, the facts of every case there is by its id; and what both captures sampled.

    No dataclass, for it is too long to show.
    """

    def __init__(self, positions: list[dict[str, Facts]], samples: list[list[Member]]) -> None:
        self.positions = positions
        self.samples = samples

    def sampled(self, position: int) -> list[Facts]:
        """Return the facts of every event that the run in force at a position sampled, in the order of their priority."""
        members = sorted(self.samples[min(position, 3) - 2], key=lambda item: item.priority)
        return [_of_event(item, self.positions[position - 1].get(case_id("arrivals", item.event.id))) for item in members]


def fill(ws: remiss.Workspace, seed: int, events: int = 24) -> Known:
    """Capture twice, file by hand, revise some, in random order of content, and remember each state."""
    draw = random.Random(seed)
    positions: list[dict[str, Facts]] = [{}]  # 1 is the making of the catalog
    captured: dict[str, dict[str, Any]] = {}
    numbers = range(events)
    samples = []
    for turn in range(2):
        seen = draw.sample(numbers, events * 3 // 4)
        members = [_member(draw, number, captured) for number in sorted(seen)]
        file(ws, drawn(members), run=f"run-{turn}0000000")
        samples.append(members)
        positions.append(_after_capture(positions[-1], members, captured))
    for number in range(4):
        filing = Filing(
            model=draw.choice(("arrival-delay", "boarding")),
            model_version=draw.choice(VERSIONS),
            at=MONDAY + timedelta(hours=number),
            title=f"{draw.choice(TITLES)} {number}",
            note=draw.choice(("", "gate naïve")),
            output=draw.choice(("late", "7", None)),
            label=draw.choice(("late", "on-time", None)),
            mode=draw.choice((*MODES, None)),
            severity=draw.choice((1, 2, 3, 4, None)),
            inputs={"distance": draw.choice(FIELDS), "wind speed": draw.choice(FIELDS)},
            context={"airport": draw.choice(FIELDS)},
            text=draw.choice(TEXTS),
        )
        case = actions.file(ws, filing)
        positions.append({**positions[-1], case.id: _of_filing(case, filing)})
    for _ in range(6):
        chosen = draw.choice(sorted(positions[-1]))
        before = positions[-1][chosen]
        change = {
            "title": draw.choice((f"{draw.choice(TITLES)} {draw.random()}", None)),
            "note": draw.choice(("said late", None)),
            "mode": draw.choice((*MODES, None)),
            "severity": draw.choice((1, 4, None)),
        }
        if change["title"] is None:
            change["note"] = f"seen {draw.random()}"
        changed = actions.revise(ws, chosen, before.values["revision"], **change)
        positions.append({**positions[-1], chosen: _revised(before, changed)})
    return Known(positions, samples)


def _member(draw: random.Random, number: int, captured: dict[str, dict[str, Any]]) -> Member:
    """An event: what is fixed of it stays as it was first seen; output, label and criteria may change."""
    name = f"e{number}"
    fixed = captured.setdefault(
        name,
        {
            "model": draw.choice(("arrival-delay", "boarding")),
            "model_version": draw.choice(VERSIONS),
            "confidence": draw.choice((None, 0.0, 0.25, 0.5, 1.0)),
            "latency_ms": draw.choice((None, 12.5, 250.0, 1000.0)),
            "status": draw.choice(("ok", "timeout", None)),
            "trace_id": draw.choice((None, "4bf92f")),
            "features": draw.choice((None, "f-1")),
            "inputs": {"distance": draw.choice(FIELDS), "wind speed": draw.choice(FIELDS)},
            "context": {"airport": draw.choice(FIELDS), "n": draw.choice((1, 2, None))},
            "text": draw.choice(TEXTS),
        },
    )
    met = [criterion for criterion in CRITERIA if draw.random() < 0.4]
    return member(number, met=met, output=draw.choice(OUTPUTS), label=draw.choice(OUTPUTS), **fixed)


# What an event goes by that the run in force sampled: its protocol, and that with its version.
LABELS = ("arrival-delay", "arrival-delay@1")
SUGGESTED = {"slow": (3, "remiss:system/latency"), "missed": (2, "remiss:model/weak-slice"), "odd": (2, None)}


def _after_capture(before: dict[str, Facts], members: list[Member], captured: dict[str, dict[str, Any]]) -> dict[str, Facts]:
    sampled = {case_id("arrivals", item.event.id): item for item in members}
    after = {}
    for known, facts in before.items():
        item = sampled.get(known)
        # Who is not in the run in force meets nothing; output and label stay as they were last seen.
        seen = {} if item is None else {"output": item.event.output, "label": item.event.label}
        met = frozenset() if item is None else frozenset(item.met)
        several = {**facts.several, "criterion": met}
        if facts.several["protocol"]:
            several["protocol"] = frozenset(LABELS[:1] if item is None else LABELS)
        after[known] = Facts({**facts.values, **seen}, facts.texts, several)
    for known, item in sampled.items():
        if item.met and known not in after:
            after[known] = _of_member(known, item, captured[item.event.id])
    return after


def _of_member(known: str, item: Member, fixed: dict[str, Any]) -> Facts:
    severity, mode = min((SUGGESTED[name] for name in item.met), key=lambda pair: pair[0])
    values = {
        **_constants(known, "arrivals", item.event.id, item.event.at, fixed),
        **{name: fixed[name] for name in ("confidence", "latency_ms", "trace_id", "features")},
        "call_status": fixed["status"],
        "output": item.event.output,
        "label": item.event.label,
        "severity": severity,
        "suggested_mode": mode,
        "origin": "captured",
    }
    return Facts(values, (fixed["text"],), {"criterion": frozenset(item.met), "protocol": frozenset(LABELS)})


# What only a case has; what an estimate asks of an event without one is false.
OF_CASE = ("id", "status", "mode", "severity", "origin", "title", "revision", "sensitivity", "suggested_mode")


def _of_event(item: Member, case: Facts | None) -> Facts:
    event = item.event
    fixed = {name: getattr(event, name) for name in ("model", "model_version", "inputs", "context")}
    values = {
        **{name: value for name, value in _constants("", "arrivals", event.id, event.at, fixed).items() if name not in OF_CASE},
        **{name: getattr(event, name) for name in ("confidence", "latency_ms", "trace_id", "features", "output", "label")},
        "call_status": event.status,
        **({} if case is None else {name: case.values.get(name) for name in OF_CASE}),
    }
    return Facts(values, (event.text,), {"criterion": frozenset(item.met), "protocol": frozenset(LABELS)})


def _of_filing(case: Case, filing: Filing) -> Facts:
    said = {name: getattr(filing, name) for name in ("model", "model_version", "inputs", "context")}
    values = {
        **_constants(case.id, "by-hand", case.event.id, filing.at, said),
        **{name: getattr(filing, name) for name in ("output", "label", "severity", "mode", "title")},
        "origin": "filed",
    }
    texts = (filing.text, filing.title, filing.note)
    return Facts(values, texts, {"criterion": frozenset(), "protocol": frozenset()})


def _constants(known: str, source: str, event: str, at: Any, said: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": known,
        "source": source,
        "event_id": event,
        "occurred": at,
        "model": said["model"],
        "model_version": said["model_version"],
        **{f"inputs.{name}": value for name, value in said["inputs"].items()},
        **{f"context.{name}": value for name, value in said["context"].items()},
        "status": "candidate",
        "revision": 1,
        "team": "default",
        "sensitivity": 1,
    }


def _revised(before: Facts, case: Case) -> Facts:
    state = {"revision": case.revision, "mode": case.mode, "severity": case.severity, "title": case.title}
    return Facts({**before.values, **state}, (before.texts[0], case.title, case.note), before.several)
