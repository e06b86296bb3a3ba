"""What whoever runs a catalog can ask of it."""

from __future__ import annotations

from remiss.action import action
from remiss.govern.health import Checks
from remiss.govern.ports.health import GovernWorkspace


@action(name="doctor", permission="machine:read", reads=True, snapshot=False)
def doctor(ws: GovernWorkspace) -> Checks:
    """Look at the programs below remiss, the catalog, its key, its vault, and room on disk. Changes nothing.

    It is of this machine now, and so at no earlier position. Needs no catalog: without one it looks at the machine alone.
    """
    return tuple(ws.health.checks())
