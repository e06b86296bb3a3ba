"""Webhooks that are told of alerts: a real server takes what is sent, refuses it, is away, or leads elsewhere."""

from __future__ import annotations

import hashlib
import hmac
import json
import shutil
import signal
import socket
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Barrier, Thread

import pytest

from remiss import runner
from remiss.errors import NotFound, SettingError, Undelivered
from remiss.govern.job_actions import list_jobs, show_job
from remiss.records.job import TELL
from remiss.understand.alert_actions import acknowledge_alert, list_alerts
from remiss.understand.alert_check_actions import alerts_job, check_alerts
from remiss.understand.alert_telling_actions import tell_alerts
from tests.faces.test_alert_jobs import until
from tests.forked_commands import ForkedCommands
from tests.serving import served
from tests.stories.test_alerts import ROSE, capture_until, slower

SECRET = "a-secret-that-only-tests-know-of"
NAMES = {"HOOK_SECRET": SECRET}


class Receiver(BaseHTTPRequestHandler):
    """Keeps what it gets, and answers as its server says."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.got.append((self.path, dict(self.headers), body))
        self.server.taken()
        status, leads = self.server.answers.pop(0) if self.server.answers else (200, None)
        self.send_response(status)
        if leads:
            self.send_header("Location", leads)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        """Say nothing."""


@contextmanager
def receiving():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    server.got, server.answers = [], []
    # Called when a request is taken, before it is answered.
    server.taken = lambda: None
    server.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)


@pytest.fixture
def receiver():
    with receiving() as server:
        yield server


@pytest.fixture
def file(tmp_path, monkeypatch):
    for name, value in NAMES.items():
        monkeypatch.setenv(name, value)
    return tmp_path / "webhooks.yaml"


@pytest.fixture
def log(tmp_path):
    return slower(tmp_path / "log")


@contextmanager
def watched_at(address, log, file, environment=None):
    file.write_text("webhooks: []\n")
    with served(address, {**(environment or {}), "REMISS_SOURCES": str(log.folder), "REMISS_WEBHOOKS": str(file)}) as there:
        capture_until(there.workspace, log, ROSE + 3)
        yield there


@pytest.fixture
def site(sqlite_template, tmp_path, log, file):
    with watched_at(str(shutil.copy(sqlite_template, tmp_path)), log, file) as there:
        yield there


@pytest.fixture
def anywhere(address, environment, log, file):
    """A catalog that is served, on each database in turn."""
    with watched_at(address, log, file, environment) as there:
        yield there


@pytest.fixture
def ws(site):
    """Give what makes a workspace for another call."""
    return lambda: site.workspace.serving("test")


def written(file: Path, *hooks: str) -> None:
    file.write_text("webhooks:\n" + "".join(f"  - {{{each}}}\n" for each in hooks))


def on_call(receiver, more=""):
    return f"name: on-call, url: {receiver.url}/in, secret: HOOK_SECRET, allow: [127.0.0.1]{more}"


def test_a_new_alert_is_told_once_signed_with_every_figure(ws, receiver, file, log):
    written(file, on_call(receiver))
    [alert] = check_alerts(ws()).alerts
    runner.work_off(ws())
    [(path, headers, body)] = receiver.got
    assert path == "/in"
    sent = f"{headers['X-Remiss-Timestamp']}.".encode() + body
    assert headers["X-Remiss-Signature"] == "sha256=" + hmac.new(SECRET.encode(), sent, hashlib.sha256).hexdigest()
    assert abs(int(headers["X-Remiss-Timestamp"]) - datetime.now(UTC).timestamp()) < 60
    said = json.loads(body)
    assert (said["kind"], said["delivery"]) == ("alerts", headers["X-Remiss-Delivery"])
    assert [(each["id"], each["rule"], each["rate"]) for each in said["alerts"]] == [(alert.id, "rise", alert.rate)]
    assert "Slow rose to" in said["text"]
    [told] = list_alerts(ws()).alerts
    assert told.told == ("on-call",)
    # More alarms of it are the same alert, of which nobody is told again.
    capture_until(ws(), log, ROSE + 5, since=ROSE + 3)
    assert check_alerts(ws()).raised == (alert.id,)
    runner.work_off(ws())
    assert tell_alerts(ws(), "on-call").alerts == ()
    assert len(receiver.got) == 1


def test_slack_and_teams_get_what_they_show(ws, receiver, file):
    at = f"url: {receiver.url}/KIND, allow: [127.0.0.1], pages: 'https://remiss.example.org/'"
    written(
        file,
        "name: slack, body: slack, " + at.replace("KIND", "slack"),
        "name: teams, body: teams, " + at.replace("KIND", "teams"),
    )
    [alert] = check_alerts(ws()).alerts
    runner.work_off(ws())
    got = {path: json.loads(body) for path, _, body in receiver.got}
    slack, teams = got["/slack"], got["/teams"]
    assert slack["text"].startswith("remiss: 1 new alert\nSlow rose to")
    assert [each["type"] for each in slack["blocks"]] == ["section", "section", "actions"]
    assert slack["blocks"][-1]["elements"][0]["url"] == f"https://remiss.example.org/alerts#{alert.id}"
    [card] = teams["attachments"]
    assert (teams["type"], card["contentType"]) == ("message", "application/vnd.microsoft.card.adaptive")
    assert [each["type"] for each in card["content"]["body"]] == ["TextBlock", "TextBlock"]
    assert card["content"]["actions"][0]["url"].endswith(alert.id)
    assert all("X-Remiss-Signature" not in headers for _, headers, _ in receiver.got)
    [told] = list_alerts(ws()).alerts
    assert sorted(told.told) == ["slack", "teams"]


def test_one_that_is_too_busy_or_away_is_tried_again_and_says_why(ws, site, receiver, file):
    written(file, on_call(receiver))
    receiver.answers = [(503, None)]
    check_alerts(ws())
    runner.work_off(ws())
    [waits] = [each for each in list_jobs(ws()) if each["kind"] == TELL]
    assert waits["state"] == "waiting"
    job = show_job(ws(), waits["job"])
    assert job.retry_at is not None
    assert any("webhook on-call answered with status 503" in each.text for each in job.log)
    with site.browser() as browser:
        assert "webhook on-call answered with status 503" in browser.get(f"/jobs/{job.id}").text
    # No second job waits for it meanwhile.
    check_alerts(ws())
    assert len([each for each in list_jobs(ws()) if each["kind"] == TELL]) == 1
    assert len(tell_alerts(ws(), "on-call").alerts) == 1
    first, second = (headers["X-Remiss-Delivery"] for _, headers, _ in receiver.got)
    assert first == second
    with socket.create_server(("127.0.0.1", 0)) as bound:
        port = bound.getsockname()[1]
    written(file, f"name: gone, url: 'http://127.0.0.1:{port}/', secret: HOOK_SECRET, allow: [127.0.0.1]")
    with pytest.raises(Undelivered, match="webhook gone cannot be reached"):
        tell_alerts(ws(), "gone")
    assert list_alerts(ws()).alerts[0].told == ("on-call",)


def test_what_it_refuses_ends_the_job_with_the_reason_and_no_address(ws, receiver, file):
    written(file, on_call(receiver))
    receiver.answers = [(410, None)]
    check_alerts(ws())
    runner.work_off(ws())
    [failed] = [each for each in list_jobs(ws()) if each["kind"] == TELL]
    assert (failed["state"], failed["reason"]) == ("failed", "webhook on-call answered with status 410")
    assert list_alerts(ws()).alerts[0].told == ()


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "2130706433", "[::1]", "[::ffff:127.0.0.1]", "169.254.169.254", "10.0.0.1", "192.168.1.1"],
)
def test_an_address_that_is_not_public_is_refused_unless_the_file_allows_it(ws, receiver, file, host):
    written(file, f"name: inside, url: 'http://{host}:{receiver.server_address[1]}/', secret: HOOK_SECRET, allow: [172.16.0.1]")
    check_alerts(ws())
    with pytest.raises(SettingError, match="webhook inside has an address that is not public") as refused:
        tell_alerts(ws(), "inside")
    assert host not in str(refused.value)
    assert receiver.got == []


def test_where_a_redirect_leads_is_checked_too_and_gets_no_signature(ws, receiver, file):
    check_alerts(ws())
    written(file, on_call(receiver))
    receiver.answers = [(307, "http://127.0.0.1/elsewhere")]
    with pytest.raises(SettingError, match=r"leads elsewhere \(status 307\)"):
        tell_alerts(ws(), "on-call")
    written(file, on_call(receiver, ", redirects: 1"))
    receiver.answers = [(307, "http://169.254.169.254/latest/meta-data")]
    with pytest.raises(SettingError, match="not public"):
        tell_alerts(ws(), "on-call")
    with receiving() as other:
        receiver.answers = [(302, f"{other.url}/there")]
        with pytest.raises(SettingError, match=r"leads elsewhere \(status 302\)"):
            tell_alerts(ws(), "on-call")
        receiver.answers = [(307, f"{other.url}/there")]
        assert len(tell_alerts(ws(), "on-call").alerts) == 1
        [(path, headers, _)] = other.got
        assert path == "/there"
        assert "X-Remiss-Signature" not in headers


def test_a_webhook_is_told_of_its_teams_alone_and_of_what_nobody_has_in_hand(ws, receiver, file):
    written(file, on_call(receiver, ", teams: [zebras]"))
    [alert] = check_alerts(ws()).alerts
    assert not [each for each in list_jobs(ws()) if each["kind"] == TELL]
    assert tell_alerts(ws(), "on-call").alerts == ()
    written(file, on_call(receiver))
    acknowledge_alert(ws(), alert.id)
    assert tell_alerts(ws(), "on-call").alerts == ()
    assert receiver.got == []


def test_no_call_says_where_something_is_sent(site, receiver, file):
    written(file, on_call(receiver))
    with site.client() as client:
        assert client.post("/api/v1/alerts/webhooks/elsewhere", json={}).status_code == 404
        assert client.post("/api/v1/alerts/webhooks/on-call", json={"url": f"{receiver.url}/other"}).status_code == 422
        assert client.post("/api/v1/alerts/webhooks/on-call", json={}).status_code == 200
    with site.program(site.person("rea", role="reader")) as client:
        assert client.post("/api/v1/alerts/webhooks/on-call", json={}).status_code == 403


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ("name: a, url: 'https://a.example'", "a has no secret"),
        ("name: a, body: slack", "a has not one of url and variable"),
        ("name: a, body: slack, url: 'ftp://a.example'", "is not an http or https URL"),
        ("name: a, body: slack, url: 'https://u:p@a.example'", "has a name or password in it"),
        ("name: a, body: mail, url: 'https://a.example'", "body"),
        ("name: a, body: slack, url: 'https://a.example', allow: [inside]", "is not an address or a network"),
        ("name: a, body: slack, url: 'https://a.example', pages: 'https://b.example/?x=1'", "has a query"),
    ],
)
def test_a_file_that_says_something_wrong_hinders_no_look_and_says_which_line(ws, file, said, why):
    written(file, said)
    found = check_alerts(ws())
    assert found.entered
    [note] = found.notes
    assert note.startswith("no webhook is told: ")
    with pytest.raises(SettingError, match=why) as refused:
        tell_alerts(ws(), "a")
    assert refused.value.where.line == 2


def test_what_a_webhook_needs_of_the_environment_is_named_and_never_shown(ws, receiver, file, monkeypatch):
    written(file, "name: chat, body: slack, variable: CHAT_URL", "name: signed, url: 'https://a.example', secret: NO_SECRET")
    check_alerts(ws())
    with pytest.raises(SettingError, match="webhook chat needs the variable CHAT_URL, which is not set"):
        tell_alerts(ws(), "chat")
    with pytest.raises(SettingError, match="webhook signed needs the variable NO_SECRET"):
        tell_alerts(ws(), "signed")
    monkeypatch.setenv("CHAT_URL", f"{receiver.url}/in/T0KEN")
    with pytest.raises(SettingError, match="not public") as refused:
        tell_alerts(ws(), "chat")
    assert "T0KEN" not in str(refused.value)
    with pytest.raises(NotFound, match="there is no webhook mail"):
        tell_alerts(ws(), "mail")


def together(*works):
    """Do several things at the same time, each in a thread of its own; `works` are told when all are there."""
    begin = Barrier(len(works))
    with ThreadPoolExecutor(len(works)) as pool:
        return [each.result(60) for each in [pool.submit(lambda of=of: (begin.wait(30), of())[1]) for of in works]]


def check_as(site, token):
    with site.program(token) as client:
        return client.post("/api/v1/alerts/checks", json={}).status_code


def test_of_two_people_who_check_at_once_and_two_runners_each_webhook_is_told_once(anywhere, receiver, file):
    written(file, on_call(receiver))
    people = [anywhere.person(name, role="curator") for name in ("bo", "cy")]
    assert together(*(partial(check_as, anywhere, each) for each in people)) == [200, 200]
    runners: list[int] = []

    def work():
        runners.append(runner.work_off(anywhere.workspace.serving("test")))

    # Whoever is told first answers when the other runner has told it too, or has found nothing to do.
    receiver.taken = lambda: until(lambda: len(receiver.got) > 1 or runners, within=8)
    together(work, work)
    assert len(receiver.got) == 1
    ws = anywhere.workspace.serving("test")
    assert len([each for each in list_jobs(ws) if each["kind"] == TELL]) == 1
    assert [each.told for each in list_alerts(ws).alerts] == [("on-call",)]


def die_and_be_followed(there, address, environment, kind, point):
    """Have a runner in a process of its own die at a point; give what has another finish its job of some kind then."""
    settings = {**environment, "REMISS_JOB_LEASE": "3", "REMISS_CRASH_AT": point}
    with ForkedCommands() as commands:
        assert commands.run(["--catalog", address, "job", "run"], settings).status == -signal.SIGKILL

    def done():
        ws = there.workspace.serving("test")
        runner.work_off(ws)
        return [each["state"] for each in list_jobs(ws) if each["kind"] == kind] == ["done"]

    # It is taken up when the lease of who died is over.
    return lambda: until(done, within=30)


# Where a runner dies: with the steps known, with an answer that is not written down yet, and when it is; how many messages there
# are then, and when another has finished the job.
DEATHS = [("after-plan", 0, 1), ("before-commit", 1, 2), ("after-commit", 1, 1)]


@pytest.mark.slow(reason="a runner is a process of its own, and its lease has to be over")
@pytest.mark.parametrize(("point", "before", "after"), DEATHS)
def test_what_a_runner_died_in_the_middle_of_telling_is_told_and_a_repeat_is_known(
    anywhere, address, environment, receiver, file, log, point, before, after
):
    written(file, on_call(receiver))
    ws = anywhere.workspace.serving("test")
    [alert] = check_alerts(ws).alerts
    settings = {**environment, **NAMES, "REMISS_SOURCES": str(log.folder), "REMISS_WEBHOOKS": str(file)}
    finish = die_and_be_followed(anywhere, address, settings, TELL, point)
    assert len(receiver.got) == before
    finish()
    told = [json.loads(body) for _, _, body in receiver.got]
    assert [[each["id"] for each in said["alerts"]] for said in told] == [[alert.id]] * after
    assert len({headers["X-Remiss-Delivery"] for _, headers, _ in receiver.got}) == 1
    assert list_alerts(anywhere.workspace.serving("test")).alerts[0].told == ("on-call",)
    check_alerts(anywhere.workspace.serving("test"))
    runner.work_off(anywhere.workspace.serving("test"))
    assert len(receiver.got) == after


def test_who_names_a_team_has_its_alerts_told_alone_and_names_none_that_they_do_not_act_for(site, ws, receiver, file):
    written(file, on_call(receiver))
    [alert] = check_alerts(ws()).alerts
    assert tell_alerts(ws(), "on-call", team="zebras").alerts == ()
    assert tell_alerts(ws(), "on-call", team=alert.team).alerts == (alert.id,)
    zoe = site.person("zoe", role="curator", team="zebras")
    with site.program(zoe) as client:
        assert client.post("/api/v1/alerts/webhooks/on-call", json={"team": alert.team}).status_code == 403
        assert client.post("/api/v1/alerts/webhooks/on-call", json={"team": "nobodys"}).status_code == 403


def test_a_job_that_looks_has_the_webhooks_told(ws, receiver, file):
    written(file, on_call(receiver))
    alerts_job(ws())
    assert runner.work_off(ws()) == 2
    assert len(receiver.got) == 1
