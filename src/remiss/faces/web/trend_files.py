"""What one takes along from Trends: the figures as CSV or Markdown, the chart as a picture, and as Vega-Lite for other tools.

Pages draw their charts on the server (`present/chart.py`), and the picture is that one. The others have every row with a value.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from starlette.responses import JSONResponse, Response

from remiss.faces.spreadsheet import sheet_of
from remiss.faces.web.rendering import CSV, MARKDOWN, sheet
from remiss.faces.web.trend_question import SVG, TrendQuestion
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


def exported(found: Estimate, asked: TrendQuestion, names: chart_words.ChartNames) -> Response:
    """Return what was asked for as a file."""
    by_name = asked.order == "name"
    rows = ordered(found, by_name=by_name)
    if asked.format in {CSV, MARKDOWN}:
        return sheet(*sheet_of(replace(found, rows=rows), {}, Estimate), form=asked.format, name="estimate")
    if asked.format == SVG:
        drawn = picture(found, by_name=by_name, names=names)
        return Response(drawn, media_type="image/svg+xml", headers={"content-disposition": 'attachment; filename="chart.svg"'})
    marks = [mark_of(row, found) for row in rows]
    return JSONResponse(specification(found, marks, chart_words.heading_of(found, names)))


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
    value: Json = {
        "field": "value",
        "type": "quantitative",
        "title": None,
        "scale": {"zero": True},
        "axis": {"format": ".2~%" if found.rate else "~s"},
    }
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
            "shape": {
                "field": "known",
                "type": "nominal",
                "legend": None,
                "scale": {"domain": list(SHAPES), "range": list(SHAPES.values())},
            },
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
