"""What a page shows and what it holds, read without a browser: its text, and every tag and attribute."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser

from remiss.present.legible import NARROW_SPACE, one_line, printable, printable_lines

# Attributes that name an address which a browser goes to or loads.
ADDRESSES = (
    "href",
    "src",
    "action",
    "formaction",
    "hx-get",
    "hx-post",
    "xlink:href",
    "srcset",
    "ping",
    "poster",
    "data",
    "background",
)
# What no page of ours has, whatever it shows.
NEVER = re.compile(r"on|style$|srcdoc|hx-on|data-hx|hx-vals|hx-vars|hx-headers|v-|x-|ng-|@|:|\*|.*pwned")
# A path of this server, a place in the page, or nothing at all (the sign-in page has an empty picture).
HERE = r"[/#](?![/\\])|data:,$|$"
TAGS = """
    a article aside blockquote body br button caption circle code datalist dd del desc details div dl dt em fieldset
    figcaption figure footer form g h1 h2 h3 h4 head header hr html input ins kbd label legend li line link main meta
    nav noscript ol option p path pre rect s script search section select small span strong summary svg table tbody td
    text textarea th thead time title tr tspan ul
"""
KNOWN = frozenset(TAGS.split())
# Where people may write links: they lead elsewhere, say so, and take nothing along.
AWAY = r"https?:|mailto:"
AWAY_REL = "nofollow noopener noreferrer"


def leads_away(link: Mapping[str, str | None]) -> bool:
    """Return whether the attributes of a link are those of one that a person wrote."""
    return bool(re.match(AWAY, link.get("href") or "")) and link.get("rel") == AWAY_REL


@dataclass
class Read(HTMLParser):
    """A page: what it shows as text, what stands in its forms as it was typed, and what is wrong with its elements."""

    shown: list[str] = field(default_factory=list)
    typed: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    scripts: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    @property
    def text(self) -> str:
        """All that it shows."""
        return "".join(self.shown)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        """Look at one element."""
        given = dict(attributes)
        if tag not in KNOWN:
            self.faults.append(f"<{tag}>")
        for name, value in attributes:
            if NEVER.match(name):
                self.faults.append(f"<{tag} {name}={value!r}>")
            if name in ADDRESSES and not re.match(HERE, value or "") and not (tag == "a" and leads_away(given)):
                self.faults.append(f"<{tag} {name}={value!r}>")
        if tag == "script" and not (given.get("src") or given.get("type") == "application/json"):
            self.faults.append("<script>")
        if tag == "a":
            self.links.append(given.get("href") or "")
        self.typed += [given.get("value") or ""] if tag == "input" else []
        self.shown += [" "] if tag in {"br", "td", "th", "li", "dd", "dt", "p"} else []
        self.shown += [f" {given[name]} " for name in ("title", "aria-label") if given.get(name)]

    def handle_data(self, data: str) -> None:
        """Keep text."""
        if self.cdata_elem == "script":
            self.scripts.append(data)
        elif self.lasttag in {"textarea", "option"}:
            self.typed.append(data)
        else:
            self.shown.append(data)


def read(html: str) -> Read:
    """Return what a page says."""
    page = Read()
    page.feed(html)
    page.close()
    return page


def plain(text: str) -> str:
    """Return text as a browser lays it out, whose white space is one space."""
    return re.sub(r"\s+", " ", text).strip()


def spellings(text: str) -> Iterator[str]:
    """Yield how a text may be shown: what cannot be printed is spelled, and lines may be joined or kept."""
    for spell in (printable, one_line, printable_lines):
        yield plain(spell(text))


def tricks(shown: str) -> set[str]:
    """Return the characters in what is shown that turn the direction of reading, hide or move a cursor."""
    return {letter for letter in shown if not (letter.isprintable() or letter in f"\n{NARROW_SPACE}")}


def hidden(texts: Iterable[str], shown: str) -> list[str]:
    """Return those of the texts that are not shown as they are."""
    shown = plain(shown)
    return [text for text in texts if not any(each in shown for each in spellings(text))]
