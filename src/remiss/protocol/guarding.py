"""The key `redaction` of a document: names of detectors, and a team's own patterns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator

from remiss.errors import InputError
from remiss.govern.redaction.detectors import DETECTORS, NAME, check_pattern
from remiss.govern.redaction.policy import GROUPS, MODELLED, Pattern, Policy, policy_of
from remiss.protocol.nearest import nearest
from remiss.protocol.shape import Section, wrong

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


def _name(value: str) -> str:
    if not NAME.fullmatch(value):
        raise wrong(f"is {value!r}, not a name for marks", "write up to 40 of a-z, 0-9 and -, a letter first, for example ticket")
    return value


class EntryModel(Section):
    """What is looked for: a detector by its name alone, or what a pattern finds under a name of the team's own."""

    name: Annotated[str, AfterValidator(_name)]
    """the name in the marks, for example ticket for [ticket:3f9a]"""
    pattern: Annotated[str, AfterValidator(_pattern)] | None = None
    """what is looked for, in the syntax of RE2, for example T-[0-9]{6}"""


def _own(entry: EntryModel) -> EntryModel:
    if entry.pattern is None:
        _entry(entry.name)
    elif entry.name in KNOWN:
        raise wrong(f"names a pattern {entry.name}, which is a detector", f"call it otherwise, for example our-{entry.name}")
    return entry


def _apart(entries: list[EntryModel]) -> list[EntryModel]:
    named = [entry.name for entry in entries if entry.pattern is not None]
    for name in named:
        if named.count(name) > 1:
            raise wrong(f"has two patterns named {name}", "join them with |, or give each its own name")
    return entries


Entry = Annotated[EntryModel, BeforeValidator(_entry, json_schema_input_type=str | EntryModel), AfterValidator(_own)]
Entries = Annotated[list[Entry], AfterValidator(_apart)]


def policy(entries: Sequence[EntryModel]) -> Policy:
    """Return the policy that a document asks for."""
    patterns = tuple(Pattern(entry.name, entry.pattern) for entry in entries if entry.pattern is not None)
    return policy_of((entry.name for entry in entries if entry.pattern is None), patterns)
