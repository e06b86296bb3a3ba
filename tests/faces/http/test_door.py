"""Who gets in, and from where: a matrix over every route of the application."""

from __future__ import annotations

import asyncio
import re
import socket
import stat
import subprocess
import sys
import time
from itertools import product

import httpx
import pytest

from remiss.errors import SettingError
from remiss.faces import server
from remiss.faces.cli.main import cli as root
from remiss.faces.cli.serve import serve
from remiss.faces.http.authentication import OPEN
from remiss.faces.http.security import CSP, Security
from remiss.faces.identity import sessions_at
from remiss.govern.tokens import SESSION_SECONDS, SESSIONS_OF_ONE
from tests.faces.http.routes import WAYS, WRITES
from tests.serving import TOKEN, served

BEARER = {"Authorization": f"Bearer {TOKEN}"}
FOREIGN = {
    "a foreign origin": {"Origin": "https://evil.example"},
    "another port of this machine": {"Origin": "http://127.0.0.1:1"},
    "another scheme": {"Origin": "https://127.0.0.1:{port}"},
    "a document of no origin": {"Origin": "null"},
    "two origins": {"Origin": "http://127.0.0.1:{port}, https://evil.example"},
    "no origin, from another site": {"Sec-Fetch-Site": "cross-site"},
    "no origin, from another subdomain": {"Sec-Fetch-Site": "same-site"},
    "our origin, from another site": {"Origin": "http://127.0.0.1:{port}", "Sec-Fetch-Site": "cross-site"},
    "a cookie without any proof": {"Cookie": "remiss-{port}=x"},
    "a foreign host": {"Host": "evil.example:{port}"},
    "our name at another port": {"Host": "127.0.0.1:1"},
    "a host that begins like ours": {"Host": "127.0.0.1:{port}.evil.example"},
}


def handled(there) -> str:
    """What the application behind the door counted, without these very questions."""
    with there.client() as client:
        text = client.get("/metrics").text
    return "\n".join(
        line for line in text.splitlines() if line.startswith("remiss_requests_total") and 'route="/metrics"' not in line
    )


@pytest.mark.slow(reason="every route that writes is asked from twelve places")
def test_a_write_from_elsewhere_is_refused_before_any_handler(reading):
    before, counted, wrong = reading.position(), handled(reading), {}
    with reading.stranger() as client:
        for way, (name, headers) in product(WRITES, FOREIGN.items()):
            sent = {key: value.format(port=reading.port) for key, value in headers.items()}
            answer = client.request(way.method, way.address, headers=BEARER | sent, json={})
            told = answer.status_code, answer.json()["error"]["code"]
            if told != (421 if "Host" in headers else 403, "foreign"):
                wrong[f"{way}, {name}"] = told
    assert wrong == {}
    assert reading.position() == before
    assert handled(reading) == counted


def test_a_route_answers_nobody_who_is_not_signed_in(reading):
    counted, wrong = handled(reading), {}
    with reading.stranger() as client:
        for way, head in product(WAYS, (False, True)):
            if way.address in OPEN:
                continue
            answer = client.request("HEAD" if head else way.method, way.address)
            if answer.status_code != 401 or not answer.headers["WWW-Authenticate"].startswith("Bearer"):
                wrong[f"{way}, HEAD" if head else str(way)] = answer.status_code
    assert wrong == {}
    assert handled(reading) == counted


def test_what_is_open_answers_who_is_not_signed_in(reading):
    with reading.stranger() as client:
        for way, method in product([way for way in WAYS if way.address in OPEN], ("", "HEAD")):
            answer = client.request(method or way.method, way.address)
            assert answer.status_code != 401 or way.address == "/sign-in", way


def test_anybody_may_read_what_the_api_is(reading):
    with reading.stranger() as client, reading.client() as known:
        told = client.get("/openapi.json")
        assert (told.status_code, told.json()["openapi"][:3]) == (200, "3.1")
        for path in ("/api/v1/openapi.json", "/api/v1"):
            assert client.get(path).content == known.get(path).content == told.content
        assert client.post("/openapi.json").status_code == 405


def test_a_path_that_is_not_there_answers_like_one_that_is(reading):
    paths = ("/", "/nothing", "/api/v1/", "/livez/", "//livez", "/LIVEZ", "/sign-in/other")
    asked = list(product(("GET", "HEAD", "POST", "OPTIONS", "TRACE", "PROPFIND"), paths))
    with reading.stranger() as client:
        answers = {way: client.request(*way).status_code for way in asked}
    assert answers == dict.fromkeys(asked, 401)


@pytest.mark.parametrize(
    "authorization",
    ["Bearer", "Bearer wrong", f"Basic {TOKEN}", f"Bearer {TOKEN}x", f"Bearer {TOKEN[:-1]}", TOKEN, "Bearer \xe9", "bearer"],
)
def test_only_the_token_itself_is_the_token(reading, authorization):
    with reading.stranger() as client:
        answer = client.get("/api/v1/cases", headers={"Authorization": authorization.encode("latin-1")})
        assert answer.status_code == 401


