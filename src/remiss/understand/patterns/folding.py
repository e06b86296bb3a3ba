"""Patterns as they follow from the ledger of what was done to them: how each stands, and which one an id or a name means.

A pattern that went into another is no more; its id means that other from then on, and what was done to it is a part of that
one's history. So is, of one that was split off, what was done before to what it was a part of.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, TypeGuard

from remiss.catalog.query.expression import EVERYTHING, And, Level, Not, Or, Query, Term, both, either, leaves
from remiss.errors import Ambiguous, NotFound
from remiss.records.case import Sensitivity
from remiss.records.identity import parse_time, plain
from remiss.records.pattern import Pattern, PatternAct, PatternChange, PatternKind, PatternState

# What of a change is kept in columns of its own.
BESIDE = ("pattern", "revision", "position")


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptPattern:
    """A pattern as the catalog keeps it: what was done to it, in order."""

    id: str
    team: str
    sensitivity: Sensitivity
    changes: tuple[PatternChange, ...]

    @property
    def joined(self) -> str | None:
        """The pattern that it went into, if it did."""
        last = self.changes[-1]
        return last.other if last.act is PatternAct.JOINED else None

    @property
    def origin(self) -> tuple[str, int] | None:
        """The pattern that it was a part of and the position at which it was split off, if it was."""
        first = self.changes[0]
        return None if first.other is None else (first.other, first.position)


def change_text(change: PatternChange) -> str:
    """Return a change as the catalog keeps it."""
    said = {name: value for name, value in asdict(change).items() if name not in BESIDE and value not in (None, ())}
    return json.dumps(plain(said), ensure_ascii=False)


def change_of(pattern: str, revision: int, position: int, content: str) -> PatternChange:
    """Return a change that the catalog keeps."""
    said: dict[str, Any] = json.loads(content)
    said |= {"act": PatternAct(said["act"]), "at": parse_time(said["at"]), "named": tuple(said.get("named", ()))}
    if "state" in said:
        said["state"] = PatternState(said["state"])
    return PatternChange(pattern=pattern, revision=revision, position=position, **said)


def standing(kept: Sequence[KeptPattern]) -> tuple[Pattern, ...]:
    """Return the patterns that did not go into another, what changed last first."""
    by_id = {each.id: each for each in kept}
    into: dict[str, list[str]] = defaultdict(list)
    for each in kept:
        if each.joined is not None:
            into[each.joined].append(each.id)
    found = [_pattern(each, by_id, into) for each in kept if each.joined is None]
    return tuple(sorted(found, key=lambda each: (each.history[-1].position, each.id), reverse=True))


def _pattern(kept: KeptPattern, by_id: Mapping[str, KeptPattern], into: Mapping[str, Sequence[str]]) -> Pattern:
    own, first = _folded(kept.changes), kept.changes[0]
    merged = tuple(_merged(kept.id, into))
    history = _history([kept.id, *merged], by_id, into, None)
    named = own["named"]
    return Pattern(
        id=kept.id,
        asked=kept.id,
        name=own["name"],
        about=own["about"] or "",
        query=own["query"],
        kind=kind_of(named),
        named=named,
        state=own["state"],
        owner=own["owner"],
        revision=len(kept.changes),
        person=first.person,
        at=first.at,
        position=first.position,
        changed_at=kept.changes[-1].at,
        merged=merged,
        split_from=first.other,
        history=history,
        team=kept.team,
        sensitivity=kept.sensitivity,
    )


def kind_of(named: Sequence[str]) -> PatternKind:
    """Return what a pattern was made of, by the slices and clusters that it names.

    >>> kind_of(["slice:carrier-ua-3kbd"]).value, kind_of([]).value
    ('slice', 'query')
    """
    return next((kind for kind in PatternKind if any(each.startswith(f"{kind.value}:") for each in named)), PatternKind.QUERY)


def _folded(changes: Sequence[PatternChange]) -> dict[str, Any]:
    """Return of each thing what was last said of it."""
    said: dict[str, Any] = {}
    for name in ("name", "about", "query", "owner", "state"):
        said[name] = next((value for each in reversed(changes) if (value := getattr(each, name)) is not None), None)
    said["named"] = next((each.named for each in reversed(changes) if each.query is not None), ())
    return said


def _merged(pattern: str, into: Mapping[str, Sequence[str]]) -> Iterator[str]:
    for each in into.get(pattern, ()):
        yield each
        yield from _merged(each, into)


def _history(
    patterns: Sequence[str], by_id: Mapping[str, KeptPattern], into: Mapping[str, Sequence[str]], before: int | None
) -> tuple[PatternChange, ...]:
    """Return what was done to some patterns and to what they came of, in order; `before` a position where one is given."""
    found: dict[tuple[str, int], PatternChange] = {}
    waiting = [(each, before) for each in patterns]
    seen: set[tuple[str, int | None]] = set()
    while waiting:
        name, until = waiting.pop()
        if name not in by_id or (name, until) in seen:
            continue
        seen.add((name, until))
        kept = by_id[name]
        told = [each for each in kept.changes if until is None or each.position < until]
        found |= {(each.pattern, each.revision): each for each in told}
        if kept.origin is not None:
            origin, at = kept.origin
            waiting.append((origin, at if until is None else min(at, until)))
        # What had gone into the origin before is a part of what was split off.
        waiting += [(each, until) for each in into.get(name, ()) if until is None or by_id[each].changes[-1].position < until]
    return tuple(sorted(found.values(), key=lambda each: (each.position, each.pattern, each.revision)))


def queries_of(pattern: Pattern) -> tuple[str, ...]:
    """Return each query that a pattern has or had, or what it came of: what its words may be about."""
    return tuple(dict.fromkeys(each.query for each in pattern.history if each.query is not None))


def names_of(pattern: Pattern) -> tuple[str, ...]:
    """Return each slice and cluster that its history names."""
    return tuple(dict.fromkeys(name for each in pattern.history for name in each.named))


def meant(patterns: Sequence[Pattern], asked: str) -> Pattern | None:
    """Return the pattern that an id or a name means, also those of one that went into it; None where there is none.

    Raises
    ------
    Ambiguous : several have the name
    """
    by_id = [each for each in patterns if asked == each.id or asked in each.merged]
    by_name = [each for each in patterns if _same(asked, each.name)]
    by_former = [each for each in patterns if any(_same(asked, one.name) for one in each.history)]
    found = by_id or by_name or by_former
    if len(found) > 1:
        ids = ", ".join(sorted(each.id for each in found))
        raise Ambiguous(f"{len(found)} patterns are called {asked[:80]}", do=f"give an id: {ids}")
    if found:
        return replace(found[0], asked=asked if asked in found[0].merged else found[0].id)
    return None


def _same(one: str, other: str | None) -> bool:
    return other is not None and one.strip().casefold() == other.casefold()


def no_pattern(asked: str) -> NotFound:
    """Return the error that there is no pattern, or none that the asker may know."""
    return NotFound(f"there is no pattern {asked[:80]}", do="see `remiss pattern list`", field="pattern")


def possible(query: Query) -> Query:
    """Return a query for all that may match another, by what is known of events alone.

    >>> from remiss.catalog.query.parsing import parse
    >>> possible(parse("criterion:slow context.airport:EWR")) == parse("context.airport:EWR")
    True
    >>> possible(parse("mode:remiss:model/* OR context.airport:EWR")) == EVERYTHING
    True
    """
    match query:
        case And(parts):
            return both(*map(possible, parts))
        case Or(parts):
            every = [possible(part) for part in parts]
            return EVERYTHING if EVERYTHING in every else either(*every)
        case Not():
            return query if all(_of_events(leaf) for leaf in leaves(query)) else EVERYTHING
        case _:
            return query if _of_events(query) else EVERYTHING


def is_set(leaf: Query) -> TypeGuard[Term]:
    """Return whether a part of a query names a cluster of a clustering."""
    return isinstance(leaf, Term) and leaf.level is Level.SET


def _of_events(leaf: Query) -> bool:
    return isinstance(leaf, Term) and leaf.level is Level.EVENT
