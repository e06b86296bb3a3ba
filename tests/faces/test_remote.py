"""A catalog behind a server is used as one of one's own: the same answers, the same errors, byte for byte."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

import remiss
from remiss.catalog import actions as catalog
from remiss.edges.servers.http import Server
from remiss.errors import InputError, NotFound, ProtocolError, RemissError, RequestError, SettingError, StorageError
from remiss.protocol import actions as protocols
from tests.serving import TOKEN, served


@pytest.fixture
def far(captured, monkeypatch) -> Iterator[str]:
    """The captured catalog served, and named to the command line by its address."""
    here = captured.folder.absolute()
    with served(str(here.parent / "remiss.db"), {"REMISS_SOURCES": str(here)}) as there:
        monkeypatch.setenv("REMISS_TOKEN", TOKEN)
        yield there.url


ASKED = (
    "catalog info",
    "status",
    "run list",
    "run list --protocol arrival-delay --limit 1 --as-of 2",
    "run show {run}",
    "run diff {run}",
    "run refused {run}",
    "reproduce {run}",
    "protocol list",
    "protocol show arrival-delay",
    "protocol show arrival-delay --version 1",
    "protocol diff arrival-delay 1 1",
    "protocol check log/arrival-delay.yaml",
    "taxonomy show",
    "taxonomy show model",
    "case search",
    "case search criterion:slow --limit 3 --sort severity",
    "case search -criterion:slow --as-of 2",
    "case search --facets",
    "case search --facets inputs.carrier:UA",
    "case show {case}",
    "case show {case} --as-of 2",
    "case history {case}",
    "case compare {case}",
    "case compare {case} --controls 2 --as-of 2",
    "estimate criterion:missed-delay",
    "estimate criterion:missed-delay --rate --by inputs.carrier --variance process",
    "estimate --by criterion",
    "capture log/arrival-delay.yaml --dry-run --since 2013-06-03 --until 2013-06-17",
)
# These are answered with no, and the answer goes to stderr.
REFUSED = (
    "run show run-000000",
    "case show zzzzzz",
    "case search nope:x",
    "case search --as-of 99",
    "estimate severity:1",
    "protocol show nothing",
    "protocol check log/nothing.yaml",
    "capture log/nothing.yaml",
    "capture log/arrival-delay.yaml --since 2013-06-04 --until 2013-06-10",
    "run accept {run}",
    "case file --model m --at 2013-06-05 --title t --mode remiss:nope",
    "case revise {case} --revision 9 --severity 2",
)


def ids(cli) -> dict[str, str]:
    """Return a run and a case of the captured catalog."""
    run = cli("run", "list", "--format", "json").json["items"][0]["run"]
    return {"run": run, "case": cli("case", "search", "--format", "json").json["items"][0]["id"]}


@pytest.mark.parametrize("line", ASKED)
def test_a_command_answers_the_same_from_afar(cli, captured, far, monkeypatch, line):
    words = line.format(**ids(cli)).split()
    for shape in ([], ["--format", "json"]):
        monkeypatch.setenv("REMISS_CATALOG", str(captured.folder.absolute().parent / "remiss.db"))
        near = cli(*words, *shape)
        monkeypatch.setenv("REMISS_CATALOG", far)
        there = cli(*words, *shape)
        assert near.out or near.status == 0
        assert (there.status, there.out) == (near.status, near.out)


@pytest.mark.parametrize("line", REFUSED)
def test_a_command_refuses_the_same_from_afar(cli, captured, far, monkeypatch, line):
    words = line.format(**ids(cli)).split()
    near = cli(*words)
    monkeypatch.setenv("REMISS_CATALOG", far)
    assert cli(*words) == near
    assert near.status in {1, 2}


def test_a_whole_job_is_done_from_afar(cli, captured, tmp_path, monkeypatch):
    monkeypatch.setenv("REMISS_TOKEN", TOKEN)
    with remiss.open(tmp_path / "new.db", environment={}, create=True):
        pass
    with served(str(tmp_path / "new.db"), {"REMISS_SOURCES": "log"}) as there:
        monkeypatch.setenv("REMISS_CATALOG", there.url)
        run = cli("capture", captured.protocol, "--format", "json").json
        assert run["events"]["new"] > 150
        case = cli("case", "search", "--limit", "1", "--format", "json").json["items"][0]["id"]
        revised = cli("case", "revise", case, "--revision", "1", "--severity", "1", "--format", "json")
        assert (revised.json["severity"], revised.json["revision"]) == (1, 2)
        filing = ("case", "file", "--model", "m", "--at", "2013-06-05", "--title", "Wrong gate", "--input", "carrier=UA")
        assert cli(*filing, "--format", "json").json["event"]["inputs"] == {"carrier": "UA"}
        assert cli("status").status == 0
        journalled = there.position()
    assert journalled == 4


def test_the_doctor_looks_at_the_servers_machine(cli, far, monkeypatch):
    near = cli("doctor", "--format", "json").json["items"]
    there = cli("--catalog", far, "doctor", "--format", "json").json["items"]
    assert [(each["name"], each["level"]) for each in there] == [(each["name"], each["level"]) for each in near]


def test_a_token_that_the_server_does_not_know_is_the_callers_mistake(cli, far, monkeypatch):
    monkeypatch.setenv("REMISS_CATALOG", far)
    monkeypatch.setenv("REMISS_TOKEN", "another-token-than-the-servers")
    answer = cli("case", "search")
    assert answer.status == 2
    assert "does not know the token" in answer.err
    assert "REMISS_TOKEN" in answer.err
    monkeypatch.delenv("REMISS_TOKEN")
    assert "--token-file" in cli("case", "search").err


def test_the_token_may_come_from_a_file(cli, far, tmp_path):
    (tmp_path / "token").write_text(f"{TOKEN}\n")
    (tmp_path / "token").chmod(0o600)
    answer = cli("--catalog", far, "--token-file", tmp_path / "token", "case", "search", "--format", "json")
    assert answer.json["total"] > 50
    assert cli("--catalog", far, "--token-file", tmp_path / "nothing", "case", "search").status == 2


@pytest.mark.parametrize("mode", [0o604, 0o640])
def test_a_token_file_that_others_may_read_is_not_used(cli, far, tmp_path, mode):
    (tmp_path / "token").write_text(f"{TOKEN}\n")
    (tmp_path / "token").chmod(mode)
    answer = cli("--catalog", far, "--token-file", tmp_path / "token", "case", "search")
    assert (answer.status, answer.out) == (2, "")
    assert answer.err == f"others may read the token file {tmp_path / 'token'}\n  chmod 600 {tmp_path / 'token'}\n"


def test_a_servers_catalog_is_neither_made_nor_upgraded_nor_served_from_afar(cli, far):
    for words in (
        ("init", far),
        ("--catalog", far, "init"),
        ("--catalog", far, "catalog", "upgrade"),
        ("--catalog", far, "serve"),
    ):
        answer = cli(*words)
        assert answer.status == 2
        assert "name the database itself" in answer.err


def test_the_library_opens_a_server_by_its_address_and_token(far, captured):
    with remiss.open(far, token=TOKEN, environment={}) as ws:
        page = catalog.search(ws, "criterion:slow", limit=2)
        assert len(page) == 2
        assert ws.position() == page.position == catalog.info(ws).position
        with pytest.raises(NotFound) as missing:
            catalog.show(ws, "zzzzzz")
        assert missing.value.do
        broken = captured.folder / "broken.yaml"
        broken.write_text((captured.folder / "arrival-delay.yaml").read_text().replace("latency_ms > 250", "latencyms > 250"))
        finding, *_ = (each for each in protocols.check(ws, str(broken)) if each.level == "error")
        assert (finding.file, finding.line > 1) == (str(broken), True)
        with pytest.raises(ProtocolError) as refused:
            remiss.capture.capture(ws, str(broken))
        assert str(refused.value.where).startswith(str(broken))


@pytest.mark.parametrize(
    "address",
    [
        "http://example.org",
        "http://192.168.1.7:8765",
        "http://u:p@127.0.0.1:1",
        "http://",
        "http://127.0.0.1?x=1",
        "http://[::1",
        "http://127.0.0.1:x",
    ],
)
def test_a_token_is_sent_to_no_address_that_would_betray_it(address):
    with pytest.raises(SettingError):
        remiss.open(address, token=TOKEN, environment={})


def test_no_server_there_is_said_and_no_fault(cli, monkeypatch):
    monkeypatch.setenv("REMISS_TOKEN", TOKEN)
    answer = cli("--catalog", "http://127.0.0.1:1", "case", "search")
    assert answer.status == 2
    assert "remiss serve" in answer.err


@contextmanager
def answering(status: int, body: bytes, **headers: str) -> Iterator[tuple[str, list[str]]]:
    """A server that gives everybody the same answer, and remembers which token it was sent for which path."""
    asked: list[str] = []

    class Same(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked.append(f"{self.path} {self.headers['Authorization']}")
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            return

    with ThreadingHTTPServer(("127.0.0.1", 0), Same) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", asked
        finally:
            server.shutdown()
            thread.join()


def test_the_token_for_this_machine_goes_to_no_proxy(monkeypatch):
    with answering(200, b'{"result": 1}') as (address, asked), answering(200, b'{"result": 2}') as (proxy, overheard):
        for name in ("no_proxy", "NO_PROXY"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("http_proxy", proxy)
        assert Server(address, TOKEN).call("/x", {}) == {"result": 1}
    assert (len(asked), overheard) == (1, [])


def test_a_redirect_is_not_followed_for_it_would_carry_the_token_away():
    with answering(200, b"{}") as (other, strangers), answering(307, b"", Location=other) as (address, _):
        with pytest.raises(StorageError, match="307"):
            Server(address, TOKEN).call("/api/v1/actions/case.search", {})
        assert strangers == []


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, b"<html>"),
        (200, b""),
        (200, b"[" * 100_000),
        (200, b"\xff"),
        (200, b"[]"),
        (200, b'{"result": {"columns": 7}}'),
        (200, b'{"answer": 1}'),
        (502, b"<html>bad gateway</html>"),
        (500, b"[" * 100_000),
        (404, b'{"error": "no"}'),
        (403, b'{"error": {"code": "x", "what": "y", "where": 7, "do": ""}}'),
    ],
)
def test_what_answers_and_is_no_remiss_server_is_named_as_such(status, body):
    with answering(status, body) as (address, _), remiss.open(address, token=TOKEN, environment={}) as ws:
        with pytest.raises(StorageError) as refused:
            catalog.search(ws)
        assert address in refused.value.what


@pytest.mark.parametrize(("status", "kind"), [(413, InputError), (403, InputError), (503, StorageError), (500, StorageError)])
def test_what_only_a_server_says_is_an_error_of_the_library_too(status, kind):
    body = json.dumps({"error": {"code": "too-large", "what": "much", "where": None, "do": "less"}}).encode()
    with answering(status, body) as (address, _), pytest.raises(RemissError) as raised:
        Server(address, TOKEN).call("/x", {})
    assert type(raised.value) is kind


def test_an_argument_that_no_action_takes_is_refused_there(far):
    server = Server(far, TOKEN)
    for arguments in ({"qeury": ""}, {"limit": "7"}, {"limit": None}, {"query": {"$time": "x"}}):
        with pytest.raises(RequestError):
            server.call("/api/v1/actions/case.search", {"arguments": arguments})
    with pytest.raises(NotFound):
        server.call("/api/v1/actions/case.delete", {})
    with pytest.raises(InputError, match="case"):
        server.call("/api/v1/actions/case.show", {})


def test_an_argument_of_another_type_is_named_before_anything_is_sent(far):
    with remiss.open(far, token=TOKEN) as ws, pytest.raises(InputError, match="invalid limit: '20'") as refused:
        catalog.search(ws, limit="20")
    assert refused.value.do == "give 1 to 10,000"
