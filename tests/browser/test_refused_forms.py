"""A form that is not taken says so where it was sent: in view, with the focus, at its field, and what was typed is kept.

Told without scripts, of at least one form of every template that has such: with scripts no page does less.
"""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from remiss.faces.web.rendering import TEMPLATES

FILE = {"name": "empty.txt", "mimeType": "text/plain", "buffer": b""}
# By template: the page, its form, and what is filled in. `{case}` is one of the catalog.
FORMS = {
    "account/page.html": ("/account", "form[action='/account/token']", {"about": "laptop", "days": "99999"}),
    "agreement/page.html": ("/agreement", "main form", {"query": "nope:"}),
    "audit/page.html": ("/audit", "form.asked", {"since": "nope", "actor": "ana"}),
    "case/attachments.html": ("/cases/{case}", "form.attach", {"file": FILE}),
    "case/discussion.html": ("/cases/{case}", "#comment form.say", {"text": " "}),
    "case/file.html": ("/cases/file", "#filing", {"title": "The board was wrong", "model": "m", "at": ""}),
    "case/labelling.html": ("/cases/{case}", "form[action$='/link']", {"other": "zzzzzz"}),
    "case/revise.html": ("/cases/{case}", "#revise form", {"title": "t" * 400, "note": "a note"}),
    "_parts/findings.html": ("/cases/{case}", "form[action$='/remediations']", {"text": " ", "model_version": "42"}),
    "cases/page.html": ("/cases", "search form", {"query": "nope:"}),
    "trends/page.html": ("/trends", "main form.form", {"query": "nope:"}),
    "heatmap/page.html": ("/heatmap", "main form.form", {"query": "nope:"}),
    "drift/page.html": ("/drift", "main form.form", {"query": "nope:"}),
    "slices/list.html": ("/slices", "main form.form", {"query": "nope:"}),
    "clusters/list.html": ("/clusters", "main form.form", {"query": "nope:"}),
    "patterns/list.html": ("/patterns", "form[method='post'][action='/patterns']", {"name": "Late", "query": "nope:"}),
    "evidence/page.html": ("/cases/{case}/evidence", "form.filing", {"purpose": " "}),
    "people/page.html": ("/people", "form[action='/person/add']", {"name": "Nora Berg", "about": "a new annotator"}),
    "queue/_steering.html": ("/queue", ".steering form.scoped", {"revision": "999"}),
    "queue/task.html": ("/queue/{case}", "#judging", {"verdict": "not-a-failure", "quotes": "words that nobody logged"}),
    "views/page.html": ("/views", "form[action='/views']", {"name": "mine", "address": "nope"}),
    "sign_in/form.html": ("/sign-in", "form", {"token": "nobodys"}),
}
# What is no text to keep: a file, a secret, and what a form says anew of how things stand.
FORGOTTEN = {"file", "token", "revision"}
# Told by itself: who steers the queue is told beside what they steer, and two runs are compared by a link.
# A model is asked again where one is registered (test_replays.py); what gates decided and suites are told on their own pages
# (faces/web/test_gates.py, test_suites.py, test_slices.py, test_alerts.py, test_patterns.py).
ALONE = {
    "queue/page.html",
    "runs/compare.html",
    "case/replays.html",
    "gates/page.html",
    "suites/page.html",
    "slices/page.html",
} | {"alerts/page.html", "patterns/page.html"}
# By which field what is wrong is found; of the others the whole form is told.
WRONG = {
    "account/page.html": "days",
    "agreement/page.html": "query",
    "audit/page.html": "since",
    "_parts/findings.html": "text",
    "case/attachments.html": "file",
    "case/discussion.html": "text",
    "case/file.html": "at",
    "case/revise.html": "title",
    "case/labelling.html": "other",
    "cases/page.html": "query",
    "heatmap/page.html": "query",
    "drift/page.html": "query",
    "slices/list.html": "query",
    "clusters/list.html": "query",
    "patterns/list.html": "query",
    "evidence/page.html": "purpose",
    "people/page.html": "name",
    "queue/task.html": "quotes",
    "sign_in/form.html": "token",
}
FILL = """(form, fields) => {
  form.noValidate = true;
  for (let at = form; at; at = at.parentElement) if (at.localName === "details") at.open = true;
  for (const [name, value] of Object.entries(fields)) form.elements[name].value = value;
}"""
IN_VIEW = "one => { const {top, bottom} = one.getBoundingClientRect(); return top >= 0 && bottom <= innerHeight; }"


def test_every_template_with_such_a_form_is_told():
    with_such = {
        str(each.relative_to(TEMPLATES)) for each in TEMPLATES.rglob("*.html") if 'from "_parts/refused.html"' in each.read_text()
    }
    assert with_such | {"sign_in/form.html", "case/revise.html"} == {*FORMS, *ALONE}


# Where there is less room, more is out of view.
VIEWPORTS = [
    pytest.param({"width": 1360, "height": 900}, id="wide", marks=pytest.mark.soak),
    pytest.param({"width": 390, "height": 844}, id="narrow"),
]


@pytest.mark.parametrize("viewport", VIEWPORTS)
def test_what_is_not_taken_is_said_where_it_was_sent(signed_in, site, viewport):
    with site.client() as client:
        case = client.get("/api/v1/cases?limit=1").json()["items"][0]["id"]
    page = signed_in("/", java_script_enabled=False, viewport=viewport)
    faults = {}
    for template, (path, where, fields) in FORMS.items():
        page.goto(path.format(case=case))
        form = page.locator(where).first
        texts = {name: value for name, value in fields.items() if name != "file"}
        form.evaluate(FILL, texts)
        if "file" in fields:
            form.locator("[name=file]").set_input_files(fields["file"])
        form.evaluate("form => (form.querySelector('button') ?? document.querySelector(`button[form=${form.id}]`)).click()")
        focused = page.locator("[role=alert]:focus")
        try:
            expect(focused).to_have_count(1, timeout=3000)
        except AssertionError:
            faults[template] = "the focus is elsewhere"
            continue
        kept = page.locator(where).first
        if not focused.evaluate(IN_VIEW):
            faults[template] = "it is not in view"
        for name, value in texts.items():
            if name not in FORGOTTEN and kept.evaluate("(form, name) => form.elements[name].value", name) != value:
                faults[template] = f"{name} is not kept"
        if template in WRONG:
            wrong = kept.locator(f"[name={WRONG[template]}]").first
            if (wrong.get_attribute("aria-invalid"), wrong.get_attribute("aria-describedby")) != ("true", "problem"):
                faults[template] = f"{WRONG[template]} is not marked"
    assert faults == {}


def test_who_labels_is_told_what_they_cannot_be_given(site):
    with site.browser_of(site.person("ana", role="annotator")) as ana:
        answer = ana.post("/queue/next", data={"period": "nope"})
    assert answer.status_code == 422
    assert 'role="alert" id="problem" tabindex="-1" autofocus' in answer.text


def test_a_refused_form_breaks_no_rule_and_has_the_focus_with_scripts_too(signed_in):
    page = signed_in("/people")
    page.get_by_label("Name", exact=True).fill("Nora Berg")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.locator("[role=alert]:focus")).to_contain_text("Nora Berg")
    assert Axe().run(page).response["violations"] == []
