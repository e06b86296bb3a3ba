"""Alerts that are sent by e-mail: a real mail server takes them, refuses them, is away, or cannot be trusted."""

from __future__ import annotations

import logging
import shutil
import socket
import threading
import time
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from remiss import runner
from remiss.codec import from_json, to_json
from remiss.errors import NotFound, SettingError, Undelivered
from remiss.govern.job_actions import list_jobs, show_job
from remiss.govern.people_actions import disable
from remiss.present.alert_facts import body_of
from remiss.records.alert import AlertMailing
from remiss.records.job import MAIL
from remiss.understand.alert_actions import acknowledge_alert, list_alerts
from remiss.understand.alert_check_actions import alerts_job, check_alerts
from remiss.understand.alert_telling_actions import mail_alert
from tests.faces.test_webhooks import DEATHS, die_and_be_followed
from tests.mail_server import Mailbox, certificate, mail_server
from tests.serving import served
from tests.stories.test_alerts import ROSE, capture_until, slower

PASSWORD = "a-password-that-only-tests-know-of"
ANA = "name: ana, address: ana@example.org, person: ana"
BOX = "name: on-call, address: on-call@example.org, teams: [default]"


@pytest.fixture
def box():
    with mail_server() as found:
        yield found


@pytest.fixture
def file(tmp_path, monkeypatch):
    monkeypatch.setenv("MAIL_PASSWORD", PASSWORD)
    return tmp_path / "mail.yaml"


@pytest.fixture
def log(tmp_path):
    return slower(tmp_path / "log")


@contextmanager
def watched_at(address, log, file, environment=None):
    file.write_text("server: {host: 127.0.0.1}\nsender: remiss@example.org\nrecipients: []\n")
    with served(address, {**(environment or {}), "REMISS_SOURCES": str(log.folder), "REMISS_MAIL": str(file)}) as there:
        capture_until(there.workspace, log, ROSE + 3)
        there.person("ana", role="reader")
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


def written(file: Path, server: str, *recipients: str, more: str = "") -> None:
    lines = [f"server: {{{server}}}", "sender: remiss@alerts.example.org", *([more] if more else []), "recipients:"]
    file.write_text("\n".join([*lines, *(f"  - {{{each}}}" for each in recipients)]) + "\n")


def plain(box: Mailbox, more: str = "") -> str:
    return f"host: 127.0.0.1, port: {box.port}, security: none, seconds: 2{more}"


def secured(box: Mailbox, more: str = "") -> str:
    return f"host: 127.0.0.1, port: {box.port}, authorities: tls/ca.pem, seconds: 5{more}"


def text_of(message):
    return message.get_content().replace("\r\n", "\n")


def jobs_of_mail(ws):
    return [each for each in list_jobs(ws) if each["kind"] == MAIL]


def test_a_new_alert_is_mailed_once_to_each_in_the_words_of_a_webhook_with_a_link(site, ws, box, file, log):
    written(file, plain(box), ANA, BOX, more="pages: https://remiss.example.org/")
    [alert] = check_alerts(ws()).alerts
    runner.work_off(ws())
    assert sorted(box.to) == [["ana@example.org"], ["on-call@example.org"]]
    for message in box.got:
        text, words = text_of(message), str(body_of("json", [alert], "", None)["text"])
        assert text.startswith(words + "\n")
        assert "Slow rose to" in words
        assert f"https://remiss.example.org/alerts#{alert.id}" in text.splitlines()
        assert message["Subject"].startswith("remiss: Slow rose to")
        assert message["From"] == "remiss <remiss@alerts.example.org>"
        assert message["Auto-Submitted"] == "auto-generated"
        assert message.get_content_type() == "text/plain"
        assert message["Message-ID"].endswith("@alerts.example.org>")
        assert abs(parsedate_to_datetime(message["Date"]).timestamp() - datetime.now(UTC).timestamp()) < 60
    assert len({message["Message-ID"] for message in box.got}) == 2
    assert all(each.isascii() for each in box.raw)
    [told] = list_alerts(ws()).alerts
    assert (sorted(told.mailed), told.state) == (["ana", "on-call"], alert.state)
    with site.browser() as browser:
        assert "Mailed to ana, on-call" in browser.get("/alerts").text
    # More alarms of it are the same alert, which nobody is sent again.
    capture_until(ws(), log, ROSE + 5, since=ROSE + 3)
    assert check_alerts(ws()).raised == (alert.id,)
    runner.work_off(ws())
    again = mail_alert(ws(), alert.id, "ana")
    assert (again.sent, again.note) == (False, "it was mailed to ana before")
    assert from_json(AlertMailing, to_json(again)) == again
    assert len(box.got) == 2


