"""Nobody is shown a link or a form that answers that it is not for them, whatever their role."""

from __future__ import annotations

import html
import re
import shutil
from collections import deque
from urllib.parse import urljoin, urlsplit

import pytest

from remiss.catalog import actions as catalog
from remiss.catalog import attachment_actions as attachments
from remiss.curate import discussion_actions as discussion
from remiss.curate import investigation_actions as findings
from remiss.curate import labelling_actions as labelling
from remiss.govern.ports.actor import Actor
from remiss.govern.roles import ROLES
from remiss.records.labelling import Judgement, Verdict
from tests.curate.standings import ANSWERS, WEAK
from tests.serving import served

# What a person would write where it is not just words.
SAID = {"at": "2013-06-04T06:00", "severity": "2"} | dict.fromkeys(("quotes", "target", "low", "high", "citations", "inputs"), "")
# The id of a thing stands for all of its kind, and an address without its query for all that are asked alike.
ID = re.compile(r"(?<=/)(?:[a-z]+-\w{6,}|\w{4}-\w{4}-\w{4})(?=/|$)")
# Who may least, who labels, and who may most; `make soak` asks as all.
SHORT = {"reader", "annotator", "admin"}


@pytest.fixture
def worked_on(captured_once, tmp_path):
    """A catalog in which people have labelled, disputed, discussed, attached and found out something, and its server."""
    shutil.copytree(captured_once, tmp_path / "here")
    with served(str(tmp_path / "here" / "remiss.db"), {"REMISS_SOURCES": str(tmp_path / "here" / "log")}) as there:
        ws = there.workspace.serving("the making")
        failing = Judgement(verdict=Verdict.FAILURE, mode=WEAK, answers=ANSWERS)
        disputed, decided, *_ = catalog.search(ws, "criterion:missed-delay", limit=3).column("id")
        for case, second in ((disputed, Judgement(verdict=Verdict.NOT_A_FAILURE)), (decided, failing)):
            for name, label, judgement in (("ana", labelling.annotate, failing), ("bo", labelling.verify, second)):
                by = ws.serving("labelling", actor=Actor(name=name))
                label(by, case, catalog.show(by, case).revision, judgement)
        for case in (disputed, decided):
            discussion.comment(ws, case, "What is it? @reader, @annotator")
            attachments.add_attachment(ws, case, b"x", name="a.txt")
            findings.write_hypothesis(ws, case, text="The feed")
        yield there


def forms_of(page):
    for tag, inside in re.findall(r"(?s)<form\b([^>]*)>(.*?)</form>", page):
        if 'method="post"' not in tag:
            continue
        action = html.unescape(re.search(r'action="([^"]*)"', tag)[1])
        given = {}
        for field, options in re.findall(
            r"(?s)(<(?:input|textarea)\b[^>]*>|<select\b[^>]*>)((?:\s*<option.*?</select>)?)", inside
        ):
            name, value = re.search(r'name="([^"]*)"', field), re.search(r'value="([^"]*)"', field)
            if not name or 'type="file"' in field:
                continue
            chosen = re.findall(r'<option value="([^"]+)"', options)
            # What a person would write, so that it is the permission that decides and no empty field.
            written = chosen[0] if chosen else value[1] if value and value[1] else "" if options else SAID.get(name[1], "words")
            if 'type="radio"' not in field or name[1] not in given:
                given[html.unescape(name[1])] = html.unescape(written)
        yield action, given, "multipart" in tag


