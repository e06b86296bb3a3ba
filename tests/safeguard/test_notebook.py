"""Notebooks about cases: what a case says stays data in them."""

from __future__ import annotations

import ast
import base64
import json
import random
import re

import nbformat

from remiss.safeguard.notebook_actions import DATA, content_of

# What ends a text, a line, a cell or a document somewhere, or begins something.
PIECES = [
    *(
        '"',
        "'",
        '"""',
        "'''",
        "\\",
        "\n",
        "\r",
        "\u2028",
        "\x85",
        "\0",
        "`",
        "```",
        "{",
        "}",
        "{data}",
        "%",
        "$(",
        "\ud800",
        "\U0001f600",
    ),
    *(
        "#",
        ");",
        "]",
        "%%bash\n",
        "!rm -rf /",
        "%run x",
        "import os",
        "os.system('x')",
        "</script>",
        "<img src=x onerror=a()>",
        "-->",
    ),
    *('", "cells": [', "b64decode", "\x1b[2J", "\\u0022", "\\N{QUOTATION MARK}", "\u202e", "e", " ", "=", "/*", "{{", "{%"),
]
KEPT = re.compile(r'b64decode\("([A-Za-z0-9+/=]*)"\)')


def hostile(count: int) -> list[str]:
    draw = random.Random(20130603)
    return ["".join(draw.choices(PIECES, k=draw.randint(1, 12))) for _ in range(count)]


def test_what_ten_thousand_hostile_texts_say_stays_data():
    texts = hostile(10_000)
    others = [cell for cell in json.loads(content_of({}))["cells"] if cell["id"] != "data"]
    for text in texts:
        notebook = json.loads(content_of({"model": text, "cases": [{"case": text, "output": text, "inputs": {text: [text]}}]}))
        sources = ["".join(cell["source"]) for cell in notebook["cells"]]
        [packed] = KEPT.findall(sources[2])
        assert sources[2] == DATA.replace("{data}", packed).rstrip("\n")
        assert [cell for cell in notebook["cells"] if cell["id"] != "data"] == others
        assert json.loads(base64.b64decode(packed))["cases"][0]["inputs"] == {text: [text]}
    nbformat.validate(nbformat.reads(content_of({"model": texts[0]}), as_version=4))
    assert all(ast.parse("".join(cell["source"])) for cell in notebook["cells"] if cell["cell_type"] == "code")
