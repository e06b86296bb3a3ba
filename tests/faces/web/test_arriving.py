"""Who follows a link of another site sees the page, after signing in too; and it makes nobody do or open anything."""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
from contextlib import closing
from urllib.parse import urljoin, urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bench.commands import SCENARIOS
from remiss import capture, safeguard
from remiss.capture import job_actions as jobs
from remiss.catalog import actions as catalog
from remiss.catalog import attachment_actions as attachments
from remiss.catalog import view_actions as views
from remiss.curate import discussion_actions as discussion
from remiss.faces.web.sign_in import MOST_NEXT, leads_to
from remiss.govern.roles import ROLES
from tests.faces.http.routes import WAYS
from tests.serving import Served, served

# Some that others fell for, and some with which a browser leaves out or adds something.
TRICKS = (
    "//evil.example",
    "///evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "/\t/evil.example",
    "\t//evil.example",
    " //evil.example",
    "/%2f/evil.example",
    "/%2Fevil.example",
    "/%5cevil.example",
    "/%5C%5Cevil.example",
    "/%09/evil.example",
    "/.//evil.example",
    "/..//evil.example",
    "/x/..//evil.example",
    "/%2e%2e//evil.example",
    "/%2e./evil.example",
    "https://evil.example",
    "https:/evil.example",
    "https:evil.example",
    "javascript:alert(1)",
    "data:text/html,x",
    "@evil.example",
    ".evil.example",
    "evil.example",
    "/cases\r\nSet-Cookie: a=b",
    "/cases\x00",
    "/cases#x",
    "/cases?q=\\",
    "/c\u2044ases",
    "/cases/%",
    "/cases/%zz",
    "/sign-in?next=/sign-in",
    "/sign-out",
    "/api/v1/cases",
    "/parts/standing",
    "",
    "/" + "x" * MOST_NEXT,
)
PAGES = (
    "/",
    "/cases",
    "/cases?query=status%3Acandidate+context.airport%3A%22EWR%22&as_of=7",
    "/cases/k7m4-qp2x-9w3d",
    "/runs/run-1/",
)


@pytest.mark.parametrize("asked", TRICKS)
def test_who_signs_in_goes_on_to_no_address_that_leads_elsewhere_or_is_no_page(asked):
    assert leads_to(asked) == "/"


@pytest.mark.parametrize("asked", PAGES)
def test_who_signs_in_goes_on_to_the_page_they_asked_for(asked):
    assert leads_to(asked) == asked


LETTERS = st.text(st.sampled_from("/\\.%25cCfF09#?@:;&=a e\t\n\r\x00\x7f\u2215\uff0f") | st.characters(), max_size=30)


@given(LETTERS | st.builds("/{}".format, LETTERS))
@example("//evil.example")
def test_wherever_one_goes_on_to_is_a_path_of_this_server(asked):
    to = leads_to(asked)
    assert to in {asked, "/"}
    found = urlsplit(urljoin("http://127.0.0.1:8765/sign-in", to))
    assert (found.scheme, found.netloc) == ("http", "127.0.0.1:8765")
    assert not found.path.startswith("//")
    assert to.isascii()
    assert to.isprintable()
    assert "\\" not in to


@pytest.fixture(scope="module")
def site(captured_once, tmp_path_factory) -> Served:
    folder = tmp_path_factory.mktemp("arriving") / "here"
    shutil.copytree(captured_once, folder)
    with served(str(folder / "remiss.db"), {"REMISS_SOURCES": str(folder / "log")}) as there:
        yield there


