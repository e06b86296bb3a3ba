"""The shelf of protocol versions."""

from __future__ import annotations

from sqlalchemy import ColumnElement, insert, select, true, update

from remiss.curate.guidelines import named, read
from remiss.edges.stores.dialect.writing import lock_name
from remiss.edges.stores.in_force import holds
from remiss.edges.stores.people import register_team
from remiss.edges.stores.protocol_rows import stored, words_cell
from remiss.edges.stores.reading import Reader, Reading
from remiss.edges.stores.tables import former_protocol_texts, people, protocols
from remiss.edges.stores.visible import visible_to
from remiss.errors import Conflict, Location
from remiss.protocol.ports import StoredProtocol
from remiss.protocol.terms import Protocol


def _same_owners(known: StoredProtocol, document: Protocol) -> bool:
    """Return whether a text leaves a version to its owners: what it captured they never judge, whoever writes it anew."""
    # Of which team's cases they judge none is said beside their names.
    return all((each.team, {*each.owners}) == (document.team, {*document.owners}) for each in read((known,)))


class ProtocolStore:
    """Protocol versions in the catalog, as far as a scope may see them: fulfils `protocol.ports.Protocols`."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._store = reader.store
        self._visible = visible_to(reader.scope, protocols)

    def find(self, name: str, version: int | None = None) -> StoredProtocol | None:
        """Return that version, or the newest; None when there is none."""
        return self._find(name, version, self._visible)

    def _find(self, name: str, version: int | None, visible: ColumnElement[bool]) -> StoredProtocol | None:
        found = select(protocols).where(protocols.c.name == name, visible).order_by(protocols.c.version.desc()).limit(1)
        if version is not None:
            found = found.where(protocols.c.version == version)
        with self._reader.at() as reading:
            row = reading.connection.execute(found).first()
        return None if row is None else stored(row)

    def teams(self, name: str) -> frozenset[str]:
        """Return the teams whose versions there are of a protocol, seen or not."""
        found = select(protocols.c.team_id).where(protocols.c.name == name).distinct()
        with self._reader.at() as reading:
            return frozenset(reading.connection.execute(found).scalars())

    def binding(self) -> tuple[StoredProtocol, ...]:
        """Return all versions, whether or not the actor sees them: by these everybody is held, and none of them is shown."""
        with self._reader.at() as reading:
            return reading.once("protocols", lambda: _all(reading, true()))

    def versions(self, name: str | None = None) -> tuple[StoredProtocol, ...]:
        """Return all versions, newest first within a name."""
        with self._reader.at() as reading:
            every = reading.once(("protocols", reading.scope), lambda: _all(reading, self._visible))
            return every if name is None else tuple(each for each in every if each.name == name)

    def modes(self) -> frozenset[str]:
        """Return the failure modes of all taxonomies that the versions name."""
        return frozenset(mode for each in read(self.versions()) for mode in each.taxonomy.modes)

    def save(self, document: Protocol) -> None:
        """Keep a new version; of one that is there with the same digest, the newest text, for what it means is the same.

        Raises
        ------
        Conflict : the same name and version with another digest
        """
        transaction = self._store.transaction
        # Two that save the same new version at once: the second waits here and then finds it there.
        lock_name(transaction.connection, f"protocol {document.name}")
        known = self._find(document.name, document.version, true())
        if known is None:
            row = {
                "name": document.name,
                "version": document.version,
                "digest": document.digest,
                "text": document.text,
                "team_id": document.team,
                "created_at": transaction.at,
                "position": 0,
                "words": words_cell(document),
            }
            connection = transaction.connection
            register_team(transaction, document.team)
            key = connection.execute(insert(protocols).returning(protocols.c.key), row).scalar_one()
            transaction.stamp(lambda position: self._stamp(key, position))
            transaction.changed(f"{document.name}@{document.version}", None, document.text)
        elif known.digest != document.digest:
            raise Conflict(
                f"protocol {document.name} version {document.version} is already in the catalog and means something else",
                where=Location(document.path, document.lines.get("version")),
                do="raise `version`, so that figures of the two are never mixed",
            )
        elif known.text != document.text and _same_owners(known, document):
            self._reword(known, document)
        transaction.subjects.append(f"{document.name}@{document.version}")
        if known is None:
            transaction.subjects.extend(self._owning(document))

    def text_at(self, name: str, version: int, position: int) -> str | None:
        """Return the text that a version had at a position; None where it is the one that it has now."""
        former = (
            select(former_protocol_texts.c.text)
            .join(protocols, protocols.c.key == former_protocol_texts.c.protocol_key)
            .where(protocols.c.name == name, protocols.c.version == version, self._visible)
            .where(former_protocol_texts.c.position_to > position)
            .order_by(former_protocol_texts.c.position_to)
            .limit(1)
        )
        with self._reader.at() as reading:
            return reading.connection.execute(former).scalar()

    def _reword(self, known: StoredProtocol, document: Protocol) -> None:
        """Keep the newest text of a version, and what it was before."""
        transaction = self._store.transaction
        its = (protocols.c.name == known.name) & (protocols.c.version == known.version)
        key = transaction.connection.execute(select(protocols.c.key).where(its)).scalar_one()
        transaction.changed(f"{known.name}@{known.version}", known.text, document.text)
        rewritten = update(protocols).where(protocols.c.key == key)
        transaction.connection.execute(rewritten.values(text=document.text, words=words_cell(document)))

        def stamp(position: int) -> None:
            before = {"protocol_key": key, "position_to": position, "text": known.text}
            transaction.connection.execute(insert(former_protocol_texts), before)
            transaction.connection.execute(rewritten.values(text_position=position))

        transaction.stamp(stamp)

    def _owning(self, document: Protocol) -> list[str]:
        """Return the people of the catalog whom a document names as owners: it bars them from judging cases of its model."""
        owners = {named(each) for each in document.owners}
        there = select(people.c.name).where(holds(people, None)).order_by(people.c.name)
        return [name for name in self._store.transaction.connection.execute(there).scalars() if named(name) in owners]

    def _stamp(self, key: int, position: int) -> None:
        stamped = update(protocols).where(protocols.c.key == key).values(position=position)
        self._store.transaction.connection.execute(stamped)


def _all(reading: Reading, condition: ColumnElement[bool]) -> tuple[StoredProtocol, ...]:
    found = select(protocols).where(condition).order_by(protocols.c.name, protocols.c.version.desc())
    return tuple(stored(row) for row in reading.connection.execute(found))