def test_without_a_token_of_its_own_a_server_takes_none(alone):
    sessions = sessions_at(1)
    for given in (b"Bearer ", b"Bearer None", b"Bearer x", b"Bearer"):
        assert not sessions.admits(given, None)


def test_a_person_who_is_not_signed_in_sees_the_page_that_says_how(reading):
    with reading.stranger(headers={"Accept": "text/html"}) as client:
        for path in ("/", "/cases", "/nowhere"):
            answer = client.get(path)
            assert answer.status_code == 401
            assert "remiss serve" in answer.text
        assert client.get("/api/v1/cases").json()["error"]["code"] == "unauthenticated"


def test_a_link_signs_in_once_and_opening_it_changes_nothing(alone):
    token = alone.sessions.link()
    with alone.stranger() as client:
        for _ in range(3):
            form = client.get("/sign-in", params={"token": token})
            assert form.status_code == 200
            assert "set-cookie" not in form.headers
        first = client.post("/sign-in", data={"token": token})
        assert (first.status_code, first.headers["Location"]) == (303, "/")
    with alone.stranger() as client:
        again = client.post("/sign-in", data={"token": token})
        assert again.status_code == 401
        assert "set-cookie" not in again.headers
        assert client.get("/sign-in", params={"token": token}).status_code == 401
    assert re.fullmatch(rf"{alone.url}/sign-in\?token=[\w-]{{43}}", alone.links[0])
    assert token not in alone.links[0]


def test_a_new_link_ends_the_one_before(alone):
    old, new = alone.sessions.link(), alone.sessions.link()
    with alone.stranger() as client:
        assert client.post("/sign-in", data={"token": old}).status_code == 401
        assert client.post("/sign-in", data={"token": new}).status_code == 303


def test_the_cookie_is_for_this_server_alone_and_out_of_the_reach_of_scripts(alone):
    with alone.stranger() as client:
        cookie = client.post("/sign-in", data={"token": alone.sessions.link()}).headers["Set-Cookie"]
    name, *flags = cookie.split("; ")
    assert re.fullmatch(rf"remiss-{alone.port}=[\w-]{{43}}", name)
    assert {flag.lower() for flag in flags} == {"httponly", "samesite=lax", "path=/", f"max-age={SESSION_SECONDS}"}


def test_a_session_reads_and_writes_until_it_is_signed_out(alone):
    with alone.browser() as browser:
        session = dict(browser.cookies)
        filed = browser.post("/api/v1/cases", json={"model": "m", "at": "2013-06-05T00:00:00Z", "title": "Wrong gate"})
        assert filed.status_code == 201
        assert browser.get("/api/v1/cases").json()["total"] == 1
        out = browser.post("/sign-out")
        assert (out.status_code, out.headers["Location"]) == (303, "/sign-in")
        assert browser.get("/api/v1/cases").status_code == 401
    with alone.stranger(cookies=session) as copied:
        assert copied.get("/api/v1/cases").status_code == 401


def test_a_session_ends_by_itself(environment, tmp_path):
    hours = [0.0]
    with (
        served(str(tmp_path / "here.db"), environment, create=True, clock=lambda: hours[0] * 3600) as alone,
        alone.browser() as browser,
    ):
        hours[0] = 11.9
        assert browser.get("/api/v1/cases").status_code == 200
        hours[0] = 12.1
        assert browser.get("/api/v1/cases").status_code == 401


def test_so_many_sign_in_and_the_oldest_session_makes_room():
    sessions = sessions_at(7, clock=iter(range(10**6)).__next__)
    opened = [sessions.sign_in(sessions.link()) for _ in range(60)]
    admitted = [sessions.admits(None, f"remiss-7={each}".encode()) for each in opened]
    assert admitted == [False] * (60 - SESSIONS_OF_ONE) + [True] * SESSIONS_OF_ONE


def test_a_session_of_another_port_or_a_broken_cookie_is_none(alone):
    with alone.browser() as browser:
        [session] = dict(browser.cookies).values()
    with alone.stranger() as client:
        for cookie in (f"remiss-1={session}", f"remiss={session}", ";;;=", f"remiss-{alone.port}=", 'a="', f"x{session}"):
            assert client.get("/api/v1/cases", headers={"Cookie": cookie}).status_code == 401


def test_a_wrong_token_is_not_saved_by_a_session(alone):
    with alone.browser() as browser:
        assert browser.get("/api/v1/cases", headers={"Authorization": "Bearer wrong"}).status_code == 401


