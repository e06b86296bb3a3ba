"""A team's own patterns, matched by RE2: in linear time whatever the pattern, for its text decides nothing about ours."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator

import re2

from remiss.errors import InputError

LONGEST = 1000
NAME = re.compile(r"[a-z][a-z0-9-]{0,39}", re.ASCII)


def check_pattern(pattern: str) -> None:
    """Check that a pattern can be used.

    Raises
    ------
    InputError : RE2 does not know it, or it finds what is not there
    """
    if not pattern or len(pattern) > LONGEST:
        raise InputError(f"is of {len(pattern)} letters", do=f"write 1 to {LONGEST}")
    if r"\C" in pattern:
        raise InputError(r"has \C, which takes letters apart", do="use . for any one letter")
    try:
        compiled = _compiled(pattern)
    except (re2.error, UnicodeEncodeError) as error:
        raise InputError(
            f"is no pattern of RE2: {_reason(error)}",
            do="write it without look-around and back-references (syntax: github.com/google/re2/wiki/Syntax)",
        ) from None
    if compiled.search(b"") is not None:
        raise InputError("matches where nothing stands", do="make a part of it obligatory, for example + for *")


def found(pattern: str, text: str) -> Iterator[tuple[int, int, str]]:
    """Yield what a pattern finds, from left to right; what is empty is nothing."""
    seen = text.encode("utf-8", "surrogatepass")
    ascii_only = len(seen) == len(text)
    byte = letter = 0
    for match in _compiled(pattern).finditer(seen):
        first, last = match.span()
        if first == last:
            continue
        if ascii_only:
            yield first, last, text[first:last]
            continue
        start = letter + _letters(seen[byte:first])
        end = start + _letters(seen[first:last])
        byte, letter = last, end
        yield start, end, text[start:end]


def _letters(encoded: bytes) -> int:
    return len(encoded.decode("utf-8", "surrogatepass"))


@functools.lru_cache(maxsize=256)
def _compiled(pattern: str) -> re2._Regexp:
    options = re2.Options()
    options.log_errors = False
    # Large repetitions are refused instead of taking the memory of the process.
    options.max_mem = 16 << 20
    return re2.compile(pattern.encode(), options)


def _reason(error: Exception) -> str:
    said = error.args[0] if error.args else error
    return said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
