"""Records as notebooks show them: markup that is well-formed, runs nothing and has every number in the picture."""

import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remiss.present import notebook  # noqa: F401  records then show themselves
from remiss.present.chart import chart
from remiss.present.chart_scale import MARK_LIMIT
from remiss.present.legible import one_line
from remiss.records.case import Capture, Case
from remiss.records.estimate import Estimate, EstimateRow
from remiss.records.event import Event
from remiss.records.gate import GateCondition, GateDecision, GateSuite, GateVerdict
from remiss.records.heatmap import HeatAxis, HeatCell, Heatmap
from remiss.records.model import ModelSpecification
from remiss.records.result import PairedDifference, ResultFigure, SuiteComparison, SuiteResult
from remiss.records.rows import Rows, Shown, as_html
from remiss.records.run import Group, Manifest, Run
from remiss.records.states import Status
from remiss.records.success import SuccessCriterion, SuccessOutcome, SuccessVerdict
from remiss.records.suite import SealedPart, Suite, SuiteFile, SuitePart, SuitePower

MONDAY = datetime(2013, 6, 3, tzinfo=UTC)
HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</title></svg><script>x</script>",
    "]]><!--",
    "' onload='x",
    "javascript:x",
    "\u202egnp.exe",
    "a\x00b\ud800",
    "&lt;b&gt;",
)
TEXTS = st.sampled_from(HOSTILE) | st.text(st.characters(), max_size=200)
SCALARS = st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | TEXTS | st.datetimes(timezones=st.just(UTC))
ENDS = st.floats(0, 1e300) | st.integers(0, 10**12) | st.just(0)
SVG = "{http://www.w3.org/2000/svg}"
ELEMENTS = {"svg", "title", "desc", "g", "path", "circle", "line", "rect", "text", "tspan"}
ATTRIBUTES = {
    *("class", "role", "width", "height", "fill", "fill-opacity", "font-family", "font-size", "d", "cx", "cy", "r", "overflow"),
    *("x", "y", "x1", "x2", "y1", "y2", "dx", "text-anchor", "stroke", "stroke-opacity", "stroke-width", "stroke-dasharray"),
    *("pointer-events", "aria-hidden"),
}


@st.composite
def estimate_rows(draw, rate):
    low, value, high = sorted(draw(st.tuples(*[st.floats(0, 1) if rate else ENDS] * 3)))
    if draw(st.booleans()):
        low = high = None
    return EstimateRow(
        key=draw(SCALARS),
        value=draw(st.none() | st.just(value)),
        low=low,
        high=high,
        method=draw(st.sampled_from(["counted", "weighted"])),
        variance=draw(st.sampled_from(["sample", "process"])),
        few=draw(st.booleans()),
        provisional=draw(st.booleans()),
        judged=draw(st.none() | st.floats(0, 1)),
        notes=tuple(draw(st.lists(TEXTS, max_size=2))),
    )


@st.composite
def estimates(draw):
    rate = draw(st.booleans())
    return Estimate(
        query=draw(TEXTS),
        of=None,
        by=draw(st.none() | TEXTS),
        position=1,
        rate=rate,
        denominator=draw(st.none() | TEXTS),
        rows=tuple(draw(st.lists(estimate_rows(rate), max_size=6))),
        notes=tuple(draw(st.lists(TEXTS, max_size=2))),
    )


class Reader(HTMLParser):
    """Reads markup as a browser does, and keeps what elements and texts there are."""

    def __init__(self, markup):
        super().__init__()
        self.elements, self.text, self.attributes = set(), "", set()
        self.feed(markup)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements.add(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data):
        self.text += data


def shows_only(markup):
    """Assert that markup has no element but those that we write, and return what it says."""
    markup.encode("utf-8")
    read = Reader(markup)
    ours = {"div", "p", "strong", "table", "thead", "tbody", "tr", "th", "td", "span", "time", "details", "summary", "ul", "li"}
    assert read.elements <= ours | ELEMENTS
    lower = {each.lower() for each in ATTRIBUTES}
    assert read.attributes <= lower | {"style", "scope", "title", "datetime", "xmlns"}
    return read.text


PERCENT = {"x", "x1", "x2", "cx", "width"}
DOWN = {"y", "y1", "y2", "cy"}


@given(found=estimates())
def test_a_chart_has_nothing_but_shapes_and_texts_whatever_was_logged(found):
    root = ET.fromstring(chart(found).svg)
    assert {element.tag.removeprefix(SVG) for element in root.iter()} <= ELEMENTS
    assert {name for element in root.iter() for name in element.attrib} <= ATTRIBUTES
    assert root.get("role") == "img"
    assert [child.tag for child in root][:2] == [f"{SVG}title", f"{SVG}desc"]


