"""People in the catalog: who there are, what they were granted, and the tokens that stand for them.

Rows of people as records: who they are, what they were granted and the tokens that stand for them, as of a position.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, insert, select, update

from remiss.edges.stores.dialect.writing import insert_missing, lock_name
from remiss.edges.stores.in_force import come_by, holds
from remiss.edges.stores.logs.journal import UNSTAMPED, Transaction, moment
from remiss.edges.stores.reading import Reader, Reading
from remiss.edges.stores.tables import grants, journal, people, teams, tokens
from remiss.errors import Conflict, NotFound
from remiss.govern.authority import OPERATOR
from remiss.govern.roles import lacking
from remiss.govern.tokens import admits, digest, keeps_open, opens, split_token, written
from remiss.records.case import Sensitivity
from remiss.records.identity import crockford
from remiss.records.person import Grant, IssuedToken, Person, Team, Token


def person_at(reading: Reading, name: str) -> Person | None:
    """Return a person with what they hold; None when they are not there."""
    position = reading.position
    row = reading.connection.execute(select(people).where(people.c.name == name, holds(people, position))).first()
    if row is None:
        return None
    held = reading.connection.execute(grants_at(position).where(grants.c.person == name))
    return person_of(row, [grant_of(each) for each in held], position)


def grants_at(position: int | None) -> Any:
    """Return the select of all grants that hold at a position, by team and role."""
    return select(grants).where(holds(grants, position)).order_by(grants.c.team, grants.c.role)


def grant_of(row: Row[Any]) -> Grant:
    """Return a row of `grants` as a record."""
    return Grant(role=row.role, team=row.team, clearance=Sensitivity(row.clearance))


def person_of(row: Row[Any], held: Sequence[Grant], position: int | None) -> Person:
    """Return a row of `people` as a record, as it stood at a position."""
    position_to = _until(row, position)
    given = tuple(held) if position_to is None else ()
    return Person(name=row.name, about=row.about, grants=given, position_from=row.position_from, position_to=position_to)


def token_of(row: Row[Any], position: int | None) -> Token:
    """Return a row of `tokens` as a record, as it stood at a position."""
    return Token(
        id=row.id,
        person=row.person,
        about=row.about,
        expires=row.expires_at,
        position_from=row.position_from,
        position_to=_until(row, position),
        once=row.once,
        made_by=row.made_by,
        used=None if row.used is None or (position is not None and row.used > position) else row.used,
    )


def _tokens() -> Any:
    """Return the select of tokens, each with who made it."""
    made = tokens.outerjoin(journal, journal.c.position == tokens.c.position_from)
    return select(tokens, journal.c.actor.label("made_by")).select_from(made)


def _until(row: Row[Any], position: int | None) -> int | None:
    ended: int | None = row.position_to
    return None if ended is None or (position is not None and ended > position) else ended


ID_BITS = 60
SECRET_BYTES = 32
# Positions in one statement; both databases bind more.
AT_ONCE = 10_000


class PeopleStore:
    """People of an open catalog: fulfils `govern.ports.People`."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._store = reader.store

    def find(self, name: str, position: int | None = None) -> Person | None:
        """Return a person with what they hold; None when there is no person of that name, or they are disabled."""
        with self._reader.at(position) as reading:
            return person_at(reading, name)

    def person(self, name: str) -> Person:
        """Return a person who is there now; raises NotFound."""
        found = self.find(name)
        if found is None:
            raise NotFound(f"no active person is named {name!r}", do="look for them with: remiss person list", field="person")
        return found

    def everybody(self, position: int | None) -> tuple[Person, ...]:
        """Return everybody who ever was there, by name; of somebody who came back their latest time."""
        with self._reader.at(position) as reading:
            came = come_by(people, position, begins="position_from")
            every = select(people).where(came).order_by(people.c.name, people.c.position_from)
            latest = {row.name: row for row in reading.connection.execute(every)}
            held: dict[str, list[Grant]] = {}
            for row in reading.connection.execute(grants_at(position)):
                held.setdefault(row.person, []).append(grant_of(row))
            return tuple(person_of(row, held.get(row.name, ()), position) for row in latest.values())

    def moments(self, positions: Collection[int]) -> Mapping[int, datetime]:
        """Return when the catalog came to some positions; to 0 when it was made."""
        wanted = sorted(positions)
        those = select(journal.c.position, journal.c.recorded_at)
        with self._reader.at() as reading:
            connection = reading.connection
            parts = (wanted[at : at + AT_ONCE] for at in range(0, len(wanted), AT_ONCE))
            rows = (row for part in parts for row in connection.execute(those.where(journal.c.position.in_(part))))
            made = {0: moment(connection, 0)} if 0 in positions else {}
            return {**made, **{row.position: row.recorded_at for row in rows}}

    def add(self, name: str, about: str | None) -> Person:
        """Add a person without grants; raises Conflict when they are there."""
        transaction = self._locked()
        if self.find(name) is not None:
            raise Conflict(f"{name} is there already", do=f"grant a role: remiss person grant {name} ROLE", field="person")
        enrol(transaction, name, about=about)
        return self.person(name)

    def disable(self, name: str) -> Person:
        """End a person's time here, their grants and tokens; raises NotFound."""
        transaction = self._locked()
        found = self.person(name)
        position = transaction.position()
        for table, of in ((people, people.c.name), (grants, grants.c.person), (tokens, tokens.c.person)):
            ended = update(table).where(of == name, holds(table, None)).values(position_to=position)
            transaction.connection.execute(ended)
        return Person(name=found.name, about=found.about, position_from=found.position_from, position_to=position)

    def hold(self, name: str, given: Sequence[Grant]) -> Person:
        """Have a person hold these grants and no others; what they hold already is left as it is. Raises NotFound."""
        transaction = self._locked()
        before = self.person(name).grants
        position = transaction.position()
        for each in set(before) - set(given):
            of = and_(grants.c.person == name, grants.c.team == each.team, grants.c.role == each.role)
            ended = update(grants).where(of, holds(grants, None)).values(position_to=position)
            transaction.connection.execute(ended)
        _give(transaction, name, [each for each in given if each not in before])
        return self.person(name)

    def team(self, name: str) -> Team:
        """Return a team; raises NotFound."""
        for each in self.teams(None):
            if each.name == name:
                return each
        raise NotFound(f"there is no team {name!r}", do=f"add it first: remiss team add {name}", field="team")

    def teams(self, position: int | None) -> tuple[Team, ...]:
        """Return all teams, by name."""
        found = select(teams).where(come_by(teams, position)).order_by(teams.c.name)
        with self._reader.at(position) as reading:
            rows = reading.connection.execute(found)
            return tuple(Team(name=row.name, about=row.about, position_from=row.position) for row in rows)

    def add_team(self, name: str, about: str | None) -> Team:
        """Add a team; raises Conflict when it is there."""
        transaction = self._locked()
        if any(each.name == name for each in self.teams(None)):
            raise Conflict(f"there is a team {name} already", do="grant somebody a role in it", field="team")
        row = {"name": name, "about": about, "position": transaction.position()}
        transaction.connection.execute(insert(teams), row)
        return self.team(name)

    def tokens(self, position: int | None) -> tuple[Token, ...]:
        """Return all tokens that ever were, by person and age."""
        every = _tokens().where(come_by(tokens, position, begins="position_from"))
        with self._reader.at(position) as reading:
            rows = reading.connection.execute(every.order_by(tokens.c.person, tokens.c.position_from, tokens.c.id))
            return tuple(token_of(row, position) for row in rows)

    def issue(self, person: str, about: str | None, expires: datetime, *, once: bool = False) -> IssuedToken:
        """Make a token with a random secret, of which a digest is kept; one that works once is a link's."""
        transaction = self._locked()
        named, secret = crockford(secrets.randbits(ID_BITS), 12), secrets.token_urlsafe(SECRET_BYTES)
        row = {"id": named, "person": person, "about": about, "digest": digest(secret), "expires_at": expires, "once": once}
        transaction.subjects.append(named)
        transaction.connection.execute(insert(tokens), {**row, "position_from": transaction.position()})
        (made,) = (each for each in self.tokens(None) if each.id == named)
        return IssuedToken(token=replace(made, made_by=transaction.actor.name), text=written(named, secret))

    def revoke(self, token: str) -> Token:
        """End a token by its id; raises NotFound when there is none that works."""
        transaction = self._locked()
        working = and_(tokens.c.id == token, holds(tokens, None))
        row = transaction.connection.execute(select(tokens).where(working)).first()
        if row is None:
            raise NotFound(f"there is no token {token!r} that is not revoked", do="look for it with: remiss token list")
        transaction.subjects.append(str(row.person))
        transaction.connection.execute(update(tokens).where(working).values(position_to=transaction.position()))
        return next(each for each in self.tokens(None) if each.id == token)

    def known_by(self, text: str, now: datetime) -> tuple[Person, Token] | None:
        """Return whom a token stands for, if it is one that works."""
        return self._found(text, now, admits)

    def linked_by(self, text: str, now: datetime) -> tuple[Person, Token] | None:
        """Return whom a link would sign in, if it can still be used: by whoever made it, then and now, they are not outdone."""
        found = self._found(text, now, opens)
        return found if found is not None and self._vouched(*found) else None

    def _vouched(self, person: Person, token: Token) -> bool:
        """Return whether a person holds no more than who invited them did, and does now."""
        maker = select(journal.c.actor, journal.c.role).where(journal.c.position == token.position_from)
        with self._reader.at() as reading:
            made = reading.connection.execute(maker).first()
        if made is None or made.role == OPERATOR:
            return made is not None
        makers = [self.find(made.actor, position) for position in (token.position_from, None)]
        return all(each is not None and lacking(each, person) is None for each in makers)

    def use(self, text: str, now: datetime) -> tuple[Person, Token]:
        """Use a link up and return whom it signs in; raises NotFound when it does not work, or not any more."""
        transaction = self._locked()
        found = self.linked_by(text, now)
        if found is None:
            raise NotFound("this link does not work", do="ask for another one")
        person, token = found
        transaction.subjects.append(token.id)
        used = transaction.position()
        transaction.connection.execute(update(tokens).where(tokens.c.id == token.id).values(used=used))
        return person, replace(token, used=used)

    def _found(self, text: str, now: datetime, right: Callable[[Token, str, str, datetime], bool]) -> tuple[Person, Token] | None:
        parts = split_token(text)
        if parts is None:
            return None
        named, secret = parts
        with self._reader.at() as reading:
            row = reading.connection.execute(_tokens().where(tokens.c.id == named)).first()
            if row is None or not right(token_of(row, None), row.digest, secret, now):
                return None
            person = person_at(reading, row.person)
            return None if person is None else (person, token_of(row, None))

    def still(self, token: str, now: datetime) -> Person | None:
        """Return for whom a session goes on that a token opened, which is named by its id alone."""
        with self._reader.at() as reading:
            row = reading.connection.execute(_tokens().where(tokens.c.id == token)).first()
            return person_at(reading, row.person) if row is not None and keeps_open(token_of(row, None), now) else None

    def _locked(self) -> Transaction:
        """Return the transaction under way, once nobody else changes what people hold."""
        transaction = self._store.transaction
        lock_name(transaction.connection, "people")
        return transaction


def enrol(transaction: Transaction, name: str, *given: Grant, about: str | None = None) -> None:
    """Add a person who is not there, with some grants."""
    row = {"name": name, "about": about, "position_from": transaction.position()}
    transaction.connection.execute(insert(people), row)
    _give(transaction, name, given)


def register_team(transaction: Transaction, name: str) -> None:
    """Have a team that something was filed under; one that is there already is left as it is."""
    connection = transaction.connection
    if connection.execute(select(teams.c.name).where(teams.c.name == name)).first() is None:
        # A second writer who names the same new team waits here, and leaves it to the first.
        insert_missing(connection, teams, [{"name": name, "position": UNSTAMPED}], ["name"])
        mine = and_(teams.c.name == name, teams.c.position == UNSTAMPED)
        transaction.stamp(lambda position: _stamp(connection, mine, position))


def _stamp(connection: Connection, those: ColumnElement[bool], position: int) -> None:
    connection.execute(update(teams).where(those).values(position=position))


def _give(transaction: Transaction, name: str, given: Iterable[Grant]) -> None:
    position = transaction.position()
    for each in given:
        row = {"person": name, "team": each.team, "role": each.role, "clearance": int(each.clearance)}
        transaction.connection.execute(insert(grants), {**row, "position_from": position})
