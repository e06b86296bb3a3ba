"""Published JSON, read back: what an action returned, made from what the command line says and nothing else."""

from __future__ import annotations

from typing import Any

from remiss.action import Action
from remiss.capture.planning import CapturePlan
from remiss.capture.schedule import DueIntervals
from remiss.codec import from_json


def read(action: Action, answer: Any) -> Any:
    """Return what an action returned, from the object that its command published."""
    if action.name == "capture.due":
        # A dry run says what is due beside what it would bring.
        plan: CapturePlan = from_json(CapturePlan, answer)
        return DueIntervals(position=plan.position, items=plan.intervals)
    return from_json(action.returns, answer)
