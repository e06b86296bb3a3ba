"""The workspace: the one place that chooses which edge stands behind which port, and the one way in for actions.

An action that is called with a `Workspace` is authorised, prepared outside the transaction, run inside it, written into the
journal and committed. Edges are loaded when first used. `opening.py` finds the catalog.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from remiss.action import Action
from remiss.errors import Denied
from remiss.govern.authority import LocalOwner
from remiss.govern.ports import Actor, Authority, Keys, Recogniser, Vault
from remiss.records.identity import canonical
from remiss.settings import Settings

if TYPE_CHECKING:
    from remiss.capture.ports import CaptureWorkspace, Progress, Runs
    from remiss.catalog.ports import Cases, CatalogWorkspace
    from remiss.edges.stores.case_ways import Remembered
    from remiss.edges.stores.connecting import Store
    from remiss.govern.ports import GovernWorkspace, Health
    from remiss.protocol.ports import Documents, Engine, Protocols, ProtocolWorkspace, ShelfWorkspace
    from remiss.records.catalog import CatalogFacts
    from remiss.understand.ports import Evidence, UnderstandWorkspace


class Bench:
    """What can be done without a catalog: check a protocol, describe a source."""

    def __init__(self, *, settings: Settings, actor: Actor) -> None:
        self.settings = settings
        self.actor = actor
        self.authority: Authority = LocalOwner()
        self.progress: Progress = _quietly

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of everything that was opened."""

    @contextmanager
    def reporting(self, progress: Progress) -> Iterator[None]:
        """Have long work in this block tell how far it has come: the stage, and the share that is done."""
        before, self.progress = self.progress, progress
        try:
            yield
        finally:
            self.progress = before

    @property
    def now(self) -> datetime:
        """The time of the action under way."""
        return datetime.now(UTC)

    @cached_property
    def documents(self) -> Documents:
        """Where protocol documents are read from."""
        from remiss.edges.documents import FileDocuments

        return FileDocuments()

    @cached_property
    def engine(self) -> Engine:
        """What reads logs."""
        from remiss.edges.engines.duckdb import DuckDB

        return DuckDB(self.settings)

    @property
    def health(self) -> Health:
        """How this machine is."""
        from remiss.edges.health import MachineHealth

        return MachineHealth(self.settings)

    def perform(self, action: Action, arguments: Mapping[str, Any]) -> Any:
        """Authorise and run an action that reads; there is nothing here that it could write to."""
        self._authorise(action)
        with _prepared(self, action, arguments) as prepared:
            return action.run(self, **arguments, **prepared)

    def _authorise(self, action: Action) -> None:
        if not self.authority.may(self.actor, action.permission):
            raise Denied(
                f"{self.actor.name} may not do {action.name}: it needs {action.permission}", do="ask whoever runs the catalog"
            )


def _quietly(stage: str, done: float) -> None:
    """Tell nobody."""


