"""`remiss serve` as a person runs it: a process that starts, answers, and stops."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from remiss.faces.cli import serve
from tests.serving import TOKEN


@contextmanager
def serving(*arguments: str, **environment: str) -> Iterator[tuple[subprocess.Popen[str], str, list[str]]]:
    """Run the command; give the process, the address that its link names, and what it said so far."""
    process = subprocess.Popen(
        [sys.executable, "-m", "remiss", "serve", "--port", "0", *arguments],
        env=os.environ | {"REMISS_TOKEN": TOKEN} | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        said: list[str] = []
        for line in process.stderr:
            said.append(line)
            if found := re.search(r"(http://\S+)/sign-in\?token=", line):
                yield process, found[1], said
                break
        else:
            pytest.fail(f"it ended before it served: {''.join(said)}")
    finally:
        process.kill()
        process.communicate(timeout=30)


def answered(url: str) -> httpx.Response:
    """Ask until the server answers."""
    deadline = time.monotonic() + 30
    while True:
        try:
            return httpx.get(f"{url}/api/v1/catalog", headers={"Authorization": f"Bearer {TOKEN}"})
        except httpx.TransportError:
            assert time.monotonic() < deadline


@pytest.mark.slow(reason="the engine is loaded by a server of its own")
@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_until_it_is_told_to_stop_and_ends_as_any_program_does(captured, stop):
    with serving() as (process, url, _):
        assert answered(url).json()["cases"] > 50
        client = {"headers": {"Authorization": f"Bearer {TOKEN}", "Accept": "text/html, */*"}, "timeout": 60}
        # The last one counts over the log itself: with the engine that captures use.
        asked = ("/", "/cases", "/metrics", "/api/v1/estimate?by=criterion", "/api/v1/estimate/exact?query=latency_ms%3A%3E10")
        for path in asked if stop == signal.SIGINT else asked[:1]:
            assert httpx.get(url + path, **client).status_code == 200, path
        process.send_signal(stop)
        out, err = process.communicate(timeout=30)
    # A service manager that stops it finds no failure; at a terminal it ended as everything does that Ctrl-C ended.
    assert process.returncode == {signal.SIGINT: 130, signal.SIGTERM: 0}[stop]
    assert out == ""
    # What was said before it stopped was read to the link.
    assert err == {signal.SIGINT: "\nstopped\n", signal.SIGTERM: ""}[stop]
    assert list(captured.folder.parent.glob("remiss.db-*")) == []


def test_an_idle_server_is_small_and_stops_although_a_browser_keeps_its_connection(captured):
    with serving() as (process, url, _):
        answered(url)
        lines = Path(f"/proc/{process.pid}/status").read_text("ascii").splitlines()
        [resident] = (int(line.split()[1]) for line in lines if line.startswith("VmRSS"))
        assert resident < 130 * 1024
        # Its loop asks for the interpreter less often than Python's own, which is what health waits for.
        assert "uvloop" in Path(f"/proc/{process.pid}/maps").read_text("ascii")
        with socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2])), 20):
            process.send_signal(signal.SIGINT)
            assert process.wait(timeout=20) == 130


def test_a_link_that_was_used_is_followed_by_another_and_the_token_in_a_file_lets_the_command_line_in(captured, tmp_path, cli):
    file = tmp_path / "token"
    with serving(REMISS_TOKEN="", REMISS_TOKEN_FILE=str(file)) as (process, url, said):
        answered(url)
        token = re.search(r"token=(\S+)", said[-1])[1]
        signed = httpx.post(f"{url}/sign-in", data={"token": token})
        assert signed.status_code == 303
        following = process.stderr.readline()
        assert re.search(r"token=(\S+)", following)[1] != token
        page = httpx.get(url, cookies=dict(signed.cookies), headers={"Accept": "text/html"})
        assert page.status_code == 200
        assert cli("--catalog", url, "--token-file", file, "catalog", "info", "--format", "json").json["runs"] == 1


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--host", "0.0.0.0"], "--origin"),
        (["--host", "0.0.0.0", "--origin", "https://remiss.example.org"], "remiss token link"),
        (["--origin", "remiss.example.org"], "not an origin"),
        (["--host", "example.org"], "127.0.0.1"),
        (["--port", "70000"], "70000"),
    ],
)
def test_an_address_that_cannot_be_served_is_refused(captured, cli, arguments, says):
    answer = cli("serve", *arguments)
    assert answer.status == 2
    assert says in answer.err
    assert "serving" not in answer.err


def test_for_others_it_serves_people_and_no_operator(captured, cli):
    assert cli("person", "add", "ana").status == 0
    assert cli("person", "grant", "ana", "reader").status == 0
    token = cli("token", "create", "ana").out.strip()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    origin = f"http://remiss.test:{port}"
    with subprocess.Popen(
        [sys.executable, "-m", "remiss", "serve", "--host", "0.0.0.0", "--port", str(port), "--origin", origin],
        env=os.environ | {"REMISS_TOKEN": TOKEN},
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            said = [process.stderr.readline() for _ in range(3)]
            assert f"people sign in at {origin}/sign-in" in said[1]
            assert "not encrypted" in said[2]
            assert answered(f"http://127.0.0.1:{port}").status_code == 401

            def asked(token: str) -> int:
                headers = {"Host": origin.removeprefix("http://"), "Authorization": f"Bearer {token}"}
                return httpx.get(f"http://127.0.0.1:{port}/api/v1/catalog", headers=headers).status_code

            assert (asked(token), asked(TOKEN)) == (200, 401)
        finally:
            process.kill()


def test_a_port_that_is_taken_is_said(captured, cli):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        answer = cli("serve", "--port", str(port))
    assert answer.status == 2
    assert f"port {port}" in answer.err
    assert "--port" in answer.err


def test_without_a_catalog_there_is_nothing_to_serve(cli, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("REMISS_CATALOG", raising=False)
    answer = cli("serve")
    assert answer.status == 2
    assert "remiss init" in answer.err
    assert list(tmp_path.iterdir()) == []


def test_starting_loads_nothing_that_only_captures_and_estimates_need():
    script = (
        "import sys; import remiss.faces.server; "
        "heavy = {'duckdb', 'pyarrow', 'numpy', 'scipy', 'sqlglot', 'alembic', 'rich'} & set(sys.modules); "
        "sys.exit(f'{heavy}' if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(("said", "seconds"), [(None, "30"), ("7", "7")])
def test_a_server_has_less_patience_with_one_question_unless_somebody_says_so(cli, captured, monkeypatch, said, seconds):
    served = []
    monkeypatch.setattr(serve, "serve_pages", lambda ws, *_, **__: served.append(ws.settings.statement_timeout))
    monkeypatch.delenv("REMISS_STATEMENT_TIMEOUT", raising=False)
    if said is not None:
        monkeypatch.setenv("REMISS_STATEMENT_TIMEOUT", said)
    assert cli("serve").status == 0
    assert served == [seconds]
