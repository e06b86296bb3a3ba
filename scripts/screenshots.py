"""Pictures of the pages for the README and the docs: `make screenshots`, from the catalog that `make demo` makes.

    python -m scripts.screenshots [CATALOG]

Serves the demo on a free port, signs a Chromium in and takes each picture in the size that people see it in. The times in
the pictures are UTC, so that they are the same wherever they are taken. Pages are found by their addresses and cases by what
they are, so that other words on a page change nothing here.
"""

from __future__ import annotations

import re
import shutil
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import uvicorn
from playwright.sync_api import Page, ViewportSize, sync_playwright

import remiss
from remiss.faces import server
from remiss.faces.http.connection import configured
from remiss.faces.identity import sessions_at

ROOT = Path(__file__).resolve().parent.parent
CATALOG = ROOT / "demo" / "remiss.db"
IMAGES = ROOT / "docs" / "images"
SIZE: ViewportSize = {"width": 1200, "height": 800}
MOST_BYTES = 200_000
SEVERE = "/cases?query=criterion%3Amissed-delay+severity%3A%3C%3D2+status%3Averified&sort=severity"
UNSEEN = "/cases?query=criterion%3Amissed-delay+status%3Acandidate+severity%3A2"
DISPUTED = "/cases?query=status%3Adisputed&sort=severity"
TRENDS = "/trends?query=criterion%3Amissed-delay&what=rate&by=month&variance=sample"
# What the scripted people of the demo did, not what was looked at for the pictures.
AUDIT = "/audit?log=journal"
CASE = re.compile(r"^/cases/(\w{4}-\w{4}-\w{4})(?:\?|$)")


@contextmanager
def pages(catalog: Path) -> Iterator[Page]:
    """Give a page of a browser that is signed in to a server of the catalog."""
    with remiss.open(catalog) as ws, server.listen("127.0.0.1", 0) as bound:
        port: int = bound.getsockname()[1]
        sessions = sessions_at(port)
        running = uvicorn.Server(configured(server.secured(ws, sessions, port, lambda _: None)))
        thread = threading.Thread(target=running.run, kwargs={"sockets": [bound]})
        thread.start()
        try:
            program = shutil.which("chromium-headless-shell") or shutil.which("chromium")
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
                page = browser.new_context(
                    base_url=f"http://127.0.0.1:{port}", viewport=SIZE, timezone_id="UTC", locale="en-GB", color_scheme="light"
                ).new_page()
                # What people confirmed of each criterion is worked out from every sampled event.
                page.set_default_timeout(120_000)
                page.goto(server.link(sessions, port))
                page.get_by_role("button").click()
                page.wait_for_url("**/")
                yield page
                browser.close()
        finally:
            running.should_exit = True
            thread.join()


def picture(page: Page, path: str, name: str, *, chosen: str | None = None) -> None:
    """Take one picture of what a person sees when everything is drawn; `chosen` is what they have chosen in a form."""
    answer = page.goto(path)
    if answer is None or not answer.ok:
        raise SystemExit(f"screenshots: {path} is no page")
    page.wait_for_load_state("networkidle")
    if chosen:
        page.locator(chosen).check()
    taken = IMAGES / name
    page.screenshot(path=taken, animations="disabled", caret="hide")
    size = taken.stat().st_size
    print(f"docs/images/{name}: {size:,} bytes{' <-- too large' if size > MOST_BYTES else ''}")


def first_case(page: Page, cases: str) -> str:
    """Return the id of the first case of a list."""
    page.goto(cases)
    links = page.locator("main a").evaluate_all("links => links.map(link => link.getAttribute('href') || '')")
    for link in links:
        if found := CASE.match(link):
            return found[1]
    raise SystemExit(f"screenshots: there is no case at {cases}")


def main(catalog: Path = CATALOG) -> int:
    """Take all pictures; 1 when there is no demo to take them of."""
    if not catalog.exists():
        print(f"screenshots: there is no {catalog}; run `make demo` first", file=sys.stderr)
        return 1
    IMAGES.mkdir(exist_ok=True)
    with pages(catalog) as page:
        picture(page, "/", "home.png")
        picture(page, f"/queue/{first_case(page, UNSEEN)}", "label.png", chosen="input[name=verdict][value=failure]")
        picture(page, f"/queue/{first_case(page, DISPUTED)}", "dispute.png")
        picture(page, TRENDS, "trends.png")
        picture(page, f"/cases/{first_case(page, SEVERE)}", "case.png")
        picture(page, AUDIT, "audit.png")
    return 0


if __name__ == "__main__":
    sys.exit(main(*map(Path, sys.argv[1:2])))
