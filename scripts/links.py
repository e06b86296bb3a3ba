"""Links in the documentation: does every relative one lead to a file, and every anchor to a heading?

Links to other sites are not followed: whether they are up is not this repository's doing.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FENCE = re.compile(r"^(```|~~~).*?^\1[^\n]*$", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"`[^`\n]*`")
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#{1,6}\s+(.+?)\s*#*$", re.MULTILINE)


def pages() -> list[Path]:
    """Every page that people read: at the top, under docs, and the READMEs beside the code."""
    beside = (ROOT / folder / "README.md" for folder in ("tests", "bench", "changes"))
    docs = (page for kind in ("*.md", "*.ipynb") for page in (ROOT / "docs").rglob(kind))
    return sorted([*ROOT.glob("*.md"), *docs, *(page for page in beside if page.exists())])


def text_of(page: Path) -> str:
    """What a page says; of a notebook, what its cells of prose say."""
    text = page.read_text("utf-8")
    if page.suffix != ".ipynb":
        return text
    return "\n\n".join("".join(cell["source"]) for cell in json.loads(text)["cells"] if cell["cell_type"] == "markdown")


def anchors(text: str) -> set[str]:
    r"""The anchors that a renderer makes of the headings, as GitHub does.

    >>> sorted(anchors("# Filter keys\n## `case search`, quickly"))
    ['case-search-quickly', 'filter-keys']
    """
    plain = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in HEADING.findall(FENCE.sub("", text)))
    return {name.replace(" ", "-") for name in plain}


def broken(page: Path) -> Iterator[str]:
    """Each link of a page that leads nowhere, with the reason."""
    text = CODE.sub("", FENCE.sub("", text_of(page)))
    for link in LINK.findall(text):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.is_relative_to(ROOT):
            yield f"{link} leads out of the repository"
        elif not target.exists():
            yield f"{link} leads to no file"
        elif anchor and anchor not in anchors(text_of(target)):
            yield f"{link} leads to no heading"


def main() -> int:
    """Print every broken link; 1 if there are any."""
    found = [f"{page.relative_to(ROOT)}: {fault}" for page in pages() for fault in broken(page)]
    print(*found, sep="\n", end="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