class Workspace(Bench):
    """An open catalog, the ports that actions take, and who acts.

    `created` says whether opening it made the catalog.
    """

    def __init__(self, *, store: Store, settings: Settings, actor: Actor) -> None:
        super().__init__(settings=settings, actor=actor)
        self._store = store
        self.address = store.where
        self.file = store.file
        self.created = store.created
        self.request_id: str | None = None
        # A folder that is set may serve other catalogs too; one that is named after this one's new file cannot.
        fresh = [each for each in ("keys", "vault") if store.created and store.file and not getattr(settings, each)]
        self._made = tuple(path for path in (settings.folder(each, store.file) for each in fresh) if not path.exists())

    def serving(self, request_id: str, posted: Mapping[str, str] | None = None) -> Workspace:
        """Return a workspace for one call from afar, on the same open catalog.

        Parameters
        ----------
        request_id : what the journal knows the call by
        posted : documents that came along; their sources are read in the folder of the setting `sources` and nowhere else
        """
        ws = Workspace(store=self._store, settings=self.settings, actor=self.actor)
        ws.request_id = request_id
        ws._ways = self._ways
        if posted is not None:
            from remiss.edges.documents import PostedDocuments
            from remiss.edges.engines.duckdb import DuckDB

            sources = Path(self.settings.sources or ".").absolute()
            ws.documents = PostedDocuments(posted, sources)
            ws.engine = DuckDB(self.settings, within=sources)
        return ws

    def abandon(self) -> bool:
        """Remove the catalog again if opening it made it and nothing was done with it, with its key and vault.

        Returns
        -------
        Whether it is gone. A database of a server stays, and so do folders that were named by a setting.
        """
        if not self._store.take_away():
            return False
        for folder in self._made:
            shutil.rmtree(folder, ignore_errors=True)
        return True

    def close(self) -> None:
        """Let go of the catalog."""
        self._store.close()

    @property
    def now(self) -> datetime:
        """The time of the action under way: the one that its row of the journal has."""
        return self._store.transaction.at if self._store.writes else datetime.now(UTC)

    @cached_property
    def protocols(self) -> Protocols:
        """The shelf of protocol versions."""
        from remiss.edges.stores.protocols import ProtocolShelf

        return ProtocolShelf(self._store)

    @cached_property
    def runs(self) -> Runs:
        """Runs in the catalog."""
        from remiss.edges.stores.runs import RunStore

        return RunStore(self._store)

    @cached_property
    def cases(self) -> Cases:
        """Cases in the catalog, as far as the actor may see them."""
        from remiss.edges.stores.cases import CaseStore

        return CaseStore(self._store, self.authority.scope(self.actor), self._ways)

    @cached_property
    def _ways(self) -> Remembered:
        """How questions about cases were answered lately; one for all calls from afar."""
        from remiss.edges.stores.case_ways import Remembered

        return Remembered()

    @cached_property
    def evidence(self) -> Evidence:
        """Sampling facts in the catalog."""
        from remiss.edges.stores.evidence import EvidenceStore

        return EvidenceStore(self._store)

    @cached_property
    def keys(self) -> Keys:
        """The catalog's secret key; made as long as nothing was done with the catalog, and so nothing made under a key."""
        from remiss.edges.keys import FolderKeys

        return FolderKeys(self.settings.folder("keys", self._store.file), create=not self._acted())

    @cached_property
    def vault(self) -> Vault:
        """Where raw evidence lies."""
        from remiss.edges.vaults.folder import FolderVault

        return FolderVault(self.settings.folder("vault", self._store.file), self.keys.secret("vault"))

    @cached_property
    def recogniser(self) -> Recogniser:
        """The model that knows names of people and places; loaded once a process."""
        from remiss.edges.recognisers.presidio import recogniser

        return recogniser()

    def _acted(self) -> bool:
        from remiss.edges.stores.journal import acted

        with self._store.reading() as connection:
            return acted(connection)

    def position(self) -> int:
        """Return the catalog's position."""
        from remiss.edges.stores.journal import head

        with self._store.reading() as connection:
            return head(connection)

    def moment(self, position: int) -> datetime:
        """Return when the catalog came to a position."""
        from remiss.edges.stores.journal import moment

        with self._store.reading() as connection:
            return moment(connection, position)

    def facts(self, position: int | None = None) -> CatalogFacts:
        """Return what the catalog is and how much it holds, or held at a position."""
        from remiss.edges.stores.facts import facts

        return facts(self._store, position)

    @property
    def health(self) -> Health:
        """How this machine and the catalog are."""
        from remiss.edges.health import MachineHealth, Opened

        opened = Opened(
            file=self._store.file, facts=self.facts, keys=lambda: self.keys, vault=lambda: self.vault, acted=self._acted
        )
        return MachineHealth(self.settings, opened)

    def reading(self) -> AbstractContextManager[object]:
        """Return a block in which everything is read from one snapshot of the catalog."""
        return self._store.reading()

    def perform(self, action: Action, arguments: Mapping[str, Any]) -> Any:
        """Authorise, prepare, begin, run, append to the journal and commit; return what the action returned.

        An action that reads runs on one snapshot and leaves no row.

        Raises
        ------
        Denied : the actor lacks the permission; and whatever the action raises, after which nothing is left
        """
        self._authorise(action)
        with _prepared(self, action, arguments) as prepared:
            if action.reads:
                with self._store.reading() if action.snapshot else nullcontext():
                    return action.run(self, **arguments, **prepared)
            digest = hmac.new(self.keys.secret("journal"), canonical(_plain(arguments)), hashlib.sha256).hexdigest()
            with self._store.writing(self.actor, action.name, self.now, self.request_id) as transaction:
                transaction.digests["arguments"] = digest
                if action.subject is not None and arguments.get(action.subject) is not None:
                    transaction.subjects.append(str(arguments[action.subject]))
                return action.run(self, **arguments, **prepared)


@contextmanager
def _prepared(ws: Bench, action: Action, arguments: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Give what an action prepares as a keyword argument, in the block that its preparing gives."""
    if action.prepare is None:
        yield {}
        return
    with action.prepare(ws, **arguments) as prepared:
        yield {"prepared": prepared}


def _plain(value: object) -> object:
    """Return arguments as what canonical JSON can hold; what has no such form is named by its type."""
    if is_dataclass(value) and not isinstance(value, type):
        return _plain({field.name: getattr(value, field.name) for field in fields(value)})
    match value:
        case None | bool() | int() | float():
            return value
        case str():
            # What no JSON can hold is for the action to refuse, which comes later.
            return value.encode("utf-8", "backslashreplace").decode()
        case datetime():
            return value if value.tzinfo is not None else value.isoformat()
        case Mapping():
            return {str(_plain(str(key))): _plain(item) for key, item in value.items()}
        case list() | tuple():
            return [_plain(item) for item in value]
        case os.PathLike():
            return os.fspath(value)
        case _:
            return f"<{type(value).__name__}>"


if TYPE_CHECKING:

    def _satisfies_capture(ws: Workspace) -> CaptureWorkspace:
        return ws

    def _satisfies_catalog(ws: Workspace) -> CatalogWorkspace:
        return ws

    def _satisfies_govern(ws: Workspace | Bench) -> GovernWorkspace:
        return ws

    def _satisfies_protocol(ws: Workspace | Bench) -> ProtocolWorkspace:
        return ws

    def _satisfies_shelf(ws: Workspace) -> ShelfWorkspace:
        return ws

    def _satisfies_understand(ws: Workspace) -> UnderstandWorkspace:
        return ws
