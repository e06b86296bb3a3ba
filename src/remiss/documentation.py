"""The pages of docs that help shows, so that help needs no network and fits the version that one has.

A wheel carries them under `docs` beside this module; a checkout has them where people edit them. Both show the same: how to do
something, why it is so, and what stands in a protocol or a query; not the long lists for programs. Links between them lead to
where help shows them; a link to what it does not show is its words, and a picture of a page is left out where the page itself is
at hand. They are our own words, and cleaned as those of others are.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import nh3
from markdown_it import MarkdownIt
from markupsafe import Markup

IN_A_WHEEL = Path(__file__).parent / "docs"
IN_A_CHECKOUT = Path(__file__).parents[2] / "docs"
PATTERNS = (
    "index.md",
    "how-to/*.md",
    "explanation/*.md",
    "reference/protocol.md",
    "reference/expressions.md",
    "reference/query.md",
    "reference/states.md",
    "reference/severity.md",
    "reference/taxonomy.md",
    "glossary.md",
)
# What helps in each section of the pages.
SECTIONS: Mapping[str, str] = {
    "overview": "how-to/use-the-pages",
    "queue": "how-to/label-cases",
    "inbox": "how-to/discuss-a-case",
    "cases": "how-to/find-cases",
    "trends": "how-to/read-an-estimate",
    "slices": "how-to/find-slices",
    "alerts": "how-to/watch-rates",
    "suites": "how-to/test-a-model-version",
    "gates": "how-to/test-a-model-version",
    "runs": "how-to/recapture",
    "protocols": "how-to/write-a-protocol",
    "people": "how-to/people",
    "agreement": "how-to/measure-agreement",
    "audit": "how-to/audit",
    "account": "how-to/people",
}
TITLE = re.compile(r"\A(?:<!--.*-->\s*)?# (.+)\n")
ENTRY = re.compile(r"^\| \*\*(.+?)\*\* \| (.+) \|$", re.MULTILINE)
# What HTML is let through, whatever the pages say.
TAGS = set("a blockquote code em h2 h3 h4 hr li ol p pre strong table tbody td th thead tr ul".split())  # noqa: SIM905 - words
ATTRIBUTES = {"a": {"href"}, "ol": {"start"}}
AWAY = "noopener noreferrer"
# Code is passed over, so that it stays as it is.
LINK = re.compile(r"^```.*?^```|`[^`\n]*`|(!?)\[([^\]]*)\]\(([^)\s]+)\)", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class HelpText:
    """A page of docs: its path without the ending, its title, and its text below that."""

    name: str
    title: str
    text: str


@cache
def documents() -> Mapping[str, HelpText]:
    """Return every page that help shows, by its name."""
    folder = IN_A_WHEEL if IN_A_WHEEL.is_dir() else IN_A_CHECKOUT
    files = (path for pattern in PATTERNS for path in sorted(folder.glob(pattern)))
    found = {path.relative_to(folder).with_suffix("").as_posix(): path.read_text("utf-8") for path in files}
    return {name: _document(name, text, frozenset(found)) for name, text in found.items()}


def _document(name: str, text: str, names: frozenset[str]) -> HelpText:
    title = TITLE.match(text)
    assert title, f"{name} begins with no title"

    def turned(link: re.Match[str]) -> str:
        picture, words, href = link.groups()
        if picture or href is None or href.startswith(("#", "https:")):
            return "" if picture else link.group()
        path, hash_, anchor = href.partition("#")
        target = posixpath.normpath(posixpath.join(posixpath.dirname(name), path)).removesuffix(".md")
        return f"[{words}](/help/{target}{hash_}{anchor})" if target in names else words

    return HelpText(name=name, title=title[1], text=LINK.sub(turned, text[title.end() :]))


def words_of(document: HelpText) -> Iterator[tuple[str, str]]:
    """Return the entries of the glossary that a page uses, as word and meaning; of the glossary itself, none."""
    glossary = documents()["glossary"]
    if document is glossary:
        return
    for entry, meaning in ENTRY.findall(glossary.text):
        words = "|".join(re.escape(word.strip()) for word in entry.split(","))
        if re.search(rf"\b(?:{words})s?\b", document.text, re.IGNORECASE):
            yield entry, meaning


@cache
def as_html(text: str) -> Markup:
    """Return a text of docs as HTML with anchors at its headings; what is wider than a phone scrolls, without a mouse, too."""
    html = MarkdownIt("commonmark", {"html": False}).enable("table").render(text)
    cleaned = nh3.clean(html, tags=TAGS, attributes=ATTRIBUTES, link_rel=AWAY)
    for written, shown in (
        ("<table>", '<div class="scroll" tabindex="0"><table>'),
        ("</table>", "</table></div>"),
        ("<th></th>", "<td></td>"),
        ("<pre>", '<pre tabindex="0">'),
    ):
        cleaned = cleaned.replace(written, shown)
    return Markup(re.sub(r"<(h[234])>(.*?)(?=</\1>)", _anchored, cleaned))  # noqa: S704 - it was cleaned


def _anchored(heading: re.Match[str]) -> str:
    plain = re.sub(r"[^\w\- ]", "", Markup(heading[2]).striptags().lower())  # noqa: S704 - read, not shown
    return f'<{heading[1]} id="{plain.replace(" ", "-")}">{heading[2]}'
