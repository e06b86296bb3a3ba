"""The values of a protocol document by kind: what a slug, a name, a span of time, a mode or a list of columns looks like.

Spans of time stand as people write them: `2 days`, `1 week`, `90 days`, `5 years`. Under the key `redaction` stand names of
detectors, and a team's own patterns.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, Field

from remiss.errors import InputError
from remiss.govern.redaction.detectors import DETECTORS, MOST_TOGETHER, NAME, check_pattern
from remiss.govern.redaction.policy import GROUPS, MODELLED, UNASKED, Policy, TextPattern, policy_of
from remiss.protocol.nearest import nearest
from remiss.protocol.shape import Section, wrong
from remiss.protocol.terms import Kind
from remiss.records.event import BY_HAND
from remiss.records.run import RESERVED
from remiss.records.window import parse_days, parse_width

# Under `redaction`: that texts are to be kept as production logged them, said aloud.
NOTHING = "none"
_FIRST = ("email", "phone", "card", "ip")
KNOWN = tuple(dict.fromkeys((*_FIRST, *DETECTORS, *GROUPS, *MODELLED)))
# What people ask for by other words, or what no detector can tell from anything else.
_ADVICE = {
    "name names people username face": "write person, which needs the extra `pii`",
    "location city country gpe": "write place, which needs the extra `pii`",
    "address addresses": "write place for cities and the like, and grade fields with addresses restricted",
    "password passwords token tokens api-key api-keys secrets jwt": "write secret",
    "bank account": "write iban",
    "bsn dni nie pesel cpf nir aadhaar hetu": "write national-id, or the one of its country",
    "ssn": "it has no check digit; write a pattern: {name: us-ssn, pattern: '[0-9]{3}-[0-9]{2}-[0-9]{4}'}",
    "passport license licence plate crypto": "write a pattern of your own: {name: NAME, pattern: 'RE2 text'}",
    "date birthday date-of-birth organisation organization health medical nrp age gender religion": (
        "grade the fields that hold it restricted under sensitivity"
    ),
}
INSTEAD = {word: advice for words, advice in _ADVICE.items() for word in words.split()}


def _entry(value: Any) -> Any:
    """A name is short for {name: NAME}."""
    if not isinstance(value, str):
        return value
    if value.lower() in INSTEAD:
        raise wrong(f"is {value}, and there is no detector of that name", INSTEAD[value.lower()])
    if value not in KNOWN:
        raise wrong(f"is {value}, an unknown detector", nearest(value, KNOWN, "the detectors are"))
    return {"name": value}


def _pattern(value: str) -> str:
    try:
        check_pattern(value)
    except InputError as error:
        raise wrong(error.what, error.do or "write another") from None
    return value


def _detector_name(value: str) -> str:
    if not NAME.fullmatch(value):
        raise wrong(f"is {value!r}, not a name for marks", "write up to 40 of a-z, 0-9 and -, a letter first, for example ticket")
    return value


class EntryModel(Section):
    """What is looked for: a detector by its name alone, or what a pattern finds under a name of the team's own."""

    name: Annotated[str, AfterValidator(_detector_name)]
    """the name in the marks, for example ticket for [ticket:3f9a]"""
    pattern: Annotated[str, AfterValidator(_pattern)] | None = None
    """what is looked for, in the syntax of RE2, for example T-[0-9]{6}"""


def _own(entry: EntryModel) -> EntryModel:
    if entry.pattern is None:
        _entry(entry.name)
    elif entry.name in KNOWN:
        raise wrong(f"names a pattern {entry.name}, which is a detector", f"use another name, for example our-{entry.name}")
    return entry


def _apart(entries: list[EntryModel]) -> list[EntryModel]:
    named = [entry.name for entry in entries if entry.pattern is not None]
    for name in named:
        if named.count(name) > 1:
            raise wrong(f"has two patterns named {name}", "join them with |, or give each its own name")
    together = sum(check_pattern(entry.pattern) for entry in entries if entry.pattern is not None)
    if together > MOST_TOGETHER:
        raise wrong(f"has patterns of the size {together:,} together, more than {MOST_TOGETHER:,}", "repeat less, or have fewer")
    return entries