@given(found=estimates())
def test_everything_in_a_chart_is_drawn_within_it(found):
    root = ET.fromstring(chart(found).svg)
    high = float(root.get("height"))
    for element in list(root.iter())[1:]:
        for name, value in element.attrib.items():
            if name in PERCENT and value != "0":
                assert 0 <= float(value.removesuffix("%")) <= 100, (name, value)
                assert value.endswith("%")
            if name in DOWN:
                assert 0 <= float(value) <= high
    shapes = " ".join(value for element in root.iter() for name, value in element.attrib.items() if name != "class")
    assert not re.search(r"nan|inf", shapes)


@given(found=estimates())
def test_an_estimate_shows_texts_and_never_runs_them(found):
    said = shows_only(found._repr_html_())
    for note in found.notes:
        assert one_line(note) in said


@given(values=st.lists(SCALARS, max_size=30), name=TEXTS)
def test_a_list_shows_texts_and_never_runs_them(values, name):
    shows_only(Rows("facet", (name,), tuple((value,) for value in values), 1, total=len(values))._repr_html_())


@given(text=TEXTS, key=TEXTS.filter(lambda text: text.isprintable()))
def test_a_case_shows_texts_and_never_runs_them(text, key):
    event = Event(id=text, at=MONDAY, model=text, output=text, inputs={key: text}, text=text)
    capture = Capture(
        run=text, protocol=text, window=MONDAY, stratum={key: text}, probability=0.25, in_force=True, criteria=(text,)
    )
    said = shows_only(case(event=event, captures=(capture,), title=text, note=text)._repr_html_())
    assert "25.0" in said


def case(**given):
    return Case(**{"id": "k7m4-qp00-0000", "revision": 1, "status": Status.CANDIDATE, "source": "log", **given})


def row(**given):
    return EstimateRow(**{"key": "a", "method": "weighted", "value": 50, "low": 40.0, "high": 60.0, **given})


def drawn(*rows, **given):
    return chart(Estimate(**{"query": "q", "of": None, "by": "k", "position": 1, "rows": rows, **given}))


def test_a_chart_says_its_figures_to_who_does_not_see_it():
    root = ET.fromstring(drawn(row(provisional=True), row(key=None, value=7.0, low=1.0, high=20.0)).svg)
    assert root.find(f"{SVG}title").text == "Highest for a: 50"
    assert root.find(f"{SVG}desc").text == "a: 50 (40 to 60), provisional; not known: 7 (1 to 20)"


def test_a_chart_of_very_many_rows_says_how_many_it_draws_and_that_there_are_more():
    found = drawn(*(row(key=number) for number in range(100)))
    assert found.svg.count("<circle") == MARK_LIMIT
    assert found.left_out == "40 of 100 drawn; all are in the table."
    assert "and 88 more" in ET.fromstring(found.svg).find(f"{SVG}desc").text


def test_one_exact_number_needs_no_chart():
    found = Estimate(query="q", of=None, by=None, position=1, rows=(row(key=None, method="counted", low=None, high=None),))
    assert "<svg" not in found._repr_html_()
    assert "<svg" in replace(found, rows=(row(key=None),))._repr_html_()


def test_what_is_true_of_every_row_is_said_once_and_of_some_under_a_fold():
    rows = (row(notes=("few labels",)), row(key=None, notes=("few labels", "odd week")))
    said = shows_only(Estimate(query="q", of=None, by="k", position=1, rows=rows, notes=("of the log",))._repr_html_())
    assert said.count("few labels") == said.count("of the log") == 1
    assert "notes on single rows (1)not known: odd week" in said


def test_a_long_list_says_how_many_there_are():
    page = Rows("line", ("id", "mode"), tuple((f"id{n}", None) for n in range(50)), 1, total=1234)
    said = shows_only(page._repr_html_())
    assert "id19" in said
    assert "id20" not in said
    assert "… 20 of 1,234" in said
    assert "mode" not in said


def test_a_list_shows_days_as_days_and_numbers_to_the_right():
    markup = Rows("change", ("window", "n"), ((MONDAY, 1234), (None, 5)), 1)._repr_html_()
    assert '<time datetime="2013-06-03T00:00:00Z">2013-06-03</time>' in markup
    assert "window (UTC)" in markup
    assert '<td style="text-align: right">1,234</td>' in markup


def test_a_long_text_is_cut_and_whole_in_its_title():
    markup = Rows("line", ("id",), (("x" * 300,),), 1)._repr_html_()
    assert f'title="{"x" * 300}"' in markup
    assert f">{'x' * 79}…<" in markup


