"""Rows of protocols as records, and what holds by them no matter who may see those: who owns which model, and so who settles
disputes; and what people call an event.

Who owns a model now may be changed by the next version. Who owned it when a case was captured stays an owner for that case: by
this alone somebody is told what a verifier is not, for else they could be told, be freed, and verify.

A title is made when it is read, of what the catalog has of the event, so that nothing outlives the event's content: what is
erased or redacted anew is so in its title. By which protocol it is made depends on source, model and team alone. Were it the
protocol that caught the event, its words would tell people who label what caught it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, MutableMapping
from dataclasses import asdict, dataclass
from threading import Lock
from typing import Any, TypeAlias, TypeVar
from weakref import WeakKeyDictionary

from sqlalchemy import ColumnElement, Connection, Engine, Row, Text, cast, exists, func, literal, select

from remiss.curate.guidelines import Owners, named, owners_of, owns, read
from remiss.edges.stores.dialect.conditions import among_listed
from remiss.edges.stores.dialect.types import to_json
from remiss.edges.stores.in_force import same_window
from remiss.edges.stores.reading import Reading
from remiss.edges.stores.tables import observations, protocols, run_windows, runs
from remiss.protocol.ports import StoredProtocol
from remiss.protocol.terms import Protocol
from remiss.protocol.titles import Template, names_of, parse_template, title_of, values_of
from remiss.records.event import Event, FieldLabel

Place = tuple[str, str, str]
# The key of the last protocol, and the position of the last text that was written otherwise.
State = tuple[int | None, int | None]
T = TypeVar("T")
# What was read at a position of the catalog, where the protocols stood so.
Known: TypeAlias = tuple[int, State, T]


def stored(row: Row[Any]) -> StoredProtocol:
    """Return a row of `protocols` as a record."""
    return StoredProtocol(
        name=row.name,
        version=row.version,
        digest=row.digest,
        text=row.text,
        team=row.team_id,
        at=row.created_at,
        position=row.position,
    )


@dataclass(frozen=True, slots=True)
class Ownerships:
    """Who owns which team's model now, and by which versions of protocols somebody is, or was, an owner: by their keys."""

    now: Mapping[tuple[str, str], Owners]
    versions: Mapping[str, frozenset[int]]


# By the open database: who owns which model and what events are called, as read of the protocols up to a key and a position.
_KNOWN: WeakKeyDictionary[Engine, Known[Ownerships]] = WeakKeyDictionary()
_CALLED: WeakKeyDictionary[Engine, Known[Mapping[Place, Words]]] = WeakKeyDictionary()
_LOCK = Lock()


def ownerships(reading: Reading) -> Ownerships:
    """Return who owns each model, and by which versions, as names are compared."""
    return reading.once("owners", lambda: _kept(reading, _KNOWN, _ownerships))


def own_versions(reading: Reading) -> frozenset[int]:
    """Return the keys of the versions of protocols that name the viewer as an owner."""
    return ownerships(reading).versions.get(named(reading.viewer.name), frozenset())


def captured_by(versions: ColumnElement[str], event_key: ColumnElement[int], team: ColumnElement[str]) -> ColumnElement[bool]:
    """Return the condition that a run of one of some versions drew an event, for the team whose case it is.

    Parameters
    ----------
    versions : keys of versions, as a JSON list of texts
    """
    drawn = (
        select(observations.c.event_key)
        .join_from(observations, runs, runs.c.key == observations.c.run_key)
        .join(run_windows, same_window(observations))
        .where(observations.c.event_key == event_key, runs.c.team_id == team, run_windows.c.position_from.is_not(None))
        .where(among_listed(cast(runs.c.protocol_key, Text()), versions))
    )
    return exists(drawn)


def owned_when_captured(reading: Reading, team: str, event_key: int) -> bool:
    """Return whether an event of a team's case was captured while the viewer owned its model, which stays so."""
    versions = own_versions(reading)
    if not versions:
        return False

    def read() -> bool:
        asked = select(captured_by(literal(keys_listed(versions), Text()), literal(event_key), literal(team, Text())))
        return bool(reading.connection.execute(asked).scalar())

    return reading.once_for_viewer(("owned", event_key, team), read)


