"""Redaction: what personal data may not pass on its way from a production log into the catalog.

Threat model. The catalog is read by people who may not see whom an event is about: labellers, other teams, whoever is
given an export, whoever finds a backup. What is guarded against is accident: addresses and numbers that production wrote
into features, statuses and remarks, also in the shapes that systems and people give them (fullwidth or Arabic digits,
zero-width characters inside an address, `%40` for `@`, spaces, dots and dashes in numbers). Not guarded against: somebody
who hides a value on purpose (`ana at example dot org`), names and street addresses, and what a combination of harmless
fields gives away. Fields that may hold such things belong under `sensitivity` as restricted: they are left out whole.

A found value is replaced by a mark such as `[email:3f9a]`: sixteen bits of an HMAC under a key of the catalog. Within a
catalog the same value gives the same mark, so that one can see it come back; in another catalog it gives another. The
mark is short on purpose: thousands of addresses share each one, so it confirms nobody, even to one who has the key, and
alike marks suggest the same value without proving it.

Text may be hostile: every pattern is bounded or anchored, the work is linear in the length of the text. Redacting twice
changes nothing. Where form cannot decide, the detectors lean to hiding (`1.2.3.4` is an address unless `v` or `version`
stands before it) but for bare runs of digits, which are far more often ids, counts and times than telephones.

Ids are names. The event id finds the event in its log again, and its case and sample hang on it: it is never changed, but
`exposed` says which detectors see something in it, so that the caller can say so. The other names (model version, digest,
feature configuration, trace) only lose e-mail addresses, which they hold by mistake alone: a version may well be `1.2.3.4`.
"""

from __future__ import annotations

import functools
import hashlib
import hmac
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeAlias

from remiss.errors import InputError
from remiss.govern.detectors import cards, emails, ips, phones
from remiss.govern.reading import Reading, read
from remiss.records.case import Sensitivity
from remiss.records.event import Scalar

Found: TypeAlias = tuple[int, int, str]
Detector: TypeAlias = Callable[[str], Iterable[Found]]

# In this order: an e-mail address may contain what looks like a number, and a card number what looks like a telephone.
DETECTORS: Mapping[str, Detector] = {"email": emails, "ip": ips, "card": cards, "phone": phones}

# Without one of these characters no detector can find anything; most values of a log are told apart here.
SUSPICIOUS = re.compile(r"[@\N{FULLWIDTH COMMERCIAL AT}\N{SMALL COMMERCIAL AT}\d]")

# A replacement can uncover what its neighbour hid, say an address that a longer run of numbers did not look like. Two or
# three rounds do; the bound keeps the work linear whatever the text.
ROUNDS = 8

# Carriers, gates, versions: in a log short values come again and again (`remembering`).
SHORT = 40
REMEMBERED = 4096

ESSENTIAL = frozenset({"id", "time"})
NAMES = frozenset({"model", "model_version", "model_digest", "features", "trace_id"})
# What names are read for.
NAMING = ("email",)

# Above this every whole number that a float carries is exact, and below it none is long enough for a card.
SHORTEST_CARD = 10**12


def check_detectors(names: Iterable[str]) -> tuple[str, ...]:
    """Return the detectors of those names in the order in which they run, each once.

    Raises
    ------
    InputError : a name that is not a detector
    """
    wanted = list(names)
    for name in wanted:
        if name not in DETECTORS:
            raise InputError(
                f"there is no detector {name!r}",
                do=f"use {', '.join(sorted(DETECTORS))}; keep out what they cannot see by grading its field restricted",
            )
    return tuple(name for name in DETECTORS if name in wanted)


def redact(text: str, detectors: Collection[str], key: bytes) -> str:
    """Return `text` with every value that a detector finds replaced by its mark.

    Parameters
    ----------
    text : any text, of any length, from anywhere
    detectors : names out of `DETECTORS`
    key : the catalog's secret for redaction (`Keys.secret("redaction")`)

    Raises
    ------
    InputError : a name that is not a detector

    >>> redact("call ana@example.org", ["email"], b"key")
    'call [email:9378]'
    """
    return _redact(text, check_detectors(detectors), key)


def redact_value(value: Scalar, detectors: Collection[str], key: bytes) -> Scalar:
    """Return a plain value redacted: text by every detector, whole numbers by `card` alone, all else as it is.

    A card number in a numeric column becomes its mark, and so text.
    """
    return _redact_value(value, check_detectors(detectors), key)


