"""Redaction: what personal data may not pass on its way from a production log into the catalog.

Threat model. The catalog is read by people who may not see whom an event is about: labellers, other teams, a person who is
given an export, the finder of a backup. What is guarded against is accident: addresses and numbers that production wrote
into features, statuses and remarks, also in the shapes that systems and people give them (fullwidth or Arabic digits,
zero-width characters inside an address, `%40` for `@`, spaces, dots and dashes in numbers). Not guarded against: somebody
who hides a value on purpose (`ana at example dot org`), names that no model was asked for or that it does not know, and what
a combination of harmless fields gives away. Fields that may hold such things belong under `sensitivity` as restricted: they
are left out whole.

A found value is replaced by a mark such as `[email:3f9a]`: sixteen bits of an HMAC under a key of the catalog. Within a
catalog the same value gives the same mark, so that one can see it come back; in another catalog it gives another. The
mark is short on purpose: thousands of addresses share each one, so it confirms nobody, even to one who has the key, and
alike marks suggest the same value without proving it.

Text may be hostile: every pattern is bounded or anchored, the work is linear in the length of the text. Redacting twice
changes nothing. Where form cannot decide, the detectors lean to hiding (`1.2.3.4` is an address unless `v` or `version`
stands before it) but for bare runs of digits, which are far more often ids, counts and times than telephones.

Text is worked on by stretches: hints (`detectors.py`) tell where something may stand, and the line or the sentences around it
(`redactor.py`) are read until nothing is found any more. Only private keys, a team's own patterns and names found by a model
go over lines.

Stretches: how much of a line detectors read around a hint.

A line, but where it is long only as far as the next end of a clause that is well away from the hint: a small letter, a full
stop or the like, a space, a letter. Nothing that a detector finds goes over one of these, but for what is in quotes before
an `@`, and that is shorter than the distance.
"""

from __future__ import annotations

import functools
import hmac
import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from remiss.govern.ports.machine import Recogniser
from remiss.govern.redaction.detectors import DETECTORS, found, hints
from remiss.govern.redaction.normalise import normalised
from remiss.govern.redaction.policy import Policy, TextPattern, policy_version
from remiss.govern.redaction.secrets import private_keys
from remiss.records.event import MARK

# Longer than anything with spaces in it that a detector finds, with the word before that announces it.
AWAY = 120
# Where no clause ends within so much more, the stretch goes to the bounds of the line.
NEAR = 600
NEW_LINE = ord("\n")
CLAUSE = re.compile(rb"(?<=[a-z][.,;!] )(?=[A-Za-z])")


def around(seen: bytes, at: int, after: int) -> tuple[int, int]:
    r"""Return the bounds of the stretch around a place; it begins at or behind `after`, the end of the last one.

    >>> around(b"one\ntwo\nthree", 5, 0)
    (4, 7)
    >>> text = b"It began well. " * 20 + b"ana@example.org" + b" and so on, we hope" * 20
    >>> first, last = around(text, 310, 0)
    >>> text[first:last].startswith(b"It began"), first > 100, last < 500
    (True, True, True)
    """
    first = max(seen.rfind(b"\n", after, at) + 1, after)
    if at - first > AWAY:
        for clause in CLAUSE.finditer(seen, max(first, at - AWAY - NEAR), at - AWAY):
            first = clause.start()
    last = seen.find(b"\n", at, at + AWAY)
    if last < 0 and (end := CLAUSE.search(seen, at + AWAY, at + AWAY + NEAR)):
        last = seen.find(b"\n", at + AWAY, end.start())
        last = end.start() if last < 0 else last
    if last < 0:
        last = seen.find(b"\n", at)
    return first, len(seen) if last < 0 else last


Found: TypeAlias = tuple[int, int, str]
# What is found, by which detector.
Named: TypeAlias = tuple[int, int, str, str]

# A replacement can uncover what its neighbour hid, say an address that a longer run of numbers did not look like. Two or
# three rounds do; the bound keeps the work linear whatever the text.
ROUNDS = 8

# Carriers, gates, versions: in a log short values come again and again (`remembering`).
SHORT = 40
REMEMBERED = 4096


@dataclass(frozen=True, slots=True)
class Redactor:
    """A policy with what it needs: the catalog's secret for redaction, and for names the model that knows some."""

    policy: Policy
    key: bytes = field(repr=False)
    recogniser: Recogniser | None = None

    @property
    def version(self) -> str:
        """The version of the policy, as each redaction keeps it."""
        return policy_version(self.policy, None if self.recogniser is None else self.recogniser.version)

    def narrowed(self, policy: Policy) -> Redactor:
        """Return the same, looking only for what the other policy looks for too."""
        kept = tuple(name for name in self.policy.detectors if name in policy.detectors)
        return replace(self, policy=Policy(kept, unasked=self.policy.unasked))


def redact(text: str, by: Redactor) -> str:
    """Return `text`, of any length and from anywhere, with every value that is found replaced by its mark.

    >>> from remiss.govern.redaction.policy import policy_of
    >>> redact("call ana@example.org", Redactor(policy_of(["email"]), b"key"))
    'call [email:9378]'
    """
    if not text or not by.policy:
        return text
    return _of_short.get()(text, by) if len(text) <= SHORT else _searched(text, by)


