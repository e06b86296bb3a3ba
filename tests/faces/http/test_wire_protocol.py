"""Hostile and broken HTTP, byte by byte over a socket: refused or bounded, never a fault, and others are served meanwhile."""

from __future__ import annotations

import json
import socket
import time
from contextlib import ExitStack
from http.client import HTTPResponse

import pytest

from remiss.faces.http import connection, places, security
from remiss.govern.tokens import bearer, split_token
from tests.serving import TOKEN


def say(there, *parts: bytes, wait: float = 0.0, timeout: float = 20) -> bytes:
    """Send parts, and return all that comes back until the server closes the connection."""
    with socket.create_connection(("127.0.0.1", there.port), timeout) as line:
        try:
            for part in parts:
                line.sendall(part)
                time.sleep(wait)
        except (BrokenPipeError, ConnectionResetError):
            pass
        return heard(line)


def heard(line: socket.socket) -> bytes:
    """Return what comes until the other side closes."""
    found = b""
    try:
        while more := line.recv(65536):
            found += more
    except ConnectionResetError:
        pass
    return found


def one_answer(line: socket.socket, sent: bytes) -> None:
    """Send a request and read its whole answer, after which the connection is kept."""
    line.sendall(sent)
    answer = HTTPResponse(line)
    answer.begin()
    assert answer.status == 200
    answer.read()


def request(there, method: str = "GET", target: str = "/api/v1/cases?limit=1", *headers: str, host: str | None = None) -> bytes:
    """Return the head of a request with the token, which asks for the connection to be closed."""
    lines = [f"{method} {target} HTTP/1.1", f"Host: {host or f'127.0.0.1:{there.port}'}", f"Authorization: Bearer {TOKEN}"]
    return "\r\n".join([*lines, "Connection: close", *headers, "", ""]).encode("latin-1")


def status(answer: bytes) -> int:
    assert answer.startswith(b"HTTP/1.1 "), answer[:100]
    return int(answer.split(b" ", 2)[1])


def error(answer: bytes) -> dict[str, object]:
    head, _, body = answer.partition(b"\r\n\r\n")
    assert b"nosniff" in head
    return json.loads(body)["error"]


def test_a_sound_request_is_answered(reading):
    assert status(say(reading, request(reading))) == 200


@pytest.mark.parametrize(
    "sent",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(100),
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET /\xff HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nX-Folded : b\r\n\r\n",
        b"GET / HTTP/1.1\r\n Host: a\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nX: \x00\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabc",
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +3\r\n\r\nabc",
        b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    ],
    ids=map(str, range(16)),
)
def test_what_is_no_sound_http_is_refused_and_the_connection_closed(reading, sent):
    answer = say(reading, sent)
    assert (status(answer), error(answer)["code"]) in {(400, "request"), (421, "foreign")}


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "evil.example", "localhost:1", "127.0.0.1:{port}, evil.example", "user@127.0.0.1:{port}"]
)
def test_another_host_than_ours_is_refused(reading, host):
    answer = say(reading, request(reading, host=host.format(port=reading.port)))
    assert status(answer) == 421
    assert error(answer)["code"] == "foreign"


def test_our_other_names_are_ours(reading):
    for name in ("localhost", "[::1]"):
        assert status(say(reading, request(reading, host=f"{name}:{reading.port}"))) == 200


@pytest.mark.parametrize(
    "target",
    [
        "http://evil.example/api/v1/cases",
        "//evil.example/api/v1/cases",
        "/api/v1/../../livez",
        "*",
        "/api/v1/cases%00",
        "/%2e%2e/livez",
    ],
)
def test_an_odd_target_leads_nowhere(reading, target):
    assert status(say(reading, request(reading, target=target))) == 404
    stranger = f"GET {target} HTTP/1.1\r\nHost: 127.0.0.1:{reading.port}\r\nConnection: close\r\n\r\n".encode()
    assert status(say(reading, stranger)) == 401


def test_a_header_that_is_folded_is_one_header_and_smuggles_nothing(reading):
    answer = say(reading, request(reading, "GET", "/api/v1/cases?limit=1", "X-Note: a\r\n Host: evil.example"))
    assert status(answer) in {200, 400}


def test_a_body_with_two_lengths_is_refused_and_what_follows_it_is_no_request(reading):
    smuggled = b"0\r\n\r\nGET /api/v1/cases HTTP/1.1\r\nHost: x\r\n\r\n"
    head = request(reading, "POST", "/api/v1/cases", "Content-Length: 6", "Transfer-Encoding: chunked")
    answer = say(reading, head + smuggled)
    assert status(answer) == 400
    assert answer.count(b"HTTP/1.1 ") == 1


