"""Points at which a test may have this very process killed, to prove that a capture is filed whole or not at all.

With REMISS_CRASH_AT=NAME the process sends itself SIGKILL, which nobody can catch, on reaching the point of that name; with
REMISS_STOP_AT=NAME it sends itself SIGSTOP, and stands still until somebody has it go on. `tests/README.md` lists the points.
Nothing else reads the variables.
"""

from __future__ import annotations

import os
import signal
from typing import Literal, TypeAlias

Point: TypeAlias = Literal[
    "before-begin", "after-events", "after-samples", "before-position", "before-journal", "before-commit", "after-commit"
]
# In the work on a job (`leases.py`): it is about to be taken, it is taken, its steps are known.
JobPoint: TypeAlias = Literal["during-take", "after-take", "after-plan"]


def crash_point(name: Point | JobPoint) -> None:
    """Kill or stop this process if the environment asks for it here."""
    if os.environ.get("REMISS_CRASH_AT") == name:
        os.kill(os.getpid(), signal.SIGKILL)
    if os.environ.get("REMISS_STOP_AT") == name:
        os.kill(os.getpid(), signal.SIGSTOP)
