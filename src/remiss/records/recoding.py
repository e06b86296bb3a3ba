"""Recodings: recorded migrations of failure modes, which rename, merge or split them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar

from remiss.records.published import LISTED, Amount, Count, Items, published


@dataclass(frozen=True, slots=True, kw_only=True)
class Arm:
    """Where a move sends a case: the mode it is given, and the query that it has to match; without one every case does."""

    to: str
    when: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModeMove:
    """What becomes of some modes: the first arm that holds sends a case, else `otherwise`; None is back to be labelled."""

    sources: tuple[str, ...]
    arms: tuple[Arm, ...]
    otherwise: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Recoding:
    """A migration: its name, why, what it does, and the document that says so."""

    name: str
    about: str
    moves: tuple[ModeMove, ...]
    text: str

    @property
    def asks(self) -> bool:
        """Whether it sends cases by what they match, not by their mode alone."""
        return any(arm.when for move in self.moves for arm in move.arms)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """So many cases of a mode go to another, or back to be labelled when `to` is None; `weight` is of how many events."""

    mode: str
    to: str | None
    cases: Count
    weight: Amount


@published("recoding", read="position")
@dataclass(frozen=True, slots=True, kw_only=True)
class Recoded:
    """What a recoding does, or did when it is `written`, to the cases that the asker may be told of.

    Whatever a mode had among these is in the lines of that mode.
    """

    name: str
    written: bool
    sent: tuple[Sent, ...]
    position: Count | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptRecoding:
    """A recoding that was written: by whom, when, at which position, and its document."""

    name: str
    about: str
    person: str
    at: datetime
    position: Count
    text: str


@published("list", also=LISTED)
@dataclass(frozen=True, slots=True)
class KeptRecodings(Items[KeptRecoding]):
    """The recodings that were written, oldest first."""

    OF: ClassVar = "recoding"

    items: tuple[KeptRecoding, ...]
