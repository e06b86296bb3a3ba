"""What people come for: by so many clicks from where they stand, and by the keys alone that the pages print."""

from __future__ import annotations

import re
import time

import pytest
from playwright.sync_api import expect

from remiss.catalog import actions as catalog
from remiss.curate import discussion_actions as discussion
from remiss.govern.ports.actor import Actor
from tests.browser.test_queue import disputed

WIDE = {"width": 1440, "height": 900}
# A click of a pointer: keys that press a button make none with a detail.
COUNTING = """addEventListener("click", (event) => {
  if (event.isTrusted && event.detail) sessionStorage.clicks = Number(sessionStorage.clicks ?? 0) + 1;
}, true);"""


@pytest.fixture
def home_of(signed_in, site):
    """Give Home as somebody of a role sees it; what they click is counted from then on."""

    def opened(role, **given):
        page = signed_in("/help", token=site.person(f"the-{role}", role=role, **given), viewport=WIDE)
        page.add_init_script(COUNTING)
        page.goto("/")
        return page

    return opened


def clicks(page):
    return int(page.evaluate("sessionStorage.clicks ?? 0"))


def settled(site, case):
    """Wait until somebody has settled a dispute, and return what they said."""
    deadline = time.monotonic() + 20
    while (found := catalog.show(site.workspace, case)).status.value == "disputed" and time.monotonic() < deadline:
        time.sleep(0.05)
    return found.labelling.labellings[-1]


def test_a_reader_comes_to_the_severest_missed_delays_at_ewr_by_two_clicks(home_of):
    page = home_of("reader")
    page.get_by_role("rowheader", name=re.compile("^Missed delay")).get_by_role("link").click()
    page.locator("#facets a", has=page.locator(".value", has_text="EWR")).first.click()
    expect(page.get_by_label("Which cases")).to_have_value(re.compile(r"criterion:missed-delay .*context\.airport:EWR"))
    assert clicks(page) == 2
    grades = column(page, "Severity")
    assert grades
    assert grades == sorted(grades)
    expect(page.get_by_role("columnheader", name="Severity")).to_have_attribute("aria-sort", "ascending")
    assert all("missed-delay" in why for why in column(page, "Criteria"))


def column(page, title):
    """Return the texts of a column of the list of cases."""
    titles = [each.strip() for each in page.locator("table.cases thead th").all_inner_texts()]
    [at] = [at for at, each in enumerate(titles) if each.startswith(title)]
    return page.locator(f"table.cases tbody tr > :nth-child({at + 1})").all_inner_texts()


def test_a_verifier_settles_a_dispute_by_three_clicks(home_of, site):
    case = disputed(site.workspace)
    page = home_of("verifier")
    page.get_by_role("button", name="Settle a dispute").click()
    expect(page.locator("#letters")).to_be_visible()  # the script is there
    page.get_by_role("link", name="Take ana's").click()
    expect(page.locator("[name=rationale]")).to_be_focused()
    page.keyboard.type("the board was late")
    page.get_by_role("button", name="Submit and next").click()
    expect(page.locator(".undoing")).to_contain_text(f"Failure: {case}")
    assert clicks(page) == 3
    page.goto("/")  # whoever leaves has said what they said
    said = settled(site, case)
    assert (said.person, said.verdict.value, said.rationale) == ("the-verifier", "failure", "the board was late")


def test_a_steward_is_shown_who_viewed_a_case_by_one_click(home_of, site):
    [case] = catalog.search(site.workspace, "criterion:missed-delay", limit=1).column("id")
    with site.browser_of(site.person("rita", role="reader")) as rita:
        assert rita.get(f"/cases/{case}").status_code == 200
    page = home_of("steward")
    # A case is found by what somebody types of it.
    go(page, "Cases")
    expect(page.get_by_role("button", name="Copy link to this view")).to_be_visible()
    page.keyboard.press("/")
    page.keyboard.type(f"{case}\n")
    page.wait_for_url(re.compile(f"/cases/{case}"))
    page.get_by_role("link", name="Who has seen this case").click()
    expect(page.get_by_role("row", name=re.compile("rita")).first).to_contain_text(case)
    assert clicks(page) == 1


def go(page, words):
    """Go to a section by the keys that the foot of the page prints for it."""
    foot = page.locator("#go")
    expect(foot).to_be_visible()
    [keys] = [each.split()[:-1] for each in foot.inner_text().partition(":")[2].split("·") if each.split()[-1] == words]
    for key in keys:
        page.keyboard.press(key)


