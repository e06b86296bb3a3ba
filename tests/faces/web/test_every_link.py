"""Every link of every page leads to a page, in a catalog of several protocol versions, for everybody who is shown it."""

from __future__ import annotations

import html
import re
from collections import Counter, deque
from urllib.parse import parse_qsl, urljoin, urlsplit

import pytest

from remiss import capture, catalog
from tests.serving import served
from tests.stories.logs import MONDAY, PROTOCOL, WEEK, small_log

SECOND = PROTOCOL.replace("version: 1\n", "version: 2\n").replace("label = 'late'\"", "label = 'late' AND confidence < 0.8\"")
THIRD = SECOND.replace("version: 2\n", "version: 3\n").replace("latency_ms > 250", "latency_ms > 200")
ANOTHER = PROTOCOL.replace("protocol: arrival-delay", "protocol: another").replace("name: arrival-predictions", "name: others")
# What is followed of links that differ only in values.
SO_MANY = 2
TWO, THREE = "two versions", "three versions and another protocol"
# Who follows the links of which catalog: a reader is shown what a curator is, and less.
WALKS = [(THREE, "curator")]
WALKS += [pytest.param(*each, marks=pytest.mark.soak) for each in ((TWO, "reader"), (TWO, "curator"), (THREE, "reader"))]


