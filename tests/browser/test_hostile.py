"""Hostile texts in every place of a catalog at once: no page runs one, and each is shown as it is.

There are five hundred, of which `make test` plants 100. The first tests read pages as they are sent, in `make soak` on both
databases; the others open them in Chromium.
"""

from __future__ import annotations

import html
import json
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import httpx
import pytest
from playwright.sync_api import Page, expect

from remiss.catalog import actions as catalog
from remiss.catalog.query import fields
from remiss.catalog.query.expression import either
from remiss.catalog.query.printing import unparse
from remiss.faces.web.rendering import environment
from remiss.faces.web.run_facts import MOST
from remiss.records.identity import case_id
from remiss.understand import actions
from tests.databases import database_on
from tests.hostile.planting import TEXTS, Planted, packed, plant, register, together
from tests.hostile.reading import ADDRESSES, AWAY, AWAY_REL, HERE, KNOWN, NEVER, hidden, read, tricks
from tests.hostile.strings import ALL, COUNT, hostile, shapes
from tests.serving import Served, served
from tests.stories.logs import MONDAY, WEEK


@dataclass(frozen=True)
class World:
    """A served catalog full of hostile texts, and who reads it; `rendered` are the templates that were filled since."""

    there: Served
    planted: Planted
    client: httpx.Client
    rendered: set[str]

    def items(self, address: str) -> list[dict[str, Any]]:
        """Return the items of a list of the API."""
        found: list[dict[str, Any]] = self.client.get(address).json()["items"]
        return found

    def completed(self, word: str) -> list[str]:
        """Return what is offered for a word, as a person reads it."""
        page = self.client.get("/parts/cases/completions", params={"word": word}).text
        return [html.unescape(text) for text in re.findall(r"<code>(.*?)</code>", page, re.DOTALL)]

    def ids(self) -> dict[str, object]:
        """Return what addresses of pages are filled in with."""
        return {
            "filed": self.planted.filed[0].id,
            "discussed": self.planted.discussed,
            "revised": self.planted.filed[1].id,
            "captured": self.items("/api/v1/cases?query=criterion:first-third&sort=occurred&limit=1")[0]["id"],
            "first": self.planted.first.id,
            "waiting": self.planted.waiting.id,
            "refused": self.planted.refused.id,
            "job": self.planted.job,
            "gate": self.planted.gate,
            "cluster": self.planted.cluster,
            **dict(zip(("result", "former"), (each["id"] for each in self.items("/api/v1/results")), strict=True)),
        }


