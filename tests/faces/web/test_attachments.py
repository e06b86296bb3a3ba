"""Files over HTTP: sent as they are or by a form, bounded on the way, and given out so that no browser opens one."""

from __future__ import annotations

import re
import shutil
import tempfile

import pytest

from remiss.catalog.attachment import MOST_BYTES
from tests.serving import served

SCRIPT = b"<script>alert('pwned')</script>"


@pytest.fixture
def site(captured_once, tmp_path):
    shutil.copytree(captured_once, tmp_path / "here")
    with served(str(tmp_path / "here" / "remiss.db"), {}) as there:
        yield there


@pytest.fixture
def browser(site):
    with site.browser() as client:
        yield client


@pytest.fixture
def case(browser):
    return browser.get("/api/v1/cases?limit=1").json()["items"][0]["id"]


def send(client, case, content=SCRIPT, name="page.html"):
    return client.post(f"/api/v1/cases/{case}/attachments", params={"name": name}, content=content)


def test_a_file_is_sent_as_it_is_and_comes_back_as_it_was(browser, case):
    made = send(browser, case)
    assert made.status_code == 201
    assert made.json()["name"] == "page.html"
    assert browser.get(made.headers["Location"]).content == SCRIPT
    [listed] = browser.get(f"/api/v1/cases/{case}/attachments").json()["items"]
    assert {**listed, "read_position": made.json()["position"]} == made.json()
    at = made.headers["Location"]
    assert browser.delete(at).json()["name"] == "page.html"
    assert browser.get(f"/api/v1/cases/{case}/attachments").json()["items"] == []
    [removed] = browser.get(f"/api/v1/cases/{case}/attachments", params={"removed": True}).json()["items"]
    assert removed["name"] == "page.html"
    assert browser.post(f"{at}/restore").json()["removed_by"] is None
    assert browser.get(at).content == SCRIPT
    assert browser.post(f"{at}/erase").json()["name"] is None
    assert browser.get(at).status_code == 404


@pytest.mark.parametrize(("method", "root"), [("GET", "/api/v1"), ("POST", "")])
def test_whatever_it_is_no_browser_opens_it(browser, case, method, root):
    made = send(browser, case, name='x".html; filename=evil\r\n<b>.html').json()
    answer = browser.request(method, f"{root}/attachments/{made['attachment']}")
    assert answer.headers["content-type"] == "application/octet-stream"
    assert re.fullmatch(r"attachment; filename=\"[^\"\\]+\"; filename\*=UTF-8''[^ \"]+", answer.headers["content-disposition"])
    assert answer.headers["content-security-policy"].startswith("sandbox; default-src 'none'")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"


def test_by_the_forms_of_its_page_one_adds_removes_restores_and_erases_a_file(browser, case):
    sent = browser.post("/attachments", data={"case": case}, files={"file": ("shot 1.png", b"pixels", "text/html")})
    assert sent.status_code == 303
    assert sent.headers["location"] == f"/cases/{case}#attachments"
    page = browser.get(f"/cases/{case}").text
    assert "shot 1.png" in page
    [file] = re.findall(r'action="(/attachments/[^"/]+)"', page)
    assert browser.post(file).content == b"pixels"
    # A link to it may stand on a page of another site.
    assert browser.get(file).status_code == 405
    assert "Removed</h3>" not in page
    for verb, removed in (("remove", True), ("restore", False)):
        [path] = re.findall(rf'action="(/attachments/[^"]+/{verb})"', page)
        assert browser.post(path).status_code == 303
        page = browser.get(f"/cases/{case}").text
        assert "shot 1.png" in page
        assert ("Removed</h3>" in page) == removed
    [path] = re.findall(r'action="(/attachments/[^"]+/erase)"', page)
    assert browser.post(path).status_code == 303
    assert "shot 1.png" not in browser.get(f"/cases/{case}").text


def test_an_empty_file_is_refused_above_the_form(browser, case):
    sent = browser.post("/attachments", data={"case": case}, files={"file": ("x", b"")})
    assert sent.status_code == 422
    assert "The file is empty" in sent.text


@pytest.mark.parametrize(
    "form",
    [
        {"data": {"case": "x"}},
        {"files": {"file": ("x", b"x")}},
        {"content": b"x", "headers": {"Content-Type": "multipart/form-data"}},
    ],
)
def test_what_is_no_such_form_is_refused(browser, form):
    assert browser.post("/attachments", **form).status_code == 422


def test_the_largest_file_goes_by_every_way_and_more_is_refused(browser, case):
    content = b"x" * MOST_BYTES
    assert send(browser, case, content).status_code == 201
    assert browser.post("/attachments", data={"case": case}, files={"file": ("x", content)}).status_code == 303
    assert send(browser, case, content + b"x").status_code == 422
    assert send(browser, case, content * 2).status_code == 413


def test_elsewhere_nothing_that_large_is_read(browser):
    assert browser.post("/api/v1/cases", content=b"x" * (5 << 20)).status_code == 413


def test_a_file_that_is_being_sent_lies_nowhere_as_it_is(browser, case, monkeypatch):
    """Forms of more than a megabyte usually go to a temporary file on their way."""
    made = []
    genuine = tempfile.TemporaryFile

    def watched(*args, **given):
        made.append(args)
        return genuine(*args, **given)

    monkeypatch.setattr(tempfile, "TemporaryFile", watched)
    assert browser.post("/attachments", data={"case": case}, files={"file": ("x", b"x" * (3 << 20))}).status_code == 303
    assert made == []


def test_a_page_of_another_site_adds_nothing(browser, case):
    foreign = {"Origin": "http://elsewhere.example", "Sec-Fetch-Site": "cross-site"}
    assert browser.post("/attachments", data={"case": case}, files={"file": ("x", b"x")}, headers=foreign).status_code == 403