@pytest.fixture(scope="module", params=[TWO, THREE])
def site(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("versions")
    log = small_log(folder / "log", weeks=4, a_week=150)
    with served(str(folder / "remiss.db"), {"REMISS_SOURCES": str(folder / "log")}, create=True) as there:
        ws = there.workspace.serving("the making")
        texts = (PROTOCOL, SECOND) if request.param == TWO else (ANOTHER, PROTOCOL, SECOND, THIRD)
        for at, text in enumerate(texts):
            log.write(text)
            capture.capture(ws, log.protocol, since=MONDAY + max(at - len(texts) + 3, 0) * WEEK, until=MONDAY + 4 * WEEK)
        yield there


def links_of(page, at):
    for href in re.findall(r'<a\b[^>]*?\bhref="([^"]*)"', page):
        found = urlsplit(urljoin(at, html.unescape(href)))
        if found.path.startswith("/") and not found.netloc:
            yield found.path + (f"?{found.query}" if found.query else "")


def kind_of(address):
    """What pages are alike by: their path without ids, and what is asked of them."""
    found = urlsplit(address)
    path = re.sub(r"(?<=/)(?:run-\w+|\w{4}-\w{4}-\w{4})", "ID", found.path)
    asked = dict(parse_qsl(found.query))
    if path == "/trends":
        # A page of chips leads to every other question.
        by = "period" if asked.get("by") in {"month", "week", "day", "window"} else asked.get("by", "")
        kind = "field" if "." in by else by
        return (path, asked.get("what"), "found" in asked, kind, asked.get("format"))
    return (path, *asked)


@pytest.mark.slow(reason="some hundred pages are asked, as each role")
@pytest.mark.parametrize(("site", "role"), WALKS, indirect=["site"])
def test_every_link_of_every_page_leads_to_a_page_without_a_word_of_the_command_line(site, role):
    token = site.person(role, role=role)
    asked, seen, wrong = deque([("/", "")]), Counter(), []
    with site.browser_of(token) as client:
        while asked:
            address, at = asked.popleft()
            answer = client.get(address, headers={"Accept": "text/html"}, follow_redirects=True)
            if answer.status_code != 200:
                wrong.append((answer.status_code, address, at))
                continue
            if "text/html" not in answer.headers["Content-Type"]:
                continue
            flags = re.findall(r">[^<]*?((?<![\w-])--[a-z][\w-]+)", re.sub(r"(?s)<(script|pre|code)\b.*?</\1>", "", answer.text))
            wrong += [(flag, address, at) for flag in flags]
            for link in dict.fromkeys(links_of(answer.text, address)):
                kind = kind_of(link)
                seen[kind] += 1
                if seen[kind] <= SO_MANY:
                    asked.append((link, address))
    assert not wrong, "\n".join(map(str, wrong))
    assert sum(kind[0] == "/trends" for kind in seen) > 10


def test_a_figure_leads_to_cases_of_its_own_protocol_alone(site):
    with site.browser() as client:
        page = client.get("/trends?query=criterion%3Amissed-delay&what=rate&by=week&protocol=arrival-delay").text
        links = [link for link in links_of(page, "/trends") if link.startswith("/cases?query=") and "occurred" in link]
        assert links
        assert all("protocol%3Aarrival-delay%40" in link for link in links)


def test_a_number_of_a_version_leads_to_as_many_cases(site):
    def count(link):
        query = dict(parse_qsl(urlsplit(link).query))["query"]
        return catalog.search(site.workspace.serving("the counting"), query, limit=1).total

    with site.browser() as client:
        home = client.get("/?whole=true").text
        versions = {link for link in links_of(home, "/") if link.startswith("/protocols/arrival-delay?")}
        shown = [home, *(client.get(link).text for link in versions)]
    pattern = r'<td class="number[^"]*"><a href="(/cases\?[^"]*)">([\d,]+)<'
    found = [(html.unescape(link), int(number.replace(",", ""))) for page in shown for link, number in re.findall(pattern, page)]
    assert len({link for link, _ in found}) >= 4
    assert [(link, count(link)) for link, _ in found] == found


def test_no_page_of_many_rows_and_several_versions_has_over_sixty_kilobytes(site):
    with site.browser() as client:
        [case] = client.get("/api/v1/cases?limit=1").json()["items"]
        [run] = client.get("/api/v1/runs?limit=1").json()["items"]
        long = "/trends?query=criterion%3Aslow&what=rate&by=inputs.distance&variance=sample"
        if "another" not in client.get("/protocols").text:
            assert int(re.search(r"40 of ([\d,]+) drawn; all are in the table", client.get(long).text)[1]) >= 99
        states = "+OR+".join(f"status%3A{state}" for state in ("candidate", "annotated", "disputed", "verified", "regressed"))
        pages = (
            "/?whole=true",
            "/cases?facets=true",
            f"/cases?query=severity%3A%3C%3D3+%28{states}%29&sort=severity",
            "/queue",
            f"/queue/{case['id']}",
            f"/cases/{case['id']}?controls=true",
            "/runs",
        )
        for path in (*pages, f"/runs/{run['run']}", "/protocols/arrival-delay", "/trends", long, f"{long}&after=40", "/audit"):
            most = 45_000 if "facets" in path else 60_000
            assert len(client.get(path, headers={"Accept": "text/html"}).content) <= most, path


def test_the_queue_says_what_a_new_version_of_the_protocol_added(site):
    with site.client() as client:
        runs = client.get("/api/v1/runs").json()["items"]
    newest = max(run["protocol"] for run in runs if run["protocol"].startswith("arrival-delay"))
    [run] = [run for run in runs if run["protocol"] == newest]
    with site.browser() as browser:
        page = browser.get("/queue").text
    said = f"Version {newest[-1]} of arrival-delay added {run['cases']} cases since it was first applied on {run['as_of'][:10]}."
    assert said in page
    assert page.count("since it was first applied") == 1


def test_estimates_are_of_the_newest_version_and_lead_to_the_others(site):
    with site.browser() as client:
        page = client.get("/trends").text
        [current] = re.findall(r'aria-current="true">([^<]*version \d+[^<]*)<', page)
        newest = "2" if "version 3" not in page else "3"
        assert current.startswith(f"arrival-delay, version {newest}")
        chips = [each for each in links_of(page, "/trends") if "arrival-delay%401" in each and "by=criterion" in each]
        older = client.get(chips[0])
        assert older.status_code == 200
        assert re.findall(r'aria-current="true">([^<]*version \d+[^<]*)<', older.text)[0].startswith("arrival-delay, version 1")


def test_trends_over_time_is_one_series_of_the_versions_that_mean_the_same_and_marks_the_change(site):
    versions = {each["protocol"] for each in capture.coverage(site.workspace)}
    with site.browser() as client:

        def page(query, **given):
            asked = {"query": query, "what": "rate", "by": "week", "protocol": "arrival-delay", **given}
            return client.get("/trends", params=asked).text

        # Slow stayed as it was from the first version to the second, and is another rule in the third.
        slow, missed = page("criterion:slow"), page("criterion:missed-delay")
        if "arrival-delay@3" in versions:
            assert "arrival-delay, versions 2 and 3" in missed
            assert "2 also had windows in this scope and is left apart: slow means something else in it" in slow
            assert 'class="event"' not in slow
            slow = page("criterion:slow", protocol="arrival-delay@2")
            assert "arrival-delay, version 2" in slow
        else:
            assert "arrival-delay, versions 1 and 2" in slow
            assert len(re.findall(r'class="event"[^>]*><title>version 2, from', slow)) == 1
            assert 'class="event"' not in missed
        queue = client.get("/queue").text
        assert len(re.findall(r"<h3>arrival-delay</h3>", queue)) == 1
