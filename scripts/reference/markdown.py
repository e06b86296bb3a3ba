"""The little Markdown that reference pages are made of."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Sequence

NOTE = "<!-- Made from the code by `python -m scripts.reference`; change the code, not this page. -->"


def page(title: str, lead: str, *parts: str) -> str:
    """A whole page: a title, what it is about, and its parts, one blank line between them."""
    return "\n\n".join([NOTE, f"# {title}", lead, *(part.strip() for part in parts)]) + "\n"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    r"""A table; bars and line ends inside of cells are kept from breaking it.

    >>> print(table(["key", "form"], [["a|b", "text"]]))
    | key | form |
    | --- | --- |
    | a\|b | text |
    """
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in line) + " |" for line in lines)


def code(text: str) -> str:
    """Text as code, or nothing for no text."""
    return f"`{text}`" if text else ""


def block(text: str, language: str = "") -> str:
    """Text as a block of code."""
    return f"```{language}\n{text.rstrip()}\n```"


def prose(thing: object) -> str:
    """The docstring of a thing up to its first section, its sources and examples left out, as Markdown."""
    text = inspect.getdoc(thing) or ""
    return re.split(r"\n(?=[A-Z]\w+\n-{3,})|\n(?=Source: )|\n(?=>>> )", text)[0].strip()


def section(thing: object, name: str) -> str:
    """One section of a docstring (`Parameters`, `Raises`, ...), without its heading; nothing where there is none."""
    end = r"^[A-Z]\w+\n-{3,}|^Source: |^>>> |\Z"
    found = re.search(rf"^{name}\n-+\n(.*?)(?={end})", inspect.getdoc(thing) or "", re.MULTILINE | re.DOTALL)
    return found[1].strip() if found else ""
