"""Agreement: how far people who label the same cases say the same, drawn and in a table."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, ClassVar

from fastapi import APIRouter, Query
from markupsafe import Markup
from pydantic import Field
from starlette.responses import Response

from remiss.catalog.query import fields
from remiss.catalog.query.expression import Query as Filter
from remiss.catalog.query.expression import both
from remiss.catalog.query.parsing import parse
from remiss.catalog.query.printing import unparse
from remiss.errors import InputError
from remiss.faces.serving import AsOf, Ws, status_of
from remiss.faces.web.pages.agreement_chart import chart, marks_of
from remiss.faces.web.pages.shell import shell
from remiss.faces.web.rendering import address, render
from remiss.present import agreement
from remiss.records.agreement import Agreement, By

router = APIRouter()
# Where the cases stand that two people have labelled.
TWICE = parse("status:disputed OR status:verified OR status:rejected OR status:resolved OR status:regressed")
CHOICES = (("", "all together"), ("mode", "failure mode"), ("pair", "pair of people"), ("month", "month of the second labelling"))


class Asked(AsOf):
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
    asked: Asked
    choices: tuple[tuple[str, str], ...]
    titles: tuple[str, ...]
    lines: tuple[AgreementLine, ...]
    cases: int
    whole: str
    notes: tuple[str, ...]
    svg: Markup | None
    problem: tuple[str, str] | None


@router.get("/agreement")
def show(ws: Ws, asked: Annotated[Asked, Query()]) -> Response:
    """Show the form and the figures that it asks for."""
    from remiss.curate import agreement_actions as actions

    found: Agreement | None = None
    problem, status = None, 200
    try:
        found = actions.show_agreement(ws, asked.query, by=_by(asked.by), as_of=asked.as_of)
    except InputError as error:
        problem, status = (error.what, error.do), status_of(error)
    hrefs = [] if found is None else list(_hrefs(found, asked.as_of))
    marks = [] if found is None else marks_of(found.rows, hrefs)
    rows = () if found is None else found.rows
    page = AgreementPage(
        asked=asked,
        choices=CHOICES,
        titles=() if found is None else tuple(agreement.titles(found)),
        lines=tuple(
            AgreementLine(cells=agreement.cells(row, found.by if found else None), href=href)
            for row, href in zip(rows, hrefs, strict=True)
        ),
        cases=0 if found is None else found.cases,
        whole="" if found is None else _href(parse(found.query), asked.as_of),
        notes=() if found is None else found.notes,
        svg=Markup(chart(marks, "Agreement", alpha=asked.by != By.MODE)) if marks else None,  # noqa: S704 - every text in it is escaped
        problem=problem,
    )
    twin = address("/api/v1/agreement", query=asked.query, by=asked.by, as_of=asked.as_of)
    around = shell(ws, "Agreement", "agreement", *([(twin, "Agreement")] if found else []), position=asked.as_of)
    return render(page, around, status=status)


def _by(text: str) -> By | None:
    if text and text not in set(By):
        raise InputError(f"agreement is not told apart by {text[:40]!r}", do="use mode, pair or month")
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
