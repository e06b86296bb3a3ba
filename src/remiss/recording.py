"""Recording what is shown, before anybody has it: action by action, or once for all that one reading shows."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from remiss import adapters
from remiss.errors import Denied
from remiss.govern.audit.views import Seen, entered
from remiss.records.view_entry import ViewKind
from remiss.wiring_safeguards import SafeguardWiring

if TYPE_CHECKING:
    from remiss.action import Action
    from remiss.edges.stores.store import Store
    from remiss.govern.ports.actor import Actor
    from remiss.records.view_entry import ViewEntry
    from remiss.settings import Settings


class Gathering(threading.local):
    """What a block has shown so far whose answer is held back until it ends; None without such a block. Of each thread."""

    seen: list[Seen] | None = None


class Recording(SafeguardWiring):
    """An open catalog whose log of views has what is shown of it."""

    def __init__(self, *, store: Store, settings: Settings, actor: Actor) -> None:
        super().__init__(store=store, settings=settings, actor=actor)
        self._gathering = Gathering()

    @contextmanager
    def reading(self, *, held: bool = False) -> Iterator[None]:
        """Have everything in this block read from one snapshot of the catalog, which begins with the first thing that is read.

        An action that writes ends the snapshot; what is read after it is read from another.

        Parameters
        ----------
        held : whether nothing of what is shown leaves before the block ends, as of a page: then it is recorded once, by one entry
            that names all of it. Else each action records what it shows before it answers

        Raises
        ------
        StorageError, Tampered : it cannot be recorded, and so must not be shown
        """
        if not held or self._gathering.seen is not None:
            with self._store.sharing():
                yield
            return
        gathered: list[Seen] = []
        self._gathering.seen = gathered
        try:
            with self._store.sharing():
                yield
        finally:
            # Also what was seen before something went wrong: a person who is told of that may have been told of it.
            self._gathering.seen = None
            self._record(gathered)

    def let_go(self) -> None:
        """Hold no snapshot from here on, since something is waited for; what the block reads afterwards is of another."""
        self._store.let_go()

    def record_view(self, action: Action, arguments: Mapping[str, Any], result: Any) -> None:
        """Record what the answer of an action shows, before anybody has it; for an answer that is shown again, too.

        Raises
        ------
        StorageError, Tampered : it cannot be recorded, and so must not be shown
        """
        self.record_views(() if action.views is None else action.views(self, arguments, result), action.name)

    def record_views(self, looks: Sequence[ViewEntry], action: str) -> None:
        """Record that the actor looked at something, by an action: now, or with all that the block shows whose answer is held.

        Raises
        ------
        Denied : raw evidence, and it was another site that had it opened
        StorageError, Tampered : as `record_view`
        """
        seen = [Seen(action, view) for view in looks]
        gathered = self._gathering.seen
        raw = any(view.kind is ViewKind.EVIDENCE for view in looks)
        if raw and self.came_from is not None:
            raise Denied("a link of another site opens no raw evidence", do="open it by its button on the page of the case")
        # Raw evidence nobody has before it is on the disk that they do.
        if gathered is None or raw:
            self._record(seen)
        else:
            gathered.extend(seen)

    def _record(self, seen: Sequence[Seen]) -> None:
        if seen:
            entries = entered(seen, self.actor.team)
            secret = self.keys.secret(adapters.DIGESTS)
            self._store.views.record(entries, self.actor, datetime.now(UTC), self.request_id, secret, self.came_from)
