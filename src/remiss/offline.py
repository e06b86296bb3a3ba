"""What can be done without a catalog, and how an action is authorised and prepared with or without one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

from remiss import adapters
from remiss.action import Action
from remiss.errors import Denied, RemissError
from remiss.govern.authority import LocalOwner
from remiss.govern.ports.actor import Actor, Authority, Scope
from remiss.govern.redaction.written import Gate, hide_files
from remiss.govern.roles import OF_THE_CATALOG, team_words
from remiss.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

    from remiss.edges.runners.registry import RunningModel
    from remiss.govern.ports.machine import Health, Progress
    from remiss.protocol.check_result import Checked, Findings
    from remiss.protocol.ports import Description, Documents, Engine
    from remiss.protocol.terms import Protocol
    from remiss.safeguard.ports import Models

ASK = "ask an admin of the catalog for a role that has it"


class Offline:
    """What can be done without a catalog: check a protocol, describe a source."""

    def __init__(self, *, settings: Settings, actor: Actor) -> None:
        self.settings = settings
        self.actor = actor
        self.authority: Authority = LocalOwner()
        self.progress: Progress = _silently
        # The file of the catalog, where it has one, and the request that this is for, where it came to a server.
        self.file: Path | None = None
        self.request_id: str | None = None
        # Models that go on running when an action is done with them, if they do.
        self.running_models: list[RunningModel] | None = None
        # The suite that was read last, by its digest.
        self.read_suites: dict[str, Any] = {}

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
        return adapters.FileDocuments()

    @cached_property
    def engine(self) -> Engine:
        """What reads logs."""
        return adapters.DuckDB(self.settings)

    @cached_property
    def models(self) -> Models:
        """Models that may be run; through a server registered ones only."""
        registered_only = self.request_id is not None
        return adapters.ModelRegistry(self.settings, self.file, registered_only=registered_only, running=self.running_models)

    def look(self, protocol: Protocol, source: Description, checked: Checked | None) -> Findings:
        """Return what a look at the log tells of a protocol; nothing to whom capturing is not allowed.

        `checked` is None where something is wrong with it.
        """
        from remiss.capture.look import look, texts

        return texts(self, protocol, source) if checked is None else look(self, checked)

    @property
    def health(self) -> Health:
        """How this machine is."""
        return adapters.MachineHealth(self.settings)

    @property
    def gate(self) -> Gate:
        """What marks values in names of files; without a catalog there is no secret for its marks."""
        return Gate(b"")

    def perform(self, action: Action, arguments: Mapping[str, Any]) -> Any:
        """Authorise and run an action that reads; there is nothing here that it could write to."""
        self._authorise(action)
        try:
            with prepared(self, action, arguments) as given:
                return action.run(self, **arguments, **given)
        except RemissError as error:
            hide_files(error, lambda: self.gate)
            raise

    @property
    def scope(self) -> Scope:
        """What the actor may see."""
        return self.authority.scope(self.actor)

    def may(self, permission: str, team: str | None) -> bool:
        """Return whether the actor holds a permission in a team; None is in any."""
        return self.authority.may(self.actor, permission, team)

    def allow(self, permission: str, team: str | None = None) -> None:
        """Go on only if the actor holds a permission in a team; without one, in any.

        Raises
        ------
        Denied
        """
        if not self.authority.may(self.actor, permission, team):
            where = "" if team is None else f" in {team_words(team)}"
            raise Denied(f"{self.actor.name} may not do this{where}: it needs {permission}", do=ASK)

    def _authorise(self, action: Action) -> None:
        if not self.authority.may(self.actor, action.permission):
            needs = f"{action.permission} in every team" if action.permission in OF_THE_CATALOG else action.permission
            raise Denied(f"{self.actor.name} may not do {action.name}: it needs {needs}", do=ASK)


def _silently(stage: str, done: float) -> None:
    """Report no progress."""


@contextmanager
def prepared(ws: Offline, action: Action, arguments: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Give what an action prepares as a keyword argument, in the block that its preparing gives."""
    if action.prepare is None:
        yield {}
        return
    with action.prepare(ws, **arguments) as given:
        yield {"prepared": given}
