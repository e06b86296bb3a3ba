"""Statements that the catalog's database is asked while something is answered: how many, which, in how many transactions.

They are seen where SQLAlchemy hands them to a driver, whatever the tree that issues them is called inside.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Engine, event

# How often a list of values is repeated in a statement depends on the data, not on the code.
_LISTS = re.compile(r"\((?:\s*(?:\?|%\([a-z0-9_]+\)s(?:::[a-z0-9_ ]+)?|NULL)\s*,?)+\)", re.IGNORECASE)
_SPACES = re.compile(r"\s+")


@dataclass(slots=True)
class Seen:
    """What was asked since the last time that somebody looked."""

    statements: Counter[str] = field(default_factory=Counter)
    begun: int = 0
    committed: int = 0
    rolled_back: int = 0

    @property
    def figures(self) -> dict[str, Any]:
        """How much it was, and the digest of each statement with how often it was issued."""
        shapes = Counter({digest(text): count for text, count in self.statements.items()})
        return {
            "statements": sum(self.statements.values()),
            "transactions": self.begun,
            "commits": self.committed,
            "rollbacks": self.rolled_back,
            "shapes": dict(sorted(shapes.items())),
        }


def watch() -> Callable[[], Seen]:
    """Look at every engine of this process from now on; the function that is returned gives what was seen, and begins anew."""
    seen = Seen()

    def asked(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        seen.statements[normal(statement)] += 1

    def counted(name: str) -> Callable[[Any], None]:
        def count(_connection: Any) -> None:
            setattr(seen, name, getattr(seen, name) + 1)

        return count

    event.listen(Engine, "before_cursor_execute", asked)
    for name, attribute in (("begin", "begun"), ("commit", "committed"), ("rollback", "rolled_back")):
        event.listen(Engine, name, counted(attribute))

    def take() -> Seen:
        taken = Seen(Counter(seen.statements), seen.begun, seen.committed, seen.rolled_back)
        seen.statements.clear()
        seen.begun = seen.committed = seen.rolled_back = 0
        return taken

    return take


def normal(statement: str) -> str:
    """Return a statement on one line, with each list of values as one.

    >>> normal("SELECT a\\nFROM t WHERE b IN (?, ?, ?)")
    'SELECT a FROM t WHERE b IN (?)'
    """
    return _SPACES.sub(" ", _LISTS.sub("(?)", statement)).strip()


def digest(text: str) -> str:
    """Return twelve hex digits that name a statement."""
    return hashlib.sha256(text.encode()).hexdigest()[:12]
