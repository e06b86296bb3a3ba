"""What results and gates need of the world: where they are kept, decisions and waivers too, and what runs and redacts models."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from remiss.govern.ports.audit import Audit
from remiss.govern.ports.jobs import Jobs
from remiss.govern.ports.machine import Progress
from remiss.records.gate import GateDecision, Waiver
from remiss.records.result import ResultRow, RowVerdict, SuiteResult
from remiss.records.scenario import ScenarioFlip
from remiss.records.suite import Suite, SuitePart
from remiss.safeguard.ports import ModelWorkspace, Redacting, SuiteWorkspace


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultRowSearch:
    """Which rows of a result: of a part, with a verdict, of a mode, a severity, a slice, of one event; all without any."""

    part: SuitePart | None = None
    verdict: RowVerdict | None = None
    mode: str | None = None
    severity: int | None = None
    stratum: str | None = None
    event: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunPiece:
    """Some of what was answered in a run that is under way: `count` events or scenarios, beginning with the one at `first`.

    `content` is what the answers were judged to be, `answers` what the model said, redacted; both as JSON.
    """

    first: int
    count: int
    content: str
    answers: str
    kept_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundRows:
    """A page of rows in their order; `last` is the place of the last one where others follow."""

    found: tuple[ResultRow, ...]
    total: int
    last: int | None


class ResultStore(Protocol):
    """Results that were kept, of what the actor may see."""

    def listed(self, suite: str | None, model: str | None, version: str | None, position: int | None) -> Sequence[str]:
        """Return the documents of results, the newest first: all, or those of a suite, a model or one version of it."""
        ...

    def get(self, result: str) -> str:
        """Return the document of one result, by its id or a prefix of it.

        Raises
        ------
        NotFound, Ambiguous
        """
        ...

    def rows(self, result: str, wanted: ResultRowSearch, limit: int | None = None, after: int | None = None) -> FoundRows:
        """Return rows of a result, by its whole id, behind the place `after`."""
        ...

    def flips(self, result: str) -> Sequence[ScenarioFlip]:
        """Return what became of each scenario of a result, by its whole id; none of results of former versions."""
        ...

    def save(self, result: SuiteResult, content: str, rows: Sequence[ResultRow], flips: Sequence[ScenarioFlip]) -> None:
        """Keep a result; nothing of it is changed any more."""
        ...

    def pieces(self, run: str, *, last: bool = False) -> Sequence[RunPiece]:
        """Return what was answered in a run so far, in the order in which it was asked; all of it, or the last piece alone."""
        ...

    def keep_piece(self, run: str, piece: RunPiece, suite: Suite) -> None:
        """Keep what follows on the pieces of a run that there are.

        Raises
        ------
        Conflict : another asked the same meanwhile
        """
        ...

    def drop_pieces(self, run: str) -> None:
        """Let the pieces of a run go, and with them those of any run that nobody went on with for a week."""
        ...


class ResultWorkspace(SuiteWorkspace, ModelWorkspace, Redacting, Protocol):
    """The ports that results take."""

    @property
    def progress(self) -> Progress: ...
    @property
    def results(self) -> ResultStore: ...
    @property
    def jobs(self) -> Jobs: ...

    @property
    def job(self) -> str | None:
        """The job whose step is taken, if one is."""
        ...


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
