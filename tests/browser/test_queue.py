"""The queue as people use it: cases without the mouse, ten seconds to take one back, and without scripts."""

from __future__ import annotations

import re
import time

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from remiss.catalog import actions as catalog
from remiss.curate import labelling_actions as labelling
from remiss.curate import queue_actions as queue
from remiss.govern.ports.actor import Actor
from remiss.records.labelling import Judgement, Verdict
from tests.curate.standings import ANSWERS, WEAK

NO_CASE = re.compile(r"/queue/[0-9a-z-]+")


def mine(site):
    return queue.list_queue(site.workspace).left.mine


def comes_to(site, count):
    deadline = time.monotonic() + 20
    while mine(site) < count and time.monotonic() < deadline:
        time.sleep(0.05)
    assert mine(site) == count


def current(page):
    return page.locator("#judging").get_attribute("data-case")


def cases_labelled(ws):
    return [catalog.show(ws, each) for each in catalog.search(ws, "status:annotated").column("id")]


def disputed(ws):
    """Have two people see a case differently; return its id."""
    reader, (case,) = ws.actor, catalog.search(ws, "status:candidate", limit=1).column("id")
    failing = Judgement(verdict=Verdict.FAILURE, mode=WEAK, answers=ANSWERS, rationale="the feed")
    for name, give, said in (
        ("ana", labelling.annotate, failing),
        ("bo", labelling.verify, Judgement(verdict=Verdict.NOT_A_FAILURE)),
    ):
        ws.actor = Actor(name=name)
        give(ws, case, catalog.show(ws, case).revision, said)
    ws.actor = reader
    return case


def begin(page):
    page.keyboard.press("Enter")
    expect(page.locator("#letters")).to_be_visible()  # the script is there


def go_on(page, *keys):
    """Press keys that say what a case is, and wait for the next one."""
    before = current(page)
    for key in keys:
        page.keyboard.press(key)
    expect(page.locator(f'#judging[data-case="{before}"]')).to_have_count(0)
    return before


def say_what_will_be_refused(page):
    page.get_by_text("Quotes, impact").click()
    page.locator("[name=quotes]").fill("words that nobody logged")
    page.keyboard.press("Escape")
    page.keyboard.press("n")
    page.keyboard.press("Enter")


@pytest.mark.parametrize("count", [12, pytest.param(50, marks=pytest.mark.soak)])
def test_cases_are_labelled_without_the_mouse(signed_in, site, count):
    page = signed_in("/queue")
    begin(page)
    done = set()
    for at in range(count):
        if at % 3:
            done.add(go_on(page, "n", "Enter"))
        else:
            # The mode by its letters in the list, then an answer to each of the four questions.
            done.add(go_on(page, "f", "m", "w", "Enter", "2", "2", "2", "2", "Enter"))
    assert len(done) == count
    page.goto("/")  # whoever leaves has said what they said
    comes_to(site, count)
    page.goto("/queue")
    expect(page.locator(".counts")).to_contain_text(f"{count} labelled by you")


def test_for_ten_seconds_one_can_take_it_back(signed_in, site):
    page = signed_in("/queue")
    begin(page)
    page.keyboard.press("r")
    page.keyboard.type("it was on time")
    page.keyboard.press("Escape")
    first = go_on(page, "n", "Enter")
    expect(page.locator(".undoing")).to_contain_text(f"No failure: {first}")
    assert mine(site) == 0
    page.keyboard.press("u")
    expect(page.locator(f'#judging[data-case="{first}"]')).to_be_visible()
    expect(page.locator("[name=rationale]")).to_have_value("it was on time")
    expect(page.locator("[value=not-a-failure]")).to_be_checked()
    expect(page.locator(".undoing")).to_be_hidden()
    assert mine(site) == 0


def test_after_ten_seconds_it_is_said(signed_in, site):
    page = signed_in("/queue")
    page.clock.install()
    begin(page)
    go_on(page, "n", "Enter")
    with page.expect_response(lambda answer: "held=true" in answer.url) as answered:
        page.clock.run_for(10_500)
    assert answered.value.status == 204
    assert mine(site) == 1


