"""Raw evidence as it is shown to those who may see it, and what people attach to a case."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar

from remiss.records.case import Sensitivity
from remiss.records.published import LISTED, Count, Items, published


@dataclass(frozen=True, slots=True, kw_only=True)
class Original:
    """Where the raw event of a case lies in the vault, and by which run and protocol version it was captured."""

    case: str
    team: str
    sensitivity: Sensitivity
    run: str
    protocol: str
    version: int
    address: str


@published("raw-event", read="position")
@dataclass(frozen=True, slots=True, kw_only=True)
class RawEvent:
    """The raw event of a case: `content` is its JSON. Of a log of JSON Lines that is the line, letter by letter."""

    case: str
    run: str
    sensitivity: Sensitivity
    content: str
    position: Count | None = field(default=None, compare=False)

    @property
    def pairs(self) -> tuple[tuple[str, str | None], ...]:
        """The keys with their values as they are written, a key that is there twice twice; texts as they read, null as None.

        What no reader of JSON takes apart, such as lists in lists a thousand deep, stands there as a whole.
        """
        try:
            return tuple(_pairs(self.content))
        except (ValueError, IndexError, RecursionError):
            return ((UNPARTED, self.content),)


UNPARTED = "(the whole line)"
# Numbers stay as they are written, however long they are.
_DECODER = json.JSONDecoder(parse_int=str, parse_float=str, parse_constant=str)


def _pairs(text: str) -> Iterator[tuple[str, str | None]]:
    def after(at: int, wanted: str = "") -> int:
        """Return where what comes next begins, or what comes after that where that is what is wanted."""
        while text[at] in " \t\n\r":
            at += 1
        if not wanted:
            return at
        if text[at] != wanted:
            raise ValueError(text[at])
        return after(at + 1)

    at = after(0, "{")
    while text[at] != "}":
        name, at = _DECODER.raw_decode(text, at)
        at = after(at, ":")
        value, end = _DECODER.raw_decode(text, at)
        yield name, value if text[at] == '"' else None if value is None else text[at:end]
        at = after(end)
        # Some writers leave a comma after the last.
        at = after(at, ",") if text[at] == "," else at


@published("attachment", keys={"id": "attachment"}, read="read_position")
@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A file that somebody added to a case. `name` is harmless, and None once it was erased.

    `removed_by` and `removed_at` are of one that is not listed any more and can be restored. Of one that somebody added who has
    labelled the case, name and person are `hidden`, and why, from the person who is to do so next.
    """

    id: str
    case: str
    name: str | None
    size: Count
    sensitivity: Sensitivity
    person: str
    at: datetime
    position: Count
    hidden: str | None = None
    removed_by: str | None = None
    removed_at: datetime | None = None
    read_position: Count | None = field(default=None, compare=False)


@published("attached-file", read="position")
@dataclass(frozen=True, slots=True, kw_only=True)
class AttachedFile:
    """An attachment with its content."""

    attachment: Attachment
    content: bytes
    position: Count | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """Where the content of an attachment lies, and whose it is.

    `removed` says that it is not listed and can be restored, `erased` that the catalog has let go of it for good.
    """

    attachment: Attachment
    team: str
    address: str
    removed: bool
    erased: bool


@published("list", also=LISTED)
@dataclass(frozen=True, slots=True)
class CaseAttachments(Items[Attachment]):
    """The files of a case that one may see, or those that were removed and one may restore, the oldest first."""

    OF: ClassVar = "attachment"

    items: tuple[Attachment, ...]
