"""Every sampled event of the runs in force, line by line, as far as a scope sees it: the port `Samples` on a database.

Lines stand by run and event, the order of the table's own key, so that a page is a short walk however far on it begins. Within a
run that is by window and id, which say nothing of why an event was kept.

Whoever may still label an event is told nothing that its case would tell, nor whether it has one: its line has neither groups nor
criteria nor weight, and no comparison with such things finds it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Row,
    Select,
    and_,
    false,
    func,
    not_,
    or_,
    select,
    true,
    tuple_,
)

from remiss.catalog.query.expression import Level, Query
from remiss.catalog.query.fields import BY_NAME, GROUP
from remiss.catalog.query.parsing import parse
from remiss.edges.stores.blinding import blinded_viewer, held, labelled_by, sampled_blinded, title_blinded
from remiss.edges.stores.dialect.spelling import gathered
from remiss.edges.stores.in_force import in_force, same_window
from remiss.edges.stores.querying.comparing import Compare, column
from remiss.edges.stores.querying.phrases import matched_events, phrases_in
from remiss.edges.stores.querying.search import Face, case_face, condition, in_force_at, observation_face
from remiss.edges.stores.reading import Reader, Reading
from remiss.edges.stores.sampled.columns import READ, columns_of, needed_for
from remiss.edges.stores.tables import (
    cases,
    event_contents,
    events,
    observations,
    protocols,
    revisions,
    run_windows,
    runs,
    samples,
)
from remiss.edges.stores.visible import visible_to
from remiss.records.identity import from_micros
from remiss.understand.patterns.folding import possible
from remiss.understand.ports import DrawnBy, SampleCount, SampledLine, SampledLines

KEPT = samples.alias("kept")
# How many sampled events are looked through at once for words: at first, beside some for each line, and at most.
FEWEST, MOST = 1_000, 50_000
# So many sampled events are read at once where all are.
AT_ONCE = 10_000


class SampleStore:
    """Sampled events of an open catalog."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    def drawn_by(self, position: int | None) -> tuple[DrawnBy, ...]:
        """Return by which protocol versions the runs in force drew, of those that are seen."""
        found = (
            select(runs.c.source_name, runs.c.protocol_name, protocols.c.version)
            .join(run_windows, run_windows.c.run_key == runs.c.key)
            .join(protocols, protocols.c.key == runs.c.protocol_key)
            .distinct()
        )
        with self._reader.at(position) as reading:
            rows = reading.connection.execute(found.where(in_force(position), visible_to(reading.scope, runs)))
            return tuple(sorted(DrawnBy(*row) for row in rows))

    def page(self, query: Query, *, limit: int, after: tuple[int, int] | None, position: int | None) -> SampledLines:
        """Return the lines of the sampled events that match, from behind the keys `after`."""
        with self._reader.at(position) as reading:
            rows = _rows(reading, query, after, limit, SampledLine._fields)
            found = columns_of(reading, rows[:limit], SampledLine._fields)
        for name in ("occurred", "window"):
            found[name] = [*map(from_micros, found[name])]
        return SampledLines([*map(SampledLine, *found.values())], _last(rows, limit))

    def columns(self, query: Query, names: Sequence[str], *, position: int | None) -> Iterator[Mapping[str, Sequence[Any]]]:
        """Yield columns of the sampled events that match, thousands at a time, by run and event."""
        after: tuple[int, int] | None = None
        with self._reader.at(position) as reading:
            while True:
                rows = _rows(reading, query, after, AT_ONCE, names)
                yield columns_of(reading, rows[:AT_ONCE], names)
                after = _last(rows, AT_ONCE)
                if after is None:
                    return

    def count(self, query: Query, position: int | None) -> SampleCount:
        """Return how many sampled events match, and of how many it is hidden how they were drawn."""
        with self._reader.at(position) as reading:
            found = [
                tuple(reading.connection.execute(_Matching(reading, query, stretch).count()).one())
                for stretch in _stretches(reading, query, None, MOST)
            ]
            return SampleCount(sum(total for total, _ in found), sum(int(hidden or 0) for _, hidden in found))


def may_label(reading: Reading, query: str, *, in_hand: bool) -> bool:
    """Return whether the viewer may still be given something to label that may match a query, as far as events alone say.

    Parameters
    ----------
    in_hand : only what they have in hand now
    """
    viewer = blinded_viewer(reading)
    if viewer is None:
        return False
    wanted, labelled = possible(parse(query)), and_(cases.c.key.is_not(None), labelled_by(viewer))
    theirs = and_(held(events.c.key, viewer), not_(labelled)) if in_hand else sampled_blinded(reading, viewer)
    theirs = func.coalesce(theirs, false())
    of_cases = select(cases.c.key).join(events, events.c.key == cases.c.event_key).where(visible_to(reading.scope), theirs)
    there = of_cases.where(condition(wanted, case_face(reading.connection.dialect))).limit(1)
    if reading.connection.execute(there).first() is not None:
        return True
    sampled_ones = _Matching(reading, wanted, _Stretch(None, None)).those(theirs)
    return reading.connection.execute(sampled_ones.limit(1)).first() is not None


def _rows(
    reading: Reading, query: Query, after: tuple[int, int] | None, limit: int, names: Collection[str]
) -> Sequence[Row[Any]]:
    """Return what the columns of that name are made of, of one event more than the limit where there is one."""
    rows: list[Row[Any]] = []
    for stretch in _stretches(reading, query, after, FEWEST + 4 * limit):
        wanted = _Matching(reading, query, stretch).page(names).limit(limit + 1 - len(rows))
        rows += reading.connection.execute(wanted).all()
        if len(rows) > limit:
            break
    return rows


