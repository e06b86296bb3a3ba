r"""Five hundred texts that would run, break out, or lead astray wherever they are not taken as text.

Each calls `pwned(N)` with a number of its own, so that one that runs says which it was. They are made from what a text may end
up in (an element, an attribute, an address, a script, a template, a header, a line of YAML, a cell of a spreadsheet) times the
ways to get out of it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from urllib.parse import quote

ALL = 500
# How many of them, of every family its share, stand in a catalog: `make soak` has all do so.
COUNT = int(os.environ.get("REMISS_HOSTILE_TEXTS", "100"))
CALL = "pwned"
# An over-long word, which may neither be cut in silence nor break a layout.
LONG = 3_000
_NUMBER = re.compile(r"\d+")


def hostile(count: int = ALL) -> tuple[str, ...]:
    """Return so many of the texts, all distinct, whatever the numbers in their calls."""
    found = list(dict.fromkeys(text for family in FAMILIES for text in family()))
    assert len(found) >= ALL, f"{len(found)} are too few"
    # Of every family its share, so that none is lost where they are more than enough.
    kept = [found[at * len(found) // count] for at in range(count)]
    return tuple(text.replace("{N}", str(number)) for number, text in enumerate(kept, 1))


def shapes(texts: tuple[str, ...]) -> set[str]:
    """Return the texts without the numbers of their calls, for a test that no two are alike."""
    return {re.sub(rf"{CALL}(\W*)\d+", rf"{CALL}\1", text) for text in texts}


RUN = "pwned({N})"
CLOSERS = ("", ">", '">', "'>", "`>", "-->", "</title>", "</textarea>", "</style>", "</noscript>", "]]>", "</svg>")
QUOTES = ('"', "'", "`", "", '\\"', "\\'", "&quot;", "\u201d", "\u2019", "\uff02", "\x0b", "/")
EVENTS = (
    "onload",
    "onerror",
    "onclick",
    "onmouseover",
    "onfocus autofocus",
    "onpointerenter",
    "ontoggle",
    "onanimationstart",
    "onbegin",
    "oncut",
    "onhashchange",
    "onpageshow",
    "onscrollend",
    "onwheel",
    "onbeforematch",
    "OnErRoR",
    "onfocusin tabindex=1",
)


def scripts() -> Iterator[str]:
    """Script elements, in the cases and spellings that parsers forgive."""
    tags = (
        "<script>%s</script>",
        "<SCRIPT>%s</SCRIPT>",
        "<ScRiPt >%s</sCrIpT\t>",
        "<script/x>%s</script>",
        "<script\n>%s</script\n>",
        "<script type=module>%s</script>",
        "<script src=data:text/javascript,%s></script>",
        "<script>%s//",
        "<<script>%s//<</script>",
        "<scr<script>ipt>%s</scr</script>ipt>",
        "<script\x0c>%s</script>",
        "<script>/*</script>*/%s</script>",
        "<svg><script>%s</script>",
        "<svg><script href=data:,%s />",
        "\ufeff<script>%s</script>",
        "\uff1cscript\uff1e%s\uff1c/script\uff1e",
        "<script>onerror=%s;throw 1</script>",
        "+ADw-script+AD4-%s+ADw-/script+AD4-",
        "<script nonce=''>%s</script>",
        "<script language=vbscript>%s</script>",
    )
    for tag in tags:
        yield tag % RUN
    for closer in CLOSERS[1:]:
        yield f"{closer}<script>{RUN}</script>"


def handlers() -> Iterator[str]:
    """Elements whose attributes run."""
    for event in EVENTS:
        yield f"<img src=x {event}={RUN}>"
    for tag in (
        "body",
        "svg",
        "input",
        "details open",
        "video src=x",
        "audio src=x",
        "iframe",
        "marquee",
        "select",
        "object data=x",
        "dialog open",
        "button popovertarget=x",
        "x",
        "a href=#",
    ):
        yield f"<{tag} onload={RUN} onfocus={RUN} onerror={RUN} autofocus tabindex=0>"
    for closer in CLOSERS[1:]:
        yield f"{closer}<img src onerror={RUN}>"


def attributes() -> Iterator[str]:
    """Ways out of a value in quotes, or in none."""
    for quote_ in QUOTES:
        yield f"x{quote_} onmouseover={quote_}{RUN}"
        yield f"x{quote_} autofocus onfocus={RUN} y={quote_}"
        yield f"{quote_}><b onclick={RUN}>b</b>"
        yield f"{quote_}/onload={RUN}//"
        yield f"{quote_}style={quote_}animation-name:x{quote_}onanimationstart={quote_}{RUN}"


def addresses() -> Iterator[str]:
    """Addresses that run or lead elsewhere, and what breaks a path or a query."""
    for scheme in (
        "javascript:",
        "JaVaScRiPt:",
        "java\tscript:",
        "java\nscript:",
        "\x01javascript:",
        " javascript:",
        "javascript&colon;",
        "javascript:%0a",
        "javascript://%0d",
        "vbscript:",
        "livescript:",
        "view-source:javascript:",
        "blob:javascript:",
    ):
        yield f"{scheme}{RUN}"
    for kind in ("text/html,", "text/html;charset=utf-7,", "image/svg+xml,", "application/xhtml+xml,", "text/xml,", ","):
        yield f"data:{kind}<script>{RUN}</script>"
        yield f"data:{kind}{quote('<svg onload=')}{RUN}%3E"
    for place in (
        "//evil.example/",
        "\\\\evil.example\\",
        "/\\evil.example/",
        "///evil.example/",
        "https:evil.example/",
        "http://evil.example/@",
        "/%2f/evil.example/",
        "\t//evil.example/",
        "https://evil.example#",
    ):
        yield f"{place}{RUN}"
    for breaker in (
        "?",
        "#",
        "&",
        "/",
        "..",
        "../",
        "../../../../etc/passwd?",
        "%2e%2e%2f",
        "%00",
        "%0d%0aSet-Cookie:%20a=",
        ";",
        "//",
        "/./",
        "?query=&as_of=",
        "#/",
        "%",
        "%zz",
        "%u0022",
        "+",
        "\\..\\",
        ":80",
        "[",
        "{case}",
        "*",
        "~",
        "=&=",
        "%25%32%65",
    ):
        yield f"{breaker}{RUN}"
        yield f"a{breaker}b {RUN}"


def markup() -> Iterator[str]:
    """SVG, MathML and what moves between their parsers and that of HTML."""
    for piece in (
        "<svg/onload=%s>",
        "<svg><animate onbegin=%s attributeName=x dur=1s>",
        "<svg><a xlink:href=javascript:%s><text y=9>x</text></a>",
        "<svg><set onend=%s attributeName=x dur=1s>",
        "<svg><use href=data:image/svg+xml,%s#x>",
        "<svg><foreignObject><body onload=%s>",
        "<svg><style><img src onerror=%s></style>",
        "<svg><title><style></title><img src onerror=%s>",
        "<svg><desc><img src=x onerror=%s>",
        "<math><mtext><table><mglyph><style><img src onerror=%s>",
        "<math href=javascript:%s>x</math>",
        "<math><maction actiontype=statusline xlink:href=javascript:%s>x",
        "<math><annotation-xml encoding=text/html><img src onerror=%s>",
        "<template><img src onerror=%s></template>",
        "<noscript><p title='</noscript><img src onerror=%s>'>",
        "<form action=javascript:%s><button>b",
        "<button formaction=javascript:%s>b",
        "<isindex action=javascript:%s type=submit>",
        "<base href=javascript:%s//>",
        "<meta http-equiv=refresh content='0;url=javascript:%s'>",
        "<link rel=stylesheet href=data:text/css,%s>",
        "<link rel=import href=data:,%s>",
        "<iframe srcdoc='<script>%s</script>'>",
        "<iframe src=javascript:%s>",
        "<object data=javascript:%s>",
        "<embed src=javascript:%s>",
        "<table background=javascript:%s>",
        "<a href=javascript:%s>x</a>",
        "<a ping=//evil.example/%s href=#>x</a>",
        "<img srcset='//evil.example/%s 2x'>",
        "<video poster=javascript:%s>",
        "<frameset onload=%s>",
        "<xmp><script>%s</script></xmp>",
        "<plaintext><script>%s</script>",
        "<textarea autofocus onfocus=%s>",
        "<!--><img src onerror=%s>-->",
        "<!--[if IE]><script>%s</script><![endif]-->",
        "<![CDATA[<script>%s</script>]]>",
        "<?xml-stylesheet href=javascript:%s?>",
        "<!DOCTYPE x [<!ENTITY y '%s'>]><x>&y;</x>",
        "<dialog open onclose=%s>",
        "<p is=x-y onclick=%s>",
    ):
        yield piece % RUN


def templates() -> Iterator[str]:
    """What template languages and frameworks would work out."""
    for piece in (
        "{{ %s }}",
        "{{ '%s'|safe }}",
        "{%% raw %%}{{ %s }}{%% endraw %%}",
        "{%% set x = '%s' %%}{{ x }}",
        "{# %s #}",
        "{{ ''.__class__.__mro__[1].__subclasses__() }} %s",
        "{{ config }} %s",
        "{{ self.__init__.__globals__ }} %s",
        "${%s}",
        "#{%s}",
        "<%%= %s %%>",
        "<?= %s ?>",
        "${{ %s }}",
        "[[%s]]",
        "{{constructor.constructor('%s')()}}",
        "{{$on.constructor('%s')()}}",
        "v-on:click=%s",
        "@click=%s",
        ":href='%s'",
        "x-data='%s'",
        "ng-init=%s",
        "*ngIf=%s",
        "%%s %%(name)s {0} {0.__class__} %s",
        "{page.__class__} %s",
        "$(touch x) %s",
        "`touch x` %s",
        "| %s",
        "; %s",
        "&& %s",
        "'; DROP TABLE cases; -- %s",
        '" OR 1=1 -- %s',
        "\\' OR %s",
        "%%' ESCAPE '%s",
    ):
        yield piece % RUN


def htmx() -> Iterator[str]:
    """Attributes that htmx acts on."""
    for name, value in (
        ("hx-get", "/runs"),
        ("hx-post", "/sign-out"),
        ("hx-on:click", RUN),
        ("hx-on::load", RUN),
        ("hx-on", f"load: {RUN}"),
        ("data-hx-get", "/runs"),
        ("hx-vals", f"js:{{x:{RUN}}}"),
        ("hx-vars", f"x:{RUN}"),
        ("hx-headers", f"js:{{x:{RUN}}}"),
        ("hx-trigger", f"load[{RUN}]"),
        ("hx-swap-oob", "true"),
        ("hx-confirm", RUN),
        ("hx-ext", RUN),
        ("hx-boost", "true"),
        ("hx-push-url", "//evil.example"),
        ("hx-target", "body"),
        ("hx-config", f'{{"allowEval":{RUN}}}'),
        ("hx-preload", "true"),
    ):
        yield f"<div id=content {name}='{value}' hx-trigger=load>{RUN}</div>"
        yield f'" {name}="{value}" x="{RUN}'


def charts() -> Iterator[str]:
    """Expressions and shapes that a chart in Vega-Lite, which the pages give away, would act on."""
    for piece in (
        "datum.constructor.constructor('%s')()",
        "signal: %s",
        '{"signal":"%s"}',
        '{"expr":"%s"}',
        '{"href":"javascript:%s"}',
        '{"image":"javascript:%s"}',
        '{"title":"<img src onerror=%s>"}',
        "data:image/svg+xml,<svg onload=%s>",
        "data:image/png;base64,%s",
        "https://evil.example/x.png?%s",
        "event.view.%s",
        "toString(%s)",
        "datum['x'].%s",
        "sequence(1e9) %s",
        "if(1,%s,0)",
        "[%s]",
        "__proto__",
        "constructor %s",
        "\\u0022%s",
        "label\\.%s",
        "label[0].%s",
        '"].%s',
    ):
        yield piece % RUN if "%s" in piece else f"{piece} {RUN}"


def documents() -> Iterator[str]:
    """What ends a JSON document within a script, a line of one, or a string."""
    for piece in (
        "</script>",
        "</SCRIPT >",
        "<!--<script>",
        "<!--",
        "-->",
        "]]>",
        "\u2028",
        "\u2029",
        "\\",
        '"}',
        "'}",
        '\\"};',
        "*/",
        "//",
        "\\u003cscript\\u003e",
        "\\x3cscript\\x3e",
        "&lt;/script&gt;",
        "</scr\\ipt>",
        "\r\n",
        "\n",
        "\x85",
    ):
        yield f"{piece}{RUN}"
        yield f"a{piece};{RUN}{piece}"


def styles() -> Iterator[str]:
    """Style sheets that run, ask elsewhere or cover the page."""
    for piece in (
        "</style><script>%s</script>",
        "<style>@import '//evil.example/%s';</style>",
        "<style>*{background:url(//evil.example/%s)}</style>",
        "x;background:url(javascript:%s)",
        "x:expression(%s)",
        "<div style='position:fixed;inset:0'>%s</div>",
        "<div style=width:expression(%s)>",
        "}*{display:none}/*%s*/",
        "\\65xpression(%s)",
        "-moz-binding:url(//evil.example/%s)",
        "<link rel=stylesheet href=//evil.example/%s>",
        "behavior:url(%s)",
    ):
        yield piece % RUN


def encodings() -> Iterator[str]:
    """Entities, once and twice over, and other spellings of the same."""
    for piece in (
        "&lt;script&gt;%s&lt;/script&gt;",
        "&amp;lt;script&amp;gt;%s",
        "&#60;script&#62;%s&#60;/script&#62;",
        "&#x3c;script&#x3e;%s",
        "&#x3C;img src onerror=%s&#x3E;",
        "&ltscript&gt%s",
        "%%3Cscript%%3E%s%%3C/script%%3E",
        "%%253Cscript%%253E%s",
        "\\74script\\76%s",
        "&quot;onclick=%s",
        "&#34;onclick=%s",
        "&apos;onclick=%s",
        "&NewLine;javascript&colon;%s",
        "&Tab;%s",
        "&lbrace;%s&rbrace;",
        "&nbsp;%s",
        "&unknown;%s",
        "&amp;amp;amp;%s",
        "&#0;%s",
        "&#x110000;%s",
        "\\u003cimg src onerror=%s\\u003e",
        "\u02c2script\u02c3%s",
        "\ufe64script\ufe65%s",
        "\u2039script\u203a%s",
        "\u226ascript\u226b%s",
        "<\u0338script>%s",
    ):
        yield piece % RUN


def invisible() -> Iterator[str]:
    """Characters that move a cursor, turn the direction of reading, hide, join or fill."""
    letters = (
        "\x01\x02\x07\x08\x0b\x0c\x0e\x1a\x1b\x1c\x1f\x7f"
        "\x80\x8d\x90\x9b\x9c\u00a0\u00ad\u034f\u061c\u115f\u1680\u180e"
        "\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2061"
        "\u2066\u2067\u2068\u2069\u206a\u3000\u3164\ufe0f\ufeff\ufff9\ufffb\ufffc"
        "\ufffd\U000e0001\U000e0041"
    )
    for letter in letters:
        yield f"ab{letter}<b>{RUN}{letter}"
    for sequence in (
        "\x1b[2J\x1b[H",
        "\x1b]0;x\x07",
        "\x1b]8;;http://evil.example\x1b\\",
        "\x9b31m",
        "\x1bP",
        "\x1b[8m",
        "\r",
        "\b\b\b\b",
    ):
        yield f"{sequence}{RUN}"


def sizes() -> Iterator[str]:
    """Words that no line has room for, and piles of marks."""
    yield RUN + "W" * LONG
    yield RUN + "\ufdfd" * 200
    yield RUN + "e" + "\u0301\u0489" * 300
    yield "<div>" * 300 + RUN
    yield '"' * 300 + RUN
    yield "&" * 300 + RUN
    yield "\U0001f468\u200d\U0001f469\u200d\U0001f467" * 30 + RUN
    yield " " * 300 + RUN


def cells() -> Iterator[str]:
    """Formulas of spreadsheets."""
    for piece in (
        "=%s",
        "+%s",
        "-%s",
        "@%s",
        "\t=%s",
        "\r=%s",
        "\n=%s",
        "=cmd|' /C %s'!A0",
        '=HYPERLINK("//evil.example","%s")',
        "=IMPORTXML(CONCAT(%s))",
        "@SUM(1+1)*%s",
        "\uff1d%s",
        "%%0A=%s",
        '"=%s',
        "';=%s",
        "  =%s",
        "=WEBSERVICE(%s)",
    ):
        yield piece % RUN


def lines() -> Iterator[str]:
    """Lines of YAML, of headers, and of a log."""
    for piece in (
        "!!python/object/apply:os.system [%s]",
        "&a [*a] %s",
        "*a %s",
        "<<: %s",
        "--- %s",
        "...\n%s",
        "- %s",
        "? %s",
        "| %s",
        "> %s",
        "%%TAG ! %s",
        "{%s: [}",
        "yes: %s",
        "a: b: %s",
        "# %s",
        "'%s",
        '"%s',
        "@%s",
        "`%s",
        "#: attached %s",
        "#| %s",
        "x\r\nSet-Cookie: a=%s",
        "x\r\n\r\n<script>%s</script>",
        "x\nLocation: //evil.example/%s",
        "x\u560a\u560dSet-Cookie: %s",
        "\r\nContent-Length: 0\r\n\r\n%s",
        "x\x0d%s",
        "Bearer %s",
        '"; filename="x.html"; x="%s',
        "*=UTF-8''%s",
        'W/"%s"',
        "2013-06-03 ERROR %s",
        "\n2013-06-03 ERROR forged %s",
        "null",
        "true",
        "NaN",
        "None",
        "1e999",
        "-0",
        "0x1F",
        "undefined",
        "NULL",
        "Infinity",
    ):
        yield piece % RUN if "%s" in piece else f"{piece} {RUN}"


def terms() -> Iterator[str]:
    """Words of the filter language."""
    for piece in (
        '"',
        '\\"',
        "\\",
        "\\\\",
        "(",
        ")",
        "()",
        "-",
        "*",
        "?",
        "a*",
        "OR",
        " OR ",
        "NOT ",
        "AND",
        ":",
        "criterion:slow",
        "-has:label",
        "severity:<=2",
        '" OR id:"',
        "..",
        "<=",
        ">",
        "1..2",
        '" "',
        "'",
        "%",
        "_",
    ):
        yield f"{piece}{RUN}"
        yield f"{RUN} {piece}"


FAMILIES = (
    scripts,
    handlers,
    attributes,
    addresses,
    markup,
    templates,
    htmx,
    charts,
    documents,
    styles,
    encodings,
    invisible,
    sizes,
    cells,
    lines,
    terms,
)
