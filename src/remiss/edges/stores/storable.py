"""What no database keeps alike: the character NUL, which some cannot hold in text (`records/event.py` says what is kept).

What a capture reads has none left; this is for what reaches the catalog otherwise, and for what is written beside events.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from operator import attrgetter
from typing import Any

from remiss.records.event import NUL, Event, without_nul
from remiss.records.run import Member

NAMES = tuple(field.name for field in fields(Event))
_plain = attrgetter(*(name for name in NAMES if name not in {"inputs", "context"}))


def storable(member: Member) -> Member:
    """Return a member whose event every database can hold: nearly always itself."""
    event = member.event
    # All texts at once, for a capture asks this of every event.
    values = (*_plain(event), *event.inputs.values(), *event.context.values())
    if NUL not in "".join([value for value in values if isinstance(value, str)]):
        return member
    found = {name: value for name in NAMES if _holds_nul(value := getattr(event, name))}
    return replace(member, event=replace(event, **{name: held(value) for name, value in found.items()}))


def held(value: Any) -> Any:
    """Return a value with every NUL in its texts replaced."""
    match value:
        case str():
            return without_nul(value)
        case Mapping():
            return {held(name): held(item) for name, item in value.items()}
        case _:
            return value


def _holds_nul(value: object) -> bool:
    if isinstance(value, str):
        return NUL in value
    return isinstance(value, Mapping) and any(isinstance(item, str) and NUL in item for item in value.values())