# To fill another database takes as long as all of these tests: that one is for `make soak`.
@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.soak)])
def world(request, tmp_path_factory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("hostile")
    env = environment()
    with ExitStack() as stack, pytest.MonkeyPatch.context() as patched:
        if request.param == "sqlite":
            address = f"sqlite:///{folder / 'hostile.db'}"
            shutil.copy(request.getfixturevalue("sqlite_template"), folder / "hostile.db")
        else:
            address = stack.enter_context(database_on(request.getfixturevalue("postgres"), "template"))
        settings = {"REMISS_KEYS": str(folder / "keys"), "REMISS_VAULT": str(folder / "vault"), "REMISS_SOURCES": str(folder)}
        settings["REMISS_MODELS"] = str(register(folder))
        there = stack.enter_context(served(address, settings))
        planted = plant(there.workspace, folder)
        rendered: set[str] = set()
        get = env.get_template

        def got(name: Any, *rest: Any) -> Any:
            rendered.add(str(getattr(name, "name", name)))
            return get(name, *rest)

        # Pages that extend, include or import one go through here, too.
        patched.setattr(env, "get_template", got)
        yield World(there, planted, stack.enter_context(there.browser()), rendered)


@pytest.fixture
def site(world) -> Served:
    """The server that the pages of `signed_in` are of."""
    return world.there


in_chromium = pytest.mark.parametrize("world", ["sqlite"], indirect=True)
Expected = Callable[[World], list[str]]


def column(address: str, *names: str) -> Expected:
    """What a list of the API says in some columns."""
    return lambda world: [str(item[name]) for item in world.items(address) for name in names if item[name] is not None]


def values_of(field: str) -> Expected:
    """What a run counted a field by."""
    return lambda world: column(f"/api/v1/runs/{world.planted.first.id}/histograms?field={field}", "values")(world)


def everything(_: World) -> list[str]:
    return list(TEXTS)


def nothing(_: World) -> list[str]:
    return []


def of_the_event(world: World) -> list[str]:
    """What was logged of one captured event."""
    event = world.client.get(f"/api/v1/cases/{world.ids()['captured']}").json()["event"]
    del event["at"]  # which a page shows as people write times
    return [value for values in (event, event["inputs"], event["context"]) for value in values.values() if isinstance(value, str)]


def refused(reason: str) -> Expected:
    """What is said of the rows that a run refused for a reason."""

    def found(world: World) -> list[str]:
        lines = world.items(f"/api/v1/runs/{world.planted.refused.id}/refused")
        return [str(line["detail"]) for line in lines if line["reason"] == reason]

    return found


def compared_people(world: World) -> list[str]:
    """Who is compared with somebody: those whose case was annotated in its turn, so that one knows what it weighs."""
    pairs = {row["key"] for row in world.client.get("/api/v1/agreement?by=pair").json()["rows"]}
    found = [name for name in world.planted.people if any(name in pair for pair in pairs)]
    assert len(found) >= 10
    return found


def changes(*kinds: str) -> Expected:
    """The events that the second capture of the second week saw otherwise."""

    def found(world: World) -> list[str]:
        lines = [line for line in world.items(f"/api/v1/runs/{world.planted.waiting.id}/changes") if line["kind"] in kinds]
        # Of more than a page has room for, it shows the first.
        return [
            text
            for kind in kinds
            for line in [each for each in lines if each["kind"] == kind][:MOST]
            for text in (line["event"],)
        ]

    return found


@dataclass(frozen=True)
class Visit:
    """A page: its address, in which `{first}`, `{filed}` and so on are ids; what it shows; the status that it has."""

    path: str
    shows: Expected = nothing
    status: int = 200


LONG = next(packed(TEXTS[-60:], 3500))
# So many texts are asked for in one question of Trends.
TOGETHER = 5
# It breaks out of attributes, and it is one segment of an address.
SEGMENT = next(text for text in hostile() if text.startswith('x"') and "/" not in text)
# The days of the first week in which something was logged.
DAYS = sorted({(MONDAY + number * WEEK / 2000).date() for number in range(COUNT)})
# Of their rows or values a page shows some: a test of its own looks at all.
FIELDS = ("label", "model", "model_version", "source")
BY_PLACE = "/trends?by=context.place&protocol=hostile&query=occurred:<2013-06-10"
BY_OUTPUT = "/trends?by=output&protocol=hostile"
VISITS = (
    Visit("/?whole=true", everything),
    Visit("/", everything),
    Visit("/cases", column("/api/v1/cases?limit=50", "output", "label", "title")),
    Visit("/cases?query=origin:filed", column("/api/v1/cases?limit=50&query=origin:filed", "output", "label", "title")),
    *(Visit(f"/cases?facets=true&more={field}") for field in FIELDS),
    Visit(f"/cases?{urlencode({'query': LONG})}", status=422),
    Visit("/cases/{filed}", everything),
    Visit("/cases/{revised}"),
    Visit("/cases/{discussed}", everything),
    Visit("/inbox?all=true", everything),
    Visit("/agreement"),
    Visit("/agreement?by=pair", compared_people),
    Visit(f"/agreement?{urlencode({'query': LONG})}", status=422),
    Visit(f"/agreement?{urlencode({'by': SEGMENT})}", lambda _: [SEGMENT[:40]], 422),
    Visit("/queue"),
    Visit("/jobs", lambda _: [TEXTS[0]]),
    Visit("/jobs/{job}", lambda _: [TEXTS[0]]),
    Visit("/queue/{filed}", everything),
    Visit("/citations", column("/api/v1/citations?limit=50", "address")),
    Visit(f"/citations?{urlencode({'address': SEGMENT})}", lambda _: [SEGMENT]),
    Visit("/inbox"),
    Visit("/cases/{captured}?controls=true", of_the_event),
    Visit("/cases/{captured}", of_the_event),
    Visit("/cases/{captured}/evidence"),
    Visit("/cases/file"),
    Visit("/help/cases"),
    Visit(f"/parts/cases/{quote(SEGMENT, safe='')}/controls", status=422),
    Visit(f"/cases/{quote(SEGMENT, safe='')}", lambda _: [SEGMENT], 422),
    Visit("/audit"),
    Visit(f"/audit?{urlencode({'actor': SEGMENT, 'subject': SEGMENT})}", lambda _: [SEGMENT]),
    Visit(f"/audit?{urlencode({'since': SEGMENT})}", lambda _: [SEGMENT[:40]], 422),
    Visit("/people", column("/api/v1/people", "about")),
    Visit("/account"),
    Visit("/runs?whole=true"),
    Visit("/runs/{first}?part=files", lambda world: list(world.planted.files)),
    Visit("/runs/{first}/histograms?field=inputs.given", values_of("inputs.given")),
    *(Visit(f"/runs/{{waiting}}?part={kind}", changes(kind)) for kind in ("gone", "changed", "added")),
    Visit("/runs/{waiting}/accept", changes("gone")),
    Visit("/runs/compare?run={first}&run={waiting}"),
    Visit("/views", column("/api/v1/views", "name")),
    *(Visit(f"/runs/{{refused}}?part=refused%20{each}", refused(each)) for each in ("missing:features", "missing:inputs.given")),
    Visit(BY_PLACE),
    Visit(BY_OUTPUT),
    Visit(f"/trends?{urlencode({'query': LONG})}", status=422),
    Visit(f"/heatmap?{urlencode({'rows': 'criterion', 'columns': 'context.place', 'protocol': 'hostile'})}"),
    Visit(f"/heatmap?{urlencode({'query': LONG})}", status=422),
    Visit("/drift?protocol=hostile"),
    Visit(f"/drift?{urlencode({'query': LONG})}", status=422),
    Visit("/alerts"),
    Visit("/slices"),
    Visit("/patterns"),
    Visit("/clusters", everything),
    Visit("/clusters/{cluster}", lambda world: list(TEXTS[: len(TEXTS) // 4])),
    Visit(f"/slices?{urlencode({'query': LONG})}", status=422),
    Visit("/suites"),
    Visit("/suites/hostile"),
    Visit("/results/{result}?verdict=none"),
    Visit("/suites/hostile/compare?result={former}&result={result}"),
    Visit("/gates"),
    Visit("/gates/{gate}", lambda world: [world.items("/api/v1/waivers")[0]["reason"]]),
    Visit("/protocols"),
    Visit("/protocols/hostile", everything),
    Visit("/protocols/other/diff?before=1&after=2"),
    Visit(f"/{quote(SEGMENT, safe='')}", status=404),
    Visit(f"/sign-in?{urlencode({'token': SEGMENT})}", status=401),
)


def test_there_are_five_hundred_of_them_and_no_two_alike():
    texts = hostile()
    assert len(texts) == len(shapes(texts)) == ALL
    assert all("pwned" in text for text in texts)


def test_as_it_is_sent_no_page_holds_a_text_as_anything_else(world):
    faults = {}
    for visit in VISITS:
        path = visit.path.format(**world.ids())
        answer = world.client.get(path)
        assert answer.status_code == visit.status, path
        page = read(answer.text)
        unseen = [] if "whole" not in path and path == "/" else hidden(visit.shows(world), page.text)
        found = (page.faults, sorted(tricks(page.text)), unseen[:3])
        faults |= {path[:80]: found} if any(found) else {}
    assert faults == {}


def test_the_list_of_cases_shows_every_text_on_one_of_its_pages(world):
    shown, path = "", "/cases"
    while path:
        page = read(world.client.get(path).text)
        assert page.faults == []
        shown += page.text
        path = next((link for link in page.links if link.startswith("/cases?") and "after=" in link), "")
    assert hidden(TEXTS, shown) == []


@pytest.mark.parametrize("field", FIELDS)
def test_all_values_of_a_field_stand_on_one_of_their_pages(world, field):
    shown, start = "", 0
    while start is not None:
        page = read(world.client.get(f"/cases?facets=true&more={field}&values={start}").text)
        assert page.faults == []
        shown += page.text
        turned = [int(found[1]) for link in page.links if (found := re.search(rf"more={field}&values=(\d+)", link))]
        start = min((each for each in turned if each > start), default=None)
    assert hidden(column(f"/api/v1/cases/facets?fields={field}", "value")(world), shown) == []


def rows_of(world: World, by: str) -> list[Any]:
    """Return each page of the long tables of figures of the days that have a text each few minutes, from one to the next."""
    return [page for day in DAYS for page in rows_of_day(world, by, day)]


def rows_of_day(world: World, by: str, day: date) -> Iterator[Any]:
    """Yield each page of the table of figures of a day: no question has room for the values of two."""
    start: int | None = 0
    while start is not None:
        page = read(world.client.get(f"/trends?by={by}&protocol=hostile&query=occurred:{day}..{day}&after={start}").text)
        yield page
        later = [int(found[1]) for link in page.links if (found := re.search(r"^/trends\?.*\bafter=(\d+)", link))]
        start = next((after for after in later if after > start), None)


@pytest.mark.parametrize("by", ["context.place", "output"])
def test_figures_show_every_text_on_one_of_their_pages(world, by):
    pages = rows_of(world, by)
    assert [page.faults for page in pages if page.faults] == []
    assert hidden(TEXTS, "".join(page.text for page in pages)) == []


def test_a_figure_leads_to_the_cases_of_its_text_and_to_no_others(world):
    pages = rows_of(world, "context.place")
    # The chart leads where its rows do.
    links = list(
        dict.fromkeys(
            link for page in pages for link in page.links if link.startswith("/cases?query=") and "context.place" in link
        )
    )
    assert len(links) == COUNT
    met = set()
    for link in links[::7]:
        [case] = world.items(f"/api/v1{link}")
        met.add(case["event"])
    assert len(met) == len(links[::7])
    assert met <= set(TEXTS)


def test_a_value_of_a_facet_leads_to_as_many_cases_as_it_says(world):
    page = world.client.get("/parts/cases/facets").text
    facets = re.findall(r'<li><a href="(/cases[^"]*)"[^>]*>\s*<span[^>]*>[^<]*</span> <span class="count">([\d,]+)<', page)
    assert len(facets) > COUNT * 2 // 5
    for href, count in facets[::9]:
        twin = f"/api/v1{html.unescape(href)}&limit=1"
        assert world.client.get(twin).json()["total"] == int(count.replace(",", "")), href


def test_an_event_that_is_gone_leads_to_its_case(world):
    page = world.client.get(f"/runs/{world.planted.waiting.id}/accept").text
    assert "it met no criterion" not in page
    source = world.planted.waiting.manifest.source
    gone = changes("gone")(world)
    assert re.findall(r'<a class="id" href="/cases/([^"]*)"', page) == [case_id(source, event) for event in gone]


def test_the_api_answers_json_and_no_text_comes_into_a_header(world):
    for text in TEXTS[::5]:
        segment = quote(text, safe="")
        for path in (f"/api/v1/cases/{segment}", f"/api/v1/runs/{segment}", f"/api/v1/cases?query={segment}", f"/{segment}"):
            answer = world.client.get(path, headers={"Accept": "application/json"})
            assert answer.status_code in {200, 404, 405, 409, 422}, path
            assert "pwned" not in repr(answer.headers), path
            assert "set-cookie" not in answer.headers
            if path.startswith("/api/"):
                assert answer.headers["content-type"] == "application/json"
                json.loads(answer.content)


def test_an_error_that_a_script_puts_into_a_page_is_text(world):
    world.rendered.clear()
    answer = world.client.get(f"/parts/cases/{quote(SEGMENT, safe='')}/controls", headers={"HX-Request": "true"})
    assert answer.status_code == 422
    page = read(answer.text)
    assert (page.faults, hidden([SEGMENT], page.text)) == ([], [])
    assert PROBLEM in world.rendered


def test_what_is_filed_over_http_comes_back_as_it_was_and_splits_no_header(world):
    given = {
        "model": TEXTS[0],
        "at": "2013-06-05T00:00:00Z",
        "title": "Header",
        "note": together(TEXTS),
        "model_version": "x\r\nSet-Cookie: a=b",
    }
    filed = world.client.post("/api/v1/cases", json=given)
    assert filed.status_code == 201
    assert filed.json()["note"] == given["note"]
    assert re.fullmatch(r"/api/v1/cases/[0-9a-z-]{14}", filed.headers["Location"])
    assert re.fullmatch(r'"1\.[0-9a-f]{16}"', filed.headers["ETag"])
    shown = world.client.get(filed.headers["Location"], headers={"If-None-Match": filed.headers["ETag"]})
    assert (shown.status_code, shown.content) == (304, b"")


# What a page tells the tests: whether a text ran, what the policy refused, and what its elements are.
WATCH = """
window.ran = [];
window.pwned = (number) => { window.ran.push(`ran ${number}`); };
document.addEventListener("securitypolicyviolation", (event) => window.ran.push(`${event.violatedDirective} ${event.sample}`));
"""
LOOK = """([known, never, addresses, here, away, rel]) => {
  for (const details of document.querySelectorAll("details")) details.open = true;
  const faults = [...(window.ran ?? [])];
  const bad = new RegExp(`^(${never})`);
  for (const element of document.querySelectorAll("*")) {
    const drawn = element.closest("[data-chart], #vg-tooltip-element") !== null;
    if (!known.includes(element.localName.toLowerCase()) && !drawn) faults.push(`<${element.localName}>`);
    for (const {name, value} of element.attributes) {
      if (bad.test(name) && !(name === "style" && drawn)) faults.push(`<${element.localName} ${name}=${value}>`);
      const written = element.localName === "a" && element.rel === rel && new RegExp(`^(${away})`).test(value);
      const elsewhere = addresses.includes(name) && !written && !new RegExp(`^(${here})`).test(value);
      if (elsewhere) faults.push(`<${element.localName} ${name}=${value}>`);
    }
  }
  return [faults, document.body.innerText];
}"""


def looked(page: Page) -> tuple[list[str], str]:
    """Return what is wrong with a page in the browser, and its text with all that unfolds."""
    faults, text = page.evaluate(LOOK, [sorted(KNOWN), NEVER.pattern, ADDRESSES, HERE, AWAY, AWAY_REL])
    return faults, text


# Between the cells of a table, in the text of a page.
TAB = "\t"


def settled(page: Page, path: str) -> None:
    """Go to a page, and wait until what it loads later has come and its charts are drawn."""
    page.goto(path, timeout=30_000)
    expect(page.locator("[hx-trigger=load], figure:has([data-chart]):not([data-drawn])")).to_have_count(0, timeout=30_000)


@pytest.fixture
def watched(signed_in) -> Callable[[str], Page]:
    """Open pages that tell when a text runs, asks for something elsewhere, or opens a dialog."""

    def open_page(path: str) -> Page:
        page: Page = signed_in("/protocols")
        page.add_init_script(WATCH)
        page.on("dialog", lambda dialog: pytest.fail(f"a dialog: {dialog.message}"))
        page.on("request", lambda request: urlsplit(request.url).hostname == "127.0.0.1" or pytest.fail(f"asked {request.url}"))
        settled(page, path)
        return page

    return open_page


# Of each template and part of a page one visit; `make soak` opens all that are read as they are sent.
ONCE = tuple({(visit.path.partition("?")[0], visit.status): visit for visit in reversed(VISITS)}.values())


@in_chromium
@pytest.mark.parametrize("visits", [pytest.param(ONCE, id="once"), pytest.param(VISITS, id="all", marks=pytest.mark.soak)])
def test_in_a_browser_no_text_runs_on_any_page_and_each_is_shown_as_it_is(world, watched, visits):
    world.rendered.clear()
    page = watched("/")
    found = {}
    for visit in visits:
        path = visit.path.format(**world.ids())
        settled(page, path)
        faults, text = looked(page)
        wrong = (faults, sorted(tricks(text) - {TAB}), hidden(visit.shows(world), text)[:3])
        found |= {path[:80]: wrong} if any(wrong) else {}
    assert found == {}
    # Whoever adds a template adds a visit: to VISITS, or to a test of its own where a page needs more than its address.
    assert set(environment().list_templates()) - world.rendered == {COMPLETIONS, PROBLEM, SLICE, PATTERN}


# What no address alone shows: each has a test of its own.
COMPLETIONS, PROBLEM = "cases/completions.html", "_parts/problem.html"
# A slice needs more windows than this catalog has: faces/web/test_slices.py.
SLICE = "slices/page.html"
# Nobody named anything there: faces/web/test_patterns.py.
PATTERN = "patterns/page.html"


@in_chromium
def test_in_a_browser_what_is_typed_and_loaded_later_does_not_run_either(world, watched):
    page = watched("/cases")
    world.rendered.clear()
    box = page.get_by_label("Which cases")
    box.press_sequentially("context.place:")
    expect(page.get_by_role("option").first).to_contain_text("pwned")
    assert hidden(world.completed("context.place:"), page.locator("#completions").inner_text()) == []
    box.press("ArrowDown")
    box.press("Tab")
    box.press("Enter")
    page.wait_for_url(re.compile(r"query=context\.place"))
    expect(page.locator("#count")).to_have_text(re.compile("case"))
    assert looked(page)[0] == []
    assert COMPLETIONS in world.rendered


@in_chromium
def test_in_a_browser_forms_come_back_as_they_were_typed(world, watched):
    page = watched("/cases/file")
    typed = together(text for text in TEXTS[::9] if "\r" not in text and "\n" not in text)[:3000]
    page.get_by_label("Model", exact=True).fill(typed[:500])
    page.get_by_label("What went wrong").fill(typed[:200])
    page.get_by_label("When it happened").fill("2013-06-03T06:00")
    page.get_by_label("Failure mode").fill(typed[:300])
    page.get_by_label("Note").fill(typed)
    page.get_by_role("button", name="File the case").click()
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.get_by_label("Note")).to_have_value(typed)
    expect(page.get_by_label("Failure mode")).to_have_value(typed[:300])
    assert looked(page)[0] == []
    case = world.planted.filed[2].id
    page.goto(f"/cases/{case}")
    page.locator("#revise > summary").click()
    page.get_by_label("Note").fill(typed)
    now = world.client.get(f"/api/v1/cases/{case}")
    world.client.patch(f"/api/v1/cases/{case}", json={"note": together(TEXTS)}, headers={"If-Match": now.headers["ETag"]})
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text("wrote revision")
    faults, text = looked(page)
    assert faults == []
    assert hidden(TEXTS, text) == []


@in_chromium
def test_in_a_browser_charts_show_texts_and_each_mark_leads_to_its_case(world, watched):
    odd = [text for text in TEXTS if re.search(r"datum|signal|expr|image|href|data:|<img|__proto__|\\u00|label", text)][:40]
    assert len(odd) > 2 * TOGETHER
    # Each mark's link holds the whole question, and a page has room for some kilobytes of them.
    for start in range(0, len(odd), TOGETHER):
        some = odd[start : start + TOGETHER]
        query = unparse(either(*(fields.having("context.place", text) for text in some)))
        page = watched(
            "/trends?" + urlencode({"by": "context.place", "protocol": "hostile", "query": f"occurred:<2013-06-10 ({query})"})
        )
        marks = page.locator(".chart svg.remiss-chart a")
        assert marks.count() == len(some)
        told = marks.locator("title").evaluate_all("all => all.map((one) => one.textContent)")
        assert hidden(some, " ".join(told)) == []
        assert marks.locator("img, script, foreignObject").count() == 0
        faults, text = looked(page)
        assert faults == []
        assert hidden(some, text) == []
    marks.last.click(force=True)
    page.wait_for_url(re.compile("/cases\\?query="))
    expect(page.locator("#count")).to_have_text("1 case")


@in_chromium
def test_in_a_browser_a_verdict_that_names_files_is_swapped_in_as_text(world, watched):
    page = watched(f"/runs/{world.planted.first.id}")
    log, away = world.planted.folder / "log" / "1", world.planted.folder / "away"
    log.rename(away)
    try:
        page.get_by_role("button", name="Reproduce").click()
        expect(page.locator("#verdict .verdict")).to_be_visible()
    finally:
        away.rename(log)
    # The first fifty that are missed.
    assert len(hidden(world.planted.files, page.locator("#verdict").inner_text())) == max(0, len(world.planted.files) - 50)
    assert looked(page)[0] == []


@in_chromium
def test_in_a_notebook_without_any_policy_nothing_runs_and_every_text_is_shown(world, browser, tmp_path):
    ws = world.there.workspace
    listed = catalog.search(ws, "origin:captured", limit=20)
    shown = [
        (catalog.show(ws, world.planted.filed[0].id), list(TEXTS)),
        (listed, []),
        (world.planted.first, []),
        (world.planted.refused, []),
        (actions.estimate(ws, "occurred:<2013-06-10", by="context.place"), list(TEXTS[:20])),
    ]
    context = browser.new_context()
    context.add_init_script(WATCH)
    page = context.new_page()
    for number, (record, texts) in enumerate(shown):
        file = tmp_path / f"{number}.html"
        file.write_text(f"<!doctype html><meta charset=utf-8><body>{record._repr_html_()}", "utf-8")
        page.goto(file.as_uri())
        assert page.evaluate("window.ran") == []
        titled = page.evaluate(
            "[document.body.innerText, ...[...document.querySelectorAll('[title]')].map((one) => one.title)].join('\\n')"
        )
        never = NEVER.pattern.replace("style$|", "")
        faults = page.evaluate(LOOK, [[*sorted(KNOWN), "g", "tspan"], never, ADDRESSES, HERE, AWAY, AWAY_REL])[0]
        assert faults == []
        assert tricks(titled) <= {TAB}
        if number == 0:
            assert hidden([text for text in texts if len(text) < 2000], titled) == []
    context.close()
