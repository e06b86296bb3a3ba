"""Identity: canonical JSON, digests, ids and aware UTC times.

Whatever names a thing or proves that two things are the same goes through here, so that every engine,
machine and release agrees on it byte for byte.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache

import rfc8785

CROCKFORD = "0123456789abcdefghjkmnpqrstvwxyz"
_quoted = json.JSONEncoder(ensure_ascii=False).encode
# The two letters of ten bits.
_PAIRS = [first + second for first in CROCKFORD for second in CROCKFORD]
# Most values of most documents are of these and stay as they are; to know so at once makes a list twice as quick.
_SAME = frozenset({str, bool, type(None)})
# Above this an IEEE double, and so a JSON reader, may round.
SAFE_INTEGER = 2**53
_FLOATS = {"float:nan": math.nan, "float:inf": math.inf, "float:-inf": -math.inf}
# Longer numbers take Python more than a moment to read.
MOST_DIGITS = 400
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# The calendar of records, in microseconds since the epoch: years 1 to 9999.
FIRST = -62_135_596_800_000_000
LAST = 253_402_300_799_999_999


def plain(value: object) -> object:
    """Return `value` as JSON that loses nothing: tags what a JSON number cannot carry.

    Integers beyond 2^53 become `"int:..."`, NaN and infinities `"float:nan"`, `"float:inf"`, `"float:-inf"`; times become
    RFC 3339 text. Mapping keys become text; sequences become lists.

    Raises
    ------
    TypeError : a value of another type, for example bytes

    >>> plain({"n": 2**60, "x": float("nan")})
    {'n': 'int:1152921504606846976', 'x': 'float:nan'}
    """
    match value:
        case None | bool() | str():
            return value
        case int():
            return value if abs(value) < SAFE_INTEGER else f"int:{value}"
        case float():
            return value if math.isfinite(value) else f"float:{value}"
        case datetime():
            return format_time(value)
        case Mapping():
            return {str(key): item if type(item) in _SAME else plain(item) for key, item in value.items()}
        case Sequence() if not isinstance(value, bytes | bytearray):
            return [plain(item) for item in value]
        case _:
            raise TypeError(f"{type(value).__name__} has no canonical JSON form")


def untagged(text: str) -> int | float | None:
    """Return the number that `plain` made this text of; None of any other text.

    >>> untagged("int:1152921504606846976"), untagged("float:-inf"), untagged("int:5"), untagged("int:")
    (1152921504606846976, -inf, None, None)
    """
    if text.startswith("float:"):
        return _FLOATS.get(text)
    digits = text[4:]
    if not text.startswith("int:") or len(text) > MOST_DIGITS or not (digits.isascii() and digits.removeprefix("-").isdecimal()):
        return None
    number = int(digits)
    return number if plain(number) == text else None


def canonical(value: object) -> bytes:
    """Return the RFC 8785 form of `value` after `plain`."""
    return rfc8785.dumps(plain(value))  # type: ignore[arg-type]


def digest(value: object) -> str:
    """Return the SHA-256, in hex, over the canonical JSON of `value`."""
    return hashlib.sha256(canonical(value)).hexdigest()


def crockford(number: int, length: int) -> str:
    """Return `number` in Crockford's base 32, lower case, padded to `length`.

    >>> crockford(31, 2)
    '0z'
    """
    letters = []
    for _ in range(length):
        number, last = divmod(number, 32)
        letters.append(CROCKFORD[last])
    return "".join(reversed(letters))


def case_id(source_name: str, event_id: str, recurrence: int = 0) -> str:
    """Return the case id of an event: 60 bits of SHA-256 over source name and event id, as `xxxx-xxxx-xxxx`.

    Of an event whose id had come before, windows away, also over the start of its window in microseconds, its `recurrence`.

    >>> case_id("arrival-predictions", "2013-03-01/UA/1545/EWR/1")
    'gx4g-gbka-qdve'
    """
    # Of text, json writes the canonical form, and a capture needs an id for every case: this is ten times faster.
    again = f",{recurrence}" if recurrence else ""
    named = f"[{_quoted(source_name)},{_quoted(event_id)}{again}]".encode()
    bits = int.from_bytes(hashlib.sha256(named).digest()[:8]) >> 4
    first = _PAIRS[bits >> 50] + _PAIRS[bits >> 40 & 1023]
    middle = _PAIRS[bits >> 30 & 1023] + _PAIRS[bits >> 20 & 1023]
    return f"{first}-{middle}-{_PAIRS[bits >> 10 & 1023]}{_PAIRS[bits & 1023]}"


def kind_id(kind: str, value: object) -> str:
    """Return an id that carries its kind, for example `run-4f7q2m9x3kbd`: 60 bits of the digest of `value`."""
    return f"{kind}-{crockford(int(digest(value)[:15], 16), 12)}"


def utc(moment: datetime) -> datetime:
    """Return `moment` in UTC.

    Raises
    ------
    ValueError : a naive time, whose zone is unknown, or one that no year of UTC has
    """
    if moment.tzinfo is None:
        raise ValueError("a time without a zone")
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError(f"{moment.isoformat()} is in no year from 1 to 9999 in UTC") from error


def format_time(moment: datetime) -> str:
    """Return RFC 3339 in UTC, with microseconds only where there are some.

    >>> format_time(datetime(2013, 6, 3, tzinfo=UTC))
    '2013-06-03T00:00:00Z'
    """
    return _text_of_utc(utc(moment))


# The times of one answer are few: thousands of groups share the beginnings of their windows.
@lru_cache(maxsize=1024)
def _text_of_utc(moment: datetime) -> str:
    return f"{moment.isoformat().removesuffix('+00:00')}Z"


def parse_time(text: str) -> datetime:
    """Return the aware UTC time that an ISO 8601 text names; a date alone means its first instant in UTC.

    Raises
    ------
    ValueError : not a time, or a time of day without a zone
    """
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None and len(text) <= len("2013-06-03"):
        moment = moment.replace(tzinfo=UTC)
    return utc(moment)


def to_micros(moment: datetime) -> int:
    """Return whole microseconds since 1970-01-01T00:00Z, exactly."""
    return (utc(moment) - EPOCH) // timedelta(microseconds=1)


def from_micros(micros: int) -> datetime:
    """Return the aware UTC time of `micros` microseconds since 1970-01-01T00:00Z."""
    return EPOCH + timedelta(0, 0, micros)  # by place, which is a third quicker: lists make thousands
