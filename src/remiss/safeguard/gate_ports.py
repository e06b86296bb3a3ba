"""What gates need of the world besides suites and models: where decisions and waivers are kept, policies, a key to sign with."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from remiss.govern.ports.audit import Audit
from remiss.govern.ports.machine import Progress
from remiss.records.gate import GateDecision, Waiver
from remiss.safeguard.ports import ModelWorkspace, SuiteWorkspace


class GateStore(Protocol):
    """What gates decided."""

    def wait(self) -> int:
        """Have other writers wait from here on; return the position that this transaction will have."""
        ...

    def sealed_uses(self, digest: str, model: str) -> int:
        """Return how often the sealed part of a suite was run for any version of a model."""
        ...

    def listed(self, model: str | None, version: str | None, position: int | None = None) -> Sequence[str]:
        """Return the decisions as they were kept, the newest first: all, or those on a model or one version of it."""
        ...

    def newest(self, flag: str | None = None) -> Sequence[str]:
        """Return the newest decision of each team and gate on each version of a model, by their names; or those of one flag.

        Parameters
        ----------
        flag : a gate and a model, as `release.arrival-delay@2`
        """
        ...

    def get(self, gate: str) -> str:
        """Return one decision as it was kept, by its id or a prefix of it.

        Raises
        ------
        NotFound, Ambiguous
        """
        ...

    def save(self, decision: GateDecision, content: str) -> None:
        """Keep a decision; nothing of it is changed any more."""
        ...

    def waivers(self, model: str | None = None, version: str | None = None, position: int | None = None) -> Sequence[Waiver]:
        """Return waivers as they were kept, the newest first: all, or those for a model or one version of it."""
        ...

    def waiver(self, waiver: str) -> Waiver:
        """Return one waiver, by its id or a prefix of it.

        Raises
        ------
        NotFound, Ambiguous
        """
        ...

    def keep_waiver(self, waiver: Waiver) -> None:
        """Keep a waiver that somebody asks for."""
        ...

    def approve_waiver(self, waiver: Waiver, person: str, at: datetime) -> Waiver:
        """Have a waiver count from now on.

        Raises
        ------
        Conflict : it is approved already
        """
        ...

    def close_waiver(self, waiver: Waiver, person: str, at: datetime, reason: str) -> Waiver:
        """Have a waiver count no more, from now on."""
        ...


class GateWorkspace(SuiteWorkspace, ModelWorkspace, Protocol):
    """The ports that gates take."""

    @property
    def audit(self) -> Audit: ...
    @property
    def gates(self) -> GateStore: ...
    @property
    def progress(self) -> Progress: ...