def test_a_job_that_looks_has_alerts_mailed_and_two_people_who_look_post_no_second_one(site, ws, box, file):
    written(file, plain(box), ANA)
    other = site.person("bo", role="curator")
    alerts_job(ws())
    with site.program(other) as client:
        assert client.post("/api/v1/alerts/checks", json={}).status_code == 200
    check_alerts(ws())
    assert len(jobs_of_mail(ws())) == 1
    runner.work_off(ws())
    assert len(jobs_of_mail(ws())) == 1
    assert box.to == [["ana@example.org"]]


@pytest.mark.slow(reason="a runner is a process of its own, and its lease has to be over")
@pytest.mark.parametrize(("point", "before", "after"), DEATHS)
def test_what_a_runner_died_in_the_middle_of_sending_is_sent_and_a_repeat_has_the_same_id(
    anywhere, address, environment, box, file, log, point, before, after
):
    written(file, plain(box), ANA)
    ws = anywhere.workspace.serving("test")
    check_alerts(ws)
    settings = {**environment, "REMISS_SOURCES": str(log.folder), "REMISS_MAIL": str(file)}
    finish = die_and_be_followed(anywhere, address, settings, MAIL, point)
    assert len(box.got) == before
    finish()
    assert box.to == [["ana@example.org"]] * after
    assert len({message["Message-ID"] for message in box.got}) == 1
    assert list_alerts(anywhere.workspace.serving("test")).alerts[0].mailed == ("ana",)
    check_alerts(anywhere.workspace.serving("test"))
    runner.work_off(anywhere.workspace.serving("test"))
    assert len(box.got) == after


def test_a_server_that_is_away_and_comes_back_gets_it_then_once(site, ws, file):
    with socket.create_server(("127.0.0.1", 0)) as bound:
        port = bound.getsockname()[1]
    away = Mailbox(port=port)
    written(file, plain(away), ANA)
    [alert] = check_alerts(ws()).alerts
    runner.work_off(ws())
    [waits] = jobs_of_mail(ws())
    assert (waits["state"], list_alerts(ws()).alerts[0].mailed) == ("waiting", ())
    job = show_job(ws(), waits["job"])
    assert job.retry_at is not None
    assert any("the mail server cannot be reached" in each.text for each in job.log)
    with site.browser() as browser:
        assert "the mail server cannot be reached" in browser.get(f"/jobs/{job.id}").text
    # No second job waits for it meanwhile.
    check_alerts(ws())
    assert len(jobs_of_mail(ws())) == 1
    with mail_server(port=port) as box:
        assert mail_alert(ws(), alert.id, "ana").sent
        assert [len(box.got), box.to] == [1, [["ana@example.org"]]]


def test_a_server_that_takes_it_later_is_tried_again_with_the_message_it_had_before(ws, box, file):
    written(file, plain(box), ANA)
    [alert] = check_alerts(ws()).alerts
    box.on_recipient, box.on_data = ["450 4.2.0 greylisted, ana@example.org"], ["451 4.3.0 busy"]
    runner.work_off(ws())
    [waits] = jobs_of_mail(ws())
    assert waits["state"] == "waiting"
    assert any(
        "recipient ana is refused by the mail server for now (status 450)" in each.text
        for each in show_job(ws(), waits["job"]).log
    )
    with pytest.raises(Undelivered, match=r"the message is refused by the mail server for now \(status 451\)"):
        mail_alert(ws(), alert.id, "ana")
    assert mail_alert(ws(), alert.id, "ana").sent
    assert len(box.got) == 1


@pytest.mark.parametrize(
    ("hook", "said", "reason"),
    [
        (
            "on_recipient",
            "550 5.1.1 <ana@example.org> is nobody here",
            "recipient ana is refused by the mail server (status 550)",
        ),
        ("on_data", "554 5.7.1 ana@example.org wants none of it", "the message is refused by the mail server (status 554)"),
    ],
)
def test_a_refusal_that_is_meant_to_last_ends_the_job_with_its_status_and_nothing_the_server_said(
    ws, box, file, hook, said, reason
):
    written(file, plain(box), ANA, BOX)
    check_alerts(ws())
    setattr(box, hook, [said])
    runner.work_off(ws())
    failed, done = sorted(jobs_of_mail(ws()), key=lambda each: each["state"] != "failed")
    assert (failed["state"], failed["reason"], done["state"]) == ("failed", reason, "done")
    assert "example.org" not in str(show_job(ws(), failed["job"]).log)
    # Others get theirs.
    assert len(box.got) == 1
    # The next look has it tried again: the file may say otherwise by then.
    check_alerts(ws())
    runner.work_off(ws())
    assert sorted(list_alerts(ws()).alerts[0].mailed) == ["ana", "on-call"]