@pytest.fixture
def run():
    manifest = Manifest(
        protocol="p",
        protocol_version=1,
        protocol_digest="d",
        source="log",
        fingerprint="f",
        files=("a",),
        file_digests={},
        rows=1,
        since=MONDAY,
        until=MONDAY,
        as_of=MONDAY,
        engine="e",
        software="s",
        notes=(HOSTILE[0],),
    )
    drawn = {"criterion": "late", "window": MONDAY, "labelled": 5, "kept": 2, "threshold": 0.2}
    groups = tuple(Group(**drawn, stratum={"context.airport": name}, population=10) for name in ("EWR", "JFK"))
    return Run(id="run-1", status="complete", digest="d", manifest=manifest, groups=groups)


def test_a_run_shows_each_criterion_once(run):
    said = shows_only(run._repr_html_())
    assert said.count("late") == 1
    assert HOSTILE[0] in said


def test_the_groups_of_a_run_are_a_table_with_a_column_for_each_stratum(run):
    found = run.to_arrow()
    assert found.column_names[:3] == ["criterion", "window", "context.airport"]
    assert found["context.airport"].to_pylist() == ["EWR", "JFK"]
    assert found["window"].to_pylist() == [MONDAY, MONDAY]


@pytest.mark.parametrize("text", HOSTILE)
def test_a_heatmap_shows_its_grid_and_names_are_but_text(text):
    rows = HeatAxis(by="mode", labels=(text, "late"), queries=("", ""), left_out=3)
    columns = HeatAxis(by="inputs.carrier", labels=("EV",), queries=("",), left_out=0)
    common = {
        "method": "weighted",
        "variance": "sample",
        "interval": "log-odds",
        "among": None,
        "provisional": False,
        "notes": (),
    }
    counts = {"sampled": 40, "effective": 40.0, "support": 40, "few": False, "column": 0, "query": ""}
    cells = tuple(
        HeatCell(row=row, state="figure", value=value, low=value / 2, high=2 * value, **common, **counts)
        for row, value in enumerate((0.1, 0.2))
    )
    found = Heatmap(
        query="", of=None, measure="rate", rows=rows, columns=columns, cells=cells, denominators=(text,), least=30, source="s",
        protocol="p@1", kind="flagged", position=1,
    )  # fmt: skip
    said = shows_only(found._repr_html_())
    assert one_line(text) in said
    assert "20 % (10 to 40 %)" in said
    assert "3 more rows of mode not shown" in said


def version(name, number="2"):
    return ModelSpecification(name=name, version=number, runner="python", target=None)


def suite_result(text):
    common = {"events": 40, "families": 38, "effective": 36.5}
    figures = (
        ResultFigure(group="question", name="guard", measure="pass-rate", value=0.9, low=0.8, high=0.96, **common),
        ResultFigure(group="mode", name=text, measure="pass-rate", value=0.5, low=None, high=None, **common),
        ResultFigure(group="severity", name="1", measure="pass-rate", value=None, low=None, high=None, **common),
        ResultFigure(group="all", name="", measure="latency-p95-ms", value=12.0, low=10.0, high=None, **common),
    )
    success = SuccessOutcome(
        criterion=SuccessCriterion.from_text("pass-rate of guard at least 85 %"),
        text=text,
        verdict=SuccessVerdict.UNTOLD,
        value=0.9,
        low=0.8,
        high=0.96,
    )
    return SuiteResult(
        id="result-1", suite="arrivals", suite_digest="sha256:0", protocol="p", protocol_version=1, model=version(text),
        environment=None, repeats=1, seed=0, verdicts={"controls": {"passed": 40}}, figures=figures, success=(success,),
        notes=(text,),
    )  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE)
def test_a_result_shows_its_shares_in_a_chart_and_all_figures_in_a_table(text):
    found = suite_result(text)
    markup = found._repr_html_()
    said = shows_only(markup)
    assert "controls and resolved cases: pass90.0 % (80.0 to 96.0)" in said
    assert "90.0 (80.0 to 96.0) %" in said
    assert "12 (10 to ?) ms" in said
    assert "cannot tell" in said
    assert said.count(one_line(text)) >= 3
    assert picture_of(markup).get("role") == "img"


def picture_of(markup):
    """Return the picture in what a notebook shows, as XML."""
    return ET.fromstring(re.search(r"<svg.*</svg>", markup, re.DOTALL)[0])


