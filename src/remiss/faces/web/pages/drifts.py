"""Drift: which fields of a window changed by more than reference windows differ, each beside what is usual for it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any, ClassVar

from fastapi import APIRouter, Query
from markupsafe import Markup
from pydantic import NonNegativeInt
from starlette.responses import Response

from remiss import capture, understand
from remiss.catalog.query.expression import both
from remiss.catalog.query.fields import having
from remiss.catalog.query.parsing import parse
from remiss.catalog.query.printing import in_days, unparse
from remiss.errors import FigureRefused, InputError, NotFound
from remiss.faces.serving import AsOf, Cached, Ws, status_of
from remiss.faces.web import protocol_cache
from remiss.faces.web.rendering import address, render, shell
from remiss.faces.web.trend_question import fitting, latest_of, size
from remiss.present.drift_facts import amount, drift_in_words, headline, line, notes, strip
from remiss.records.catalog import reached
from remiss.records.drift import DriftReport, FieldDrift

router = APIRouter()
PATH = "/drift"
# In bytes: what fields and notes may take of a page, and a field beside what is different in each.
ROOM, ROW = 40_000, 400
MEASURES = {"psi": "PSI", "jensen-shannon": "JS", "wasserstein": "Wasserstein", "new": "New values", "vanished": "Gone values"}


class DriftQuestion(AsOf):
    """What the form of the page sends; texts may be empty."""

    query: str = ""
    reference: str = ""
    fields: str = ""
    source: str = ""
    protocol: str = ""
    after: NonNegativeInt = 0

    def arguments(self) -> dict[str, Any]:
        """Return the same as the library takes it."""
        return {name: value for name, value in self.model_dump(exclude={"as_of", "after"}).items() if value}


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftLine:
    """One field in texts, and where it leads: what became of it, its picture, and the figures of its distance."""

    field: str
    words: str
    drifted: bool
    cases: str
    svg: Markup
    surest: tuple[str, str]
    figures: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftPage:
    """drift/page.html: the question, a line for each field, where the rest of them is, and the windows that were compared."""

    template: ClassVar[str] = "drift/page.html"
    asked: DriftQuestion
    found: DriftReport | None
    title: str
    lines: tuple[DriftLine, ...]
    rest: str
    notes: tuple[str, ...]
    problem: InputError | NotFound | None
    empty: bool


@router.get(PATH)
def drift(ws: Ws, answers: Cached, asked: Annotated[DriftQuestion, Query()]) -> Response:
    """Show which fields of a window have drifted."""
    position, protocols = reached(asked.as_of, ws.position()) or ws.position(), protocol_cache.newest(ws)
    heads, captured = protocol_cache.heads(protocols), tuple(answers.ask(ws, capture.coverage, position))
    if not (asked.source or asked.protocol) and (latest := latest_of(captured, {each.name for each in protocols})):
        asked = asked.model_copy(update={"source": latest[0], "protocol": latest[1]})
    found: DriftReport | None = None
    problem: InputError | NotFound | None = None
    try:
        found = answers.ask(ws, understand.measure_drift, position, **asked.arguments())
    except (InputError, NotFound) as error:
        problem = error
    empty = isinstance(problem, NotFound) and not captured
    lines, told = ((), ()) if found is None else (tuple(_lines(found, heads))[asked.after :], tuple(notes(found)))
    shown = fitting([size(ROW, each.field, each.words, each.cases, each.svg) for each in lines], ROOM - size(0, *told))
    following = address(PATH, **asked.arguments(), as_of=asked.as_of, after=asked.after + shown)
    page = DriftPage(
        asked=asked,
        found=found,
        title="" if found is None else headline(found, partial(_called, heads)),
        lines=lines[:shown],
        rest=following if shown < len(lines) else "",
        notes=told,
        problem=None if empty else problem,
        empty=empty,
    )
    twins = () if found is None else ((address("/api/v1/drift", **asked.arguments(), as_of=asked.as_of), "Drift"),)
    status = 200 if empty or problem is None or isinstance(problem, FigureRefused) else status_of(problem)
    return render(page, shell(ws, "Drift", "slices", *twins, position=position), status=status)


def _called(heads: Mapping[str, str], field: str) -> str:
    """Return what people call a field, and else its name without its family."""
    return heads.get(field) or field.partition(".")[2] or field.capitalize()


def _lines(found: DriftReport, heads: Mapping[str, str]) -> Iterator[DriftLine]:
    window = next(each.query for each in found.windows if each.start == found.since)
    for each in found.fields:
        cases = _cases(found, window, each)
        yield DriftLine(
            field=_called(heads, each.field),
            words=drift_in_words(each, found.needs),
            drifted=each in found.drifted,
            cases=cases,
            svg=Markup(strip(each, cases)),  # noqa: S704 - it escapes what it writes
            surest=_surest(each),
            figures=line(each, found.needs)[2:],
        )


def _surest(one: FieldDrift) -> tuple[str, str]:
    """Return the measure of the picture with its value, and up to where it usually is."""
    if one.beside is None:
        return "", ""
    measure, value, high = one.beside.measure, one.beside.value, one.beside.high
    return f"{MEASURES.get(measure, measure)} {amount(one, measure, value)}", amount(one, measure, high)


def _cases(found: DriftReport, window: str, one: FieldDrift) -> str:
    """Return the address of the window's cases; of a value that changed, of those that have it."""
    parts = [parse(window)]
    if one in found.drifted and one.value is not None and one.after:
        parts.append(having(one.field, one.value))
    return address("/cases", query=in_days(unparse(both(*parts))))