def test_it_logs_in_over_starttls_with_a_certificate_it_was_told_to_trust(ws, file, tmp_path):
    certificate(tmp_path / "tls")
    with mail_server(tls=tmp_path / "tls", password=PASSWORD) as box:
        written(file, secured(box, ", user: remiss, password: MAIL_PASSWORD"), ANA)
        check_alerts(ws())
        runner.work_off(ws())
        assert [len(box.got), box.logins] == [1, [PASSWORD.encode()]]


def test_it_logs_in_over_tls_with_a_password_from_a_file_of_its_own(ws, file, tmp_path):
    certificate(tmp_path / "tls")
    kept = tmp_path / "password"
    kept.write_text(PASSWORD + "\n")
    kept.chmod(0o600)
    with mail_server(tls=tmp_path / "tls", implicit=True, password=PASSWORD) as box:
        written(file, secured(box, ", security: tls, user: remiss, password_file: password"), ANA)
        [alert] = check_alerts(ws()).alerts
        assert mail_alert(ws(), alert.id, "ana").sent
        assert box.logins == [PASSWORD.encode()]
        kept.chmod(0o644)
        with pytest.raises(SettingError, match="the file of the mail server's password cannot be used") as refused:
            mail_alert_anew(ws(), alert)
        assert str(kept) not in str(refused.value)


def mail_alert_anew(ws, alert):
    """Send an alert that was sent before."""
    ws.mail.send("ana", alert, "delivery-again", ws.now)


def test_a_certificate_of_another_host_or_of_nobody_known_gets_neither_password_nor_message(ws, file, tmp_path):
    certificate(tmp_path / "tls", host="mail.example.org")
    [alert] = check_alerts(ws()).alerts
    login = ", user: remiss, password: MAIL_PASSWORD"
    for implicit, security in ((False, ""), (True, ", security: tls")):
        with mail_server(tls=tmp_path / "tls", implicit=implicit, password=PASSWORD) as box:
            for server in (
                secured(box, login + security),
                secured(box, login + security).replace("authorities: tls/ca.pem, ", ""),
            ):
                written(file, server, ANA)
                with pytest.raises(SettingError, match="the certificate of the mail server is not one to trust"):
                    mail_alert(ws(), alert.id, "ana")
            assert (box.got, box.logins) == ([], [])


def test_where_no_encryption_is_offered_nothing_is_sent_without(ws, box, file):
    written(file, f"host: 127.0.0.1, port: {box.port}, seconds: 2", ANA)
    [alert] = check_alerts(ws()).alerts
    with pytest.raises(SettingError, match="offers no encryption"):
        mail_alert(ws(), alert.id, "ana")
    written(file, f"host: 127.0.0.1, port: {box.port}, security: tls, seconds: 2", ANA)
    with pytest.raises(Undelivered, match="the mail server cannot be reached"):
        mail_alert(ws(), alert.id, "ana")
    assert box.got == []


def test_no_secret_and_no_address_stands_in_what_is_kept_or_logged(site, ws, file, tmp_path, caplog, capfd):
    caplog.set_level(logging.DEBUG)
    certificate(tmp_path / "tls")
    with mail_server(tls=tmp_path / "tls", password="another") as box:
        written(file, secured(box, ", user: remiss, password: MAIL_PASSWORD"), ANA)
        [alert] = check_alerts(ws()).alerts
        runner.work_off(ws())
        [failed] = jobs_of_mail(ws())
        assert (failed["state"], failed["reason"]) == ("failed", "the login is refused by the mail server (status 535)")
        with site.client() as client:
            answers = [client.get(f"/api/v1/{path}").text for path in ("alerts", "jobs", f"jobs/{failed['job']}")]
            answers.append(client.post(f"/api/v1/alerts/{alert.id}/recipients/ana", json={}).text)
    said = "".join([*answers, caplog.text, *capfd.readouterr(), str(show_job(ws(), failed["job"]))])
    assert "the login is refused" in said
    for secret in (PASSWORD, "MAIL_PASSWORD", "ana@example.org", str(tmp_path / "tls")):
        assert secret not in said


