from __future__ import annotations

import time

import pytest

from remiss.faces.web.markdown import AS_TYPED, ATTRIBUTES, AWAY, LIMIT, MOST_SIGNS, SCHEMES, TAGS, markdown
from tests.hostile.reading import plain, read, spellings
from tests.hostile.strings import hostile
from tests.processor_time import Pace
from tests.tables import each

# Ways to get something past a reader of Markdown that plain hostile texts do not try.
TRICKS = (
    "[click](javascript:pwned(1))",
    "[click](JaVaScRiPt&colon;pwned(1))",
    "[click](java\nscript:pwned(1))",
    "[click](data:text/html;base64,PHNjcmlwdD5wd25lZCgxKTwvc2NyaXB0Pg==)",
    "[click](vbscript:pwned(1))",
    "[click](file:///etc/passwd)",
    "[click](//elsewhere.example/x)",
    "[click](/sign-out)",
    "<javascript:pwned(1)>",
    "[x]: javascript:pwned(1)\n\n[x]",
    '[a](https://example.org "\\" onmouseover=\\"pwned(1)")',
    "![alt](https://elsewhere.example/pixel.png)",
    "![alt][pic]\n\n[pic]: https://elsewhere.example/pixel.png",
    '<img src="https://elsewhere.example/pixel.png">',
    "<svg><style><img src=x onerror=pwned(1)></style></svg>",
    "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=pwned(1)&gt;'>",
    "`</code><script>pwned(1)</script>`",
    "```html\n</code></pre><script>pwned(1)</script>\n```",
    '```" onclick="pwned(1)\nx\n```',
    "| a |\n| :-: |\n| <script>pwned(1)</script> |",
    "# <script>pwned(1)</script>",
    "<!-- --><script>pwned(1)</script>",
    "<form action=https://elsewhere.example><button>Sign in again</button></form>",
    '<div style="position:fixed;inset:0">Sign in again</div>',
    "<base href=https://elsewhere.example/>",
    "&lt;script&gt;pwned(1)&lt;/script&gt;",
)


def elements(html):
    """Every element of some HTML with its attributes."""
    from html.parser import HTMLParser

    found = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag, attributes):
            found.append((tag, dict(attributes)))

    reader = Reader(convert_charrefs=True)
    reader.feed(html)
    reader.close()
    return found


@each("text", [*hostile(), *TRICKS], ids=repr)
def test_nothing_but_harmless_elements_comes_of_any_text(text):
    for way in (text, f"> {text}", f"[{text}](https://example.org)", f"[x]({text})", f"<{text}>", f"```{text}\n{text}\n```"):
        for tag, attributes in elements(str(markdown(way))):
            assert tag in TAGS
            assert attributes.keys() <= ATTRIBUTES.get(tag, set()) | ({"rel"} if tag == "a" else set())
            if "href" in attributes:
                assert attributes["href"].partition(":")[0].lower() in SCHEMES
                assert attributes["rel"] == AWAY


@each("text", [text for text in hostile() if text.isprintable() and not set(text) & set("\\&*_`~[]|<>#-")], ids=repr)
def test_text_without_a_sign_of_markdown_is_shown_as_it_is(text):
    shown = plain(read(str(markdown(f"said: {text}"))).text)
    assert any(each in shown for each in spellings(text))


def test_html_in_a_text_is_shown_as_text():
    assert plain(read(str(markdown("<b>bold</b> & <script>x</script>"))).text) == "<b>bold</b> & <script>x</script>"


def test_what_people_write_looks_as_they_mean_it():
    listed = "1. restart\n2. [ticket](https://tickets.example/7)"
    html = str(markdown(f"**Seen** *twice* in `feed_b`:\n\n{listed}\n\n> quoted\n\n| a | b |\n|---|---|\n| 1 | 2 |"))
    for piece in ("<strong>Seen</strong>", "<em>twice</em>", "<code>feed_b</code>", "<ol>", "<li>restart</li>", "<blockquote>"):
        assert piece in html
    assert f'<a href="https://tickets.example/7" rel="{AWAY}">ticket</a>' in html
    assert "<td>2</td>" in html


def test_headings_and_pictures_are_what_stands_in_them():
    html = str(markdown("# Cause\n\nsee ![the chart](https://elsewhere.example/chart.png)"))
    assert "<h1" not in html
    assert "<p><strong>Cause</strong></p>" in html
    assert "elsewhere" not in html
    assert "the chart" in html


def test_what_turns_the_direction_of_reading_is_spelled():
    assert "\u202e" not in str(markdown("abc \u202egnp.exe"))


@pytest.mark.parametrize(
    "text", ["a &#x202e;b", "a &#8238; b", '[a](https://e.org "&#x202e;b")', "<https://e.org/&#x202e;b>", "&#7;"]
)
def test_no_entity_writes_what_could_not_be_written_itself(text):
    html = str(markdown(text))
    assert not set("\u202e\x07") & set(html)
    assert "\u202e" not in read(html).text


def test_a_very_long_text_is_shown_as_it_was_typed():
    text = "**x** <i>\n" * (LIMIT // 8)
    html = str(markdown(text))
    assert html.startswith("<pre>**x** &lt;i&gt;")
    assert [name for name, _ in elements(html)] == ["pre", "p", "em"]
    assert AS_TYPED in html


UNITS = (
    *("[", "![", "*", "_a*", "<", "`", "> ", "- ", "|", "[a](", "&", "\\", "[x]: y\n", "a\n\n    ", "~~a", "[a" + " " * 40),
    *("&amp;", "@ana ", "- a\n", "1. a\n", "- a\n  - b\n", "a|b\n-|-\n", "**a** ", "[a](b) ", "```\n", "<a@b.c>", "a\n"),
    *("a\n\n", "# a\n"),
)
TABLES = tuple("|".join("a" * wide) + "\n" + "|".join("-" * wide) + "\n" + "a\n" * LIMIT for wide in (2, 10, 100, 1_000))
PACE = Pace()
# As many of a sign as are let through, and a long rest to look through for each.
SIGNS = tuple(
    (opens * (most // opens.count(sign)) + "-" * LIMIT)
    for sign, most in [*MOST_SIGNS.items(), ("[", 25)]
    for opens in (sign, f"{sign}a", f"!{sign}")
)


@each("text", [*((unit * LIMIT) for unit in UNITS), *TABLES, *SIGNS], ids=lambda text: repr(text[:12]))
def test_no_text_holds_a_page_up(text):
    # A fifth of a second at the machine's best, whatever else it does meanwhile; what is wrong here took whole seconds.
    assert any(seconds_for(text[:LIMIT]) < 0.2 * PACE.look(anew=again > 0) for again in range(3))


def seconds_for(text: str) -> float:
    """Return the processor time that a text takes which was not set out before."""
    markdown.cache_clear()
    began = time.thread_time()
    markdown(text)
    return time.thread_time() - began


def test_many_links_in_paragraphs_are_links():
    html = markdown("see [the ticket](https://tickets.example/7) and [the log](https://logs.example/7)\n\n" * 120)
    assert html.count("<a ") == 240


def test_a_text_is_set_out_once():
    text = "*once* and never again\n" * 500
    first = markdown(text)
    began = time.process_time()
    for _ in range(100):
        assert markdown(text) is first
    assert time.process_time() - began < 0.1
