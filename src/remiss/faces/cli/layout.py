"""How a table fits a terminal: which columns are shown, how wide each is, and when cards are drawn in its place.

A column is never narrower than six letters, unless all that stands in it is. What people copy (ids), times and numbers stay
whole. Columns give way by their priority (see present/columns.py), those that say the same in every row first, then those to the
right; where too few would be left, each line of the table becomes a card: a name and a value a line.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from remiss.present.legible import NARROW_SPACE

# In letters: the least that a column has, what is broken only where it is longer, and what is not worth folding.
LEAST, PIECE, UNFOLDED = 6, 12, 18
# What is longer than this and has spaces is a phrase, which nobody copies as an id.
PHRASE = 48
# A table with fewer columns than this, of more, is drawn as cards.
FEWEST = 3
# Between columns, and at both ends of a line.
GAP, ENDS = 2, 2
# A text may be broken before a space, and behind what joins words; a hyphen stands in ids, which people copy.
PIECES = re.compile(r" *[^ ]+?(?:(?<=[_/:@])(?=[^\W\d_])|(?= )|$)")


@dataclass(frozen=True)
class TableColumn:
    """A column of a table: its title and its cells, as they are printed."""

    title: str
    cells: Sequence[str]
    priority: int
    right: bool = False
    whole: bool = False

    @cached_property
    def natural(self) -> int:
        """How wide it is where there is room."""
        return max(breadth(self.title), self._widest)

    @cached_property
    def _widest(self) -> int:
        return max(map(breadth, {*self.cells}), default=0)

    @cached_property
    def least(self) -> int:
        """How narrow it may be: whole words stay whole, unless they are long."""
        title = max(min(self.natural, LEAST), _pieces([self.title]))
        if self.whole or (self.right and self.priority != 2):
            return max(self._widest, title)
        if self.right:
            return max(title, *(breadth(word) for text in {*self.cells} for word in text.split(" ")), 0)
        if self.priority != 2:
            # What matters most is well read, and what matters least is not worth a second line.
            return min(self.natural, UNFOLDED)
        return min(self.natural, max(LEAST, _pieces({self.title, *self.cells})))

    @cached_property
    def constant(self) -> bool:
        """Whether it says the same in every row of several."""
        return len(self.cells) > 1 and len({*self.cells}) == 1


def _pieces(texts: Sequence[str] | set[str]) -> int:
    """Return how wide the widest piece of some texts is that is not broken."""
    return min(PIECE, max((breadth(piece.strip()) for text in texts for piece in PIECES.findall(text)), default=0))


@dataclass(frozen=True)
class TableLayout:
    """Which columns are shown, each with its width, and the places of those that are not; no widths: draw cards."""

    shown: tuple[int, ...]
    widths: tuple[int, ...]
    dropped: tuple[int, ...]


def laid_out(columns: Sequence[TableColumn], width: int) -> TableLayout:
    """Return how columns fit a width.

    >>> ids, names = TableColumn("id", ["k7m4-qp2x-9w3d"], 1, whole=True), TableColumn("name", ["a name of several words"], 1)
    >>> more = TableColumn("source", ["arrival-predictions"], 3)
    >>> laid_out([ids, names, more, more], 60)
    TableLayout(shown=(0, 1, 2), widths=(14, 21, 19), dropped=(3,))
    >>> laid_out([ids, names, more], 20)
    TableLayout(shown=(), widths=(), dropped=())
    """
    kept = list(range(len(columns)))
    while kept and _whole(sum(columns[at].least for at in kept), len(kept)) > width:
        giving = max(kept, key=lambda at: (columns[at].priority, columns[at].constant, at))
        if columns[giving].priority == 1:
            return TableLayout((), (), ())
        kept.remove(giving)
    if len(kept) < min(FEWEST, len(columns)):
        return TableLayout((), (), ())
    shown = [columns[at] for at in kept]
    room = width - _whole(0, len(kept))
    # The widest give way, each down to its least.
    low, high = 0, max(each.natural for each in shown)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if sum(_at_most(each, middle) for each in shown) <= room else (low, middle - 1)
    dropped = tuple(at for at in range(len(columns)) if at not in kept)
    return TableLayout(tuple(kept), tuple(_at_most(each, low) for each in shown), dropped)


def _at_most(column: TableColumn, cap: int) -> int:
    return max(column.least, min(column.natural, cap))


def _whole(widths: int, count: int) -> int:
    return widths + GAP * (count - 1) + ENDS


def breadth(text: str) -> int:
    """Return how many columns of a terminal a text takes: two for each wide letter, none for what stands on another."""
    # Before a percent sign stands a narrow space, in nearly every answer; what knows of wide letters takes longer to load.
    if text.isascii() or text.replace(NARROW_SPACE, " ").isascii():
        return len(text)
    from rich.cells import cell_len

    return cell_len(text)


def in_lines(text: str, width: int) -> list[str]:
    """Return a text in lines of at most that width, broken between words, and within a word where it is wider.

    >>> in_lines("what the model said was incomprehensible", 10)
    ['what the', 'model said', 'was', 'incomprehe', 'nsible']
    >>> in_lines("remiss:data, 11,434 times", 8), in_lines("model_version", 8)
    (['remiss:', 'data,', '11,434', 'times'], ['model_', 'version'])
    """
    lines = [""]
    for piece in PIECES.findall(text):
        if breadth(lines[-1] + piece) <= width:
            lines[-1] += piece
            continue
        lines += [""] if lines[-1] else []
        for letter in piece.lstrip():
            lines += [""] if breadth(lines[-1] + letter) > width else []
            lines[-1] += letter
    return lines
