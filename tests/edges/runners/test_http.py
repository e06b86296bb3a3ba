"""Models behind HTTP: whatever a server does, rows are answered or say what happened, and only checked addresses are asked."""

from __future__ import annotations

import ipaddress
import socket
import ssl
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from remiss.edges.runners import addresses
from remiss.edges.runners.http import Endpoint, HttpRunner
from remiss.edges.runners.templates import JsonTemplate, KServe, OpenAIChat
from remiss.records.model import ModelLimits, ModelSpecification
from tests.edges.runners.answering import answering
from tests.tables import each

LIMITS = ModelLimits(seconds=0.3, total_seconds=2, output_bytes=1000, batch_size=8, retries=0)
HERE = (ipaddress.ip_network("127.0.0.1"),)
BATCH = JsonTemplate(body={"rows": {"$each": "$"}}, output="$.answers[*].said", confidence="$.answers[*].sure")


@pytest.fixture(scope="module")
def server():
    with answering() as found:
        yield found


@pytest.fixture(autouse=True)
def nothing_asked_yet(server):
    server.seen.clear()
    server.refusing.clear()
    server.most_together = 0


def asking(url: str, template=None, *, allowed=HERE, headers=None, redirects=0, proxy=None, seed=0, **limits) -> HttpRunner:
    model = ModelSpecification(name="m", version="1", runner="http", target=url, limits=replace(LIMITS, **limits))
    endpoint = Endpoint(
        url=url, template=template or JsonTemplate(), headers=headers or {}, allowed=allowed, redirects=redirects, proxy=proxy
    )
    return HttpRunner(model, endpoint, seed=seed)


def asked(url: str, rows=({"x": 1},), template=None, **more):
    with asking(url, template, **more) as runner:
        return list(runner.answers(rows))


@each(
    "path, kind, says",
    [
        ("hang", "timeout", "it took longer than 0.3 s"),
        ("drip", "timeout", "it took longer than 0.3 s"),
        ("head", "timeout", "it took longer than 0.3 s"),
        ("endless", "too-large", "an answer of more than 66,536 bytes"),
        ("bomb", "too-large", "an answer of more than 66,536 bytes"),
        ("odd", "type", "packed as br, which was not asked for"),
        ("text", "type", "its answer is no JSON"),
        ("constant", "not-a-number", "its answer has NaN"),
        ("close", "connection", "disconnected"),
        ("see-other", "redirect", "it leads to /echo (status 302)"),
        ("to?/echo", "redirect", "it leads to /echo (status 307)"),
        ("secret", "status", "status 401: who is ***?"),
    ],
)
def test_a_server_that_does_harm_is_left_in_time_and_its_row_says_what_happened(server, path, kind, says):
    begun = time.monotonic()
    [answer] = asked(f"{server.url}/{path}", headers={"Authorization": "Bearer a-secret-token"})
    assert (answer.trouble.kind.value, says in answer.trouble.message) == (kind, True), answer.trouble
    assert time.monotonic() - begun < 1.5


@each("todo, kind", [("fail", "status"), ("hang", "timeout"), ("lose", "template")])
def test_a_row_that_does_harm_is_found_in_its_batch_and_the_others_are_answered(server, todo, kind):
    rows = [{"x": at} for at in range(11)]
    rows[4] = {"do": todo}
    answers = asked(f"{server.url}/batch", rows, BATCH)
    assert [each.output for each in answers if each.trouble is None] == [at for at in range(11) if at != 4]
    assert answers[4].trouble.kind.value == kind
    assert {each.confidence for each in answers} == {0.5, None}


def test_an_answer_that_is_too_large_is_of_its_row_only(server):
    answers = asked(f"{server.url}/batch", [{"x": 1}, {"x": "y" * 2000}, {"x": 2}], BATCH)
    assert [each.trouble and each.trouble.kind.value for each in answers] == [None, "too-large", None]


@each("status, headers, least", [(429, {"Retry-After": "1"}, 1.0), (503, {}, 0.2), (500, {}, 0.2)])
def test_what_may_be_better_in_a_moment_is_asked_again_when_the_server_says(server, status, headers, least):
    server.seen.clear()
    server.refusing["/echo"] = (1, status, headers)
    [answer] = asked(f"{server.url}/echo", retries=1)
    assert answer.output == {"x": 1}
    first, second = (each.at for each in server.seen)
    assert least <= second - first < least + 0.8


def test_a_server_that_wants_to_be_asked_after_the_time_is_not_waited_for(server):
    server.refusing["/echo"] = (9, 429, {"Retry-After": "Fri, 31 Dec 9999 23:59:59 GMT"})
    begun = time.monotonic()
    [answer] = asked(f"{server.url}/echo", retries=5)
    assert answer.trouble.message == "status 429: busy"
    assert time.monotonic() - begun < 1