def keys_listed(versions: Collection[int]) -> str:
    """Return keys of versions as `captured_by` has them."""
    return to_json([str(each) for each in sorted(versions)])


def settles(reading: Reading, team: str, model: str, event_key: int | None = None) -> bool:
    """Return whether the viewer may settle disputes of a team's cases of a model: permitted, and no owner of it.

    Parameters
    ----------
    event_key : of one case; without it, as far as who owns the model now
    """
    if not reading.viewer.adjudicates(team) or owns(reading.viewer.name, ownerships(reading).now.get((team, model), {})):
        return False
    return event_key is None or not owned_when_captured(reading, team, event_key)


def _kept(
    reading: Reading, known: MutableMapping[Engine, Known[T]], read_of: Callable[[Connection], T], head: int | None = None
) -> T:
    """Return what is read of all protocols: known already where none came and none has another text, or read now.

    Parameters
    ----------
    head : the catalog's position, where it was read already; while that is the same nothing need be asked
    """
    connection = reading.connection
    at = reading.head if head is None and reading.memo.keeps else head
    with _LOCK:
        found = known.get(connection.engine)
    if found is not None and at is not None and found[0] == at:
        return found[2]
    last = select(func.max(protocols.c.key), func.max(protocols.c.text_position))
    state: State = reading.once("protocols kept", lambda: tuple(connection.execute(last).one()))
    now = found[2] if found is not None and found[1] == state else read_of(connection)
    # What a transaction that writes has read may never be.
    if at is not None:
        with _LOCK:
            known[connection.engine] = (at, state, now)
    return now


def _ownerships(connection: Connection) -> Ownerships:
    kept = [(row.key, document) for row in connection.execute(select(protocols)) for document in read([stored(row)])]
    documents = [document for _, document in kept]
    versions: dict[str, frozenset[int]] = {}
    for key, document in kept:
        versions |= {owner: versions.get(owner, frozenset()) | {key} for owner in map(named, document.owners)}
    places = {(each.team, each.model) for each in documents}
    return Ownerships({place: owners_of(*place, documents) for place in places}, versions)


@dataclass(frozen=True, slots=True)
class Words:
    """How events of a source, model and team are shown: by the first of the templates that finds all values, and which labels."""

    templates: tuple[Template, ...]
    show: Mapping[str, FieldLabel]


NO_WORDS = Words((), {})


def words_cell(document: Protocol) -> Mapping[str, Any] | None:
    """Return what `protocols.words` holds of a document; nothing where it has no words of its own."""
    if document.title is None and not document.show:
        return None
    show = {name: asdict(of) for name, of in document.show.items()}
    return {"source": document.source.name, "model": document.model, "title": document.title, "show": show}


def words_of(reading: Reading, head: int | None = None) -> Mapping[Place, Words]:
    """Return the words of the newest version of each protocol, by source, model and team; the latest filed first.

    Parameters
    ----------
    head : the catalog's position, where it was read already
    """
    return reading.once("words", lambda: _kept(reading, _CALLED, _words_of, head))


def _words_of(connection: Connection) -> Mapping[Place, Words]:
    columns = ("name", "version", "team_id", "words", "position", "text_position")
    found = select(*(protocols.c[name] for name in columns)).order_by(protocols.c.version.desc())
    newest: dict[str, Row[Any]] = {}
    for row in connection.execute(found):
        newest.setdefault(row.name, row)
    by_place: dict[Place, Words] = {}
    for row in sorted(newest.values(), key=lambda row: row.text_position or row.position, reverse=True):
        if row.words is None:
            continue
        place = (row.words["source"], row.words["model"], row.team_id)
        known, title = by_place.get(place, NO_WORDS), row.words["title"]
        templates = () if title is None else (parse_template(title),)
        show = {name: FieldLabel(**of) for name, of in row.words["show"].items()}
        by_place[place] = Words((*known.templates, *templates), {**show, **known.show})
    return by_place


def called(words: Words, event: Event) -> str | None:
    """Return what people call an event: by the template that finds most of its values; None where none finds any."""
    if not words.templates:
        return None
    value, least = values_of(event), words.templates[0]
    if len(words.templates) > 1:
        least = min(words.templates, key=lambda each: sum(value(name) is None for name in names_of(each)))
    return title_of(least, value)