def exposed(event_id: str, policy: Policy) -> tuple[str, ...]:
    """Return the detectors that see personal data in an event id, which redaction leaves as it is.

    >>> from remiss.govern.redaction.policy import policy_of
    >>> exposed("ana@example.org/17", policy_of(["email", "card"]))
    ('email',)
    """
    if not policy.built_in:
        return ()
    seen = normalised(event_id).text
    may = hints(policy.built_in).at(_hinted(seen))
    return tuple(name for name in may if any(True for _ in DETECTORS[name].find(seen)))


def mark(detector: str, value: str, key: bytes) -> str:
    """Return the mark that stands for a value, in the detector's canonical form of it."""
    seal = hmac.digest(key, f"{detector}:{value}".encode("utf-8", "surrogatepass"), "sha256")
    return f"[{detector}:{seal[:2].hex()}]"


def _searched(text: str, by: Redactor) -> str:
    policy = by.policy
    for _ in range(ROUNDS):
        before = text
        for each in policy.patterns:
            text = _over_lines(text, functools.partial(_matched, each), by.key)
        text = _by_spans(text, policy.built_in, by.key)
        if policy.modelled and by.recogniser is not None:
            text = _over_lines(text, functools.partial(_recognised, by.recogniser, policy.modelled), by.key)
        # Stretches are done when they come back; what goes over lines may have uncovered something in them, or they in it.
        if text == before or not (policy.patterns or policy.modelled):
            break
    return text


_of_short: ContextVar[Callable[[str, Redactor], str]] = ContextVar("_of_short", default=_searched)


@contextmanager
def remembering() -> Iterator[None]:
    """Remember within the block what the last few thousand short values came to; they are raw, and forgotten at its end."""
    outer = _of_short.set(functools.lru_cache(maxsize=REMEMBERED)(_searched))
    try:
        yield
    finally:
        _of_short.reset(outer)


def _matched(pattern: TextPattern, seen: str) -> Iterator[Named]:
    return ((start, end, pattern.name, value) for start, end, value in found(pattern.pattern, seen))


def _recognised(recogniser: Recogniser, names: tuple[str, ...], seen: str) -> Iterator[Named]:
    # A model cannot read marks: without them it sees what a person sees.
    return (each for each in recogniser.names(MARK.sub(lambda mark: " " * len(mark[0]), seen)) if each[2] in names)


def _over_lines(text: str, find: Callable[[str], Iterable[Named]], key: bytes) -> str:
    """Replace what is found, marks that stand in it included; what is inside of one mark is left alone."""
    reading = normalised(text)
    marks = [each.span() for each in MARK.finditer(reading.text)] if "[" in reading.text else []
    ends = [last for _, last in marks]
    pieces: list[str] = []
    done = 0
    for start, end, name, value in find(reading.text):
        touched = list(_touched(marks, bisect_right(ends, start), end))
        if touched:
            if sum(min(last, end) - max(first, start) for first, last in touched) == end - start:
                continue
            start, end = min(start, touched[0][0]), max(end, touched[-1][1])
        first, last = reading.span(start, end)
        if first >= done:
            pieces += [text[done:first], mark(name, value, key)]
            done = last
    return "".join([*pieces, text[done:]]) if pieces else text


def _touched(marks: list[tuple[int, int]], at: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield the marks from `at` on that begin before `end`."""
    while at < len(marks) and marks[at][0] < end:
        yield marks[at]
        at += 1


def _by_spans(text: str, names: tuple[str, ...], key: bytes) -> str:
    if not names:
        return text
    if "secret" in names and "PRIVATE KEY" in text:
        text = _replaced(text, "secret", private_keys, key)
    where = hints(names)
    reading = normalised(text)
    seen = _hinted(reading.text)
    at = where.next(seen, 0)
    if at < 0:
        return text
    pieces: list[str] = []
    done = last = 0
    while at >= 0:
        first, last = around(seen, at, last)
        start, end = reading.span(first, last)
        pieces += [text[done:start], _span(text[start:end], names, key)]
        done = end
        # A hint begins with what stands before a value: where a clause ended that is the last character of the stretch before.
        at = where.next(seen, last - (seen[last] != NEW_LINE)) if last < len(seen) else -1
    return "".join([*pieces, text[done:]])


def _span(stretch: str, names: tuple[str, ...], key: bytes) -> str:
    where = hints(names)
    for _ in range(ROUNDS):
        may = where.at(_hinted(normalised(stretch).text))
        before = stretch
        for name in may:
            stretch = _replaced(stretch, name, DETECTORS[name].find, key)
        if stretch == before:
            break
    return stretch


def _hinted(seen: str) -> bytes:
    return seen.encode("ascii", "replace")


def _replaced(text: str, detector: str, find: Callable[[str], Iterable[Found]], key: bytes) -> str:
    reading = normalised(text)
    pieces: list[str] = []
    done = 0
    for start, end, value in find(reading.text):
        first, last = reading.span(start, end)
        pieces += [text[done:first], mark(detector, value, key)]
        done = last
    return "".join([*pieces, text[done:]]) if pieces else text
