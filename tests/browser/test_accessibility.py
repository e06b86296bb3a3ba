"""Every page, wide and narrow, light and dark, as people who do not see or do not use a mouse meet it: whole, and at rest."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from datetime import timedelta
from itertools import pairwise

import pytest
from axe_playwright_python.sync_playwright import Axe

from remiss import safeguard
from remiss.catalog import actions as catalog
from remiss.catalog import view_actions as views
from remiss.curate import discussion_actions as curate
from remiss.curate import investigation_actions as findings
from remiss.curate import labelling_actions as labelling
from remiss.govern.ports.actor import Actor
from remiss.records.case import Filing
from remiss.records.identity import plain
from remiss.records.investigation import Citation, CitationKind
from remiss.records.labelling import Impact, Judgement, Verdict
from tests.browser.layout import BROKEN, MOST_MOVED, WIDE, WIDTHS, cut_or_broken, moved, settle
from tests.curate.standings import ANSWERS, NOISE, WEAK
from tests.edges.stores.test_jobs import STEPS, post
from tests.safeguard.test_attestation import decision
from tests.stories.logs import MONDAY

# One of each template. `{case}`, `{run}` and `{job}` are ids of the catalog.
PAGES = (
    "/",
    "/cases",
    "/cases?query=criterion%3Anope%3A",
    "/cases/{case}",
    "/cases/{case}?controls=true",
    "/cases/{labelled}",
    "/cases/{case}/evidence",
    "/cases/file",
    "/cases/zzzzzz",
    "/queue",
    "/queue/{case}",
    "/inbox",
    "/inbox?all=true",
    "/agreement",
    "/agreement?by=mode",
    "/agreement?by=month",
    "/agreement?query=nope%3A",
    "/citations",
    "/citations?address=REM-17",
    "/people",
    "/account",
    "/audit",
    "/audit?actor=nobody",
    "/audit?since=nope",
    "/audit?kind=refused",
    "/runs",
    "/runs/compare?run={run}",
    "/runs/{run}",
    "/runs/{run}/histograms?field=inputs.carrier",
    "/jobs",
    "/jobs/{job}",
    "/suites",
    "/suites/{suite}",
    "/suites/{suite}/compare?result={result}&result={other}",
    "/suites/{suite}/compare",
    "/results/{result}?verdict=untold",
    "/results/{result}",
    "/gates",
    "/gates/{gate}",
    "/trends",
    "/trends?query=criterion%3Aslow&what=rate&by=week&variance=sample",
    "/trends?query=nope%3A1",
    "/alerts",
    "/drift",
    "/heatmap?rows=inputs.carrier&columns=week&rule=missed-delay",
    "/protocols",
    "/protocols/arrival-delay",
    "/help",
    "/help/queue",
    "/nothing",
)
LOOKS = (
    {"color_scheme": "light", "viewport": {"width": 1440, "height": 900}},
    {"color_scheme": "dark", "viewport": {"width": 375, "height": 812}},
)

# Of the widths that people have, the three between which a layout changes.
SOME = (375, 820, 1440)

# In lines of some pixels, so that what stands beside each other counts as one line.
# A row is told by the middle of what stands in it: a link and a button beside it are of different heights.
PLACE = """(({top, left, height}) => [Math.round((top + height / 2 + scrollY) / 12), left])(
  document.activeElement.getBoundingClientRect())"""


@pytest.fixture
def filled_in(site):
    with site.client() as client:
        names = {
            "case": client.get("/api/v1/cases?limit=1").json()["items"][0]["id"],
            "run": client.get("/api/v1/runs?limit=1").json()["items"][0]["run"],
        }
        for text in ("Is this the *feed* again?\n\n| a | b |\n|---|---|\n| 1 | `2` |", "Yes: [the run](https://example.org/run)"):
            client.post(f"/api/v1/cases/{names['case']}/comments", json={"text": text}).raise_for_status()
    labelled_twice(site.workspace)
    looked_into(site.workspace, names["case"])
    said_by_bo(site, names["case"])
    names["labelled"] = labelled(site.workspace)
    names["job"] = under_way(site.workspace)
    names |= run_twice(site.workspace)
    names["gate"] = decided(site.workspace)
    return lambda path: path.format(**names)


def under_way(ws):
    """Have a job that somebody works on; return its id."""
    job = post(ws)
    ws.take_job("test").plan(STEPS)
    return job.id


def run_twice(ws):
    """Have two models run on a suite, one of which answers nothing; return how the suite and the results are called."""
    safeguard.build_suite(ws, "arrivals", "", sealed=0.0)
    found = [safeguard.run(ws, "arrivals", model=f"python:{name}").id for name in ("operator:countOf", "builtins:list")]
    return {"suite": "arrivals", "result": found[1], "other": found[0]}


def decided(ws):
    """Have the catalog keep a decision as a gate would have made it, and somebody ask for a waiver; return how it is called."""
    guard, *others = (replace(each, waived=None) for each in decision().conditions)
    measured = replace(guard, value=-0.06, low=-0.09, high=-0.03, threshold=-0.02)
    with ws._store.writing(ws.actor, "gate.decide", ws.now, None):
        made = replace(decision(), conditions=(measured, *others), waivers=0, position=ws.gates.wait())
        ws.gates.save(made, json.dumps(plain(asdict(made))))
    safeguard.request_waiver(ws, made.id, "guard", reason="Two gates were renamed", until=ws.now + timedelta(days=9))
    return made.id


def labelled_twice(ws):
    """Have some cases annotated by one and verified by another person."""
    answers = {"harm": "loss", "reach": "slice", "detection": "late", "recovery": "itself"}
    failing = Judgement(verdict=Verdict.FAILURE, mode="remiss:model/weak-slice", answers=answers)
    reader = ws.actor
    for number, case in enumerate(catalog.search(ws, "criterion:missed-delay", limit=24).column("id")):
        second = failing if number % 3 else Judgement(verdict=Verdict.NOT_A_FAILURE)
        for person, label, judgement in (("ana", labelling.annotate, failing), ("chen", labelling.verify, second)):
            ws.actor = Actor(name=person)
            label(ws, case, catalog.show(ws, case).revision, judgement)
    ws.actor = reader


def looked_into(ws, case):
    """Have the case investigated."""
    run = Citation(kind=CitationKind.MLFLOW_RUN, address="https://mlflow.example.org/#/experiments/1/runs/4f7q")
    ticket = Citation(kind=CitationKind.TICKET, address="REM-17")
    findings.write_hypothesis(ws, case, text="The feed is *late*")
    findings.write_experiment(ws, case, executed="Trained without it", hypothesis=1, citations=[run, ticket])
    findings.write_experiment(ws, case, executed="Looked at the log", result="Nothing")
    findings.write_remediation(ws, case, text="Wait for it", model_version="42", citations=[ticket])
    findings.write_up(ws, case, hypothesis="The feed", rationale="It was late\n\n- twice")


def labelled(ws):
    """Have two people say the same of a case, so that it is decided and may be begun anew; return its id."""
    reader, (case,) = ws.actor, catalog.search(ws, "status:candidate", limit=1).column("id")
    judgement = Judgement(
        verdict=Verdict.FAILURE,
        mode=WEAK,
        modes=(NOISE,),
        answers=ANSWERS,
        impact=Impact(low=10, high=40, unit="minutes"),
        rationale="The feed *again*",
    )
    for name, give in (("bo", labelling.annotate), ("cy", labelling.verify)):
        ws.actor = Actor(name=name)
        give(ws, case, catalog.show(ws, case).revision, judgement)
    ws.actor = reader
    return case


def said_by_bo(site, case):
    """Have somebody else mention whoever looks."""
    ws, reader = site.workspace, site.workspace.actor
    ws.actor = Actor(name="bo")
    curate.comment(ws, case, f"@{reader.name}, what do *you* think?\n\n- one\n- two")
    ws.actor = reader


# Of what breaks no rule nothing is told.
VIOLATIONS = {"resultTypes": ["violations"], "preload": False}
# One page of each path, which becomes dark and narrow: `make soak` loads all of them in both ways.
ONCE = tuple({path.partition("?")[0]: path for path in reversed(PAGES)}.values())
LOOKED_AT = [
    pytest.param(LOOKS[0], ONCE, id="light and wide"),
    pytest.param(LOOKS[0], PAGES, id="light and wide, all", marks=pytest.mark.soak),
    pytest.param(LOOKS[1], PAGES, id="dark and narrow, all", marks=pytest.mark.soak),
]
# Rows that are written as those before them: most of the time goes into the contrast of each text. `make soak` looks at all.
ROWS = ["tbody tr:nth-child(n+5)"]
# What else colours and width can break on a page that broke no rule light and wide.
OF_LOOKS = {"runOnly": ["color-contrast", "link-in-text-block", "scrollable-region-focusable"], **VIOLATIONS}


@pytest.mark.parametrize(("look", "pages"), LOOKED_AT)
def test_no_page_breaks_a_rule_that_machines_can_check(signed_in, filled_in, look, pages, request):
    page = signed_in("/", **look)
    broken, most, titles = {}, (0.0, ""), set()
    for path in map(filled_in, pages):
        page.set_viewport_size(look["viewport"])
        page.emulate_media(color_scheme=look["color_scheme"])
        page.goto(path)
        settle(page)
        shift, parts = moved(page)
        most = max(most, (shift, path))
        if shift >= MOST_MOVED:
            broken[f"{path} moves by {shift:.3f}"] = parts[:6]
        some = {"exclude": [ROWS]} if pages is ONCE else None
        found = Axe().run(page, context=some, options=VIOLATIONS).response["violations"]
        broken |= {f"{path}: {rule['id']}": [node["html"][:200] for node in rule["nodes"][:3]] for rule in found}
        if look is LOOKS[0]:
            # Neither depends on colours.
            broken |= {f"{path} at {width}": told[:6] for width, told in cut_or_broken(page, SOME).items()}
        broken |= out_of_order(page, path)
        titles.add(page.title())
        if pages is ONCE:
            page.set_viewport_size(LOOKS[1]["viewport"])
            page.emulate_media(color_scheme=LOOKS[1]["color_scheme"])
            found = Axe().run(page, context={"exclude": [ROWS, ["header"], ["footer"]]}, options=OF_LOOKS).response["violations"]
            broken |= {f"{path}, dark: {rule['id']}": [node["html"][:200] for node in rule["nodes"][:3]] for rule in found}
            broken |= {f"{path} scrolls sideways": told[:6] for told in [page.evaluate(SIDEWAYS)] if told}
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), f"{path} is wider than the screen"
    request.node.user_properties.append(("moves most", most))
    assert broken == {}
    assert len(titles) >= 9


def out_of_order(page, path):
    """Return the levels of headings where they are no outline with one title."""
    levels = page.locator("main :is(h1, h2, h3, h4)").evaluate_all("all => all.map(one => Number(one.tagName[1]))")
    follow = all(after <= before + 1 for before, after in pairwise(levels))
    return {} if levels[:1] == [1] and levels.count(1) == 1 and follow else {f"{path}: headings": levels}


# What is wider than a phone, with all that unfolds: there a line of a table is a few short ones. A document keeps its lines,
# and a map its columns, beside which the first one stays.
SIDEWAYS = """(() => {
  document.querySelectorAll("details").forEach((each) => { each.open = true; });
  return [...document.querySelectorAll(".scroll:not(.document, .map)")]
    .filter((each) => each.scrollWidth > each.clientWidth + 1).map((each) => each.innerText.slice(0, 80))
    .concat(document.documentElement.scrollWidth > innerWidth ? ["the page"] : []);
})()"""


# Beside the pages above, of which each path is narrow, too.
FOLDED = (
    "/runs/{run}?part=windows",
    "/runs/{run}?part=cells",
    "/agreement?by=pair",
    "/trends?by=criterion&found=failure",
    "/trends?query=criterion%3Aslow&what=rate&by=week",
    "/views",
)


def test_lists_are_read_on_a_phone_without_scrolling_sideways(signed_in, site, filled_in):
    for name in ("Severe at Newark", "Each week"):
        views.save_view(site.workspace, name, "/cases?query=severity:<=2 context.airport:EWR&sort=severity", team="default")
    page = signed_in("/", viewport={"width": 390, "height": 844})
    wrong = {}
    for path in map(filled_in, FOLDED):
        page.goto(path)
        settle(page)
        wrong[path] = page.evaluate(SIDEWAYS) + page.evaluate(WIDE) + page.evaluate(BROKEN)
    assert not any(wrong.values()), wrong


@pytest.mark.soak
def test_at_no_width_that_people_have_is_anything_cut_or_a_word_broken(signed_in, filled_in):
    page = signed_in("/", viewport={"width": WIDTHS[0], "height": 900})
    wrong = {}
    for path in map(filled_in, PAGES):
        page.goto(path)
        settle(page)
        wrong |= {f"{path} at {width}": told for width, told in cut_or_broken(page).items()}
    assert wrong == {}


def test_neither_does_what_asks_about_a_duplicate(signed_in, site):
    inputs = {f"field-{number}": "w" * 300 for number in range(30)}
    catalog.file(site.workspace, Filing(model="m", at=MONDAY, title="Wrong gate", inputs=inputs))
    page = signed_in("/cases/file", **LOOKS[0])
    page.get_by_label("What went wrong").fill("The board was wrong")
    page.get_by_label("Model", exact=True).fill("m")
    page.get_by_label("When it happened").fill("2013-06-04T06:00")
    page.get_by_text("Inputs and context").click()
    page.get_by_label("Inputs").fill("\n".join(f"{name}={value}" for name, value in inputs.items()))
    page.get_by_role("button", name="File the case").click()
    page.get_by_role("alert").wait_for()
    for look in LOOKS:
        page.set_viewport_size(look["viewport"])
        page.emulate_media(color_scheme=look["color_scheme"])
        assert Axe().run(page).response["violations"] == []
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_the_focus_goes_through_a_page_in_the_order_of_reading(signed_in):
    page = signed_in("/trends")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    sections = page.locator(".bar a").count()
    met = []
    for _ in range(sections):
        page.keyboard.press("Tab")
        met.append(page.evaluate(PLACE))
    assert met == sorted(met)
    assert page.evaluate("document.activeElement.closest('.bar') !== null")
    page.keyboard.press("Tab")  # to sign out
    met = []
    for _ in range(14):
        page.keyboard.press("Tab")
        met.append(page.evaluate(PLACE))
    assert met == sorted(met)


def test_the_first_stop_skips_to_the_content(signed_in):
    page = signed_in("/protocols")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "content"
