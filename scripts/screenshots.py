"""Pictures of the pages for the README and the docs: `make screenshots`, from the catalog that `make demo` makes.

Serves the demo on a free port, signs a Chromium in and takes each picture in the size that people see it in. The times in
the pictures are UTC, so that they are the same wherever they are taken.
"""

from __future__ import annotations

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
from remiss.faces.identity import sessions_at

ROOT = Path(__file__).resolve().parent.parent
CATALOG = ROOT / "demo" / "remiss.db"
IMAGES = ROOT / "docs" / "images"
SIZE: ViewportSize = {"width": 1200, "height": 800}
CASES = "/cases?query=criterion%3Amissed-delay+severity%3A%3C%3D2&sort=severity"
ESTIMATE = "/trends?query=criterion%3Amissed-delay&what=rate&by=month&variance=sample"


@contextmanager
def pages(catalog: Path) -> Iterator[Page]:
    """Give a page of a browser that is signed in to a server of the catalog."""
    with remiss.open(catalog) as ws, server.listen("127.0.0.1", 0) as bound:
        port: int = bound.getsockname()[1]
        sessions = sessions_at(port)
        running = uvicorn.Server(server.configured(server.secured(ws, sessions, port, lambda _: None)))
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


def picture(page: Page, path: str, name: str) -> None:
    """Take one picture of what a person sees first, when everything is drawn."""
    page.goto(path)
    page.wait_for_load_state("networkidle")
    page.screenshot(path=IMAGES / name, animations="disabled", caret="hide")
    print(f"docs/images/{name}")


def main() -> int:
    """Take all pictures; 1 when there is no demo to take them of."""
    if not CATALOG.exists():
        print("screenshots: there is no demo/remiss.db; run `make demo` first", file=sys.stderr)
        return 1
    IMAGES.mkdir(exist_ok=True)
    with pages(CATALOG) as page:
        picture(page, "/", "overview.png")
        picture(page, ESTIMATE, "estimate.png")
        page.goto(CASES)
        picture(page, page.locator("table.cases a.id").first.get_attribute("href") or "/", "case.png")
    return 0


if __name__ == "__main__":
    sys.exit(main())