def test_who_may_not_see_an_alert_is_never_sent_it(site, ws, box, file):
    site.person("eve", role="reader", team="others")
    site.person("una", role="annotator")
    # Whoever takes part, but may not read figures there.
    outside = ["name: eve, address: eve@example.org, person: eve", "name: nobody, address: nobody@example.org, person: nobody"]
    written(file, plain(box), ANA, *outside, "name: zebras, address: zebras@example.org, teams: [zebras]")
    [alert] = check_alerts(ws()).alerts
    for recipient, why in (
        ("eve", "eve may not see it"),
        ("nobody", "nobody may not see it"),
        ("zebras", "zebras gets no alerts of team default"),
    ):
        told = mail_alert(ws(), alert.id, recipient)
        assert (told.sent, told.note) == (False, why)
    # What somebody may see is asked when it is sent, not when the job was posted.
    assert [show_job(ws(), each["job"]).person for each in jobs_of_mail(ws())] == [ws().actor.name]
    disable(ws(), "ana")
    runner.work_off(ws())
    [done] = jobs_of_mail(ws())
    assert done["state"] == "done"
    assert (box.got, list_alerts(ws()).alerts[0].mailed) == ([], ())
    site.person("eve", role="reader")
    assert mail_alert(ws(), alert.id, "eve").sent
    assert box.to == [["eve@example.org"]]


def test_what_somebody_has_in_hand_is_not_mailed_and_who_only_reads_has_nothing_mailed(site, ws, box, file):
    written(file, plain(box), ANA)
    [alert] = check_alerts(ws()).alerts
    with site.program(site.person("rea", role="reader")) as client:
        assert client.post(f"/api/v1/alerts/{alert.id}/recipients/ana", json={}).status_code == 403
    other = site.person("cora", role="curator", team="others")
    with site.program(other) as client:
        unseen = client.post(f"/api/v1/alerts/{alert.id}/recipients/ana", json={})
        absent = client.post("/api/v1/alerts/alert-nothing/recipients/ana", json={})
    assert (unseen.status_code, unseen.text.replace(alert.id, "alert-nothing")) == (absent.status_code, absent.text)
    acknowledge_alert(ws(), alert.id)
    assert mail_alert(ws(), alert.id, "ana").note == "the alert is acknowledged"
    runner.work_off(ws())
    assert box.got == []


def test_no_call_says_where_something_is_sent(site, ws, box, file):
    written(file, plain(box), ANA)
    [alert] = check_alerts(ws()).alerts
    with site.client() as client:
        at = f"/api/v1/alerts/{alert.id}/recipients"
        for stranger in ("eve", "eve@example.org", "ana%40example.org", "ana%0d%0aRCPT"):
            assert client.post(f"{at}/{stranger}", json={}).status_code == 404
        assert client.post(f"{at}/ana", json={"address": "eve@example.org"}).status_code == 422
        assert client.post(f"{at}/ana", json={}).status_code == 200
    assert box.to == [["ana@example.org"]]


HOSTILE = "a\r\nBcc: eve@example.org\r\n\r\n.\r\nMAIL FROM:<x@y>\u202e\u2028\x00 Ünïcode 漢字 " + "w" * 300


def test_hostile_names_stay_in_the_line_that_they_are_written_in(ws, box, file):
    written(file, plain(box), ANA, more="pages: https://remiss.example.org")
    [alert] = check_alerts(ws()).alerts
    hostile = replace(alert, criterion=HOSTILE, protocol=HOSTILE, source=HOSTILE)
    ws().mail.send("ana", hostile, "delivery-4f7q2m9x3kbd", ws().now)
    [message] = box.got
    assert sorted(message.keys()) == HEADERS
    assert box.to == [["ana@example.org"]]
    assert "\n" not in message["Subject"] + message["To"]
    assert "Ünïcode 漢字" in message["Subject"]
    text = text_of(message)
    assert "Ünïcode 漢字" in text
    assert "\\u202e" in text
    assert len(text.splitlines()) == 5
    assert all(len(each) <= 998 for each in box.raw[0].split(b"\r\n"))


