"""Recoding: where each case goes when failure modes are renamed, merged or split, so that nothing is lost.

Every case of a mode that is moved goes to exactly one place: to a mode, or back to be labelled. So what a mode had, in cases and
in the events that they stand for, is what its lines have.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from remiss.records.recoding import ModeMove, Recoded, Recoding, Sent


@dataclass(frozen=True, slots=True, kw_only=True)
class Affected:
    """A case that a recoding touches: its mode now, if that is moved; where each moved mode goes in it; what it weighs."""

    case: str
    mode: str | None
    goes: Mapping[str, str | None]
    weight: float = 0.0


def destination(move: ModeMove, holds: Sequence[bool]) -> str | None:
    """Return where a move sends a case, by which of its arms hold; None is back to be labelled.

    >>> from remiss.records.recoding import Arm
    >>> move = ModeMove(sources=("a:x",), arms=(Arm(to="a:y", when="q"), Arm(to="a:z", when="r")))
    >>> destination(move, (False, True)), destination(move, (False, False))
    ('a:z', None)
    """
    return next((arm.to for arm, held in zip(move.arms, holds, strict=True) if held), move.otherwise)


def sources_of(recoding: Recoding) -> frozenset[str]:
    """Return the modes that are moved."""
    return frozenset(source for move in recoding.moves for source in move.sources)


def recoded(recoding: Recoding, affected: Iterable[Affected], *, written: bool) -> Recoded:
    """Return what a recoding does to the cases that have a moved mode."""
    counts: dict[tuple[str, str | None], list[float]] = defaultdict(lambda: [0, 0.0])
    for each in affected:
        if each.mode is not None:
            found = counts[each.mode, each.goes[each.mode]]
            found[0] += 1
            found[1] += each.weight
    order = [source for move in recoding.moves for source in move.sources]
    lines = sorted(counts.items(), key=lambda item: (order.index(item[0][0]), item[0][1] or "~"))
    sent = tuple(Sent(mode=mode, to=to, cases=int(cases), weight=weight) for (mode, to), (cases, weight) in lines)
    return Recoded(name=recoding.name, written=written, sent=sent)


def renamed(mode: str | None, others: Sequence[str], goes: Mapping[str, str | None]) -> tuple[str | None, tuple[str, ...]]:
    """Return the modes of a labelling after moves that send none of them back: the primary one, and the others, each once."""
    primary = goes.get(mode, mode) if mode is not None else None
    moved = (goes.get(each, each) for each in others)
    return primary, tuple(dict.fromkeys(each for each in moved if each is not None and each != primary))