def test_what_is_not_taken_comes_back_with_why(signed_in, site):
    page = signed_in("/queue")
    begin(page)
    first = current(page)
    page.clock.install()
    with page.expect_response(lambda answer: "held=true" in answer.url) as answered:
        say_what_will_be_refused(page)
        page.clock.run_for(10_500)
    assert answered.value.status == 200
    expect(page.locator("#problem")).to_contain_text("does not stand in the evidence")
    expect(page.locator(".undoing")).to_contain_text(f"{first} was not taken")
    expect(page.locator("#problem")).to_be_focused()
    expect(page.locator("#problem")).to_be_in_viewport(ratio=0.95)
    expect(page.locator("[name=quotes]")).to_have_value("words that nobody logged")
    assert mine(site) == 0


def test_a_page_that_comes_late_takes_no_place(signed_in, site):
    page = signed_in("/queue")
    begin(page)
    first = current(page)
    page.clock.install()
    late = []
    page.route("**/queue/next", lambda route: late.append(route))  # noqa: PLW0108 - playwright marks the function
    with page.expect_request("**/queue/next"):
        say_what_will_be_refused(page)
    page.clock.run_for(10_500)
    expect(page.locator("#problem")).to_contain_text("does not stand in the evidence")
    with page.expect_response("**/queue/next"):
        late[0].continue_()
    expect(page.locator(".undoing")).to_contain_text(f"{first} was not taken: see why below")
    assert current(page) == first
    expect(page.locator("[name=quotes]")).to_have_value("words that nobody logged")


def test_what_was_begun_meanwhile_is_kept(signed_in, site):
    page = signed_in("/queue")
    begin(page)
    first = current(page)
    page.clock.install()
    say_what_will_be_refused(page)
    expect(page.locator(f'#judging[data-case="{first}"]')).to_have_count(0)
    second = current(page)
    page.keyboard.press("r")
    page.keyboard.type("half a sentence")
    page.clock.run_for(10_500)
    expect(page.locator(f'#judging[data-case="{first}"]')).to_be_visible()
    page.locator("[name=quotes]").fill("")
    page.keyboard.press("Escape")
    page.keyboard.press("Enter")
    expect(page.locator(f'#judging[data-case="{second}"]')).to_be_visible()
    expect(page.locator("[name=rationale]")).to_have_value("half a sentence")


def test_nothing_is_sent_before_a_failure_has_its_mode_and_answers(signed_in, site):
    page = signed_in("/queue")
    begin(page)
    first = current(page)
    page.keyboard.press("f")
    page.keyboard.press("Enter")
    assert current(page) == first
    assert page.evaluate("document.activeElement.id") == "mode"


def test_a_mode_is_typed_and_severity_follows(signed_in, site):
    page = signed_in("/queue")
    begin(page)
    first = current(page)
    page.keyboard.press("f")
    page.keyboard.press("m")
    # What is a key of the page elsewhere is a letter here: nothing is skipped, undone or chosen.
    page.keyboard.type("weak slice")
    box = page.get_by_role("combobox", name="Failure mode")
    expect(page.locator("#mode-list [role=option]")).to_have_count(1)
    expect(page.locator("#mode-list [role=option]")).to_contain_text("remiss:model/weak-slice")
    page.keyboard.press("Escape")
    assert (current(page), page.evaluate("document.activeElement.id")) == (first, "judging")
    expect(box).to_have_value("")
    page.keyboard.press("m")
    page.keyboard.type("px weak")
    expect(page.locator("#mode-list [role=option]")).to_have_count(0)
    box.fill("weak sl")
    page.keyboard.press("Enter")
    expect(page.locator("[name=mode]")).to_have_value("remiss:model/weak-slice")
    expect(page.locator("#mode-definition")).to_contain_text("remiss:model/weak-slice: ")
    for digit, words in zip("4334", ("3 more answers", "2 more answers", "1 more answer", "1 Critical"), strict=True):
        page.keyboard.press(digit)
        expect(page.locator("#follows")).to_contain_text(words)
    expect(page.locator("#follows .sev:visible")).to_have_count(1)
    go_on(page, "Enter")
    go_on(page, "f", "Shift+Digit1", "1", "1", "1", "1", "Enter")
    page.goto("/queue")
    comes_to(site, 2)
    labelled = [each.labelling.labellings[0] for each in cases_labelled(site.workspace)]
    assert sorted((each.mode, each.severity) for each in labelled) == [
        ("remiss:model/weak-slice", 1),
        ("remiss:model/weak-slice", 4),
    ]


