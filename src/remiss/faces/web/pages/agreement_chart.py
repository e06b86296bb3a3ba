"""The chart of agreement: alpha on its interval for each row, drawn without script, the same in light and dark."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from remiss.present.agreement import WORDS, figure
from remiss.present.svg import escaped, extent, fitted, line, pixels, stroke, written
from remiss.records.agreement import AgreementRow

# So narrow that on a telephone the figures stand beside their names; names take what they need, and no more than LEFT.
WIDTH, LEFT, RIGHT, TOP, ROW = 520, 250, 20, 26, 26
TICKS = (-0.5, 0.0, 0.5, 1.0)
# Krippendorff (Content analysis, 2013, chapter 12): below it, no conclusion; from it, tentative ones.
TENTATIVE = 0.667
MOST = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """One figure: its name, from where to where, and where its cases are; empty where these are not told apart."""

    label: str
    value: float
    low: float | None
    high: float | None
    says: str
    href: str


def marks_of(rows: Sequence[AgreementRow], hrefs: Sequence[str]) -> list[Mark]:
    """Return what can be drawn: of each row alpha, or where there is none of its kind how often both say it."""
    found = []
    for row, href in zip(rows, hrefs, strict=True):
        drawn = row.alpha if row.alpha.value is not None else row.agreed if row.ac.value is None and row.key else None
        if drawn is None or drawn.value is None:
            continue
        label = WORDS[row.field] if row.key is None else row.key if row.ac.value is None else f"{row.key}, {WORDS[row.field]}"
        says = figure(drawn, percent=drawn is row.agreed)
        found.append(Mark(label=label, value=drawn.value, low=drawn.low, high=drawn.high, says=says, href=href))
    return found[:MOST]


@dataclass(frozen=True, slots=True)
class Scale:
    """Where figures stand: from the first tick to 1, right of the names."""

    left: float
    ticks: tuple[float, ...]

    @classmethod
    def of(cls, marks: Sequence[Mark]) -> Scale:
        """Return a scale with room for the names, that begins below 0 only where a figure or its interval does."""
        names = max((extent(mark.label) for mark in marks), default=0) + 21
        least = min((mark.value if mark.low is None else mark.low for mark in marks), default=0.0)
        return cls(min(LEFT, names), tuple(tick for tick in TICKS if tick >= 0 or least < 0))

    def x(self, value: float) -> float:
        """Return where a value stands; one below the first tick stands there."""
        first, last = self.ticks[0], self.ticks[-1]
        return self.left + (max(value, first) - first) / (last - first) * (WIDTH - self.left - RIGHT)


def chart(marks: Sequence[Mark], title: str, *, alpha: bool = True) -> str:
    """Return the chart as SVG, every text in it escaped; of `alpha` with the line below which it says nothing."""
    height, scale = TOP + ROW * len(marks) + 8, Scale.of(marks)
    return "".join((
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="group" ',
        'font-size="12" fill="currentColor">',
        f"<title>{escaped(title)}</title>",
        *_grid(scale, height, alpha=alpha),
        *(piece for at, mark in enumerate(marks) for piece in _drawn(mark, scale, TOP + ROW * at + ROW / 2)),
        "</svg>",
    ))  # fmt: skip


def _grid(scale: Scale, height: int, *, alpha: bool) -> Iterator[str]:
    for tick in scale.ticks:
        yield written(scale.x(tick), 12, f"{tick:g}", anchor="middle", opacity=0.8)
        yield stroke(line(scale.x(tick), 18, scale.x(tick), height), opacity=0.18, thick=1)
    if alpha:
        yield stroke(line(scale.x(TENTATIVE), 18, scale.x(TENTATIVE), height), dashes="3 3", opacity=0.5, thick=1)


def _drawn(mark: Mark, scale: Scale, y: float) -> Iterator[str]:
    opened, closed = (f'<a href="{escaped(mark.href)}">', "</a>") if mark.href else ("<g>", "</g>")
    yield f"{opened}<title>{escaped(f'{mark.label}: {mark.says}')}</title>"
    yield written(scale.left - 12, y + 4, fitted(mark.label, scale.left - 20), anchor="end")
    if mark.low is not None and mark.high is not None:
        yield stroke(line(scale.x(mark.low), y, scale.x(mark.high), y), opacity=0.6, thick=2)
    yield f'<circle cx="{pixels(scale.x(mark.value))}" cy="{pixels(y)}" r="5"/>{closed}'
