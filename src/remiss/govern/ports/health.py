"""What is looked at to say whether machine and catalog are well."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from remiss.action import Performs
from remiss.govern.health import Check


class Health(Protocol):
    """What is looked at of a machine and, where there is one, of the catalog that is open."""

    def checks(self) -> Iterator[Check]:
        """Yield what was found, each thing as soon as it is known."""
        ...


class GovernWorkspace(Performs, Protocol):
    """The ports that governance's actions take."""

    @property
    def health(self) -> Health: ...