HEADERS = sorted(
    ["From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "MIME-Version", "Content-Type", "Content-Transfer-Encoding"]
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(names=st.tuples(st.text(max_size=80), st.text(max_size=400), st.text(max_size=80)))
def test_whatever_names_say_a_message_has_the_same_headers_and_goes_to_one(ws, box, file, names):
    criterion, protocol, source = names
    if not file.read_text().startswith("server: {host: 127.0.0.1, port"):
        written(file, plain(box), ANA)
    box.got.clear(), box.to.clear()
    [alert] = check_alerts(ws()).alerts
    ws().mail.send(
        "ana", replace(alert, criterion=criterion, protocol=protocol, source=source), "delivery-4f7q2m9x3kbd", ws().now
    )
    [message] = box.got
    assert (sorted(message.keys()), box.to) == (HEADERS, [["ana@example.org"]])
    assert len(text_of(message).splitlines()) == 4


@contextmanager
def dripping():
    """Serve what greets with a byte now and then, and never ends its line."""
    ended = threading.Event()

    def drip(server):
        with server.accept()[0] as client:
            while not ended.wait(0.1):
                try:
                    client.send(b"2")
                except OSError:
                    return

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=drip, args=(server,))
        thread.start()
        try:
            yield server.getsockname()[1]
        finally:
            ended.set()
            thread.join(10)


@pytest.mark.slow(reason="it is to wait five times as long as for an answer")
def test_a_server_that_never_comes_to_an_end_holds_nobody_up_for_ever(ws, file):
    [alert] = check_alerts(ws()).alerts
    with dripping() as port:
        written(file, f"host: 127.0.0.1, port: {port}, security: none, seconds: 1", ANA)
        began = time.perf_counter()
        with pytest.raises(Undelivered, match="does not answer as one does"):
            mail_alert(ws(), alert.id, "ana")
        assert 4 < time.perf_counter() - began < 30


SERVER = "host: smtp.example.org"


@pytest.mark.parametrize(
    ("server", "recipient", "why"),
    [
        ("host: 'smtp.example.org:25'", ANA, "is not the name of a host"),
        ('host: "a\\r\\nb"', ANA, "is not the name of a host"),
        (f"{SERVER}, port: 0", ANA, "port"),
        (f"{SERVER}, security: plain", ANA, "security"),
        (f"{SERVER}, user: remiss", ANA, "the login is not whole"),
        (f"{SERVER}, password: MAIL_PASSWORD", ANA, "the login is not whole"),
        (f"{SERVER}, user: a, password: MAIL_PASSWORD, password_file: b", ANA, "the login is not whole"),
        (f"{SERVER}, security: none, user: a, password: MAIL_PASSWORD", ANA, "the password would be sent for all to read"),
        (f"{SERVER}, user: a, password: REMISS_TOKEN", ANA, "is not the name of a variable"),
        (SERVER, "name: ana, address: 'ana@example.org, eve@example.org', person: ana", "is not an address of e-mail"),
        (SERVER, "name: ana, address: 'Ana <ana@example.org>', person: ana", "is not an address of e-mail"),
        (SERVER, 'name: ana, address: "ana@example.org\\nBcc: eve@example.org", person: ana', "is not an address of e-mail"),
        (SERVER, "name: ana, address: '\"a b\"@example.org', person: ana", "is not an address of e-mail"),
        (SERVER, "name: ana, address: 'äna@example.org', person: ana", "is not an address of e-mail"),
        (SERVER, "name: ana, address: ana@example.org", "ana is no person and has no teams"),
        (SERVER, f"{ANA}}}\n  - {{{ANA}", "ana a second time"),
        (SERVER, "name: ana, address: ana@example.org, person: ana, cc: eve@example.org", "cc"),
    ],
)
def test_a_file_that_says_something_wrong_hinders_no_look_and_says_which_line(ws, file, server, recipient, why):
    written(file, server, recipient)
    found = check_alerts(ws())
    assert found.entered
    [note] = found.notes
    assert note.startswith("nobody is mailed: ")
    with pytest.raises(SettingError, match=why) as refused:
        mail_alert(ws(), found.alerts[0].id, "ana")
    assert refused.value.where.line is not None


def test_what_the_login_needs_of_the_environment_is_named_and_never_shown(ws, box, file, monkeypatch):
    written(file, f"host: 127.0.0.1, port: {box.port}, user: remiss, password: MAIL_PASSWORD", ANA)
    [alert] = check_alerts(ws()).alerts
    for value in ("", "pässwort", "a\x01b"):
        monkeypatch.setenv("MAIL_PASSWORD", value)
        with pytest.raises(SettingError, match="needs a password, and MAIL_PASSWORD holds none") as refused:
            mail_alert(ws(), alert.id, "ana")
        assert not value or value not in str(refused.value)
    with pytest.raises(NotFound, match="there is no recipient bo"):
        mail_alert(ws(), alert.id, "bo")
