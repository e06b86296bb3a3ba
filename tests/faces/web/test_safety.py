"""What no page and no answer does, whatever the address is: leave its folder, forget its headers, or take time without bound."""

from __future__ import annotations

import re
import socket
import time
from contextlib import suppress
from pathlib import Path

import pytest

from remiss.catalog.filing import FIELD, MODE
from remiss.catalog.query.completing import KnownValues, completions
from remiss.catalog.query.parsing import parse
from remiss.errors import RemissError
from remiss.faces.http.security import HEADERS
from remiss.faces.web import highlighting
from remiss.faces.web.rendering import TEMPLATES, environment
from remiss.govern.redaction.policy import WRITTEN
from remiss.govern.redaction.redactor import Redactor, redact
from remiss.present.legible import one_line, printable, printable_lines
from remiss.protocol.document import parse as document
from remiss.records.identity import parse_time
from tests.hostile.strings import hostile

SOURCE = Path(TEMPLATES).parents[2]
# Where Markup is made of what is not a literal, and why that is safe there.
TRUSTED = {
    "faces/web/pages/agreement.py": "of a chart, whose every text `present/svg.py` escapes",
    "documentation.py": "of what nh3 let through of the package's own pages; an anchor has letters, digits and hyphens only",
    "faces/web/markdown.py": "of what nh3 let through",
    "faces/web/criteria.py": "of a trend, whose every text `present/svg.py` escapes",
    "faces/web/pages/drifts.py": "of a strip, whose every text `present/svg.py` escapes",
    "faces/web/pages/patterns.py": "of a chart, whose every text `present/svg.py` escapes",
    "faces/web/pages/runs.py": "of a chart, whose every text `present/svg.py` escapes",
    "faces/web/pages/gates.py": "of a chart, whose every text `present/svg.py` escapes",
    "faces/web/pages/slices.py": "of a chart, whose every text `present/svg.py` escapes",
    "faces/web/pages/suites.py": "of a chart, whose every text `present/svg.py` escapes",
    "faces/web/pages/trends.py": "of a chart, whose every text `present/svg.py` escapes",
}


def test_every_template_escapes_whatever_its_name_is():
    env = environment()
    assert env.autoescape is True
    for name in env.list_templates():
        text = (TEMPLATES / name).read_text("utf-8")
        assert not re.search(r"\|\s*safe\b|autoescape|<script[^>]*>[^<]*{{(?!.*tojson)|style=|\bon[a-z]+=", text), name
        # An attribute without quotes ends at the first space of what it holds.
        assert not re.search(r"\s[a-z-]+=\s*{{", text), name
    for text in hostile()[::20]:
        shown = env.from_string("{{ it }}").render(it=text)
        assert "<" not in shown
        assert '"' not in shown


def test_markup_is_made_of_literals_but_where_the_reason_is_known():
    unchecked = {
        str(path.relative_to(SOURCE))
        for path in SOURCE.rglob("*.py")
        if re.search(r"Markup\((?![\"')])|S704", path.read_text("utf-8"))
    }
    assert unchecked == set(TRUSTED)


@pytest.mark.parametrize(
    "path",
    [
        "/static/../app.py",
        "/static/%2e%2e/app.py",
        "/static/..%2fapp.py",
        "/static/..%5capp.py",
        "/static/%2fetc%2fpasswd",
        "/static//etc/passwd",
        "/static/%00",
        "/static/system.css%00.txt",
        "/static/" + "a" * 300,
        "/static/%ff%fe",
        "/static",
        "/static/",
        "/assets/../static/system.css",
        "/assets/%2e%2e/app.py",
        "/assets/%00",
        "/assets/.",
        "/assets/%2e",
    ],
)
def test_no_address_leaves_a_folder_of_files_or_lists_it(reading, path):
    # As it stands: a client would take the dots away before it asks.
    with reading.browser() as client, socket.create_connection(("127.0.0.1", reading.port)) as wire:
        cookie = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
        wire.sendall(
            f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{reading.port}\r\nCookie: {cookie}\r\nConnection: close\r\n\r\n".encode()
        )
        answer = b"".join(iter(lambda: wire.recv(65536), b""))
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 404 ")
    assert b"root:" not in body
    assert b"import" not in body
    for name, value in HEADERS:
        assert name + b": " + value in head


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/static/site.js", "text/javascript; charset=utf-8"),
        ("/static/system.css", "text/css; charset=utf-8"),
        ("/static/icon.svg", "image/svg+xml"),
        ("/assets/htmx.min.js", "text/javascript; charset=utf-8"),
        ("/assets/inter.woff2", "font/woff2"),
        ("/assets/LICENSES.txt", "text/plain; charset=utf-8"),
        ("/sign-in/style.css", "text/css; charset=utf-8"),
    ],
)
def test_a_file_says_its_kind_and_carries_the_same_headers_as_a_page(reading, path, kind):
    with reading.browser() as client:
        answer = client.get(path)
    assert (answer.status_code, answer.headers["content-type"]) == (200, kind)
    for name, value in HEADERS:
        assert answer.headers[name.decode()] == value.decode()