@pytest.mark.parametrize(
    "body", [b"zz\r\n", b"5\r\nab", b"-1\r\n", b"ffffffffffffffffffff\r\n", b"5\r\nabcdefg\r\n0\r\n\r\n", b"5;" + b"x" * 9000]
)
def test_a_broken_chunk_ends_the_connection(reading, body, capfd):
    with socket.create_connection(("127.0.0.1", reading.port), 20) as line:
        line.sendall(
            request(reading, "POST", "/api/v1/runs/plan", "Transfer-Encoding: chunked", "Content-Type: application/json")
        )
        line.sendall(body)
        line.shutdown(socket.SHUT_WR)
        answer = heard(line)
    assert answer == b"" or status(answer) in {400, 413, 422}
    assert status(say(reading, request(reading))) == 200
    assert "Traceback" not in capfd.readouterr().err


def test_headers_beyond_their_limit_are_refused(reading):
    for headers in (["X-Long: " + "a" * 40_000], [f"X-{at}: b" for at in range(20_000)]):
        answer = say(reading, request(reading, "GET", "/livez", *headers))
        assert answer == b"" or status(answer) in {400, 431}


def spent_on(there, *sent: bytes) -> float:
    """Return the processor time, in seconds, that this process takes to answer requests, the server being a part of it."""
    began = time.process_time()
    for each in sent:
        assert status(say(there, each)) in {200, 400, 401, 403, 412, 413, 416, 422, 431}
    return time.process_time() - began


@pytest.mark.parametrize("path", ["/livez", "/sign-in", "/api/v1/cases?limit=1"])
def test_cookies_of_backslashes_cost_no_more_than_others(reading, path):
    own = f"remiss-{reading.port}"
    for value in ('"' + "\\" * 30_000 + '"', '"' + "\\1" * 15_000 + '"', "a=" * 15_000, ";" * 30_000):
        for name in (own, "other"):
            assert spent_on(reading, request(reading, "GET", path, f"Cookie: {name}={value}")) < 0.2


HOSTILE = (";", ",", '"', "\\", "a;", "a,", '";', '\\"', "a=b;", '="a', "0-1,", "()", "*/*,", "q=0,", " ;", "%", "W/", "=?")
HEADERS = (
    "Accept",
    "Content-Type",
    "If-Match",
    "If-Modified-Since",
    "If-None-Match",
    "Origin",
    "Range",
    "Referer",
    "X-Request-Id",
)


@pytest.mark.parametrize("name", HEADERS)
def test_no_header_holds_others_up(reading, name):
    way = ("POST", "/api/v1/runs/plan") if name == "Content-Type" else ("GET", "/static/system.css")
    given = {"Content-Type": "multipart/form-data; boundary=", "Range": "bytes="}.get(name, "")
    for unit in HOSTILE:
        line = given + (unit * 30_000)[:30_000]
        length = ["Content-Length: 0"] if name == "Content-Type" else []
        sent = request(reading, *way, f"{name}: {line}", *length)
        assert spent_on(reading, sent) < 0.2, unit


def test_no_authorization_holds_others_up():
    # By itself: too many wrong tokens from one address would slow down the tests that follow.
    began = time.process_time()
    for unit in HOSTILE:
        sent = bearer(b"Bearer " + (unit * 30_000)[:30_000].encode())
        assert sent is not None
        assert split_token(sent.decode()) is None
    assert time.process_time() - began < 0.2


def test_an_address_beyond_its_limit_is_refused(reading):
    answer = say(reading, request(reading, target="/api/v1/cases?query=" + "a" * 20_000))
    assert status(answer) == 414
    assert status(say(reading, request(reading, target="/api/v1/cases?query=" + "a" * 2**20))) == 400


def test_a_body_beyond_its_limit_is_refused_before_it_is_read(reading):
    answer = say(reading, request(reading, "POST", "/api/v1/cases", f"Content-Length: {security.MOST_BODY_BYTES + 1}"))
    assert status(answer) == 413
    assert error(answer)["code"] == "too-large"


