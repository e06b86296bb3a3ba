"""What people write in Markdown, as HTML of which only the harmless is left.

Threat model. A person who may write a comment may write anything into it, and everybody who may see the case reads it: no
script may run, nothing may be loaded from elsewhere (a picture tells who looked, and when), no text may look like a part of the
page or lead somewhere unseen. So HTML in the text is text; of what Markdown makes, a list of elements is let through and
nothing else; links say that they lead away; pictures and headings are what stands in them. It is cleaned by a parser of HTML
after it was made, so that a mistake of the one that makes it does no harm.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cache, lru_cache
from typing import Any

import nh3
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererProtocol
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from markupsafe import Markup

from remiss.present.legible import printable, printable_lines

TAGS = frozenset(
    "a blockquote br code del em hr li ol p pre s strong table tbody td th thead tr ul".split()  # noqa: SIM905 - a list of words
)
ATTRIBUTES: Mapping[str, set[str]] = {"a": {"href", "title"}, "ol": {"start"}}
SCHEMES = frozenset({"http", "https", "mailto"})
AWAY = "nofollow noopener noreferrer"
# Beyond these a text is shown as it was typed: for each sign that may open something, a reader looks through the rest, and a
# table gets every cell that its rows leave out. 20,000 characters within the limits take a tenth of a second.
LIMIT = 20_000
MOST_SIGNS: Mapping[str, int] = {"[": 500, "*": 1_000, "_": 1_000, "~": 1_000, "`": 1_000, "<": 1_000, "\\": 2_000, "&": 2_000}
MOST_NODES = 10_000
# Brackets times characters of each part between blank lines: for each bracket, the rest of its part is read.
MOST_READ = 500_000
AS_TYPED = "Shown as it was typed: it is longer, or has more signs, than can be set out."
MOST_KEPT = 200
_setting_out = threading.Lock()


@lru_cache(maxsize=MOST_KEPT)
def markdown(text: str) -> Markup:
    """Return text that a person wrote as HTML to stand in a page.

    A text of more than LIMIT letters, or of many more signs or parts than anybody needs, comes as one block of plain text with
    a note. One text is set out at a time, and what came of the latest is kept, so that others have the processor, too.
    """
    with _setting_out:
        return _set_out(text)


class _TooManyError(Exception):
    pass


class _Nodes(list[Token]):
    """The parts of a text, which are not to become too many."""

    def append(self, token: Token) -> None:
        if len(self) >= MOST_NODES:
            raise _TooManyError
        super().append(token)


def _set_out(text: str) -> Markup:
    # What turns the direction of reading is spelled, here as everywhere.
    written = printable_lines(text)
    state = StateCore(written, _reader(), {})
    state.tokens = _Nodes()
    readable = len(written) <= LIMIT and all(written.count(sign) <= most for sign, most in MOST_SIGNS.items())
    readable = readable and sum(part.count("[") * len(part) for part in written.split("\n\n")) <= MOST_READ
    with suppress(_TooManyError):
        if readable:
            _reader().core.process(state)
    if not readable or len(state.tokens) >= MOST_NODES:
        return Markup("<pre>{}</pre><p><em>{}</em></p>").format(written, AS_TYPED)
    cleaned = nh3.clean(
        _reader().renderer.render(state.tokens, _reader().options, state.env),
        tags=set(TAGS),
        clean_content_tags=set(),
        attributes={tag: set(names) for tag, names in ATTRIBUTES.items()},
        url_schemes=set(SCHEMES),
        url_relative="deny",
        link_rel=AWAY,
    )
    # An entity in the title or address of a link has become the letter that it stands for.
    legible = "\n".join(printable(line) for line in cleaned.split("\n"))
    return Markup(legible)  # noqa: S704 - this is what cleaning is for


@cache
def _reader() -> MarkdownIt:
    """Return what reads CommonMark with tables and strikethrough; HTML in it is text, and so are entities.

    They could write what turns the direction of reading past a reader who looks for the letter itself.
    """
    reader = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"]).disable("entity")
    for name, rule in (("heading_open", _opens), ("heading_close", _closes), ("image", _picture)):
        reader.add_render_rule(name, rule)
    return reader


def _opens(_: RendererProtocol, tokens: Sequence[Token], at: int, options: Any, env: Any) -> str:
    # The page's own headings are its outline; those of a comment must not stand in it.
    return "<p><strong>"


def _closes(_: RendererProtocol, tokens: Sequence[Token], at: int, options: Any, env: Any) -> str:
    return "</strong></p>\n"


def _picture(_: RendererProtocol, tokens: Sequence[Token], at: int, options: Any, env: Any) -> str:
    """Return a picture as what it is called."""
    token = tokens[at]
    return str(Markup("<em>{}</em>").format(token.content or "picture"))