NUL = (
    "/cases/%00",
    "/runs/%00",
    "/protocols/%00",
    "/protocols/%00/diff?before=1&after=2",
    "/cases?query=%00",
    "/cases?after=%00",
    "/runs?protocol=%00",
    "/runs?after=%00",
    "/trends?by=%00",
    "/trends?source=%00",
    "/trends?protocol=%00",
    "/parts/cases/completions?word=context.x:%00",
    "/parts/cases/facets?query=model:%00",
    "/api/v1/cases/facets?fields=context.%00",
    "/api/v1/runs?protocol=%00",
    "/api/v1/protocols/%00",
    "/api/v1/cases?query=model:%00",
    "/api/v1/estimate?source=%00",
    "/cases/%ed%a0%80",
    "/protocols/%ed%a0%80",
    "/runs?protocol=%ed%a0%80",
    "/cases?query=%ed%a0%80",
)


def test_letters_that_no_catalog_can_hold_are_found_nowhere_and_break_nothing(there):
    with there.browser() as client:
        answers = {path: client.get(path).status_code for path in NUL}
    assert {path: status for path, status in answers.items() if status >= 500} == {}


def test_nothing_that_was_asked_or_sent_stands_in_figures_or_in_what_the_server_prints(alone, caplog, capfd):
    with alone.stranger() as client:
        client.get("/sign-in", params={"token": "secret-token"})
        client.post("/sign-in", data={"token": "secret-token"})
        client.get("/api/v1/cases?query=secret-query", headers={"Authorization": "Bearer secret-token"})
    with alone.client() as client:
        client.get("/api/v1/cases?query=secret-query")
        client.get("/cases/secret-id", headers={"Cookie": "remiss=secret-token"})
        client.request("SECRET", "/cases")
        figures = client.get("/metrics").text
    printed = "".join(capfd.readouterr())
    assert "secret" not in (figures + caplog.text + printed).lower()


LENGTH = 100_000
# Beginnings that repeat for ever: what a pattern that tries everything twice would stumble over.
REPEATED = (
    "a",
    "a-",
    "-a",
    "a/",
    " ",
    "\t",
    "1",
    "1.",
    "1-",
    "+1 ",
    "a@",
    "a.",
    "a@a.",
    "(",
    '"',
    "\\",
    "{",
    "[",
    ": ",
    "- ",
    "#",
    "a:",
    "0:",
    "::",
    "%40",
    "\u202e",
    "x=",
    "<",
    "\n",
    "a\n",
    "1 2",
    ".",
    "e.e@",
)


def work(text: str) -> None:
    """Do with a text whatever remiss does with those of strangers by patterns."""
    printable(text), one_line(text), printable_lines(text)
    redact(text, Redactor(WRITTEN, b"key"))
    MODE.fullmatch(text), FIELD.fullmatch(text)
    for strict in (parse, parse_time):
        with suppress(RemissError, ValueError):
            strict(text)
    completions(text, KnownValues(fields=()))


@pytest.mark.parametrize("piece", REPEATED, ids=repr)
def test_no_text_of_a_hundred_thousand_letters_takes_long(piece):
    text = piece * (LENGTH // len(piece)) + "!"
    begun = time.process_time()
    work(text)
    assert time.process_time() - begun < 3


@pytest.mark.parametrize("piece", ["[", 'a: "', "\t", "- &a *a\n"], ids=repr)
def test_no_document_of_a_hundred_thousand_letters_takes_long(piece):
    text = piece * (LENGTH // len(piece))
    begun = time.process_time()
    document(text, "file", lambda _: "")
    highlighting.yaml(text, {})
    assert time.process_time() - begun < 10


def test_no_template_puts_an_element_into_an_attribute():
    made = re.compile(r'="[^"<>]*\{\{[^}"]*\|\s*(?:day|moment|breakable|markdown)\b[^}"]*\}\}')
    found = {str(path.relative_to(TEMPLATES)): made.findall(path.read_text()) for path in sorted(TEMPLATES.rglob("*.html"))}
    assert len(found) > 40
    assert {path: attributes for path, attributes in found.items() if attributes} == {}