@pytest.mark.slow(reason="every kind of page and form is asked, as each role")
@pytest.mark.parametrize("role", [pytest.param(role, marks=() if role in SHORT else pytest.mark.soak) for role in sorted(ROLES)])
def test_no_link_and_no_form_is_refused_to_whom_it_is_shown(worked_on, role):
    token = worked_on.person(role, role=role, team="*", clearance="secret")
    asked, seen, forms, refused = deque([("/", "")]), set(), {}, []
    with worked_on.browser_of(token) as client:
        while asked:
            address, at = asked.popleft()
            answer = client.get(address, headers={"Accept": "text/html"}, follow_redirects=True)
            if answer.status_code == 403:
                refused.append((address, at))
            if answer.status_code != 200 or "text/html" not in answer.headers["Content-Type"]:
                continue
            for href in re.findall(r'(?:<a\b[^>]*?\bhref|hx-get)="([^"]*)"', answer.text):
                link = urlsplit(urljoin(address, html.unescape(href)))
                kind = ID.sub("ID", link.path), re.sub(r"=[^&]*", "", link.query) if link.path == "/" else ""
                if not link.netloc and link.path.startswith("/") and (kind[0] == "/cases/ID" or kind not in seen):
                    whole = link.path + (f"?{link.query}" if link.query else "")
                    if whole not in seen and len([each for each in seen if str(each).startswith("/cases/")]) < 40:
                        seen |= {kind, whole}
                        asked.append((whole, address))
            for action, given, files in forms_of(answer.text):
                forms.setdefault(ID.sub("ID", urlsplit(action).path), (action, given, files, address))
        # What ends a session comes last.
        for kind in sorted(forms, key=lambda kind: ("revoke" in kind) + 2 * ("disable" in kind) + 3 * ("sign-out" in kind)):
            action, given, files, at = forms[kind]
            sent = {"files": {"file": ("b.txt", b"y")}} if files else {}
            answer = client.post(action, data=given, headers={"Accept": "text/html"}, **sent)
            if answer.status_code == 403:
                refused.append((f"POST {action}", at))
    assert refused == []
    assert len(forms) >= 2


def test_a_reader_who_is_asked_may_answer_there_and_nowhere_else(worked_on):
    token = worked_on.person("reader", role="reader")
    ws = worked_on.workspace.serving("asking")
    case, other = catalog.search(ws, "criterion:missed-delay", limit=3).column("id")[1:]
    with worked_on.browser_of(token) as client:
        page = client.get(f"/cases/{case}").text
        assert page.count("<button>Answer</button>") == 1
        assert "<button>Comment</button>" not in page
        assert "Answer" not in re.sub(r"(?s).*?<main", "", client.get(f"/cases/{other}").text, count=1)
        assert client.get("/api/v1/inbox").json()["total"] == 2
        [thread] = re.findall(r'name="thread" value="([^"]*)"', page)
        assert client.post(f"/cases/{case}/comments", data={"thread": thread, "text": "The feed was late"}).status_code == 303
        assert client.get("/api/v1/inbox").json()["total"] == 1
        assert client.post(f"/cases/{other}/comments", data={"text": "Let us begin"}).status_code == 403
    unasked = worked_on.person("rita", role="reader")
    with worked_on.browser_of(unasked) as client:
        assert "<button>Answer</button>" not in client.get(f"/cases/{case}").text
        assert client.post(f"/cases/{case}/comments", data={"thread": thread, "text": "Me, too"}).status_code == 403


def test_the_bar_tells_each_person_what_waits_for_them_alone_and_that_is_no_look_at_it(worked_on):
    counted = {}
    for role in ("reader", "annotator", "steward"):
        with worked_on.browser_of(worked_on.person(role, role=role)) as client:
            size = worked_on.workspace.audit.size("views")
            counted[role] = client.get("/parts/waiting").json()
            assert worked_on.workspace.audit.size("views") == size
            if role == "annotator":
                left = client.get("/api/v1/queue").json()["left"]
                assert counted[role]["queue"] == left["annotation"] + left["verification"] + left["adjudication"] > 0
            assert counted[role].get("inbox", 0) == client.get("/api/v1/inbox").json()["total"]
    # Two comments ask the reader and the annotator; a steward, who may see the same, is asked nothing.
    assert counted["reader"] == {"inbox": 2}
    assert counted["annotator"]["inbox"] == 2
    assert counted["steward"] == {}
