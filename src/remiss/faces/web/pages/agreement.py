"""Agreement: how far people who label the same cases say the same, drawn and in a table.

The chart of agreement: alpha on its interval for each row, drawn without script, the same in light and dark.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar

from fastapi import APIRouter, Query
from markupsafe import Markup
from pydantic import Field
from starlette.responses import Response

from remiss import curate
from remiss.catalog.query import fields
from remiss.catalog.query.expression import Query as Filter
from remiss.catalog.query.expression import both
from remiss.catalog.query.parsing import parse
from remiss.catalog.query.printing import unparse
from remiss.errors import InputError
from remiss.faces.serving import AsOf, Ws, status_of
from remiss.faces.web.rendering import address, render, shell
from remiss.present import agreement
from remiss.present.agreement import WORDS, figure
from remiss.present.svg import escaped, extent, fitted, line, pixels, stroke, written
from remiss.records.agreement import Agreement, AgreementRow, By

# So narrow that on a telephone the figures stand beside their names; names take what they need, and no more than LEFT.
WIDTH, LEFT, RIGHT, TOP, ROW = 520, 250, 20, 26, 26
TICKS = (-0.5, 0.0, 0.5, 1.0)
# Krippendorff (Content analysis, 2013, chapter 12): below it, no conclusion; from it, tentative ones.
TENTATIVE = 0.667
MOST = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreementMark:
    """One figure: its name, from where to where, and where its cases are; empty where these are not told apart."""

    label: str
    value: float
    low: float | None
    high: float | None
    says: str
    href: str


def marks_of(rows: Sequence[AgreementRow], hrefs: Sequence[str]) -> list[AgreementMark]:
    """Return what can be drawn: of each row alpha, or where there is none of its kind how often both say it."""
    found = []
    for row, href in zip(rows, hrefs, strict=True):
        drawn = row.alpha if row.alpha.value is not None else row.agreed if row.ac.value is None and row.key else None
        if drawn is None or drawn.value is None:
            continue
        label = WORDS[row.field] if row.key is None else row.key if row.ac.value is None else f"{row.key}, {WORDS[row.field]}"
        says = figure(drawn, percent=drawn is row.agreed)
        found.append(AgreementMark(label=label, value=drawn.value, low=drawn.low, high=drawn.high, says=says, href=href))
    return found[:MOST]


@dataclass(frozen=True, slots=True)
class Scale:
    """Where figures stand: from the first tick to 1, right of the names."""

    left: float
    ticks: tuple[float, ...]

    @classmethod
    def of(cls, marks: Sequence[AgreementMark]) -> Scale:
        """Return a scale with room for the names, that begins below 0 only where a figure or its interval does."""
        names = max((extent(mark.label) for mark in marks), default=0) + 21
        least = min((mark.value if mark.low is None else mark.low for mark in marks), default=0.0)
        return cls(min(LEFT, names), tuple(tick for tick in TICKS if tick >= 0 or least < 0))

    def x(self, value: float) -> float:
        """Return where a value stands; one below the first tick stands there."""
        first, last = self.ticks[0], self.ticks[-1]
        return self.left + (max(value, first) - first) / (last - first) * (WIDTH - self.left - RIGHT)


def chart(marks: Sequence[AgreementMark], title: str, *, alpha: bool = True) -> str:
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


def _drawn(mark: AgreementMark, scale: Scale, y: float) -> Iterator[str]:
    opened, closed = (f'<a href="{escaped(mark.href)}">', "</a>") if mark.href else ("<g>", "</g>")
    yield f"{opened}<title>{escaped(f'{mark.label}: {mark.says}')}</title>"
    yield written(scale.left - 12, y + 4, fitted(mark.label, scale.left - 20), anchor="end")
    if mark.low is not None and mark.high is not None:
        yield stroke(line(scale.x(mark.low), y, scale.x(mark.high), y), opacity=0.6, thick=2)
    yield f'<circle cx="{pixels(scale.x(mark.value))}" cy="{pixels(y)}" r="5"/>{closed}'


router = APIRouter()
# Where the cases stand that two people have labelled.
TWICE = parse("status:disputed OR status:verified OR status:rejected OR status:resolved OR status:regressed")
CHOICES = (("", "all together"), ("mode", "failure mode"), ("pair", "pair of people"), ("month", "month of the second labelling"))


class AgreementForm(AsOf):
    """What stands in the form."""

    query: str = ""
    by: str = Field("", description="mode, pair or month.")


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreementLine:
    """One row of the table; `href` leads to its cases, and is empty where these are not told apart."""

    cells: tuple[object, ...]
    href: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreementPage:
    """agreement/page.html: the form, the figures or what is wrong with the question; `whole` leads to all cases in question."""

    template: ClassVar[str] = "agreement/page.html"
    asked: AgreementForm
    choices: tuple[tuple[str, str], ...]
    titles: tuple[str, ...]
    lines: tuple[AgreementLine, ...]
    cases: int
    whole: str
    notes: tuple[str, ...]
    svg: Markup | None
    problem: tuple[str, str] | None
    wrong: str


@router.get("/agreement")
def show(ws: Ws, asked: Annotated[AgreementForm, Query()]) -> Response:
    """Show the form and the figures that it asks for."""
    found: Agreement | None = None
    problem, wrong, status = None, "", 200
    try:
        found = curate.show_agreement(ws, asked.query, by=_by(asked.by), as_of=asked.as_of)
    except InputError as error:
        problem, wrong, status = (error.what, error.do), error.field or "query", status_of(error)
    hrefs = [] if found is None else list(_hrefs(found, asked.as_of))
    marks = [] if found is None else marks_of(found.rows, hrefs)
    titles, lines = ([], []) if found is None else agreement.table(found)
    page = AgreementPage(
        asked=asked,
        choices=CHOICES,
        titles=tuple(titles),
        lines=tuple(AgreementLine(cells=cells, href=href) for cells, href in zip(lines, hrefs, strict=True)),
        cases=0 if found is None else found.cases,
        whole="" if found is None else _href(parse(found.query), asked.as_of),
        notes=() if found is None else found.notes,
        svg=Markup(chart(marks, "Agreement", alpha=asked.by != By.MODE)) if marks else None,  # noqa: S704 - every text in it is escaped
        problem=problem,
        wrong=wrong,
    )
    twin = address("/api/v1/agreement", query=asked.query, by=asked.by, as_of=asked.as_of)
    around = shell(ws, "Agreement", "agreement", *([(twin, "Agreement")] if found else []), position=asked.as_of)
    return render(page, around, status=status)


def _by(text: str) -> By | None:
    if text and text not in set(By):
        raise InputError(f"agreement is not told apart by {text[:40]!r}", do="use mode, pair or month", field="by")
    return By(text) if text else None


def _hrefs(found: Agreement, as_of: int | None) -> Iterator[str]:
    """Yield where the cases behind each row are; those of a mode are those that have it now.

    Of a pair and of a month there is no such list: it would tell who labelled which case, and when, to people who are not to
    know that before they have labelled it themselves.
    """
    query = parse(found.query)
    for row in found.rows:
        if found.by in {By.PAIR, By.MONTH}:
            yield ""
            continue
        narrowed = both(query, fields.having("mode", row.key)) if found.by is By.MODE and row.key else query
        yield _href(narrowed, as_of)


def _href(query: Filter, as_of: int | None) -> str:
    """Return the address of the cases that match, of those that two people have labelled."""
    return address("/cases", query=unparse(both(query, TWICE)), as_of=as_of)