Entry = Annotated[EntryModel, BeforeValidator(_entry, json_schema_input_type=str | EntryModel), AfterValidator(_own)]
Entries = Annotated[
    list[Entry],
    BeforeValidator(
        lambda value: [] if value == NOTHING else value, json_schema_input_type=list[str | EntryModel] | Literal["none"]
    ),
    AfterValidator(_apart),
]


def policy(entries: Sequence[EntryModel] | None) -> Policy:
    """Return the policy that a document asks for; of one that says nothing of it, all built-in detectors on all texts."""
    if entries is None:
        return UNASKED
    patterns = tuple(TextPattern(entry.name, entry.pattern) for entry in entries if entry.pattern is not None)
    return policy_of((entry.name for entry in entries if entry.pattern is None), patterns)


UNITS = {
    "minute": timedelta(minutes=1),
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
    "week": timedelta(weeks=1),
    # Retention is the only span counted in years, and no law counts leap days.
    "year": timedelta(days=365),
}


def parse_duration(text: str) -> timedelta:
    """Return the span that a number and a unit, or a bare unit, name; years have 365 days.

    Raises
    ------
    ValueError : another unit, or not of that form

    >>> parse_duration("90 days"), parse_duration("week")
    (datetime.timedelta(days=90), datetime.timedelta(days=7))
    """
    found = re.fullmatch(r"(?:([0-9]{1,5}) +)?(minute|hour|day|week|year)s?", text.strip())
    if not found:
        raise ValueError(f"{text!r} is not a number of minutes, hours, days, weeks or years")
    return int(found[1] or 1) * UNITS[found[2]]


MOST_ROWS = 100_000
LEAST_SHARE = 0.05


def _slug(value: str) -> str:
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", value) or len(value) > 64:
        made = re.sub(r"[^a-z0-9]+", "-", value.lower()).strip("-")[:64]
        raise wrong(f"is {value!r}, not a slug", f"use lower-case letters, digits and single hyphens: {made or 'my-name'}")
    return value


def _text(value: str) -> str:
    if not value.strip():
        raise wrong("is empty", "write a text")
    return value


def _name(value: str) -> str:
    if not value.strip() or len(value) > 200 or not value.isprintable():
        raise wrong(f"is {value[:40]!r}, not a name", "write a name of at most 200 characters on one line")
    return value.strip()


def _source(value: str) -> str:
    if _name(value) == BY_HAND:
        raise wrong(f"is {BY_HAND}, which is the source of what people file", "name the log")
    return _name(value)


def _read_by(parse: Callable[[str], object], what: str, do: str) -> Callable[[str], str]:
    """Return a validator of what can be parsed."""

    def check(value: str) -> str:
        try:
            parse(value)
        except (KeyError, ValueError, OverflowError, OSError):
            raise wrong(f"is {value!r}, {what}", do) from None
        return value

    return check


_duration = _read_by(parse_duration, "not a span of time", "write a number and a unit, for example 2 days, 1 week or 5 years")
_days = _read_by(parse_days, "neither days nor months", "write the first and the last, for example 2013-01..2013-02")
_zone = _read_by(ZoneInfo, "which is not a time zone", "write a name of the IANA list, for example Europe/Berlin or UTC")


def _positive(value: str) -> str:
    if parse_duration(_duration(value)) <= timedelta(0):
        raise wrong("is no time at all", "write at least 1 minute")
    return value


def _width(value: str) -> str:
    try:
        width = parse_width(value)
    except ValueError:
        raise wrong(
            f"is {value!r}, not the width of a window", "write a number of minutes, hours, days or weeks, for example 1 week"
        ) from None
    if width > timedelta(weeks=520):
        raise wrong(f"is {value!r}, longer than 520 weeks", "write a shorter one, for example 1 week")
    return value


