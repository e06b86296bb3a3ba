"""Charts as Vega-Lite, written here as plain values: what is drawn, with the cases behind each mark.

A specification says what is compared and how sure it is; colours and fonts are the page's (`static/charts.js`), in light and
dark alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

Json = dict[str, Any]
ROW_PIXELS = 24
MARK_LIMIT = 60
# What is known of this log only is no firm line.
OPEN_ENDS: Json = {"strokeDash": {"condition": {"test": "datum.open", "value": [2, 4]}, "value": [1, 0]}}
# All ticks have the unit of the greatest, and nought of thousands is nought.
NOUGHT = "datum.value === 0 ? '0' : datum.label"


def figures(marks: Sequence[Json], *, rate: bool, over_time: bool, title: str) -> Json:
    """Return the chart of an estimate: a dot on its interval for each row; over time from left to right, else under each other.

    Parameters
    ----------
    marks : by the names that the encodings have; texts are as people read them. At most MARK_LIMIT are drawn
    rate : whether values are fractions
    over_time : whether rows are periods, in order
    title : what a screen reader calls the chart
    """
    shown = list(marks[:MARK_LIMIT])
    label: Json = {"field": "label", "type": "nominal", "sort": None, "title": None}
    if over_time:
        label["axis"] = {"labelAngle": -35, "labelOverlap": True, "grid": False}
    else:
        # A mark at zero is as wide as that to the left of it.
        label["axis"] = {"labelLimit": 220, "labelPadding": 10, "domain": False, "ticks": False}
    value: Json = {
        "field": "value",
        "type": "quantitative",
        "title": None,
        "scale": {"zero": True, "nice": True},
        "axis": {"format": ".2~%" if rate else "~s", "tickCount": 6, "domain": False},
    }
    if not rate:
        value["axis"]["labelExpr"] = NOUGHT
    along, across = ("x", "y") if over_time else ("y", "x")
    tooltip = [
        {"field": "label", "title": " "},
        {"field": "says", "title": "share" if rate else "events"},
        {"field": "interval", "title": "95 % interval"},
    ]
    whisker: Json = {
        "mark": {"type": "rule", "strokeWidth": 2, "opacity": 0.55, "aria": False},
        "transform": [{"filter": "datum.low !== null"}],
        "encoding": {along: label, across: {**value, "field": "low"}, f"{across}2": {"field": "high"}, **OPEN_ENDS},
    }
    dot: Json = {
        "mark": {"type": "point", "size": 70, "opacity": 1, "strokeWidth": 2, "cursor": "pointer"},
        "encoding": {
            along: label,
            across: value,
            "shape": {
                "field": "exact",
                "type": "nominal",
                "legend": None,
                "scale": {"domain": [True, False], "range": ["diamond", "circle"]},
            },
            "fillOpacity": {"condition": {"test": "datum.few", "value": 0}, "value": 1},
            "tooltip": tooltip,
            "description": {"field": "told"},
        },
    }
    line: Json = {
        "mark": {"type": "line", "opacity": 0.35, "strokeWidth": 1.5, "aria": False},
        "encoding": {along: label, across: value},
    }
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "description": title,
        "width": "container",
        "height": 260 if over_time else ROW_PIXELS * max(2, len(shown)),
        "autosize": {"type": "fit-x", "contains": "padding"},
        "data": {"values": shown},
        "layer": [*([line] if over_time else []), *([whisker] if any(mark["low"] is not None for mark in shown) else []), dot],
    }