def test_a_mistake_of_the_request_is_not_asked_again(server):
    server.refusing["/echo"] = (1, 404, {})
    [answer] = asked(f"{server.url}/echo", retries=3)
    assert (answer.trouble.message, len(server.seen)) == ("status 404: busy", 1)


def test_a_server_that_is_away_is_not_asked_for_every_row():
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        answers = asked(f"http://127.0.0.1:{nobody.getsockname()[1]}/", [{"x": 1}] * 5)
    assert [each.trouble.kind.value for each in answers] == [*["connection"] * 3, *["not-asked"] * 2]


def test_requests_go_together_and_answers_come_in_order(server):
    rows = [{"x": at} for at in range(12)]
    assert [each.output["x"] for each in asked(f"{server.url}/slow", rows, concurrency=4)] == [*range(12)]
    assert 2 <= server.most_together <= 4


def test_no_more_requests_go_in_a_second_than_may(server):
    asked(f"{server.url}/echo", [{"x": 1}] * 5, rate=20, concurrency=4)
    times = [each.at for each in server.seen]
    assert max(times) - min(times) > 4 / 20 - 0.03


@each(
    "host",
    [
        *("127.0.0.1", "localhost", "2130706433", "0177.0.0.1", "0x7f000001", "127.1", "0", "0.0.0.0", "[::1]", "[::]"),
        *(
            "[::ffff:127.0.0.1]",
            "[::ffff:7f00:1]",
            "[64:ff9b::7f00:1]",
            "[2002:7f00:1::]",
            "[::127.0.0.1]",
            "[fe80::1]",
            "[fc00::1]",
        ),
        *("10.0.0.1", "172.16.0.1", "192.168.1.1", "100.64.0.1", "169.254.169.254", "168.63.129.16", "100.100.100.200"),
        *("224.0.0.1", "[ff02::1]", "255.255.255.255", "192.0.2.1", "240.0.0.1", "[fd00:ec2::254]", "[fec0::1]"),
    ],
)
def test_an_address_that_is_not_public_is_refused_however_it_is_spelled(host):
    [answer] = asked(f"http://{host}:9/", allowed=())
    assert answer.trouble.kind.value == "address", answer


def test_a_name_is_refused_if_any_of_its_addresses_is_and_is_resolved_once(server, monkeypatch):
    calls = []

    def resolve(host, *_):
        calls.append(host)
        return ["127.0.0.1", "10.0.0.1"] if host == "mixed.example" else ["127.0.0.1"] if len(calls) == 1 else ["10.0.0.1"]

    monkeypatch.setattr(addresses, "resolved", resolve)
    [answer] = asked(f"http://changing.example:{server.port}/echo")
    assert (answer.output, calls) == ({"x": 1}, ["changing.example"])
    assert server.seen[0].headers["Host"] == f"changing.example:{server.port}"
    [answer] = asked(f"http://mixed.example:{server.port}/echo")
    assert "10.0.0.1, which is not a public address" in answer.trouble.message


def test_tls_asks_for_the_name_though_the_address_is_pinned(tmp_path, monkeypatch):
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "models")])
    now = datetime.now(UTC)
    made = x509.CertificateBuilder(name, name, key.public_key(), 1, now - timedelta(1), now + timedelta(1))
    made = made.add_extension(x509.SubjectAlternativeName([x509.DNSName("models.example")]), critical=False)
    signed = made.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True).sign(key, hashes.SHA256())
    pem = serialization.Encoding.PEM
    (tmp_path / "cert.pem").write_bytes(signed.public_bytes(pem))
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (tmp_path / "key.pem").write_bytes(private)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "cert.pem"))
    monkeypatch.setattr(addresses, "resolved", lambda *_: ["127.0.0.1"])
    with answering(context) as there:
        [answer] = asked(f"https://models.example:{there.port}/echo", seconds=2)
        assert answer.output == {"x": 1}
        [answer] = asked(f"https://other.example:{there.port}/echo", seconds=2)
    assert "certificate is not valid for 'other.example'" in answer.trouble.message


def test_a_redirect_is_followed_where_it_may_and_its_address_is_checked(server):
    [answer] = asked(f"{server.url}/to?/to?/echo", redirects=2)
    assert answer.output == {"x": 1}
    [answer] = asked(f"{server.url}/to?/to?/to?/echo", redirects=2)
    assert answer.trouble.kind.value == "redirect"
    [answer] = asked(f"{server.url}/to?http://169.254.169.254/latest", redirects=5)
    assert answer.trouble.kind.value == "address"


def test_a_secret_is_not_told_to_whom_a_redirect_leads(server):
    with answering() as other:
        asked(f"{server.url}/to?{other.url}/echo", redirects=1, headers={"X-Api-Key": "hidden"})
        [there] = other.seen
    assert server.seen[0].headers["X-Api-Key"] == "hidden"
    assert "X-Api-Key" not in there.headers


