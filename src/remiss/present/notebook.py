"""Records as notebooks show them: the facts of each, its figures in a table, and with a chart what has intervals."""

from __future__ import annotations

from collections.abc import Iterable

from remiss.present import columns, estimate_facts, facts, forest, gate_report, html, result_report, result_words
from remiss.present import heatmap as heatmaps
from remiss.present.chart import WIDTH, chart
from remiss.present.legible import counted
from remiss.records.case import Case
from remiss.records.estimate import Estimate
from remiss.records.gate import SHOWN_EVIDENCE, GateCondition, GateDecision, GateVerdict
from remiss.records.heatmap import Heatmap
from remiss.records.result import PairedDifference, ResultFigure, SuiteComparison, SuiteResult
from remiss.records.rows import Rows, as_html
from remiss.records.run import Run
from remiss.records.suite import Suite

# So many figures are in a table; the attributes of the record have all.
DRAWN = forest.DRAWN
# What figures are of, by their group.
KINDS = {**result_words.COMPARED, **result_words.GROUPS}


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


@as_html.register(Suite)
def suite(found: Suite) -> str:
    """Return what a suite is of, how many events are in it, and what a gate over it can do."""
    sealed = found.sealed.rows
    known = (
        ("suite", found.name),
        ("digest", found.digest),
        ("of", f"{found.protocol}@{found.protocol_version}, position {found.position}"),
        ("query", found.query or "everything"),
        ("within", found.within or "all events of the protocol"),
        ("since", found.since),
        ("until", found.until),
        ("inputs", found.inputs.value),
    )
    lines = [(each.part.value, each.rows, sealed.get(each.part.value, 0), each.families) for each in found.files]
    files = html.table(["part", "events", "sealed besides", "families"], lines)
    told = (*result_words.not_asked(found), *map(result_words.power_words, found.power), *found.notes)
    asked = html.folded("asked of a version", [str(each) for each in found.success])
    return f"<div>{html.pairs(known)}{files}{_said(told)}{asked}</div>"


@as_html.register(SuiteResult)
def result(found: SuiteResult) -> str:
    """Return what a version made of a suite: the news, the chart of its shares, all figures, and criteria of success."""
    figures = result_report.told(found)
    lines = [
        (*_of(each), result_words.MEASURES[each.measure], result_words.figure_value(each), result_words.events_of(each))
        for each in figures
    ]
    table = html.table(
        ["of", "which", "measure", "95 % interval", "events"], lines, right=("95 % interval", "events"), limit=DRAWN
    )
    asked = [(each.text, result_words.success_value(each), result_words.SUCCESS[each.verdict]) for each in found.success]
    success = html.table(["criterion of success", "95 % interval", "is"], asked, right=("95 % interval",)) if asked else ""
    told = (result_words.synthetic(found), *found.notes)
    return f"<div>{_headed(result_words.news(found), forest.rates(figures, WIDTH))}{success}{table}{_said(told)}</div>"


@as_html.register(SuiteComparison)
def comparison(found: SuiteComparison) -> str:
    """Return how two versions differ on a suite: the news, the chart of the differences, and all of them with their tests."""
    lines = [
        (*_of(each), result_words.points(each), result_words.p_value(each), each.fixed, each.broken, each.events)
        for each in found.differences
    ]
    titles = ["of", "which", "difference in points", "p", "fixes", "breaks", "events"]
    table = html.table(titles, lines, right=("difference in points", "p"), limit=DRAWN)
    latency = () if found.latency is None else (f"latency {result_words.latency_words(found.latency)}",)
    told = (*latency, result_words.synthetic(found), *found.notes)
    heading = _headed(result_words.comparison_news(found), forest.compared(found.differences, WIDTH))
    return f"<div>{heading}{table}{_said(told)}</div>"


@as_html.register(GateDecision)
def decision(found: GateDecision) -> str:
    """Return what a gate decided: the verdict, the chart of differences and margins, and every condition with its evidence."""
    verdict = f"{gate_report.verdict_words(found)}: {found.model} against {found.baseline}, gate {found.gate}"
    regressed = (f"{gate_report.regressed_words(found)}: {', '.join(found.regressed)}",) if found.regressed else ()
    titles = ["condition", "verdict", "what was found", "events", "look at"]
    lines = [
        (
            each.name,
            gate_report.WORDS[each.verdict] + (f", waived {each.waived}" if each.waived else ""),
            each.says,
            each.events,
            _evidence(each),
        )
        for each in found.conditions
    ]
    notes = [f"{each.name}: {note}" for each in found.conditions for note in each.notes]
    known = (
        ("decision", found.id),
        *(
            ("suite", f"{each.name} ({counted(each.events, 'event')}, {each.sealed:,} sealed, {each.synthetic:,} synthetic)")
            for each in found.suites
        ),
        ("repeats", found.repeats),
        ("model", found.model.digest or "known by its name only"),
        ("policy", found.policy_digest),
        ("one family", ", ".join(found.family) or "none"),
        ("decided", found.decided_at),
    )
    heading = _headed(verdict, forest.conditions(found.conditions, WIDTH))
    table = html.table(titles, lines, limit=len(lines))
    return f"<div>{heading}{_said(regressed)}{table}{html.folded('notes', notes)}{html.pairs(known)}</div>"


def _of(found: ResultFigure | PairedDifference) -> tuple[str, str]:
    """Return which events a figure is about: of which kind, and which of them."""
    return KINDS[found.group], "" if found.group == "all" else result_words.of_what(found)


def _headed(news: str, picture: forest.Picture) -> str:
    """Return a sentence, and a chart with its title where there is one."""
    title, svg = picture
    return f"<p><strong>{html.escaped(news)}</strong></p>" + (f"<p>{html.escaped(title)}</p>{svg}" if svg else "")


def _said(told: Iterable[str]) -> str:
    return "".join(f"<p>{html.escaped(line)}</p>" for line in told)


def _evidence(condition: GateCondition) -> str | None:
    if condition.verdict is GateVerdict.PASS or not condition.evidence:
        return None
    shown = condition.shown(SHOWN_EVIDENCE)
    return ", ".join(condition.evidence[:SHOWN_EVIDENCE]) + (f" ({shown})" if shown else "")
