"""What whoever runs a catalog can ask of it."""

from __future__ import annotations

from remiss.action import action
from remiss.govern.health import Checks
from remiss.govern.ports.health import GovernWorkspace


@action("doctor", permission="machine:read", http="GET /doctor", catalog=False, reads=True, snapshot=False)
def doctor(ws: GovernWorkspace) -> Checks:
    """Check the machine, the catalog, its keys and its vault for what could go wrong; change nothing.

    It is of this machine now, and so at no earlier position. Without a catalog it looks at the machine alone. Exit status 1
    when something needs doing.

    Example: remiss doctor
    """
    return tuple(ws.health.checks())
