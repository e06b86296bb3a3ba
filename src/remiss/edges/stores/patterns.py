"""Patterns, and what was done to each: fulfils `understand.patterns.ports.PatternStore`.

A pattern is told with all of its history or not at all. What its words may be about are the cases that match any query that it
ever had, as far as events alone say: whoever may be given one of these to label is not told of it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from sqlalchemy import Row, and_, insert, not_, or_, select, update

from remiss.catalog.query.expression import leaves
from remiss.catalog.query.guessing import NamedQuery
from remiss.catalog.query.parsing import parse
from remiss.edges.stores.blinding import blinded_viewer, suggestions_blinded, words_visible
from remiss.edges.stores.case_reading import resolve
from remiss.edges.stores.clusters import cluster_query
from remiss.edges.stores.in_force import come_by, holds
from remiss.edges.stores.reading import Reader, Reading
from remiss.edges.stores.sampled.listing import may_label
from remiss.edges.stores.tables import cases, pattern_changes, pattern_links, pattern_subscriptions, patterns, slices
from remiss.edges.stores.visible import visible_to
from remiss.errors import NotFound
from remiss.records.case import Sensitivity
from remiss.records.pattern import Pattern, PatternChange, PatternLink, PatternLinkKind
from remiss.understand.patterns.folding import KeptPattern, change_of, change_text, is_set, meant, names_of, queries_of, standing

# What of a case people wrote, and so is told by a link as comments are.
FINDINGS = (PatternLinkKind.HYPOTHESIS.value, PatternLinkKind.EXPERIMENT.value)


def pattern_query(reading: Reading, asked: str) -> NamedQuery | None:
    """Return the query of a pattern that the viewer may know, by its id or a name that it has or had.

    Raises
    ------
    Ambiguous : several have the name
    """
    found = meant(told(reading), asked)
    return None if found is None else NamedQuery(found.query)


def told(reading: Reading, position: int | None = None) -> tuple[Pattern, ...]:
    """Return the patterns that the viewer may know, as they were at a position."""
    every = standing(_kept(reading, position))
    seen = select(slices.c.name).where(visible_to(reading.scope, slices))
    known = {f"slice:{name}" for name in reading.connection.execute(seen).scalars()} if any(map(names_of, every)) else set()
    return _beside(reading, [each for each in every if _may_know(reading, each, known)], position)


def _may_know(reading: Reading, pattern: Pattern, known: set[str]) -> bool:
    if not known.issuperset(each for each in names_of(pattern) if each.startswith("slice:")):
        return False
    sets = {str(leaf.value) for query in queries_of(pattern) for leaf in leaves(parse(query)) if is_set(leaf)}
    if any(cluster_query(reading, each) is None for each in sets):
        return False
    keeps = reading.viewer.curates(pattern.team)
    return not any(
        reading.once_for_viewer(("may label", query, keeps), partial(may_label, reading, query, in_hand=keeps))
        for query in queries_of(pattern)
    )


def _kept(reading: Reading, position: int | None) -> Sequence[KeptPattern]:
    seen = select(patterns).where(visible_to(reading.scope, patterns), come_by(patterns, position)).order_by(patterns.c.key)
    done = select(pattern_changes).where(come_by(pattern_changes, position))
    ordered = done.order_by(pattern_changes.c.pattern_key, pattern_changes.c.number)
    changes: dict[int, list[Row[Any]]] = defaultdict(list)
    for row in reading.connection.execute(ordered):
        changes[row.pattern_key].append(row)
    return [
        KeptPattern(
            id=each.id,
            team=each.team_id,
            sensitivity=Sensitivity(each.sensitivity),
            changes=tuple(change_of(each.id, row.number, row.position, row.content) for row in changes[each.key]),
        )
        for each in reading.connection.execute(seen)
    ]


def _beside(reading: Reading, found: Sequence[Pattern], position: int | None) -> tuple[Pattern, ...]:
    """Return patterns with what is kept beside their history: links, and what the viewer wants to be told of."""
    linked, followed = _links(reading, position), _followed(reading, position)
    made = []
    for each in found:
        of_it = (each.id, *each.merged)
        said = max((followed[name] for name in of_it if name in followed), default=None)
        subscribed = said is not None and said[1]
        since = said[2] if said is not None and subscribed else None
        news = (
            [] if since is None else [one for one in each.history if one.position > since and one.person != reading.viewer.name]
        )
        links = tuple(dict.fromkeys(link for name in of_it for link in linked[name]))
        made.append(replace(each, links=links, subscribed=subscribed, news=len(news)))
    return tuple(made)


def _links(reading: Reading, position: int | None) -> dict[str, list[PatternLink]]:
    viewer = blinded_viewer(reading)
    # What is said of a case by a link is as what is said of it in a comment.
    told = words_visible(
        reading, lambda labelled: or_(labelled.c.person == pattern_links.c.person, pattern_links.c.kind.in_(FINDINGS))
    )
    told = told if viewer is None else and_(told, not_(suggestions_blinded(viewer)))
    asked = (
        select(pattern_links, patterns.c.id.label("pattern"), cases.c.id.label("case_id"))
        .join(patterns, patterns.c.key == pattern_links.c.pattern_key)
        .outerjoin(cases, cases.c.key == pattern_links.c.case_key)
        .where(holds(pattern_links, position), or_(pattern_links.c.case_key.is_(None), and_(visible_to(reading.scope), told)))
        .order_by(pattern_links.c.key)
    )
    found: dict[str, list[PatternLink]] = defaultdict(list)
    for row in reading.connection.execute(asked):
        found[row.pattern].append(
            PatternLink(
                kind=PatternLinkKind(row.kind),
                address=row.case_id or row.address,
                number=row.number,
                person=row.person,
                at=row.created_at,
            )
        )
    return found


def _followed(reading: Reading, position: int | None) -> dict[str, tuple[int, bool, int]]:
    """Return by pattern what the viewer said last of being told: in which order, whether they want to, and at which position."""
    asked = (
        select(pattern_subscriptions, patterns.c.id)
        .join(patterns, patterns.c.key == pattern_subscriptions.c.pattern_key)
        .where(pattern_subscriptions.c.person == reading.viewer.name, come_by(pattern_subscriptions, position))
        .order_by(pattern_subscriptions.c.key)
    )
    return {row.id: (row.key, row.follows, row.position) for row in reading.connection.execute(asked)}


class PatternTable:
    """The patterns of an open catalog, as far as a viewer may know them."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._store = reader.store

    def told(self, position: int | None = None) -> Sequence[Pattern]:
        """Return all patterns that the viewer may know, what changed last first."""
        with self._reader.at() as reading:
            return told(reading, position)

    def written(self, pattern: str) -> Pattern:
        """Return a pattern that the actor has written just now."""
        reading = self._reader.writing
        [found] = [each for each in standing(_kept(reading, None)) if pattern in {each.id, *each.merged}]
        return _beside(reading, [found], None)[0]

    def wait(self) -> int:
        """Have other writers wait from here on; return the position that this transaction will have."""
        return self._store.transaction.position()

    def change(self, change: PatternChange, team: str, sensitivity: Sensitivity) -> None:
        """Write what the actor does to a pattern."""
        transaction = self._store.transaction
        position, content = transaction.position(), change_text(change)
        if change.revision == 1:
            governed = {"team_id": team, "sensitivity": int(sensitivity)}
            transaction.connection.execute(insert(patterns), {"id": change.pattern, "position": position, **governed})
        row = {"pattern_key": self._key(change.pattern), "number": change.revision, "position": position, "content": content}
        transaction.connection.execute(insert(pattern_changes), row)
        transaction.subjects.append(change.pattern)
        transaction.changed(change.pattern, None, {"change": content})

    def link(self, pattern: str, link: PatternLink) -> None:
        """Link a pattern to something."""
        transaction, key, case = self._store.transaction, self._key(pattern), self._case(link)
        position = transaction.position()
        transaction.subjects.append(pattern)
        if transaction.connection.execute(select(pattern_links.c.key).where(_this(key, case, link))).first() is None:
            row = {
                "pattern_key": key,
                "case_key": case,
                "kind": link.kind.value,
                "number": link.number,
                "address": link.address if case is None else None,
                "person": link.person,
                "created_at": link.at,
                "position_from": position,
            }
            transaction.connection.execute(insert(pattern_links), row)

    def unlink(self, pattern: str, link: PatternLink) -> None:
        """Take a link away, also that of one which went into the pattern."""
        transaction, case = self._store.transaction, self._case(link)
        keys = [self._key(each) for each in (pattern, *self.written(pattern).merged)]
        position = transaction.position()
        ended = update(pattern_links).where(or_(*(_this(key, case, link) for key in keys))).values(position_to=position)
        if not transaction.connection.execute(ended).rowcount:
            raise NotFound("the pattern is not linked to that", do="see `remiss pattern show`")
        transaction.subjects.append(pattern)

    def subscribe(self, pattern: str, *, follows: bool) -> None:
        """Write whether the actor wants to be told of what happens to a pattern from now on."""
        transaction = self._store.transaction
        row = {
            "pattern_key": self._key(pattern),
            "person": transaction.actor.name,
            "follows": follows,
            "position": transaction.position(),
        }
        transaction.connection.execute(insert(pattern_subscriptions), row)
        transaction.subjects.append(pattern)

    def _key(self, pattern: str) -> int:
        found: int = self._store.transaction.connection.execute(
            select(patterns.c.key).where(patterns.c.id == pattern)
        ).scalar_one()
        return found

    def _case(self, link: PatternLink) -> int | None:
        return None if link.kind is PatternLinkKind.TICKET else int(resolve(self._reader.writing, link.address).key)


def _this(pattern: int, case: int | None, link: PatternLink) -> Any:
    """Return the condition of a link that holds."""
    of = pattern_links.c
    target = of.address == link.address if case is None else of.case_key == case
    numbered = of.number.is_(None) if link.number is None else of.number == link.number
    return and_(of.pattern_key == pattern, of.kind == link.kind.value, of.position_to.is_(None), target, numbered)