def test_a_proxy_of_the_environment_is_not_asked_unless_it_is_named(server, monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    [answer] = asked(f"{server.url}/echo")
    assert answer.output == {"x": 1}
    [answer] = asked("http://models.example/echo", proxy=server.url)
    assert answer.output == {"x": 1}
    assert server.seen[-1].headers["Host"] == "models.example"
    for host in ("169.254.169.254", "[::ffff:10.0.0.1]", "167772161", "localhost"):
        [answer] = asked(f"http://{host}/", proxy=server.url)
        assert (host, answer.trouble.kind.value) == (host, "address")


def test_a_template_says_what_of_the_row_goes_where(server):
    body = {"carrier": "$.inputs['carrier']", "price": "$$5", "all": ["$.inputs.distance", 1, None]}
    template = JsonTemplate(body=body, output="$.all[0]", confidence="$.all[1]")
    [answer, lacking] = asked(f"{server.url}/echo", [{"inputs": {"carrier": "UA", "distance": 700}}, {"inputs": {}}], template)
    assert server.seen[0].body == {"carrier": "UA", "price": "$5", "all": [700, 1, None]}
    assert (answer.output, answer.confidence) == (700, 1.0)
    assert lacking.trouble.message == "the row has nothing at $.inputs['carrier'], and one value is wanted"


def test_an_answer_without_what_the_template_looks_for_says_so(server):
    [answer] = asked(f"{server.url}/echo", template=JsonTemplate(output="$.y"))
    assert answer.trouble.message == "its answer has 0 of $.y, and 1 were asked for"


def test_the_open_inference_protocol_is_spoken(server):
    rows = [{"a": 1, "b": 2.5}, {"a": 2, "b": 0.5}, {"a": None, "b": 1}, {"b": 1}]
    named = KServe(model="delay", inputs={"a": "FP64", "b": "FP64"}, output="delay", confidence="sure")
    found = asked(server.url, rows, named)
    assert [(each.output, each.confidence) for each in found[:2]] == [(3.5, 0.25), (2.5, 0.25)]
    assert [each.trouble.message for each in found[2:]] == ["a is null, which no tensor holds", "the row has no a"]
    whole = KServe(model="delay", inputs={"b": "FP32", "a": "FP32"}, tensor="x", output="delay")
    asked(server.url, rows[:2], whole)
    assert server.seen[-1].path == "/v2/models/delay/infer"
    assert server.seen[-1].body["inputs"] == [{"name": "x", "shape": [2, 2], "datatype": "FP32", "data": [2.5, 1, 0.5, 2]}]
    asked(server.url, [{"a": True, "b": "x", "c": 1}], KServe(model="delay"))
    assert [each["datatype"] for each in server.seen[-1].body["inputs"]] == ["BOOL", "BYTES", "FP64"]


def test_a_chat_is_asked_by_a_prompt_and_what_it_says_is_read(server):
    template = OpenAIChat(
        model="gpt", prompt="Is {carrier} {n} late?", system="Be brief.", output="$.late", confidence="$.p", seed=7
    )
    [answer, lacking] = asked(f"{server.url}/v1", [{"carrier": "UA", "n": 5}, {"n": 5}], template)
    assert (answer.output, answer.confidence) == ("Is UA 5 late?", 0.5)
    assert lacking.trouble.message == "the row has no carrier, which the prompt names"
    assert (server.seen[0].path, server.seen[0].body["seed"]) == ("/v1/chat/completions", 7)
    [answer] = asked(server.url, [{"b": 1, "a": "é"}], OpenAIChat(model="gpt"))
    assert server.seen[-1].body["messages"] == [{"role": "user", "content": '{"a": "é", "b": 1}'}]


def test_an_answer_packed_without_being_asked_is_unpacked(server):
    [answer] = asked(f"{server.url}/packed")
    assert (answer.output, server.seen[0].headers["Accept-Encoding"]) == ({"x": 1}, "identity")


ROWS = st.fixed_dictionaries(
    {"x": st.none() | st.integers(-(2**53), 2**53) | st.text(max_size=5)}, optional={"do": st.sampled_from(["fail", "lose"])}
)


@pytest.fixture(scope="module")
def sizes(server):
    runners = [asking(f"{server.url}/batch", BATCH, batch_size=size, concurrency=at) for size, at in ((1, 1), (3, 1), (10, 2))]
    yield runners
    for each_ in runners:
        each_.close()


@settings(deadline=None, max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(ROWS, max_size=10))
def test_rows_are_answered_alike_and_in_order_however_they_are_split(sizes, rows):
    first, *others = [[replace(each_, latency_ms=None) for each_ in runner.answers(rows)] for runner in sizes]
    assert len(first) == len(rows)
    assert all(found == first for found in others)