def _criterion(value: str) -> str:
    if value in RESERVED:
        raise wrong(
            f"is {value}, which is reserved", f"choose another name; {', '.join(sorted(RESERVED))} name groups of the sample"
        )
    return _slug(value)


def _mode(value: str) -> str:
    if not re.fullmatch(r"([a-z][a-z0-9-]*:)?[a-z0-9-]+(/[a-z0-9-]+)*", value):
        raise wrong(f"is {value!r}, not a failure mode", "write namespace:path, for example remiss:model/weak-slice")
    return value


def _seed(value: str) -> str:
    if not value or ":" in value or len(value) > 64 or not value.isprintable():
        raise wrong(f"is {value[:40]!r}, not a seed", 'write a short text without ":", for example "2026"')
    return value


def _kind(value: Any) -> Any:
    if not isinstance(value, str):
        raise wrong("is not a kind of criterion", f"use one of {', '.join(Kind)}")
    try:
        return Kind(value)
    except ValueError:
        raise wrong(f"is {value}, an unknown kind of criterion", nearest(value, list(Kind), "use one of")) from None


def on_both_sides(value: Any) -> Any:
    """One text is the key of events and of labels alike."""
    return {"events": value, "labels": value} if isinstance(value, str) else value


def _columns(value: Any) -> Any:
    """A list of columns, and of parts of nested ones, is a mapping of each one's name to it; a part's name is its last word."""
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        return value
    named: dict[str, str] = {}
    for item in value:
        if not re.fullmatch(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*", item, re.ASCII):
            raise wrong(
                f"lists {item!r}, which is not a plain column name",
                f"write a mapping of names to expressions: {{my_name: '\"{item}\"'}}",
            )
        if value.count(item) > 1:
            raise wrong(f"lists {item} twice", "list it once")
        *_, name = item.split(".")
        if name in named:
            raise wrong(f"lists two parts called {name}", f"write a mapping of names to expressions: {{my_{name}: {item}}}")
        named[name] = ".".join(f'"{part}"' for part in item.split("."))
    return named


def _named(value: dict[str, str]) -> dict[str, str]:
    seen: dict[str, str] = {}
    for name in value:
        if not re.fullmatch(r"[A-Za-z_]\w*", name, re.ASCII) or len(name) > 64:
            raise wrong(f"has the name {name!r}", "use letters, digits and underscores, a letter first, at most 64")
        if name.lower() in seen:
            raise wrong(f"has {seen[name.lower()]} and {name}, which engines read as one name", "rename one")
        seen[name.lower()] = name
    return value


Slug = Annotated[str, AfterValidator(_slug)]
Name = Annotated[str, AfterValidator(_name)]
SourceName = Annotated[str, AfterValidator(_source)]
CriterionName = Annotated[str, AfterValidator(_criterion)]
CriterionKind = Annotated[Kind, BeforeValidator(_kind)]
Mode = Annotated[str, AfterValidator(_mode)]
Text = Annotated[str, AfterValidator(_text)]
Sql = Annotated[str, AfterValidator(_text)]
Duration = Annotated[str, AfterValidator(_duration)]
PositiveDuration = Annotated[str, AfterValidator(_positive)]
Width = Annotated[str, AfterValidator(_width)]
Days = Annotated[str, AfterValidator(_days)]
Zone = Annotated[str, AfterValidator(_zone)]
Seed = Annotated[str, AfterValidator(_seed)]
Format = Literal["parquet", "csv", "jsonl"]
Fraction = Annotated[float, Field(ge=0, le=1)]
VerifyShare = Annotated[float, Field(ge=LEAST_SHARE, le=1)]
Group = Annotated[int, Field(ge=2, le=MOST_ROWS)]
Columns = Annotated[
    dict[str, Sql], BeforeValidator(_columns, json_schema_input_type=list[str] | dict[str, str]), AfterValidator(_named)
]