@pytest.mark.parametrize("target", ["/api/v1/cases", "/api/v1/actions/case.search", "/sign-in"])
def test_a_body_in_chunks_is_counted_as_it_comes(reading, target):
    chunk = b"%x\r\n" % 65536 + b"a" * 65536 + b"\r\n"
    form = "application/x-www-form-urlencoded" if target == "/sign-in" else "application/json"
    head = request(reading, "POST", target, "Transfer-Encoding: chunked", f"Content-Type: {form}")
    answer = say(reading, head, *[chunk] * (security.MOST_BODY_BYTES // 65536 + 2), b"0\r\n\r\n")
    assert answer == b"" or status(answer) == 413


def test_a_request_that_trickles_is_cut_off(reading, monkeypatch):
    monkeypatch.setattr(connection, "HEADER_SECONDS", 0.5)
    begun = time.perf_counter()
    assert say(reading, *[b"G"] + [b"E"] * 40, wait=0.1) == b""
    assert time.perf_counter() - begun < 8


def test_a_second_request_that_trickles_is_cut_off_too(reading, monkeypatch):
    monkeypatch.setattr(connection, "HEADER_SECONDS", 0.5)
    kept = request(reading).replace(b"Connection: close\r\n", b"")
    with socket.create_connection(("127.0.0.1", reading.port), 20) as line:
        one_answer(line, kept)
        time.sleep(1)  # longer than a request may take, shorter than an idle connection is kept
        one_answer(line, kept)
        line.sendall(kept[:-20])
        begun = time.perf_counter()
        assert heard(line) == b""
        assert time.perf_counter() - begun < 5


def test_many_requests_on_one_connection_are_all_answered(reading):
    kept = request(reading, "GET", "/livez").replace(b"Connection: close\r\n", b"")
    answer = say(reading, kept * 50 + request(reading))
    assert answer.count(b"HTTP/1.1 200") == 51


def test_a_body_that_trickles_is_cut_off(reading, monkeypatch):
    monkeypatch.setattr(places, "BODY_SECONDS", 0.5)
    head = request(reading, "POST", "/api/v1/cases", "Content-Length: 1000", "Content-Type: application/json")
    begun = time.perf_counter()
    answer = say(reading, head, *[b" "] * 30, wait=0.1)
    assert time.perf_counter() - begun < 8
    assert answer == b"" or status(answer) == 413


def test_two_hundred_connections_that_say_nothing_keep_nobody_out(reading):
    with ExitStack() as held:
        for _ in range(200):
            held.enter_context(socket.create_connection(("127.0.0.1", reading.port), 20))
        with reading.client() as client:
            assert client.get("/api/v1/cases").status_code == 200


def test_more_connections_than_there_is_room_for_push_the_oldest_silent_one_out(reading, monkeypatch):
    monkeypatch.setattr(connection, "MOST_CONNECTIONS", 20)
    with ExitStack() as held:
        lines = [held.enter_context(socket.create_connection(("127.0.0.1", reading.port), 20)) for _ in range(30)]
        with reading.client() as client:
            assert client.get("/api/v1/cases").status_code == 200
        assert heard(lines[0]) == b""
        lines[-1].sendall(request(reading))
        assert status(heard(lines[-1])) == 200


def test_more_requests_at_once_than_can_be_worked_on_are_told_to_come_back(reading, monkeypatch):
    monkeypatch.setattr(places, "MOST_REQUESTS", 0)
    answer = say(reading, request(reading))
    assert status(answer) == 503
    assert error(answer)["code"] == "busy"
    assert b"retry-after: 1" in answer


def test_a_client_that_leaves_in_the_middle_is_no_fault(reading, capfd):
    for cut in (10, 60, 120):
        with socket.create_connection(("127.0.0.1", reading.port), 20) as line:
            line.sendall(request(reading, "POST", "/api/v1/cases", "Content-Length: 100")[:cut] + b"\r\n\r\nabc")
    with socket.create_connection(("127.0.0.1", reading.port), 20) as line:
        line.sendall(request(reading, "POST", "/api/v1/cases", "Content-Length: 100", "Content-Type: application/json") + b"abc")
    assert status(say(reading, request(reading))) == 200
    assert "Traceback" not in capfd.readouterr().err


def test_a_head_is_a_get_without_its_body(reading):
    with reading.client() as client:
        for path in ("/api/v1/cases", "/api/v1/openapi.json", "/livez", "/nowhere"):
            got, head = client.get(path), client.head(path)
            assert (head.status_code, head.headers["Content-Type"]) == (got.status_code, got.headers["Content-Type"])
            assert head.content == b""


def test_an_upgrade_to_something_else_is_not_taken(reading):
    answer = say(reading, request(reading, "GET", "/api/v1/cases", "Upgrade: websocket").replace(b"close", b"upgrade, close"))
    assert status(answer) == 200


def test_the_figures_name_whole_routes_and_no_address(reading):
    with reading.client() as client:
        client.get("/api/v1/cases/abcdef")
        client.get("/secret-address")
        text = client.get("/metrics").text
    assert 'remiss_requests_total{method="GET",route="/api/v1/cases/{case}",status="404"}' in text
    assert "abcdef" not in text
    assert "secret-address" not in text