def redact_event(
    fields: Mapping[str, Scalar],
    sensitivity: Mapping[str, Sensitivity],
    detectors: Collection[str],
    key: bytes,
) -> dict[str, Scalar]:
    """Return what the catalog may hold of an event.

    Parameters
    ----------
    fields : canonical field names (`id`, `output`, `inputs.carrier`, ...) to values as production logged them
    sensitivity : grades by canonical name; fields graded restricted or secret are absent from the result
    detectors, key : as in `redact`

    Raises
    ------
    InputError : a name that is not a detector; `id` or `time` graded restricted, which no event can be without
    """
    chosen = check_detectors(detectors)
    for name in ESSENTIAL:
        if not admits(name, sensitivity):
            raise InputError(
                f"the field {name} is graded {sensitivity[name].name.lower()}, and no event can be filed without it",
                do=f"grade it internal, or make {name} from something that tells nothing, for example md5(...)",
            )
    kept: dict[str, Scalar] = {}
    for name, value in fields.items():
        if not admits(name, sensitivity):
            continue
        if name in ESSENTIAL or not isinstance(value, str | int | float):
            kept[name] = value
        elif name in NAMES:
            kept[name] = _redact_value(value, tuple(each for each in chosen if each in NAMING), key)
        else:
            kept[name] = _redact_value(value, chosen, key)
    return kept


def admits(name: str, sensitivity: Mapping[str, Sensitivity]) -> bool:
    """Return whether a field of that canonical name may reach the catalog at all."""
    return sensitivity.get(name, Sensitivity.INTERNAL) < Sensitivity.RESTRICTED


def sensitivity_of(names: Iterable[str], sensitivity: Mapping[str, Sensitivity]) -> Sensitivity:
    """Return how guarded what the catalog holds of an event is: as its most guarded field that may reach the catalog.

    Parameters
    ----------
    names : canonical names of all fields that a protocol reads
    sensitivity : grades by canonical name; a field without one is internal

    >>> sensitivity_of(["id", "text"], {"id": Sensitivity.PUBLIC, "text": Sensitivity.SECRET}).name
    'PUBLIC'
    """
    grades = (sensitivity.get(name, Sensitivity.INTERNAL) for name in names if admits(name, sensitivity))
    return max(grades, default=Sensitivity.INTERNAL)


def exposed(event_id: str, detectors: Collection[str]) -> tuple[str, ...]:
    """Return the detectors that see personal data in an event id, which redaction leaves as it is.

    >>> exposed("ana@example.org/17", ["email", "card"])
    ('email',)
    """
    if not SUSPICIOUS.search(event_id):
        return ()
    seen = read(event_id).text
    return tuple(name for name in check_detectors(detectors) if any(True for _ in DETECTORS[name](seen)))


def mark(detector: str, value: str, key: bytes) -> str:
    """Return the mark that stands for a value, in the detector's canonical form of it."""
    seal = hmac.new(key, f"{detector}:{value}".encode("utf-8", "surrogatepass"), hashlib.sha256)
    return f"[{detector}:{seal.hexdigest()[:4]}]"


def _redact_value(value: Scalar, detectors: tuple[str, ...], key: bytes) -> Scalar:
    match value:
        case str():
            return _redact(value, detectors, key)
        case bool():
            return value
        case int() | float() if "card" in detectors and abs(value) >= SHORTEST_CARD and value == value // 1:
            digits = str(int(value))
            changed = _redact(digits, ("card",), key)
            return value if changed == digits else changed
        case _:
            return value


def _redact(text: str, detectors: tuple[str, ...], key: bytes) -> str:
    if not detectors or not SUSPICIOUS.search(text):
        return text
    return _of_short.get()(text, detectors, key) if len(text) <= SHORT else _searched(text, detectors, key)


def _searched(text: str, detectors: tuple[str, ...], key: bytes) -> str:
    for _ in range(ROUNDS):
        after = functools.reduce(lambda seen, name: _replace(seen, name, key), detectors, text)
        if after == text:
            break
        text = after
    return text


_of_short: ContextVar[Callable[[str, tuple[str, ...], bytes], str]] = ContextVar("_of_short", default=_searched)


@contextmanager
def remembering() -> Iterator[None]:
    """Remember within the block what the last few thousand short values came to; they are raw, and forgotten at its end."""
    outer = _of_short.set(functools.lru_cache(maxsize=REMEMBERED)(_searched))
    try:
        yield
    finally:
        _of_short.reset(outer)


def _replace(text: str, detector: str, key: bytes) -> str:
    reading: Reading = read(text)
    pieces: list[str] = []
    done = 0
    for start, end, value in DETECTORS[detector](reading.text):
        first, last = reading.span(start, end)
        pieces += [text[done:first], mark(detector, value, key)]
        done = last
    if not pieces:
        return text
    return "".join([*pieces, text[done:]])
