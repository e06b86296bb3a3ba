"""Every page begins with the same head: where it belongs, one title, and at most one main thing to do next."""

from __future__ import annotations

import re

import pytest

from remiss.faces.web.rendering import TEMPLATES

PATHS = ("/", "/cases", "/cases/file", "/citations", "/trends", "/queue", "/runs", "/jobs", "/protocols", "/people", "/agreement")
OTHERS = (
    "/audit",
    "/help",
    "/help/glossary",
    "/nowhere",
    "/cases/{case}",
    "/cases/{case}/evidence",
    "/cases/zzzz",
    "/runs/{run}",
)
LAST = ("/views", "/queue/{case}", "/protocols/arrival-delay", "/inbox", "/account")


@pytest.fixture(scope="module")
def asked(reading):
    with reading.browser() as client:
        [case] = client.get("/api/v1/cases?limit=1").json()["items"]
        [run] = client.get("/api/v1/runs?limit=1").json()["items"]
        yield client, {"case": case["id"], "run": run["run"]}


@pytest.mark.parametrize("path", [*PATHS, *OTHERS, *LAST])
def test_a_page_has_a_head(asked, path):
    client, names = asked
    page = client.get(path.format(**names), headers={"Accept": "text/html"}).text
    main = page.partition("<main")[2].partition("</main>")[0]
    crumbs, _, rest = main.partition("</nav>")
    assert re.search(r'<nav class="crumbs" aria-label="Breadcrumb">\s*\S', crumbs), path
    assert re.match(r'\s*<div class="heading">\s*<h1>\s*\S', rest), path
    assert main.count("<h1") == 1
    beside = rest.partition('<div class="do">')[2].partition("</div>")[0]
    assert beside.count("btn main") <= 1


def test_no_page_makes_a_head_of_its_own():
    own = {str(each.relative_to(TEMPLATES)) for each in TEMPLATES.rglob("*.html") if "<h1" in each.read_text("utf-8")}
    assert own == {"base.html", "sign_in/form.html"}


def test_the_keys_that_lead_on_are_listed_for_what_one_may_open(reading):
    with reading.browser() as client:
        page = client.get("/cases").text
    assert re.findall(r'data-go="(\w)"', page) == ["h", "l", "i", "c", "t"]
    assert "<kbd>g</kbd> <kbd>t</kbd> Trends" in page
    with reading.browser_of(reading.person("rita-of-heads", role="reader")) as client:
        page = client.get("/cases", headers={"Accept": "text/html"}).text
    assert re.findall(r'data-go="(\w)"', page) == ["h", "i", "c", "t"]
    assert "Label" not in page.partition('id="go"')[2].partition("</span>")[0]