@pytest.mark.parametrize("path", ["/livez", "/sign-in", "/nowhere", "/api/v1/cases", "/api/v1/openapi.json", "/metrics"])
def test_every_answer_forbids_frames_sniffing_caches_and_foreign_scripts(reading, path):
    with reading.client() as client:
        said = client.get(path).headers
    assert said["Content-Security-Policy"] == CSP
    assert (said["X-Content-Type-Options"], said["X-Frame-Options"]) == ("nosniff", "DENY")
    # The address of the sign-in page holds its token, so not even our own pages are told it.
    assert said["Referrer-Policy"] == ("strict-origin" if path == "/sign-in" else "same-origin")
    assert (said["Cross-Origin-Resource-Policy"], said["Cross-Origin-Opener-Policy"]) == ("same-origin", "same-origin")
    assert said["Cache-Control"] == "no-store"
    assert said["X-Request-Id"]
    assert "Access-Control-Allow-Origin" not in said
    assert said["Server"].startswith("remiss/")


def test_no_get_changes_anything(alone):
    before = alone.position()
    with alone.client() as client:
        for way in WAYS:
            if way.method == "GET":
                client.get(way.address, params={"token": alone.sessions.link()})
    assert alone.position() == before


@pytest.mark.parametrize(
    "host", ["0.0.0.0", "::", "192.168.1.7", "8.8.8.8", "example.org", "", "127.0.0.1 ", "fe80::1", "::ffff:8.8.8.8"]
)
def test_an_address_that_others_can_reach_is_refused(host):
    with pytest.raises(SettingError) as refused:
        server.listen(host, 0).close()
    assert "127.0.0.1" in refused.value.do


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "127.0.0.2", "::1"])
def test_every_loopback_address_can_be_listened_on(host):
    server.listen(host, 0).close()


def test_a_token_file_is_made_for_its_owner_alone_and_kept(tmp_path):
    file = tmp_path / "token"
    made = server.token_from("", str(file))
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert len(made) >= 40
    assert server.token_from("", str(file)) == made
    assert server.token_from("from-the-environment", str(file)) == "from-the-environment"


def test_a_token_file_that_others_may_read_or_that_holds_a_short_token_is_refused(tmp_path):
    file = tmp_path / "token"
    server.token_from("", str(file))
    file.chmod(0o640)
    with pytest.raises(SettingError, match="others may read") as refused:
        server.token_from("", str(file))
    assert "chmod 600" in refused.value.do
    file.chmod(0o600)
    file.write_text("short\n")
    for given in (("", str(file)), ("short", "")):
        with pytest.raises(SettingError, match="shorter"):
            server.token_from(*given)
    with pytest.raises(SettingError, match="cannot be written"):
        server.token_from("", str(tmp_path / "nowhere" / "token"))


def test_no_option_takes_a_token_itself():
    options = [option for parameter in (*root.params, *serve.params) for option in parameter.opts]
    assert "--token-file" in options
    assert "--token" not in options


def test_the_token_is_not_among_what_a_process_shows(tmp_path):
    done = subprocess.run([sys.executable, "-m", "remiss", "serve", "--token", "x"], capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 2
    assert "No such option" in done.stderr


def test_the_request_id_is_ours_unless_a_sound_one_is_given(reading):
    with reading.client() as client:
        assert client.get("/livez", headers={"X-Request-Id": "build-17.a"}).headers["X-Request-Id"] == "build-17.a"
        for odd in ("a b", "x" * 65, "a\tb", "<script>", ""):
            given = client.get("/livez", headers={"X-Request-Id": odd}).headers["X-Request-Id"]
            assert re.fullmatch(r"[0-9a-f]{16}", given), odd


def test_a_program_of_the_same_machine_needs_no_origin(alone):
    with httpx.Client(base_url=alone.url, headers=BEARER) as client:
        answer = client.post("/api/v1/cases", json={"model": "m", "at": "2013-06-05T00:00:00Z", "title": "Wrong gate"})
    assert answer.status_code == 201


def test_answers_are_sent_at_once(reading):
    """A body that waits for the acknowledgement of its head comes 40 ms late."""
    with socket.create_connection(("127.0.0.1", reading.port)) as connection:
        taken = []
        for _ in range(15):
            started = time.perf_counter()
            connection.sendall(f"GET /livez HTTP/1.1\r\nHost: 127.0.0.1:{reading.port}\r\n\r\n".encode())
            said = b""
            while not said.endswith(b"ok\n"):
                said += connection.recv(65536)
            taken.append(time.perf_counter() - started)
    # The quickest: a busy machine makes any of them slow, and the delay all of them.
    assert min(taken[5:]) < 0.03


@pytest.mark.parametrize(("host", "status"), [(b"127.0.0.1:1", 200), (b"evil.example", 421)])
def test_health_is_answered_at_the_door_by_nobody_inside(host, status):
    said = []

    async def inside(*_):
        raise AssertionError("somebody inside was asked")

    async def send(message):
        said.append(message)

    asked = {
        "type": "http",
        "method": "GET",
        "path": "/livez",
        "raw_path": b"/livez",
        "query_string": b"",
        "headers": [(b"host", host)],
    }
    asyncio.run(Security(inside, ["http://127.0.0.1:1"])(asked, None, send))
    assert said[0]["status"] == status
    assert {name for name, _ in said[0]["headers"]} >= {b"content-security-policy", b"cache-control", b"x-request-id"}
    assert (said[1]["body"] == b"ok\n") is (status == 200)