def test_the_keys_that_the_page_prints_label_pass_and_take_back(signed_in, site):
    page = signed_in("/queue")
    begin(page)

    def printed(name, role="button"):
        key = page.get_by_role(role, name=name).locator("kbd" if role == "button" else "xpath=../kbd").inner_text()
        return {"⏎": "Enter"}.get(key, key.lower())

    first = go_on(page, printed("No failure", "radio"), printed("Submit and next"))
    page.keyboard.press(printed("Undo"))
    expect(page.locator(f'#judging[data-case="{first}"]')).to_be_visible()
    assert go_on(page, printed("Wrong label", "radio"), printed("Submit and next")) == first
    passed = go_on(page, printed("Leave it to someone else"))
    expect(page.locator("#letters")).to_be_visible()
    page.keyboard.press(printed("Skip for now"))
    expect(page.locator(".note[role=status]")).to_contain_text("is put back")
    comes_to(site, 1)
    (said,) = cases_labelled(site.workspace)
    assert (said.id, said.labelling.labellings[0].verdict.value) == (first, "wrong-label")
    assert passed != first


def test_a_dispute_opens_with_the_focus_on_its_form_and_each_printed_key_does_what_it_prints(signed_in, site):
    case = disputed(site.workspace)
    page = signed_in(f"/queue/{case}")
    expect(page.locator("#judging")).to_be_focused()
    assert page.evaluate("scrollY") == 0
    focused = "document.activeElement"
    # Wherever the focus is but in a field: on the form, at a link, on the evidence.
    places = (page.locator("#judging"), page.get_by_role("link", name="Take ana's"), page.locator("section[tabindex]"))
    pressed = set()
    for place in places:
        for key, told in (
            ("w", "document.querySelector('[name=verdict][value=wrong-label]').checked"),
            ("e", "document.querySelector('[name=verdict][value=same-event]').checked"),
            ("c", "document.querySelector('[name=verdict][value=cannot-tell]').checked"),
            ("n", "document.querySelector('[name=verdict][value=not-a-failure]').checked"),
            ("f", "document.querySelector('[name=verdict][value=failure]').checked"),
            ("m", f"{focused}.getAttribute('role') === 'combobox'"),
            ("Escape", f"{focused}.id === 'judging'"),
            ("1", "document.querySelectorAll('.question input:checked').length > 0"),
            ("r", f"{focused}.name === 'rationale' && {focused}.value === ''"),
            ("R", f"{focused}.value === 'R'"),
        ):
            if key != "R":
                page.keyboard.press("Escape")
                place.focus()
            page.keyboard.press(key)
            assert page.evaluate(told), (key, told)
            pressed.add({"Escape": "Esc"}.get(key, key.upper()))
        page.locator("[name=rationale]").fill("")
    printed = set(page.locator("#content kbd:visible").all_inner_texts())
    assert {key for key in printed if not key.isdigit()} - pressed == {
        "⏎",
        "P",
        "X",
        "U",
    }  # these lead away, and are pressed elsewhere
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    keys = page.get_by_role("dialog", name="Keys of this page")
    expect(keys.locator("dl")).to_contain_text("Submit and next")
    assert set(keys.locator("kbd").all_inner_texts()) >= {"F", "N", "W", "E", "C", "M", "R", "P", "X", "g", "h"}
    page.keyboard.press("n")  # is no key of the page meanwhile
    page.keyboard.press("Escape")
    expect(keys).to_have_count(0)
    expect(page.locator("[value=failure]")).to_be_checked()
    page.goto(f"/cases/{case}")
    assert set(page.locator("#content kbd:visible").all_inner_texts()) == {"l", "c", "e"}
    for key, part in (("c", "#discussion"), ("e", "#revise")):
        page.locator("h1").click()
        page.keyboard.press(key)
        assert page.evaluate(f"{focused}.closest('{part}') !== null && {focused}.matches('input, textarea')"), key
    page.locator("h1").click()
    page.keyboard.press("l")
    page.wait_for_url(f"**/queue/{case}")


