"""Completing: what may follow in the search box, for the word that somebody is writing.

Words are built and printed as the filter language prints them, so that what is offered is always read back as it was meant.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain

from remiss.catalog.query.expression import Operator, Term
from remiss.catalog.query.fields import FAMILIES, HAS, TABLE, FieldForm, Key, find
from remiss.catalog.query.printing import key_text, unparse_term
from remiss.records.event import Scalar, to_text

MOST = 12
# Letters of a word from which on values are offered for it, whatever their key.
LEAST_BEGUN = 2
# Beginnings of comparisons, by the form of the key, with what each says.
ORDERS = (("<", "below"), ("<=", "at most"), (">", "above"), (">=", "at least"))
TIMES = (("2013-06-03", "a day, in UTC"), ("2013-06", "a month"), (">=2013-06-03", "from then on"), ("<2013-06-03", "before"))
GRADES = (("1", "critical"), ("<=2", "severe: 1 and 2"), ("2", ""), ("3", ""), ("4", "minor"))


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownValues:
    """What the catalog has: fields of protocols with their family, and values by key with a word on each."""

    fields: tuple[str, ...] = ()
    values: Mapping[str, Sequence[tuple[Scalar, str]]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Completion:
    """One offer: the text that stands for the word, whether the word is then whole, and a few words on it."""

    text: str
    whole: bool
    says: str = ""


def key_of(word: str) -> str | None:
    """Return the key whose value is being written, or None where it is still the key.

    >>> key_of("context.airport:E"), key_of("sev")
    ('context.airport', None)
    """
    name, colon, _ = word.partition(":")
    return name if colon and find(name) is not None else None


def completions(word: str, known: KnownValues) -> tuple[Completion, ...]:
    """Return at most MOST offers for a word, the likeliest first.

    >>> [offer.text for offer in completions("sev", KnownValues())]
    ['severity:']
    """
    name, colon, begun = word.partition(":")
    offers: Iterator[Completion]
    if colon and name == HAS:
        offers = (Completion(text=f"{HAS}:{key_text(each)}", whole=True, says=says) for each, says in _names(begun, known))
    elif colon:
        key = find(name)
        offers = iter(()) if key is None else _values(name, key, begun, known)
    else:
        names = (Completion(text=f"{key_text(each)}:", whole=False, says=says) for each, says in _names(word, known))
        offers = chain(names, _terms_with(word, known))
    found = dict.fromkeys(offer for offer in offers if offer.text != word)
    return tuple(found)[:MOST]


def _names(begun: str, known: KnownValues) -> Iterator[tuple[str, str]]:
    """Yield keys and fields that begin so, then those that have it within."""
    names = [(key.name, key.help) for key in TABLE if key.name not in FAMILIES]
    names += [(each, f"{each.partition('.')[0]} field") for each in known.fields]
    names += [(HAS, "Whether a key has any value.")] if not begun.startswith(HAS) else []
    wanted = begun.lower()
    yield from (pair for pair in names if pair[0].lower().startswith(wanted))
    if wanted:
        yield from (pair for pair in names if wanted in pair[0].lower()[1:] and not pair[0].lower().startswith(wanted))


def _values(name: str, key: Key, begun: str, known: KnownValues) -> Iterator[Completion]:
    if key.form is FieldForm.CHOICE:
        yield from (_term(name, key, value, "") for value in key.choices if value.startswith(begun))
    yield from _known_values(name, key, begun.strip('"').lower(), known)
    if key.form is FieldForm.GRADE:
        yield from _written(name, GRADES, begun)
    elif key.form is FieldForm.TIME:
        yield from _written(name, TIMES, begun, whole=False)
    elif key.form in {FieldForm.NUMBER, FieldForm.INTEGER}:
        yield from _written(name, ORDERS, begun, whole=False)


def _known_values(name: str, key: Key, begun: str, known: KnownValues) -> Iterator[Completion]:
    values = [
        (value, says) for value, says in known.values.get(name, ()) if value is not None and key.form is not FieldForm.CHOICE
    ]
    if key.form is FieldForm.GRADE:
        return
    yield from (_term(name, key, value, says) for value, says in values if _text(value).startswith(begun))
    if begun:
        yield from (_term(name, key, value, says) for value, says in values if begun in _text(value)[1:])


def _terms_with(begun: str, known: KnownValues) -> Iterator[Completion]:
    """Yield comparisons with the known values that begin so, whatever their key."""
    wanted = begun.lower()
    for name, values in known.values.items():
        key = find(name)
        if key is not None and len(wanted) >= LEAST_BEGUN:
            yield from (
                _term(name, key, value, says) for value, says in values if value is not None and _text(value).startswith(wanted)
            )


def _text(value: Scalar) -> str:
    return (to_text(value) or "").lower()


def _term(name: str, key: Key, value: Scalar, says: str) -> Completion:
    return Completion(text=unparse_term(Term(name, Operator.EQUAL, value, key.level)), whole=True, says=says)


def _written(name: str, ways: Sequence[tuple[str, str]], begun: str, *, whole: bool = True) -> Iterator[Completion]:
    for text, says in ways:
        if text.startswith(begun):
            yield Completion(text=f"{key_text(name)}:{text}", whole=whole, says=says)
