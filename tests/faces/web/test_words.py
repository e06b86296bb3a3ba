"""Pages speak to people: no name of an action, no flag of the command line, and sentences that begin as sentences do."""

from __future__ import annotations

import html
import re
from html.parser import HTMLParser

import pytest

from remiss.contract.table import entries
from tests.browser.test_accessibility import PAGES

# Where text is somebody's data, is meant to be typed, or is a part of one sentence (chips).
DATA = {"code", "pre", "kbd", "time", "script", "style", "textarea", "option", "title", "svg"}
CLASSES = {
    "id",
    "day",
    "value",
    "count",
    "token",
    "digest",
    "markdown",
    "text",
    "y-key",
    "document",
    "file",
    "clip",
    "name",
    "chip",
}
# Blocks that are written by us and read as sentences or titles.
BLOCKS = {"h1", "h2", "h3", "h4", "p", "button", "summary", "label", "legend", "figcaption", "li", "dt"}
VOID = {"input", "br", "img", "meta", "link", "hr", "path", "line", "circle", "rect", "use", "progress"}


class Said(HTMLParser):
    """Collects what a page says: all text outside of data, and of each block of ours its first words."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[tuple[str, bool]] = []
        self.words: list[str] = []
        self.beginnings: list[tuple[str, str]] = []
        self.awaiting: list[str] = []
        self.feed(page.partition("<main")[2].partition("</main>")[0])

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in VOID:
            return
        classes = set((dict(attrs).get("class") or "").split())
        data = tag in DATA or bool(classes & CLASSES) or bool(self.open and self.open[-1][1])
        self.open.append((tag, data))
        if data:
            # A block that begins with data is no sentence of ours.
            self.awaiting = []
        elif tag in BLOCKS:
            self.awaiting = [tag]

    def handle_endtag(self, tag: str) -> None:
        while self.open and self.open.pop()[0] != tag:
            pass

    def handle_data(self, text: str) -> None:
        if not text.strip() or (self.open and self.open[-1][1]):
            return
        self.words.append(text)
        if self.awaiting:
            self.beginnings.append((self.awaiting.pop(), text.strip()))


@pytest.fixture(scope="module")
def said(reading):
    with reading.browser() as client:
        names = {
            "case": client.get("/api/v1/cases?limit=1").json()["items"][0]["id"],
            "run": client.get("/api/v1/runs?limit=1").json()["items"][0]["run"],
        }
        names |= {
            "labelled": names["case"],
            "job": "job-unknown",
            "suite": "none",
            "result": "result-0",
            "other": "result-1",
            "gate": "gate-0",
            "cluster": "cluster-0",
            "pattern": "pattern-0",
        }
        # What docs say is theirs.
        paths = [each.format(**names) for each in PAGES if not each.startswith("/help")]
        return {path: Said(client.get(path, headers={"Accept": "text/html"}).text) for path in paths}


def test_no_page_names_an_action_or_a_flag(said):
    names = re.compile(rf"(?<![\w.-])(?:{'|'.join(re.escape(name) for name in entries() if '.' in name)})(?![\w.-])")
    found = {
        (path, match)
        for path, page in said.items()
        for text in page.words
        for match in [*names.findall(text), *re.findall(r"(?<![\w-])--[a-z][\w-]+", text)]
    }
    assert sorted(found) == []


def test_no_sentence_title_or_button_begins_with_a_small_letter(said):
    # Names of what the log's people called so: fields, models, protocols, criteria.
    named = re.compile(r"(?:inputs|context)\.|arrival|missed-delay|slow\b|[a-z]+[-_.@][a-z0-9]")
    small = {
        (path, tag, html.unescape(text)[:60])
        for path, page in said.items()
        for tag, text in page.beginnings
        if text[0].islower() and not named.match(text) and not (tag == "dt" and text in NAMES)
    }
    assert sorted(small) == []


# Inputs and fields of context of the small log, as a case's page lists them.
NAMES = {"airport", "carrier", "season", "flight", "origin", "dest", "distance", "hour"}
