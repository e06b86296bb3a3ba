"""What a docstring says of an action: its summary, the rest, each parameter, an example. Faces show it.

The sections are numpy's: `Parameters` has a line `name : sentence` for each, and further lines indented below it. A paragraph
that begins with `Example:` is a command as a person types it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from inspect import cleandoc

_SECTION = re.compile(r"^(\w[\w ]*)\n-{3,}$", re.MULTILINE)
_NAMED = re.compile(r"^(\w+(?:, \w+)*) : ", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """A docstring taken apart. `parameters` has a sentence for each name that the section tells of."""

    summary: str
    text: str
    parameters: Mapping[str, str]
    example: str | None


def described(docstring: str | None) -> Described:
    r"""Return what a docstring says.

    >>> found = described("List things.\n\nExample: remiss thing list\n\nParameters\n----------\nlimit : how many at most")
    >>> found.summary, found.parameters, found.example
    ('List things.', {'limit': 'How many at most.'}, 'remiss thing list')
    """
    whole = cleandoc(docstring or "")
    head, sections = _parted(whole)
    paragraphs = [" ".join(each.split()) for each in head.split("\n\n") if each.strip()]
    examples = [each.removeprefix("Example:").strip() for each in paragraphs if each.startswith("Example:")]
    doc = [each for each in paragraphs if not each.startswith("Example:")]
    return Described(
        summary=doc[0] if doc else "",
        text="\n\n".join(doc[1:]),
        parameters=_parameters(sections.get("Parameters", "")),
        example=examples[0] if examples else None,
    )


def _parted(whole: str) -> tuple[str, dict[str, str]]:
    """Return what stands before the first section, and the sections by name."""
    marks = list(_SECTION.finditer(whole))
    if not marks:
        return whole, {}
    ends = [each.start() for each in marks[1:]] + [len(whole)]
    found = {mark[1]: whole[mark.end() : end].strip("\n") for mark, end in zip(marks, ends, strict=True)}
    return whole[: marks[0].start()], found


def _parameters(section: str) -> dict[str, str]:
    marks = list(_NAMED.finditer(section))
    if not marks:
        return {}
    ends = [each.start() for each in marks[1:]] + [len(section)]
    found: dict[str, str] = {}
    for mark, end in zip(marks, ends, strict=True):
        sentence = sentence_of(" ".join(section[mark.end() : end].split()))
        found |= dict.fromkeys(mark[1].split(", "), sentence)
    return found


def sentence_of(words: str) -> str:
    """Return words as a sentence: with a capital, unless they begin with a name, and a full stop.

    >>> sentence_of("how many at most"), sentence_of("why, in a sentence")
    ('How many at most.', 'Why, in a sentence.')
    """
    if not words:
        return ""
    begun = words[0].upper() + words[1:] if words.split(maxsplit=1)[0].rstrip(",:;").isalpha() else words
    return begun if begun.endswith((".", "?", "!")) else f"{begun}."
