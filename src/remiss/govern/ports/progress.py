"""How whatever takes long tells how far it is."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

# Called with the name of a stage and the share of the work that is done, in [0, 1].
Progress: TypeAlias = Callable[[str, float], None]
