"""Records as notebooks show them: the facts of each, its figures in a table, and an estimate with its chart."""

from __future__ import annotations

from remiss.present import columns, estimate_facts, facts, html
from remiss.present import heatmap as heatmaps
from remiss.present.chart import chart
from remiss.records.case import Case
from remiss.records.estimate import Estimate
from remiss.records.heatmap import Heatmap
from remiss.records.rows import Rows, as_html
from remiss.records.run import Run


@as_html.register(Rows)
def rows(page: Rows) -> str:
    """Return the first lines of a list, and how many there are in all."""
    names = list(columns.shown(page))
    shown = min(len(page), html.ROW_LIMIT)
    if page.total is not None and page.total > shown:
        foot = f"… {shown:,} of {page.total:,}"
    else:
        foot = f"… {shown:,}, and more" if page.next or len(page) > shown else f"{shown:,} in all"
    return html.table(names, columns.lines(page), foot=foot, right=columns.SHARES)


@as_html.register(Case)
def case(found: Case) -> str:
    """Return what happened, what caught it, and how it was sampled."""
    captures = html.table(list(facts.CAPTURES), facts.captures(found), right=columns.SHARES) if found.captures else ""
    return f"<div>{html.pairs(facts.of_case(found))}{captures}</div>"


@as_html.register(Run)
def run(found: Run) -> str:
    """Return what a run read, what it drew, and how much of each criterion."""
    lines = facts.summary(found)
    summary = html.table(list(facts.SUMMARY), lines, right=columns.SHARES) if lines else ""
    return f"<div>{html.pairs(facts.of_run(found))}{summary}</div>"


@as_html.register(Estimate)
def estimate(found: Estimate) -> str:
    """Return what the figures are of, their chart, the same in a table, and what to know about them."""
    heading = f"<p><strong>{html.escaped(estimate_facts.heading(found))}</strong></p>"
    known = len(found.rows) > 1 or any(not row.exact for row in found.rows)
    picture = drawn(found) if known else ""  # one exact number needs no picture
    titles, lines = estimate_facts.figures(found)
    shared = estimate_facts.shared_notes(found)
    told = "".join(f"<p>{html.escaped(line)}</p>" for line in (estimate_facts.among(found), *found.notes, *shared) if line)
    own = estimate_facts.rows_own(found, [*found.notes, *shared], judging=found.by is None)
    rows = html.folded("notes on single rows", own)
    return f"<div>{heading}{picture}{html.table(titles, lines, right=estimate_facts.FIGURES)}{told}{rows}</div>"


@as_html.register(Heatmap)
def heatmap(found: Heatmap) -> str:
    """Return the grid, and what to know about it."""
    titles, lines = heatmaps.matrix(found)
    told = "".join(f"<p>{html.escaped(line)}</p>" for line in (*heatmaps.signs(found), *heatmaps.notes(found)))
    return f"<div>{html.table(titles, lines, right=titles[1:])}{told}</div>"


def drawn(found: Estimate) -> str:
    """Return the chart of an estimate with its title and its legend."""
    picture = chart(found)
    title = f"<p>{html.escaped(picture.title)}</p>"
    under = " ".join(filter(None, (html.escaped(picture.left_out), picture.legend)))
    return f"{title}{picture.svg}<p>{under}</p>"