def test_of_a_dispute_either_side_fills_the_form(signed_in, site):
    case = disputed(site.workspace)
    page = signed_in(f"/queue/{case}")
    expect(page.locator(".both .differs th").first).to_contain_text("Verdict differs")
    page.keyboard.press("r")
    page.keyboard.type("ana saw the board")
    page.get_by_role("link", name="Take ana's").click()
    expect(page.locator("[value=failure]")).to_be_checked()
    expect(page.locator("[name=mode]")).to_have_value(WEAK)
    expect(page.locator("#follows .sev:visible")).to_have_count(1)
    expect(page.locator("[name=rationale]")).to_have_value("ana saw the board")
    page.get_by_role("combobox", name="Failure mode").fill("data")
    expect(page.locator("#mode-list [role=option]").first).to_be_visible()
    assert Axe().run(page).response["violations"] == []
    plain = signed_in(f"/queue/{case}", java_script_enabled=False)
    plain.get_by_role("link", name="Take bo's").click()
    expect(plain.locator("[name=rationale]")).to_be_focused()
    expect(plain.locator("[value=not-a-failure]")).to_be_checked()
    expect(plain.locator("[name=rationale]")).to_have_value("")


def test_what_is_said_without_a_connection_is_kept_and_sent_when_there_is_one(signed_in, site):
    page = signed_in("/queue")
    begin(page)
    page.clock.install()
    page.context.set_offline(True)
    first = current(page)
    page.keyboard.press("n")
    page.keyboard.press("Enter")
    expect(page.locator(".undoing")).to_contain_text("the next case comes as soon as the server answers")
    page.clock.run_for(10_500)
    expect(page.locator(".undoing")).to_contain_text("1 label not sent yet. It is kept in this browser")
    assert mine(site) == 0
    page.context.set_offline(False)
    comes_to(site, 1)
    expect(page.locator(f'#judging[data-case="{first}"]')).to_have_count(0)
    expect(page.locator(".undoing")).not_to_contain_text("not sent yet")


def test_what_is_said_without_a_connection_can_be_taken_back(signed_in, site):
    page = signed_in("/queue")
    begin(page)
    page.context.set_offline(True)
    first = current(page)
    page.keyboard.press("n")
    page.keyboard.press("Enter")
    expect(page.locator(".undoing")).to_contain_text("No connection")
    page.keyboard.press("u")
    expect(page.locator(".undoing")).to_be_hidden()
    page.context.set_offline(False)
    assert current(page) == first
    assert go_on(page, "w", "Enter") == first
    page.goto("/queue")
    comes_to(site, 1)


@pytest.mark.parametrize("connected", [True, False])
def test_who_closes_the_page_at_once_loses_nothing(signed_in, site, connected):
    page = signed_in("/queue")
    begin(page)
    page.context.set_offline(not connected)
    page.keyboard.press("n")
    page.keyboard.press("Enter")
    expect(page.locator(".undoing")).to_contain_text("No failure")
    other = page.context.new_page()
    page.close()
    page.context.set_offline(False)
    other.goto("/queue")
    comes_to(site, 1)
    # What was sent while the page went is known to be taken: nothing waits, and nothing was said twice.
    expect(other.locator(".undoing")).to_be_hidden()
    assert other.evaluate("Object.keys(localStorage).filter((key) => key.startsWith('remiss.labels'))") == []
    assert mine(site) == 1


