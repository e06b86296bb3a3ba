"""Sealing the logs of a catalog: under which key, and where each log ends.

Before anything is appended, the head is held against its seal: otherwise what somebody altered would be sealed over.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from remiss.edges.stores.tables import audit_heads
from remiss.errors import StorageError, Tampered
from remiss.govern.audit.log import JOURNAL, VIEWS, Head, secret_of
from remiss.govern.audit.merkle import Frontier
from remiss.govern.ports.vault import Keys

# Given whether the key may be made, which it may be while nothing was done with the catalog.
Finder = Callable[[bool], Keys]
NAMES = {JOURNAL: "the journal", VIEWS: "the log of views"}
ADVICE = "run `remiss audit verify` to learn which entry; then bring back the database as it was last saved"


class Sealing:
    """The keys of one open catalog, found when they are first needed; without a finder nothing can be sealed."""

    def __init__(self, finder: Finder | None = None) -> None:
        self._finder = finder
        # The name of the catalog's key, once it is written in the catalog.
        self.needed: str | None = None
        self._keys: Keys | None = None
        self._secrets: dict[tuple[str, str], bytes] = {}
        self._marked: set[str] = set()
        # How many entries each log had when this process left it.
        self._reached: dict[str, int] = {}

    @property
    def possible(self) -> bool:
        return self._finder is not None

    def keys(self, may_be_made: Callable[[], bool] = lambda: False) -> Keys:
        """Return the keys; those of a catalog with which nothing was done yet may be made.

        Raises
        ------
        StorageError : they are not where they belong, or those of another catalog are there
        """
        if self._keys is None:
            if self._finder is None:
                raise RuntimeError("a catalog that was opened without keys is written to as if it had some")
            found = self._finder(may_be_made())
            if self.needed not in {None, name_of(found)}:
                raise StorageError(
                    f"this catalog needs the key {self.needed}, and the key that is there is {name_of(found)}",
                    do="name the folder that has its catalog.key in REMISS_KEYS; nothing was written or verified with the other",
                )
            self._keys = found
        return self._keys

    def secret(self, catalog: str, log: str) -> bytes:
        """Return what that log of a catalog is sealed with, and none of another catalog that has the same key.

        A log that was sealed before that was so goes on as it was begun.
        """
        found = self._secrets.get((catalog, log))
        if found is None:
            # How a log was begun never changes; to ask each time would be to look at the disk each time.
            found = self.keys().secret(secret_of(log, None if self._begun_before(catalog, log) else catalog))
            self._secrets[catalog, log] = found
        return found

    def known(self, catalog: str, log: str) -> bool:
        """Return whether that log of a catalog is known to have been sealed: said where the key is, not in the database."""
        return self.keys().marked(_mark(catalog, log)) or self._begun_before(catalog, log)

    def went_on(self, catalog: str, log: str, size: int) -> None:
        """Remember beside the key that the log is sealed, and here how many entries it has by now.

        Not only when it begins: the process that began it may have been killed before this. What was appended is on the disk by
        now: where the folder of keys takes nothing, that is no reason to say it failed, and the next one who appends tries again.
        """
        if log not in self._marked:
            with suppress(StorageError):
                if not self.known(catalog, log):
                    self.keys().mark(_mark(catalog, log))
                self._marked.add(log)
        self._reached[log] = max(size, self._reached.get(log, 0))
        if log == JOURNAL and self.needed is None:
            self.needed = name_of(self.keys())

    def check_later(self, catalog: str, log: str, size: int) -> None:
        """Refuse to go on where a log has fewer entries than this process left in it, and it is not known that it was lost.

        Raises
        ------
        Tampered
        """
        reached = self._reached.get(log, 0)
        if size < reached and not self.lost(catalog, log):
            raise Tampered(
                f"{NAMES[log]} has {size:,} entries and had {reached:,} before: an earlier state of the database was put back",
                do="find out who did that, and why; programs that are started anew go on from there",
            )

    def _begun_before(self, catalog: str, log: str) -> bool:
        return self.keys().marked(f"sealed-{log}-{catalog}")

    def lost(self, catalog: str, log: str) -> bool:
        """Return whether the log had to be begun again, because what was there before is gone."""
        return self.keys().marked(f"begun-again-{log}-{catalog}")

    def began_again(self, catalog: str, log: str) -> None:
        """Remember beside the key that the log was begun again."""
        self.keys().mark(f"begun-again-{log}-{catalog}")


def name_of(keys: Keys) -> str:
    """Return the name of a catalog's key, 16 hex digits: it tells keys apart and nothing of what they are."""
    return keys.secret("name")[:8].hex()


def _mark(catalog: str, log: str) -> str:
    """Return the name of the file beside the key that says that a log is sealed with a secret of its catalog."""
    return f"sealed-{log}-of-{catalog}"


def read_head(connection: Connection, log: str, *, locked: bool = False) -> Head | None:
    """Return where a log ends, as it is kept; `locked` until the transaction ends.

    Raises
    ------
    Tampered : what is kept is no head at all
    """
    found = select(audit_heads).where(audit_heads.c.log == log)
    row = connection.execute(found.with_for_update() if locked else found).first()
    return None if row is None else _head(row)


def _head(row: Row[tuple[object, ...]]) -> Head:
    try:
        return Head(frontier=Frontier.from_bytes(row.size, bytes(row.roots)), link=bytes(row.link), seal=bytes(row.seal))
    except (ValueError, TypeError) as error:
        raise Tampered(f"what is kept of the end of {NAMES[row.log]} was altered", do=ADVICE) from error


def checked(head: Head, log: str, size: int, secret: bytes) -> Head:
    """Return a head under which a log may go on.

    Raises
    ------
    Tampered : its seal does not hold, or the log has another length
    """
    if head.size != size or not head.holds(secret):
        raise Tampered(
            f"{NAMES[log]} does not end where it was sealed: it was altered, or the key is another, and nothing is written",
            do=ADVICE,
        )
    return head


def head_row(log: str, head: Head) -> dict[str, Any]:
    """Return the row that says where a log ends."""
    return {"log": log, "size": head.size, "roots": head.frontier.to_bytes(), "link": head.link, "seal": head.seal}


def write_head(connection: Connection, log: str, head: Head, *, first: bool) -> None:
    """Keep where a log ends now."""
    row = head_row(log, head)
    connection.execute(insert(audit_heads) if first else update(audit_heads).where(audit_heads.c.log == log), row)