def test_who_is_not_signed_in_comes_to_the_page_that_they_asked_for_by_signing_in(site):
    token, asked = site.person("ana", role="curator"), "/cases?query=status%3Acandidate"
    with site.stranger(headers={"Accept": "text/html", "Origin": site.url}) as client:
        form = client.get(asked)
        assert form.status_code == 401
        assert "Then you go on to <code>/cases?query=status%3Acandidate</code>." in form.text
        [kept] = re.findall(r'name="next" value="([^"]*)"', form.text)
        refused = client.post("/sign-in", data={"token": "wrong", "next": kept})
        assert f'name="next" value="{kept}"' in refused.text
        assert client.post("/sign-in", data={"token": token, "next": kept}).headers["Location"] == asked
        link = client.get("/sign-in", params={"token": site.sessions.link(), "next": asked})
        assert f'name="next" value="{kept}"' in link.text
        assert client.post("/sign-in", data={"token": token, "next": "//evil.example"}).headers["Location"] == "/"
        # What was to be changed is not done by coming back.
        assert 'name="next"' not in client.post("/queue/next", headers={"Sec-Fetch-Site": "same-origin"}).text


def held(site):
    """All that the catalog's database has."""
    with closing(sqlite3.connect(site.workspace.file)) as connection:
        return list(connection.iterdump())


def looks(site, after=0):
    """What the log of views has from an entry on."""
    with closing(sqlite3.connect(f"{site.workspace.file}.views")) as connection:
        return [json.loads(text) for (text,) in connection.execute("SELECT entry FROM views WHERE n > ? ORDER BY n", (after,))]


@pytest.fixture(scope="module")
def led(site):
    """A person with every role, whom a page of another site leads; something for each place in an address."""
    ws = site.workspace.serving("the making")
    case, *_ = catalog.search(ws, limit=1).column("id")
    file = attachments.add_attachment(ws, case, b"pixels", name="shot.png")
    thread = discussion.comment(ws, case, "Look at this.")
    job = jobs.capture_job(ws, str(site.workspace.file.parent / "log" / "arrival-delay.yaml"))
    run, *_ = capture.list_runs(ws).column("run")
    for role in ROLES:
        token = site.person("bo", role=role)
    view = views.save_view(ws, "late", "/cases?query=origin:filed", team="default")
    safeguard.build_suite(ws, "arrival-delay", "", within="context.airport:EWR")
    scenarios = site.workspace.file.parent / "scenarios.yaml"
    scenarios.write_text(SCENARIOS.replace("scenarios: bench", "scenarios: arrival-delay"))
    safeguard.make_scenarios(ws, "arrival-delay", str(scenarios))
    places = {
        "gate": "gate-0",
        "cluster": "cluster-0",
        "pattern": "pattern-0",
        "flag": "release.m",
        "result": "result-0",
        "case": case,
        "attachment": file.id,
        "thread": thread.id,
        "job": job.id,
        "run": run,
        "view": view.id,
    }
    with site.browser_of(token) as client:
        client.headers.update({"Sec-Fetch-Site": "cross-site", "Accept": "text/html"})
        del client.headers["Origin"]
        yield client, places | dict.fromkeys(("protocol", "name"), "arrival-delay") | {"file": "system.css"}


# What an address needs besides its places.
QUERIES = {
    "/api/v1/access": "person=bo&action=case.show",
    "/api/v1/protocols/{protocol}/diff": "before=1&after=1",
    "/protocols/{name}/diff": "before=1&after=1",
    "/runs/{run}/histograms": "field=output",
    "/api/v1/runs/{run}/histograms": "field=output",
    "/api/v1/rate-change": "by=inputs.carrier&query=criterion:slow+occurred:>=2013-06-17",
    "/citations": "address=x",
    "/api/v1/citations": "address=x",
}
# Of the machine, which no role has, or the log; files under other names; what asks for a token; what gives raw evidence; and what
# is of two runs. No gate has decided there, no model is registered, who labels takes no rows of a suite out, and slices need more
# windows than are captured.
NOT_ANSWERED = {
    "/api/v1/doctor",
    "/api/v1/estimate/exact",
    "/assets/{file}",
    "/sign-in",
    "/api/v1/attachments/{attachment}",
    "/runs/compare",
    "/api/v1/runs/{run}/comparison",
    "/api/v1/gates/{gate}",
    "/api/v1/gates/{gate}/attestation",
    "/api/v1/gates/{gate}/checklist",
    "/api/v1/flags/{flag}",
    "/gates/{gate}",
    "/api/v1/results/{result}",
    "/api/v1/results/{result}/rows",
    "/results/{result}",
    "/api/v1/suites/{name}/comparison",
    "/api/v1/suites/{name}/logged",
    "/suites/{name}/compare",
    "/api/v1/suites/{name}/rows",
    "/api/v1/scenarios/{name}/rows",
    "/api/v1/cases/notebook",
    "/api/v1/slice-search",
    "/api/v1/slices/{name}",
    "/slices/{name}",
    "/api/v1/clusters/{cluster}",
    "/clusters/{cluster}",
    "/api/v1/patterns/{pattern}",
    "/patterns/{pattern}",
}