@pytest.mark.parametrize("text", HOSTILE)
def test_a_comparison_shows_differences_from_nought_and_their_tests(text):
    common = {"events": 40, "effective": 36.5, "untold": 0, "baseline": 0.5, "candidate": 0.6}
    differences = (
        PairedDifference(
            group="question", name="guard", difference=-0.1, low=-0.2, high=-0.01, fixed=1, broken=5, chance=0.2, **common
        ),
        PairedDifference(group="mode", name=text, difference=0.1, low=-0.2, high=0.3, fixed=5, broken=1, chance=0.2, **common),
    )
    found = SuiteComparison(
        suite="arrivals", suite_digest="sha256:0", result="result-1", baseline_result="result-2", model=version(text),
        baseline=version("m", "1"), differences=differences, latency=None, fixed=6, broken=6, changes=(), notes=(text,),
        position=1,
    )  # fmt: skip
    markup = found._repr_html_()
    said = shows_only(markup)
    assert "Differs most: controls and resolved cases, by -10.0 points" in said
    assert "+10.0 (-20.0 to +30.0)" in said
    assert one_line(text) in said
    assert picture_of(markup).get("width") == "720"


@pytest.mark.parametrize("text", HOSTILE)
def test_a_decision_shows_its_verdict_margins_and_every_condition(text):
    conditions = (
        GateCondition(
            name="guard", verdict=GateVerdict.FAIL, says=text, value=-0.2, low=-0.3, high=-0.1, threshold=-0.05, events=900,
            effective=800.0, evidence=("k7m4-k7m4-k7m4",), notes=(text,), cases=63,
        ),
        GateCondition(name="latency", verdict=GateVerdict.PASS, says="quick enough", evidence=("t7a4-t7a4-t7a4",)),
        GateCondition(name="critical", verdict=GateVerdict.INCONCLUSIVE, says="open", waived="by ana until 2027-01-01"),
    )  # fmt: skip
    found = GateDecision(
        id="decision-1", gate=text, verdict=GateVerdict.FAIL, model=version(text), baseline=version("m", "1"),
        conditions=conditions, suites=(GateSuite(name=text, digest="sha256:0", events=1000, sealed=10, sealed_uses=1),),
        policy_digest="sha256:1", policy={}, family=("guard",), repeats=3, seed=0, identified="name", environment=None,
        baseline_environment=None, regressed=("k7m4-k7m4-k7m4",), waivers=1,
    )  # fmt: skip
    markup = found._repr_html_()
    said = shows_only(markup)
    assert "FAIL with 1 waiver" in said
    assert "Lowest: Guard, -20.0 points" in said
    assert "k7m4-k7m4-k7m4 (1 of 63 shown)" in said
    assert "t7a4" not in said
    assert "INCONCLUSIVE, waived by ana until 2027-01-01" in said
    assert "1 resolved case regressed" in said
    margins = [each for each in picture_of(markup).iter(f"{SVG}line") if each.get("class") == "margin"]
    assert len(margins) == 1


@pytest.mark.parametrize("text", HOSTILE)
def test_a_suite_shows_what_is_in_it_and_what_a_gate_over_it_can_do(text):
    files = tuple(SuiteFile(part=part, rows=7, families=6, weight=7.0, digest="sha256:0") for part in SuitePart)
    power = SuitePower(question="guard", margin=0.05, differing=0.05, passed=0.2, events=7, effective=6.0, needed=400)
    found = Suite(
        name="arrivals", digest="sha256:0", protocol="p", protocol_version=1, protocol_digest="0", taxonomy_digest="0",
        source="log", model="m", team="default", query=text, within="", position=7, since=MONDAY, until=MONDAY,
        sensitivity="internal", criteria=(), files=files,
        sealed=SealedPart(share=0.2, families=("0",), rows={"cases": 2}, strata={}, digest="hmac-sha256:0"),
        production={}, modes={}, severities={}, power=(power,), notes=(text,),
        success=(SuccessCriterion.from_text("pass-rate of guard at least 85 %"),),
    )  # fmt: skip
    said = shows_only(found._repr_html_())
    assert one_line(text) in said
    assert "this suite can hardly pass: 400 events needed, it has 7" in said
    assert "pass-rate of guard at least 85 %" in said


def test_every_record_that_shows_itself_says_how():
    # By name, for a class with slots is made twice.
    kinds = {getattr(sys.modules[kind.__module__], kind.__name__) for kind in Shown.__subclasses__()}
    assert {Case, Estimate, Rows, Run, Suite, SuiteResult, SuiteComparison, GateDecision} <= kinds
    assert all(as_html.dispatch(kind) is not as_html.dispatch(object) for kind in kinds)


def test_whoever_can_open_a_catalog_has_what_shows_records_and_loads_it_with_the_first():
    program = (
        "import sys, remiss; remiss.open; loaded = 'remiss.present.notebook' in sys.modules; "
        "from remiss.records.rows import Rows; print(loaded, Rows('refused', ('reason', 'row'), (('hubs', 1),), 1)._repr_html_())"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.startswith("False <") and "hubs" in done.stdout
