"""What the pages use of others works under the strict policy that they are served with."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import Page

from remiss.faces.web import assets

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; "
    "form-action 'self'"
)
HTMX = '<meta name="htmx-config" content=\'{"includeIndicatorCSS": false}\'>'
FILES = {
    "/swap": (
        "text/html",
        f"<!doctype html><title>Swap</title>{HTMX}<script defer src=/htmx.min.js></script>"
        "<button hx-get=/part hx-target=#here>More</button><p id=here></p>",
    ),
    "/part": ("text/html", "<b>three cases</b>"),
    "/style": ("text/html", "<!doctype html><title>Style</title><link rel=stylesheet href=/system.css><main>Text</main>"),
    "/favicon.ico": ("image/png", ""),
}


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        kind, text = FILES.get(self.path, ("text/css" if self.path.endswith(".css") else "text/javascript", None))
        kept = (assets.FOLDER, assets.FOLDER.parent / "static")
        file = next(
            (each / self.path[1:] for each in kept if (each / self.path[1:]).is_file()), kept[0] / self.path.rpartition("/")[2]
        )
        body = file.read_bytes() if text is None else text.encode()
        self.send_response(200)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Security-Policy", POLICY)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        """Say nothing."""


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_htmx_swaps_a_part_of_a_page(page: Page, site: str):
    page.goto(f"{site}/swap")
    page.get_by_role("button", name="More").click()
    page.wait_for_selector("#here >> text=three cases")


@pytest.mark.parametrize(("scheme", "dark"), [("light", False), ("dark", True)])
def test_the_style_follows_the_scheme_that_the_person_prefers(page: Page, site: str, scheme, dark):
    page.emulate_media(color_scheme=scheme)
    page.goto(f"{site}/style")
    channels = page.evaluate("getComputedStyle(document.body).backgroundColor.match(/[0-9]+/g).slice(0, 3).map(Number)")
    assert (max(channels) < 128) == dark