def test_no_link_changes_anything_or_opens_raw_evidence_and_the_look_that_it_leads_to_is_told_as_such(site, led):
    client, places = led
    before, seen, unanswered = held(site), len(looks(site)), set()
    for way in WAYS:
        if way.method == "GET":
            query = QUERIES.get(way.path)
            answer = client.get(way.path.replace(":path}", "}").format(**places) + (f"?{query}" if query else ""))
            assert answer.status_code < 500, way
            unanswered |= set() if answer.status_code < 400 else {way.path}
    # There is no help under that name.
    assert unanswered - {"/help/{name:path}"} == NOT_ANSWERED
    assert held(site) == before
    entries = looks(site, seen)
    assert {entry["actor"] for entry in entries} == {"bo"}
    assert len({entry["action"] for entry in entries}) > 15
    assert {entry.get("came_from") for entry in entries} == {"cross-site"}
    assert "evidence" not in {entry["kind"] for entry in entries}


def test_whoever_comes_by_themselves_is_told_as_that_and_scripts_count_like_the_page_that_has_them(site, led):
    client, places = led
    address, seen = f"/cases/{places['case']}", len(looks(site))
    page = client.get(address).text
    assert """hx-headers:inherited='{"Remiss-Came-From": "cross-site"}'""" in page
    for headers in (
        {"Sec-Fetch-Site": "same-origin", "Remiss-Came-From": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        {"Sec-Fetch-Site": "same-origin"},
        {"Sec-Fetch-Site": "same-origin", "Remiss-Came-From": "nowhere"},
    ):
        said = client.get(address, headers=headers).text
        assert ("Remiss-Came-From" in said) == (headers["Sec-Fetch-Site"] == "same-site" or "cross-site" in headers.values())
    # Where the network can be listened on a browser says nothing; then a page of ours says who led them.
    del client.headers["Sec-Fetch-Site"]
    client.get(address)
    client.get(address, headers={"Referer": f"{site.url}/cases"})
    client.get(address, headers={"Referer": f"{site.url}.evil.example/cases"})
    client.headers["Sec-Fetch-Site"] = "cross-site"
    led_by = [each.get("came_from") for each in looks(site, seen)]
    assert led_by == ["cross-site", "cross-site", "same-site", None, None, None, "unknown", None, "unknown"]


def test_a_file_is_opened_by_its_button_and_not_by_a_link(site, led):
    client, places = led
    link = f"/api/v1/attachments/{places['attachment']}"
    refused = client.get(link)
    assert refused.status_code == 403
    assert "a link of another site opens no raw evidence" in refused.text
    own = {"Sec-Fetch-Site": "same-origin", "Origin": site.url}
    assert client.get(link, headers=own).content == b"pixels"
    assert client.post(f"/attachments/{places['attachment']}", headers=own).content == b"pixels"
    assert client.post(f"/attachments/{places['attachment']}").status_code == 403
    told = client.get("/audit", params={"kind": "refused"}).text
    assert "From another site" in told
    assert "From another site" not in client.get("/audit", params={"kind": "evidence"}).text