def test_who_signs_out_is_warned_of_what_is_not_sent(signed_in, site):
    page = signed_in("/queue")
    begin(page)
    page.keyboard.press("n")
    page.route("**/*held=true*", lambda route: route.abort())
    page.keyboard.press("Enter")
    expect(page.locator(".undoing")).to_contain_text("No failure")
    warned = []

    def answered(dialog):
        warned.append(dialog.message)
        dialog.dismiss() if len(warned) == 1 else dialog.accept()

    page.on("dialog", answered)
    page.get_by_role("button", name="Sign out").click()
    expect(page.locator(".undoing")).to_contain_text("1 label not sent yet")
    page.get_by_role("button", name="Sign out").click()
    expect(page).to_have_url(re.compile("/sign-in"))
    assert warned == ["1 label is not sent yet, and would be lost. Sign out all the same?"] * 2
    assert page.evaluate("Object.keys(localStorage).filter((key) => key.startsWith('remiss.labels'))") == []


def test_what_is_said_after_the_session_ended_waits_until_somebody_signs_in_again(signed_in, site):
    page = signed_in("/queue")
    begin(page)
    page.clock.install()
    cookies = page.context.cookies()
    page.context.clear_cookies()
    page.route("**/queue/next", lambda route: route.abort())
    page.keyboard.press("n")
    page.keyboard.press("Enter")
    with page.expect_response(lambda answer: "held=true" in answer.url):
        page.clock.run_for(10_500)
    expect(page.locator(".undoing")).to_contain_text("1 label not sent yet. Sign in again to send it.")
    page.context.add_cookies(cookies)
    page.get_by_role("button", name="Send now").click()
    comes_to(site, 1)
    expect(page.locator(".undoing")).not_to_contain_text("not sent yet")


def test_what_one_person_said_is_not_sent_as_another(site):
    with site.browser_of(site.person("ana", role="annotator")) as ana:
        case = ana.post("/queue/next").headers["location"].rpartition("/")[2].partition("?")[0]
        said = {
            "revision": re.search(r'name="revision" value="(\d+)"', ana.get(f"/queue/{case}").text)[1],
            "verdict": "not-a-failure",
        }
        assert ana.post(f"/cases/{case}/annotate?held=true&by=bo", data=said).status_code == 409
        assert ana.post(f"/cases/{case}/annotate?held=true&by=ana", data=said).status_code == 204
        # Sent again it is known to be taken; what was not said by anybody is not.
        assert ana.post(f"/cases/{case}/annotate?held=true&by=ana", data=said).status_code == 204
        assert ana.post(f"/cases/{case}/annotate?held=true&by=ana", data=said | {"verdict": "wrong-label"}).status_code == 200


@pytest.mark.parametrize("verdict", ["not-a-failure", "failure"])
def test_it_works_without_scripts(signed_in, site, verdict):
    page = signed_in("/queue", java_script_enabled=False)
    page.get_by_role("button", name="Start").click()
    expect(page).to_have_url(NO_CASE)
    page.locator(f"[value={verdict}]").check()
    if verdict == "failure":
        page.locator("[name=mode]").select_option("remiss:model/weak-slice")
        for question in page.locator(".question").all():
            question.locator("input").first.check()
    page.get_by_role("button", name="Submit and next").click()
    expect(page.locator(".note")).to_contain_text("is annotated")
    page.get_by_role("button", name="Skip for now").click()
    expect(page.get_by_role("status")).to_contain_text("is put back")
    assert mine(site) == 1


def test_who_cannot_tell_says_why_and_who_passes_is_given_another_one(signed_in, site):
    page = signed_in("/queue")
    begin(page)
    first = current(page)
    page.keyboard.press("c")
    page.keyboard.press("Enter")
    # Without a reason nothing is sent.
    expect(page.locator("[value=cannot-tell]")).to_be_checked()
    assert (current(page), page.evaluate("document.getElementById('judging').checkValidity()")) == (first, False)
    page.keyboard.press("r")
    page.keyboard.type("the remarks are cut off")
    page.keyboard.press("Escape")
    assert go_on(page, "Enter") == first
    expect(page.locator(".undoing")).to_contain_text(f"Cannot tell: {first}")
    second = go_on(page, "x")
    assert second not in {first, current(page)}
    page.goto("/queue")
    comes_to(site, 1)
    page.goto("/queue")
    expect(page.locator(".note")).to_contain_text("2 cases wait for another person")
