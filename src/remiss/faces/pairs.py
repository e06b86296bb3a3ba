"""Pairs as people type them: NAME=VALUE, and a name that holds an equals sign in quotes, as in the filter language."""

from __future__ import annotations

import re

# A name in quotes, where a backslash takes what follows it as it is; or one without an equals sign.
_QUOTED = re.compile(r'\s*"((?:[^"\\]|\\.)*)"\s*(:?)=(.*)', re.DOTALL)


def parted(text: str) -> tuple[str, str, bool] | None:
    """Return the name and the value of `NAME=VALUE` or `NAME:=VALUE`, and whether it was the latter; None of anything else.

    >>> parted("distance:=200"), parted("gate=C=7")
    (('distance', '200', True), ('gate', 'C=7', False))
    >>> parted('"a=b"=c'), parted("=c"), parted("gate")
    (('a=b', 'c', False), None, None)
    """
    quoted = _QUOTED.fullmatch(text)
    if quoted is not None:
        name, typed, value = re.sub(r"\\(.)", r"\1", quoted[1]), quoted[2] == ":", quoted[3]
    else:
        name, found, value = text.partition("=")
        typed = name.endswith(":")
        name = name.removesuffix(":") if found else ""
    return (name, value, typed) if name else None
