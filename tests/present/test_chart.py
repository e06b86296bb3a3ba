"""The chart of an estimate: the less is known, the less ink; no interval rules the scale; what is left out is said."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from remiss.present.chart import chart, picture
from remiss.present.chart_scale import TIME_LIMIT, scale_of
from remiss.present.chart_words import ChartNames
from remiss.records.estimate import Estimate, EstimateRow, VersionSpan

SVG = "{http://www.w3.org/2000/svg}"


def row(key="a", value=0.2, low=0.1, high=0.3, **given):
    return EstimateRow(**{"key": key, "value": value, "low": low, "high": high, "method": "weighted", "sampled": 40, **given})


def drawn(*rows, by="k", **given):
    return chart(Estimate(query="criterion:slow", of=None, by=by, position=7, rate=True, rows=rows), **given)


def classes(svg):
    return [name for each in ET.fromstring(svg).iter() for name in (each.get("class") or "").split()]


EXACT = row("exact", low=None, high=None, method="counted")
UNKNOWN = row("unknown", low=None, high=None)
FEW = row("few", few=True, sampled=3)


@pytest.mark.parametrize("by", ["k", "month"])
@pytest.mark.parametrize("few", [False, True])
def test_an_unknown_interval_is_a_cross_on_dots_and_never_a_filled_mark(by, few):
    keys = ("2013-06", "2013-07")
    svg = drawn(*(replace(UNKNOWN, key=key, few=few) for key in keys), by=by).svg
    assert classes(svg).count("unk") == 2
    assert "pt" not in classes(svg)
    assert "iv" not in classes(svg)
    assert "<circle" not in svg


@pytest.mark.parametrize("by", ["k", "month"])
def test_few_are_hollow_exact_a_diamond_and_provisional_a_dashed_line(by):
    keys = ("2013-06", "2013-07", "2013-08", "2013-09")
    rows = (row(), replace(FEW, provisional=True), EXACT, replace(EXACT, provisional=True))
    svg = drawn(*(replace(each, key=key) for each, key in zip(rows, keys, strict=True)), by=by).svg
    assert classes(svg).count("pt") == 4
    assert classes(svg).count("few") == 2  # the fourth is not certain either
    assert svg.count("<circle") == 2
    assert len(re.findall(r'<circle class="pt few" [^>]*fill', svg)) == 0
    assert svg.count('class="iv" stroke-dasharray') == 1
    assert ("panel" in classes(svg)) == (by == "month")


def test_the_legend_explains_what_occurs_and_nothing_else():
    assert drawn(EXACT, replace(EXACT, key="b", value=0.4)).legend.count("<span>") == 1
    legend = drawn(row(), FEW, UNKNOWN).legend
    assert [words in legend for words in ("Estimate", "Hollow", "Exact", "Cross", "Dashed", "Arrow")] == [
        *(True, True, False, True, False, False)
    ]


@pytest.mark.parametrize("by", ["k", "month"])
def test_an_interval_of_nearly_everything_leaves_room_for_the_rest(by):
    wide = row("2013-08", value=0.05, low=0.0, high=0.99, few=True, sampled=1)
    found = drawn(row("2013-06"), row("2013-07", value=0.02, low=0.01, high=0.04), wide, by=by)
    assert scale_of(found.marks, rate=True).end <= 0.3 * 1.25 + 1e-9
    assert classes(found.svg).count("on") == 1
    assert "Arrow" in found.legend


def test_a_value_of_few_beyond_the_scale_is_an_arrow_and_no_dot():
    svg = drawn(row(), row("b", value=1.0, low=0.6, high=1.0, few=True, sampled=2)).svg
    assert svg.count("<circle") == 1
    assert classes(svg).count("on") == 1


def test_shares_begin_at_nought_and_every_tick_has_its_unit():
    svg = drawn(row(value=0.95, low=0.93, high=0.97), row("b", value=0.97, low=0.96, high=0.98)).svg
    ticks = [each.text for each in ET.fromstring(svg).iter(f"{SVG}text") if each.get("text-anchor") == "middle"]
    assert ticks[0] == "0\u202f%"
    assert all(tick.endswith("%") for tick in ticks)


def test_numbers_say_of_what_at_the_last_tick():
    found = chart(Estimate(query="", of=None, by="k", position=1, rows=(row(value=30, low=20, high=40), row("b"))))
    assert "40 events<" in found.svg


def test_categories_are_sorted_by_value_and_by_a_switch_from_a_to_z():
    rows = (row("c", 0.1), row("a", 0.2), row(None, 0.4), row("b", 0.3))
    assert [mark.label for mark in drawn(*rows).marks] == ["not known", "b", "a", "c"]
    assert [mark.label for mark in drawn(*rows, by_name=True).marks] == ["a", "b", "c", "not known"]


def test_the_forty_largest_are_drawn_and_how_many_there_are_is_said():
    rows = tuple(row(f"k{at:02}", at / 200) for at in range(99))
    found = drawn(*rows, by_name=True)
    assert found.left_out == "40 of 99 drawn; all are in the table."
    assert [mark.label for mark in found.marks] == [f"k{at:02}" for at in range(59, 99)]
    assert drawn(*rows[:40]).left_out == ""


def test_periods_stand_in_real_time_and_lines_do_not_cross_a_gap():
    keys = ("2013-01", "2013-02", "2013-06")
    svg = drawn(*(row(key) for key in keys), by="month").svg
    first, second, last = (float(x) for x in re.findall(r'<circle [^>]*cx="([\d.]+)%', svg))
    assert (second - first) * 3 < last - second
    [trace] = [each for each in ET.fromstring(svg).iter() if "trace" in (each.get("class") or "")]
    assert len(trace) == 1
    assert "Jan 13" in svg and ">Jun<" in svg


def test_at_most_eight_names_stand_under_many_periods_and_none_is_turned():
    days = tuple(row(f"2013-{month:02}-{day:02}") for month in range(1, 13) for day in range(1, 29))
    found = drawn(*days, by="day")
    names = [each.text for each in ET.fromstring(found.svg).iter(f"{SVG}text") if each.get("text-anchor") == "middle"]
    assert 4 <= len(names) <= 8
    assert "rotate" not in found.svg
    assert found.left_out == f"{TIME_LIMIT} newest of 336 drawn; all are in the table."


def test_of_very_many_periods_the_newest_are_drawn_and_it_is_said():
    days = tuple(row(f"{year}-{month:02}-{day:02}") for year in (2012, 2013) for month in range(1, 13) for day in range(1, 29))
    found = drawn(*days, by="day")
    assert found.left_out == f"{TIME_LIMIT} newest of 672 drawn; all are in the table."
    assert found.marks[-1].label == "2013-12-28"


def test_the_title_is_a_sentence_of_the_figures_and_does_not_crown_a_handful():
    assert drawn(row("2013-11"), row("2013-12", 0.18), by="month").title.startswith("Highest in November 2013: 20")
    assert (
        drawn(row("EWR"), row("b", 1.0, 0.3, 1.0, few=True)).title
        == "Highest for EWR: 20\u202f%, of those with 10 or more sampled"
    )
    assert drawn(replace(EXACT, value=0.0), replace(EXACT, key="b", value=0.0)).title == "The same in all 2: 0\u202f%"


def test_each_mark_is_a_link_that_says_its_figure_in_a_group_that_says_the_chart():
    root = ET.fromstring(drawn(row(), row("b", 0.1), href=lambda each: f"/cases?query={each.key}&as_of=1").svg)
    assert root.get("role") == "group"
    assert root.get("aria-label") == "Highest for a: 20 %"
    links = list(root.iter(f"{SVG}a"))
    assert [link.get("href") for link in links] == ["/cases?query=a&as_of=1", "/cases?query=b&as_of=1"]
    assert links[0].find(f"{SVG}title").text == "a: 20 % (10 to 30 %)"
    [hit] = [each for each in links[0].iter() if each.get("class") == "hit"]
    assert float(hit.get("height")) >= 24


def test_a_change_of_version_is_a_dotted_line_with_its_word_and_date():
    spans = tuple(
        VersionSpan(
            version=at + 1, since=datetime(2013, 1 + 2 * at, 1, tzinfo=UTC), until=datetime(2013, 3, 1, tzinfo=UTC), windows=1
        )
        for at in range(3)
    )
    rows = tuple(row(f"2013-{month:02}") for month in range(1, 7))
    found = chart(
        Estimate(query="criterion:slow", of=None, by="month", position=7, rate=True, rows=rows, spans=spans, protocol="p@3")
    )
    events = [each for each in ET.fromstring(found.svg).iter(f"{SVG}line") if each.get("class") == "event"]
    assert [each.find(f"{SVG}title").text for each in events] == ["version 2, from 2013-03-01", "version 3, from 2013-05-01"]
    assert "version 2</text>" in found.svg
    assert (
        found.subtitle
        == "Share of events that met slow by month. As of position 7. Counts what the rules flagged, before people checked."
    )
    # What came before the first period that is drawn is not in the picture.
    later = chart(
        Estimate(query="criterion:slow", of=None, by="month", position=7, rate=True, rows=rows[3:], spans=spans, protocol="p@3")
    )
    assert "version 2" not in later.svg


def test_more_marks_than_can_be_pressed_are_drawn_without_links_and_the_picture_stays_small():
    def days(count):
        return tuple(row(f"2013-{1 + at // 28:02}-{1 + at % 28:02}") for at in range(count))

    href = (
        "/cases?query=criterion%3Amissed-delay+occurred%3A%3E%3D2013-06-03T00%3A00%3A00Z+occurred%3A%3C2013-06-10T00%3A00%3A00Z"
    )
    few, many = (drawn(*days(count), by="day", href=lambda _: href).svg for count in (60, 200))
    assert (few.count("<a "), many.count("<a ")) == (60, 0)
    assert many.count("<circle") == TIME_LIMIT
    assert len(drawn(*(row(f"{key}") for key in range(99)), href=lambda _: href).svg) < 30_000
    assert len(few) < 35_000
    assert len(many) < 30_000


def test_a_picture_is_a_file_of_its_own_with_title_source_and_legend():
    estimate = Estimate(
        query="criterion:slow", of=None, by="context.airport", position=7, rate=True, rows=(row("EWR"), row("JFK", 0.1, few=True))
    )
    names = ChartNames(events="flights", fields={"context.airport": "Airport"})
    root = ET.fromstring(picture(estimate, names=names))
    texts = [each.text for each in root.iter(f"{SVG}text")]
    assert texts[0] == "Highest for EWR: 20 %"
    assert (
        "Share of flights that met slow by airport. As of position 7. Counts what the rules flagged, before people checked."
        in texts
    )
    assert "Hollow: under 10 sampled" in texts
    assert float(root.get("width")) == 960
    # Colours are its own, for no page gives it any.
    assert {each.get("stroke") for each in root.iter(f"{SVG}line") if each.get("class") == "grid"} == {"#dbe1e8"}
    assert not [each for each in root.iter() if each.get("style") or each.get("href")]
