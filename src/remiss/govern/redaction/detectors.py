"""Detectors: all that need no model, in the order in which they run, with hints that tell quickly where to look.

A detector is exact and slow, its hint coarse and quick: an RE2 pattern that matches, on the same line, wherever the detector
finds something. Letters beyond ASCII are `?` to a hint. All hints together are one automaton, so that text in which nothing
stands is read once, whatever the number of detectors.

A team's own patterns are matched by RE2: in linear time whatever the pattern, for its text decides nothing about ours.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

import re2

from remiss.errors import InputError
from remiss.govern.redaction import national_ids, secrets
from remiss.govern.redaction.identifiers import cards, emails, ips, phones
from remiss.govern.redaction.national_ids import NATIONAL_IDS

LONGEST = 1000
# Instructions of a pattern, its repetitions multiplied out: `.{0,1000}` has 9,000. At this size 20,000 characters are read in a
# fiftieth of a second at worst; a hundred such repetitions take ten seconds to compile and two to read as much.
MOST_SIZE = 10_000
# Of all patterns of one protocol.
MOST_TOGETHER = 50_000
# A pattern of any size that is let through compiles in it; a larger one is given up before it takes time or memory.
_CHECKING = 1 << 19
NAME = re.compile(r"[a-z][a-z0-9-]{0,39}", re.ASCII)


def check_pattern(pattern: str) -> int:
    """Return the size of a pattern, if it can be used.

    Raises
    ------
    InputError : RE2 does not know it, it is too large, or it finds what is not there
    """
    if not pattern or len(pattern) > LONGEST:
        raise InputError(f"has {len(pattern)} characters", do=f"write 1 to {LONGEST}")
    if r"\C" in pattern:
        raise InputError(r"has \C, which takes characters apart", do="use . for any one character")
    try:
        compiled = re2.compile(pattern.encode(), _options(_CHECKING))
    except (re2.error, UnicodeEncodeError) as error:
        if "too large" in _reason(error):
            raise _too_large("more than a server takes") from None
        raise InputError(
            f"is not a pattern of RE2: {_reason(error)}",
            do="write it without look-around and back-references (syntax: github.com/google/re2/wiki/Syntax)",
        ) from None
    if compiled.programsize > MOST_SIZE:
        raise _too_large(f"{compiled.programsize:,}, more than {MOST_SIZE:,}")
    if compiled.search(b"") is not None:
        raise InputError("matches where nothing stands", do="make a part of it obligatory, for example + for *")
    return int(compiled.programsize)


def _too_large(size: str) -> InputError:
    return InputError(
        f"has, its repetitions multiplied out, the size {size}",
        do="repeat less, for example .{0,50} for .{0,1000}, or use +",
    )


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


@functools.lru_cache(maxsize=64)
def _compiled(pattern: str) -> re2._Regexp:
    return re2.compile(pattern.encode(), _options(16 << 20))


def _options(memory: int) -> re2.Options:
    """Return how patterns are compiled: large ones are refused instead of taking the memory of the process."""
    options = re2.Options()
    options.log_errors = False
    options.max_mem = memory
    return options


def _reason(error: Exception) -> str:
    said = error.args[0] if error.args else error
    return said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)


@dataclass(frozen=True, slots=True, kw_only=True)
class Detector:
    """How a kind of value is found. `version` is raised with every change of what it finds; see policy.py."""

    find: Callable[[str], Iterable[tuple[int, int, str]]]
    hint: str
    version: int = 1


# What may stand before a number, and behind one: it is no part of a word, of a longer number or of a fraction.
FREE = r"(?:^\.?|[^0-9A-Za-z.]|[^0-9]\.)"
ENDS = r"(?:$|[^0-9A-Za-z])"
BEGINS = r"(?:^|[^0-9A-Za-z+-])"
GAP = r"[ ./()-]{0,3}"
PHONE_HINT = "|".join((
    rf"\+[1-9](?:{GAP}\d){{7}}",
    r"\d{3}\)?[ .-]?\d{3}[ .-]\d{4}",
    rf"(?:^|[^0-9A-Za-z-])00[2-9]\d{{0,2}}[ ./-](?:{GAP}\d){{6}}",
    rf"{BEGINS}0[1-9](?:[ .-]\d\d){{4}}",
    rf"(?:\(|{BEGINS})0[1-9]\d{{0,4}}\)?[ /-]{{1,3}}\d{{3}}",
    rf"(?i:tel|phone|mobile|cell|fax|whatsapp|sms)[\"']?[ ]?[.:=#]{{0,2}}[ ]?[\"']?\d(?:{GAP}\d){{6}}",
))  # fmt: skip
# No network issues numbers that begin otherwise.
CARD_GAP = r"(?:[ \t._/+-]|%(?:25){0,3}2[0BDEbde]){1,3}"
CARD_HINT = rf"{FREE}[2-6](?:\d{{12}}|\d{{3}}{CARD_GAP}(?:\d{{4}}{CARD_GAP}\d{{4}}|\d{{6}}{CARD_GAP}))"
IP_HINT = r"\d\.\d{1,3}\.\d{1,3}\.\d|::|(?:[0-9A-Fa-f]{1,4}:){7}"
EMAIL_HINT = r"(?:@|%(?:25){0,3}40)[0-9A-Za-z?][0-9A-Za-z?_-]*(?:\.|%(?:25){0,3}2[Ee])"

# What may hold what looks like another comes first: a URL an e-mail address, that a number, and a card number a telephone.
DETECTORS: Mapping[str, Detector] = {
    "url-credentials": Detector(find=secrets.url_credentials, hint=secrets.URL_HINT),
    "secret": Detector(find=secrets.secrets, hint=secrets.KEY_HINT),
    "email": Detector(find=emails, hint=EMAIL_HINT, version=2),
    "ip": Detector(find=ips, hint=IP_HINT),
    "iban": Detector(find=national_ids.ibans, hint=national_ids.HINT, version=2),
    "card": Detector(find=cards, hint=CARD_HINT, version=2),
    **{name: Detector(find=find, hint=rf"{FREE}(?:{hint}){ENDS}", version=2) for name, (find, hint) in NATIONAL_IDS.items()},
    "phone": Detector(find=phones, hint=PHONE_HINT, version=2),
}
# Whose values may be whole numbers in a numeric column.
NUMBERS = ("card", "be-nn", "br-cpf", "fr-nir", "in-aadhaar", "nl-bsn", "pl-pesel", "se-personnummer")


class Hints:
    """Where in a text some detectors may find something."""

    def __init__(self, names: tuple[str, ...]) -> None:
        options = re2.Options()
        # A set that runs out of memory finds nothing; so much is never needed, and `at` would notice.
        options.max_mem = 64 << 20
        self.names = names
        self._any = re2.compile("|".join(f"(?:{DETECTORS[name].hint})" for name in names).encode(), options)
        self._each = re2.Set.SearchSet(options)
        for name in names:
            self._each.Add(DETECTORS[name].hint.encode())
        self._each.Compile()

    def next(self, seen: bytes, start: int) -> int:
        """Return the place of the second character of the next hint, for the first may end a line; -1 when there is none."""
        found = self._any.search(seen, start)
        return found.start() + 1 if found else -1

    def at(self, seen: bytes) -> tuple[str, ...]:
        """Return the detectors that may find something in it, in their order."""
        which = self._each.Match(seen)
        if not which:
            return self.names if self._any.search(seen) else ()
        return tuple(self.names[index] for index in sorted(which))


@functools.lru_cache(maxsize=64)
def hints(names: tuple[str, ...]) -> Hints:
    """Return the hints of these detectors, compiled once."""
    return Hints(names)
