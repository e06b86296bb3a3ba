"""How one figure is drawn: the less is known of it, the less ink it has.

A dot on its interval is an estimate; hollow where under ten sampled events stand behind it, a diamond where it is exact, and a
cross on a dotted line where nobody knows how sure it is, which is never a filled mark. Lines are dashed while labels may still
change a figure, have dotted ends where they are of this log only, and an arrow head where they go on beyond the scale.

Whether a glyph lies or stands is one argument. Places along a chart's width are percentages of it, so that a picture is drawn
once for every screen; all others are pixels.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from remiss.present import estimate_facts
from remiss.present.svg import escaped, pixels
from remiss.records.estimate import Estimate, EstimateRow

EXACT, SURE, OPEN, UNKNOWN, NONE = "exact", "sure", "open", "unknown", "none"
FEW, PROVISIONAL, PARTIAL, BEYOND = "few", "provisional", "partial", "beyond"
DOT = 4.0
# How far dotted ends reach beyond an interval.
REACH = 9
DASHES, DOTS = "5 3", "1 4"
LEGEND = {
    SURE: "Estimate with its {level} % interval",
    FEW: "Hollow: under 10 sampled",
    EXACT: "Exact",
    OPEN: "Dotted ends: this log only",
    UNKNOWN: "Cross: interval unknown",
    PROVISIONAL: "Dashed: labels may still change it",
    PARTIAL: "Dashed: the log begins within it",
    BEYOND: "Arrow: goes on beyond the scale",
}
Address = Callable[[EstimateRow], str]


@dataclass(frozen=True, slots=True)
class ChartMark:
    """One row, ready to be drawn: how it is marked, what is written beside it, and where it leads; empty for nowhere."""

    kind: str
    label: str
    value: str
    interval: str
    row: EstimateRow
    href: str = ""

    @property
    def says(self) -> str:
        """The figure with its interval."""
        return f"{self.value} ({self.interval})" if self.interval else self.value

    @property
    def told(self) -> str:
        """The row in words."""
        said = f"{self.label}: {self.says}" if self.label else self.says
        remarks = estimate_facts.remarks(self.row)
        return ", ".join(filter(None, (said, "interval unknown" if self.kind == UNKNOWN else "", remarks)))

    @property
    def number(self) -> float | None:
        """The value that is drawn; None where there is none."""
        return None if self.kind == NONE or self.row.value is None else float(self.row.value)

    @property
    def upper(self) -> float | None:
        """The upper end of what is drawn."""
        return self.number if self.kind in {NONE, EXACT, UNKNOWN} or self.row.high is None else float(self.row.high)

    def glyph(self, across: float, place: Callable[[float], float], most: float, ends: tuple[float, float]) -> Glyph | None:
        """Return it in its place: `place` has that of a number on a scale which ends at `most`, and `ends` those of the scale."""
        if (number := self.number) is None:
            return None
        of = (self.row.low, self.row.high) if self.kind != UNKNOWN else (None, None)
        low, high = (place(number if end is None else float(end)) for end in of)
        beyond, lies = (self.upper or 0.0) > most, ends[0] < ends[1]
        return Glyph(self, across, place(number), low, high, *ends, lies=lies, beyond=beyond, gone=number > most)


def mark_of(row: EstimateRow, estimate: Estimate, href: str = "") -> ChartMark:
    """Return how a row is drawn, and the texts beside it."""
    value, interval = estimate_facts.figure_of(row, rate=estimate.rate)
    if value == estimate_facts.UNDEFINED:
        kind = NONE
    elif interval:
        kind = OPEN if row.of_this_log else SURE
    else:
        kind = EXACT if row.exact else UNKNOWN
    return ChartMark(kind, estimate_facts.key_of(row) if estimate.by else "", value, interval, row, href)


@dataclass(frozen=True, slots=True)
class Glyph:
    """One mark on its chart: `across` where it stands beside its neighbours, the others along the scale, from `start` to `end`.

    `lies` says that the scale runs from left to right, in percent; else it runs upwards, in pixels. `beyond` is of an interval,
    or a value, that goes on.
    """

    mark: ChartMark
    across: float
    at: float
    low: float
    high: float
    start: float
    end: float
    lies: bool
    beyond: bool = False
    gone: bool = False

    def drawn(self, dot: float = DOT) -> str:
        """Return the shapes."""
        mark = self.mark
        dashed = f' stroke-dasharray="{DASHES}"' if mark.row.incomplete else ""
        if mark.kind == UNKNOWN:
            line = self._line(self.start, self.end, f'stroke-dasharray="{DOTS}"')
            return f'<g class="unk">{line}{self._shape(self.at, "M-4-4 4 4M4-4-4 4")}</g>'
        if mark.kind == EXACT:
            fill = f' fill="none" class="pt few"{dashed}' if mark.row.incomplete else ' fill="currentColor" class="pt exact"'
            return self._arrow(plain=True) if self.gone else self._shape(self.at, "M0-5 5 0 0 5-5 0z", fill)
        parts = [self._line(self.low, self.high, f'class="iv"{dashed}')]
        if mark.kind == OPEN:
            parts.append(self._ends())
        if self.beyond:
            parts.append(self._arrow())
        if not self.gone:
            fill = 'class="pt few"' if mark.row.few else 'class="pt" fill="currentColor"'
            parts.append(f'<circle {fill} {self._centre(self.at)} r="{pixels(dot)}"/>')
        return "".join(parts)

    def _centre(self, along: float) -> str:
        x, y = (f"{pixels(along)}%", pixels(self.across)) if self.lies else (f"{pixels(self.across)}%", pixels(along))
        return f'cx="{x}" cy="{y}"'

    def _line(self, first: float, last: float, how: str) -> str:
        if self.lies:
            where = f'x1="{pixels(first)}%" x2="{pixels(last)}%" y1="{pixels(self.across)}" y2="{pixels(self.across)}"'
        else:
            where = f'x1="{pixels(self.across)}%" x2="{pixels(self.across)}%" y1="{pixels(first)}" y2="{pixels(last)}"'
        return f"<line {how} {where}/>"

    def _shape(self, along: float, path: str, how: str = "") -> str:
        """Draw a shape of pixels around a place that is a percentage."""
        x, y = (along, self.across) if self.lies else (self.across, along)
        return f'<svg x="{pixels(x)}%" y="{pixels(y)}" overflow="visible"><path{how} d="{path}"/></svg>'

    def _arrow(self, *, plain: bool = False) -> str:
        how = ' class="on"'
        path = "M-6-4 0 0-6 4" if self.lies else "M-4 6 0 0 4 6"
        stem = "" if not plain else ("M-12 0H0" if self.lies else "M0 12V0")
        return self._shape(self.end, path + stem, how)

    def _ends(self) -> str:
        """Draw dots beyond the ends of an interval: there is more that is not known."""
        how = f' class="open" stroke-dasharray="{DOTS}"'
        low = self._shape(self.low, f"M-{REACH} 0H0" if self.lies else f"M0 {REACH}V0", how)
        return low if self.beyond else low + self._shape(self.high, f"M{REACH} 0H0" if self.lies else f"M0-{REACH}V0", how)


def occurring(glyphs: Iterable[Glyph]) -> set[str]:
    """Return what the legend has to explain of a chart."""
    found: set[str] = set()
    for each in glyphs:
        row = each.mark.row
        begun = {PROVISIONAL: row.provisional, PARTIAL: row.partial}
        met = {each.mark.kind: True, FEW: row.few, **begun, BEYOND: each.beyond or each.gone}
        found |= {name for name, holds in met.items() if holds}
    return found


def legend_items(glyphs: Sequence[Glyph]) -> list[tuple[str, str]]:
    """Return what each kind of mark in a chart means: a small picture and its words; only of what occurs."""
    found = occurring(glyphs)
    if found & {OPEN, FEW} and any(each.mark.interval for each in glyphs):
        found.add(SURE)
    level = next((each.mark.row.level for each in glyphs if each.mark.interval), 0.95)
    return [(_sign(kind), words.format(level=f"{level * 100:g}")) for kind, words in LEGEND.items() if kind in found]


def legend_of(items: Iterable[tuple[str, str]]) -> str:
    """Return a legend as HTML."""
    return " ".join(f"<span>{sign} {escaped(words)}</span>" for sign, words in items)


def _sign(kind: str) -> str:
    """Return the picture of one kind of mark for the legend."""
    row = EstimateRow(value=1, method="weighted", few=kind == FEW, provisional=kind in {PROVISIONAL, PARTIAL})
    shown = kind if kind in {EXACT, OPEN, UNKNOWN} else SURE
    glyph = Glyph(ChartMark(shown, "", "", "", row), 8, 50, 15, 85, 5, 96, lies=True, beyond=kind == BEYOND)
    if kind == BEYOND:
        glyph = Glyph(ChartMark(shown, "", "", "", row), 8, 40, 10, 96, 5, 96, lies=True, beyond=True)
    if kind == OPEN:
        glyph = Glyph(ChartMark(shown, "", "", "", row), 8, 50, 34, 66, 5, 96, lies=True)
    return f'<svg class="c1" width="32" height="16" aria-hidden="true" {STROKED}>{glyph.drawn()}</svg>'


# Lines of a chart's marks; pages give them the colour of their class.
STROKED = 'stroke="currentColor" stroke-width="2" fill="none"'


def linked(mark: ChartMark, shapes: Iterator[str] | Iterable[str]) -> str:
    """Return the shapes of a mark with its words, as a link where it leads somewhere."""
    inside = f"<title>{escaped(mark.told)}</title>{''.join(shapes)}"
    return f'<a href="{escaped(mark.href)}">{inside}</a>' if mark.href else f"<g>{inside}</g>"