def _last(rows: Sequence[Row[Any]], limit: int) -> tuple[int, int] | None:
    return (rows[limit - 1].run_key, rows[limit - 1].key) if len(rows) > limit else None


class _Stretch(NamedTuple):
    """What lies behind some keys, up to others; None is the beginning, and the end."""

    behind: tuple[int, int] | None
    to: tuple[int, int] | None

    @property
    def where(self) -> ColumnElement[bool]:
        key, found = tuple_(observations.c.run_key, observations.c.event_key), []
        found += [] if self.behind is None else [key > self.behind]
        return and_(true(), *found, *([] if self.to is None else [key <= self.to]))


def _stretches(reading: Reading, query: Query, after: tuple[int, int] | None, first: int) -> Iterator[_Stretch]:
    """Yield in which stretches of all that was sampled to look: at once, or, where words are looked for, one after another.

    No index knows what events say that are no cases: each text is read, and of a million no more than it takes to fill a page.

    Parameters
    ----------
    first : how long the first is; the next are twice as long each, up to `MOST`
    """
    if not phrases_in(query):
        yield _Stretch(after, None)
        return
    length, behind = first, after
    while True:
        ends = select(observations.c.run_key, observations.c.event_key).where(_Stretch(behind, None).where)
        ordered = ends.order_by(observations.c.run_key, observations.c.event_key)
        row = reading.connection.execute(ordered.offset(length - 1).limit(1)).first()
        to = None if row is None else (row.run_key, row.event_key)
        yield _Stretch(behind, to)
        if to is None:
            return
        length, behind = min(MOST, 2 * length), to


class _Matching:
    """What matches a query in a stretch, for one reading."""

    def __init__(self, reading: Reading, query: Query, stretch: _Stretch) -> None:
        self._reading = reading
        self._stretch = stretch.where
        viewer = blinded_viewer(reading)
        self._blinded = false() if viewer is None else func.coalesce(sampled_blinded(reading, viewer), false())
        title = None if viewer is None else func.coalesce(title_blinded(viewer), false())
        said = select(observations.c.event_key).where(self._stretch)
        face = observation_face(reading.read_at, reading.connection.dialect, matched_events(reading, query, said))
        keys = {**face.keys, GROUP: _kept_in}
        if title is not None:
            keys = {name: _unless(compare, self._hides(name, title)) for name, compare in keys.items()}
        self._where = condition(query, Face(keys=keys, text=face.text))

    def _hides(self, name: str, title: ColumnElement[bool]) -> ColumnElement[bool] | None:
        """Return when comparisons with a key find nothing; None is never, as with what the event itself says."""
        if BY_NAME[name].level is Level.EVENT:
            return None
        return or_(self._blinded, title) if name == "title" else self._blinded

    def page(self, names: Collection[str]) -> Select[Any]:
        """Return the select of what the columns of that name are made of, in order."""
        kept = (
            select(gathered(samples.c.criterion))
            .where(samples.c.run_key == observations.c.run_key, samples.c.event_key == observations.c.event_key)
            .scalar_subquery()
        )
        stands = (cases if self._reading.position is None else revisions).c.status
        read = {**READ, "groups": kept, "status": stands}
        return self._selected(
            observations.c.run_key,
            events.c.key,
            cases.c.key.label("case_key"),
            self._blinded.label("blinded"),
            *(column.label(name) for name, column in read.items() if name in needed_for(names)),
        ).order_by(observations.c.run_key, observations.c.event_key)

    def count(self) -> Select[Any]:
        """Return the select of how many there are, and how many of them are blinded."""
        return self._selected(func.count(), func.count().filter(self._blinded))

    def those(self, condition: ColumnElement[bool]) -> Select[Any]:
        """Return the select of those for which a condition holds besides."""
        return self._selected(events.c.key).where(condition)

    def _selected(self, *columns: ColumnElement[Any]) -> Select[Any]:
        reading = self._reading
        statement = (
            select(*columns)
            .select_from(observations)
            .join(run_windows, same_window(observations))
            .join(runs, runs.c.key == observations.c.run_key)
            .join(protocols, protocols.c.key == runs.c.protocol_key)
            .join(events, events.c.key == observations.c.event_key)
            .outerjoin(event_contents, event_contents.c.event_key == observations.c.event_key)
            .outerjoin(cases, cases.c.event_key == observations.c.event_key)
        )
        if reading.position is not None:
            statement = statement.outerjoin(revisions, and_(*in_force_at(reading.position)))
        seen = (visible_to(reading.scope, runs), visible_to(reading.scope, events))
        # Of inclusion probability 0 is what was not sampled, only read again because it is in the catalog.
        sampled = (in_force(reading.position), observations.c.inclusion_probability > 0)
        return statement.where(*sampled, *seen, or_(cases.c.key.is_(None), visible_to(reading.scope)), self._where, self._stretch)


def _kept_in(term: Any) -> ColumnElement[bool]:
    """Return a comparison with the groups that a run kept the event in."""
    own = and_(KEPT.c.run_key == observations.c.run_key, KEPT.c.event_key == observations.c.event_key)
    found: ColumnElement[bool] = select(KEPT.c.criterion).where(own, column(KEPT.c.criterion)(term)).exists()
    return found


def _unless(compare: Compare, hidden: ColumnElement[bool] | None) -> Compare:
    return compare if hidden is None else lambda term: and_(compare(term), not_(hidden))