def printed(page, name, role="button"):
    """Return the key that stands in what is pressed, or beside what is chosen."""
    key = page.get_by_role(role, name=name).locator("xpath=../kbd" if role == "radio" else "kbd").first.inner_text()
    return {"⏎": "Enter"}.get(key, key.lower())


def come_to(page, place, most=60):
    """Press Tab until a place has the focus."""
    for _ in range(most):
        if page.locator(":focus").and_(place).count():
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{place} is not reached by Tab")


def come_to_case(page, number):
    """Wait for the page of a case by its place in the list, and for its keys."""
    expect(page.locator(".crumbs")).to_contain_text(f"Case {number} of")
    expect(page.locator(".tabbed")).to_be_visible()


def asked(site, name):
    """Have somebody asked in a comment, and return of which case."""
    ws = site.workspace
    [case] = catalog.search(ws, "criterion:slow", limit=1).column("id")
    reader, ws.actor = ws.actor, Actor(name="bo")
    discussion.comment(ws, case, "Nobody is asked here")
    discussion.comment(ws, case, f"@{name}, is it the feed?")
    ws.actor = reader
    return case


def test_by_the_keys_that_pages_print_a_dispute_is_settled_a_case_labelled_and_a_mention_answered(home_of, site):
    dispute, mention = disputed(site.workspace), asked(site, "the-verifier")
    page = home_of("verifier")
    # Label: what is disputed comes first.
    go(page, "Label")
    expect(page.get_by_role("button", name="Start")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#letters")).to_be_visible()
    expect(page.locator(f'#judging[data-case="{dispute}"]')).to_be_visible()
    page.keyboard.press(printed(page, "No failure", "radio"))
    page.keyboard.press(page.locator("label", has=page.locator("[name=rationale]")).locator("kbd").inner_text().lower())
    page.keyboard.type("it was on time")
    page.keyboard.press("Escape")
    page.keyboard.press(printed(page, "Submit and next"))
    expect(page.locator(f'#judging[data-case="{dispute}"]')).to_have_count(0)
    labelled = page.locator("#judging").get_attribute("data-case")
    page.keyboard.press(printed(page, "No failure", "radio"))
    page.keyboard.press(printed(page, "Submit and next"))
    expect(page.locator(f'#judging[data-case="{labelled}"]')).to_have_count(0)
    # Inbox: the comment that asks, its case, the answer.
    go(page, "Inbox")
    page.wait_for_url(re.compile("/inbox"))
    come_to(page, page.locator(".inbox a.id"))
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(f"/cases/{mention}"))
    expect(page.locator(".tabbed")).to_be_visible()  # the script is there
    page.keyboard.press(printed(page, "Answer", "link"))
    page.wait_for_function("document.activeElement.name === 'text'")
    page.keyboard.type("It was the feed")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_text("It was the feed")).to_be_visible()
    assert settled(site, dispute).verdict.value == "not-a-failure"
    assert catalog.show(site.workspace, labelled).status.value != "candidate"
    assert discussion.list_inbox(site.workspace.serving("asked", actor=Actor(name="the-verifier"))).total == 0
    assert clicks(page) == 0


def test_by_the_keys_that_pages_print_a_list_is_paged_through_and_trends_lead_to_their_cases(home_of):
    page = home_of("reader")
    go(page, "Cases")
    page.wait_for_url(re.compile("/cases"))
    expect(page.get_by_role("button", name="Copy link to this view")).to_be_visible()
    page.keyboard.press("?")
    help_ = page.locator("#language")
    expect(help_.get_by_text("next and previous case")).to_be_visible()
    down, up = (each.inner_text() for each in help_.locator("dt", has_text="j").first.locator("kbd").all())
    cases = page.locator("table.cases a.id")
    page.keyboard.press(down)
    page.keyboard.press(down)
    expect(cases.nth(1)).to_be_focused()
    page.keyboard.press(up)
    expect(cases.nth(0)).to_be_focused()
    page.keyboard.press("Enter")
    come_to_case(page, 1)
    page.keyboard.press(printed(page, "Next", "link"))
    come_to_case(page, 2)
    page.keyboard.press(printed(page, "Previous", "link"))
    come_to_case(page, 1)
    go(page, "Cases")
    expect(page.get_by_role("button", name="Copy link to this view")).to_be_visible()
    page.keyboard.press(printed(page, "Next 50", "link"))
    expect(page.get_by_role("link", name="First page")).to_be_visible()
    go(page, "Trends")
    page.wait_for_url(re.compile("/trends"))
    come_to(page, page.get_by_role("rowheader").get_by_role("link"), most=200)
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/cases"))
    expect(cases.first).to_be_visible()
    assert clicks(page) == 0
