"""A protocol and the files it names as one text, so that what the catalog keeps can be read again anywhere.

A taxonomy or rubric of one's own decides meaning as much as the protocol does. It is attached in comments below the
document, which stays valid YAML and reads the same to everybody else.
"""

from __future__ import annotations

from collections.abc import Mapping

_BEGINS = "#: attached "
_LINE = "#| "


def attach(text: str, files: Mapping[str, str]) -> str:
    r"""Return `text` with files attached; without files unchanged.

    >>> attach("a: 1\n", {"t.yaml": "b: 2\n"})
    'a: 1\n#: attached t.yaml\n#| b: 2\n'
    """
    if not files:
        return text
    lines = text.splitlines()
    for name, content in sorted(files.items()):
        lines.append(_BEGINS + name)
        lines += [(_LINE + line).rstrip() if not line else _LINE + line for line in content.splitlines()]
    return "\n".join(lines) + "\n"


def detach(text: str) -> tuple[str, Mapping[str, str]]:
    r"""Return the document alone and the files attached to it, by name.

    >>> detach("a: 1\n#: attached t.yaml\n#| b: 2\n")
    ('a: 1\n', {'t.yaml': 'b: 2\n'})
    """
    lines = text.splitlines()
    begin = next((at for at, line in enumerate(lines) if line.startswith(_BEGINS)), None)
    if begin is None:
        return text, {}
    files: dict[str, list[str]] = {}
    here: list[str] = []
    for line in lines[begin:]:
        if line.startswith(_BEGINS):
            here = files.setdefault(line.removeprefix(_BEGINS), [])
        elif line.startswith(_LINE.rstrip()):
            here.append(line.removeprefix(_LINE.rstrip()).removeprefix(" "))
    return "\n".join(lines[:begin]) + "\n", {name: "\n".join(content) + "\n" for name, content in files.items()}
