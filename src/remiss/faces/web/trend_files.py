"""What one takes along from Trends: a sentence to repeat, the figures as CSV or Markdown, its chart, and that as Vega-Lite.

Pages draw their charts on the server (`present/chart.py`), and the picture is that one. The others have every row with a value.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from starlette.responses import JSONResponse, Response

from remiss.catalog.query.expression import criteria
from remiss.catalog.query.parsing import parse
from remiss.catalog.query.printing import unparse
from remiss.errors import InputError
from remiss.faces.spreadsheet import sheet_of
from remiss.faces.web.rendering import CSV, MARKDOWN, sheet
from remiss.faces.web.trend_question import MEASURES, SVG, TrendQuestion
from remiss.present import chart_words
from remiss.present.chart import picture
from remiss.present.chart_marks import EXACT, UNKNOWN, ChartMark, mark_of
from remiss.present.chart_scale import ordered, over_time
from remiss.records.estimate import Estimate

Json = dict[str, Any]
SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json"
ROW_PIXELS = 24
# An unknown interval is no dot, and under ten sampled events are a hollow one.
SHAPES: Mapping[str, str] = {"exact": "diamond", "unknown": "cross", "given": "circle"}


def sentence_of(found: Estimate, names: chart_words.ChartNames, total: Callable[[], Estimate]) -> str:
    """Return what somebody can repeat: of the whole where there is one figure for it, else of the rule that is met most often.

    Parameters
    ----------
    total : asks for the figure that is not broken down
    """
    named = criteria(parse(found.query))
    if found.by is None:
        return chart_words.headline_of(found, names)
    if found.rate and not named:
        rows = ordered(found)
        most = rows[0] if rows else None
        alone = replace(found, rows=(most,), by=None, query=unparse(parse(f'criterion:"{most.key}"'))) if most else None
        return chart_words.headline_of(alone, names) if alone else ""
    try:
        return chart_words.headline_of(total(), names)
    except InputError:
        return ""


def exported(found: Estimate, asked: TrendQuestion, names: chart_words.ChartNames) -> Response:
    """Return what was asked for as a file."""
    by_name = asked.order == "name"
    rows = ordered(found, by_name=by_name)
    if asked.format in {CSV, MARKDOWN}:
        columns, lines = sheet_of(replace(found, rows=rows), {}, Estimate)
        if asked.format == MARKDOWN and rows:  # for people: without columns in which nothing stands
            told = (each for each in zip(columns, *lines, strict=True) if any(cell not in {None, ""} for cell in each[1:]))
            columns, *lines = zip(*told, strict=True)
        return sheet(columns, lines, form=asked.format, name=file_name(asked))
    if asked.format == SVG:
        named = {"content-disposition": f'attachment; filename="{file_name(asked)}.svg"'}
        return Response(picture(found, by_name=by_name, names=names), media_type="image/svg+xml", headers=named)
    marks = [mark_of(row, found) for row in rows]
    return JSONResponse(specification(found, marks, chart_words.heading_of(found, names)))


def file_name(asked: TrendQuestion) -> str:
    """Return what a file of a question is called: what was asked, in letters and digits that every disk takes.

    >>> file_name(TrendQuestion(query="criterion:slow occurred:2013-06", what="rate", by="month"))
    'share-of-criterion-slow-occurred-2013-06-by-month'
    """
    among, by = asked.of and f"among {asked.of}", asked.by and f"by {asked.by}"
    named = f"{MEASURES[asked.what]} {asked.found} {asked.query or 'all'} {among} {by} {asked.protocol}"
    words = re.findall(r"[^\W_]+", named.lower(), re.ASCII)
    return "-".join(words)[:120].strip("-")


def specification(found: Estimate, marks: Sequence[ChartMark], title: str) -> Json:
    """Return the specification of an estimate's chart.

    Parameters
    ----------
    marks : of all rows, in the order of the page
    title : the sentence above it
    """
    timed = over_time(found)
    values = [_datum(mark) for mark in marks if mark.number is not None]
    label: Json = {"field": "label", "type": "nominal", "sort": None, "title": None}
    axis = {"format": ".2~%" if found.rate else "~s"}
    value: Json = {"field": "value", "type": "quantitative", "title": None, "scale": {"zero": True}, "axis": axis}
    shapes = {"domain": list(SHAPES), "range": list(SHAPES.values())}
    along, across = ("x", "y") if timed else ("y", "x")
    whisker: Json = {
        "mark": {"type": "rule", "strokeWidth": 2},
        "transform": [{"filter": "datum.low !== null"}],
        "encoding": {
            along: label,
            across: {**value, "field": "low"},
            f"{across}2": {"field": "high"},
            "strokeDash": {"condition": {"test": "datum.provisional", "value": [5, 3]}, "value": [1, 0]},
        },
    }
    dot: Json = {
        "mark": {"type": "point", "size": 64, "strokeWidth": 2, "fill": "currentColor"},
        "encoding": {
            along: label,
            across: value,
            "shape": {"field": "known", "type": "nominal", "legend": None, "scale": shapes},
            "fillOpacity": {"condition": {"test": "datum.few || datum.known === 'unknown'", "value": 0}, "value": 1},
            "tooltip": [{"field": "label"}, {"field": "says", "title": "value"}],
        },
    }
    return {
        "$schema": SCHEMA,
        "title": title,
        "width": 640,
        "height": 260 if timed else ROW_PIXELS * max(2, len(values)),
        "data": {"values": values},
        "layer": [whisker, dot],
    }


def _datum(mark: ChartMark) -> Json:
    row = mark.row
    known = {EXACT: "exact", UNKNOWN: "unknown"}.get(mark.kind, "given")
    ends = {"low": row.low, "high": row.high} if known == "given" else {"low": None, "high": None}
    few = {"few": row.few, "provisional": row.provisional, "this_log_only": row.of_this_log}
    return {"label": mark.label, "value": mark.number, **ends, "known": known, **few, "sampled": row.sampled, "says": mark.says}
