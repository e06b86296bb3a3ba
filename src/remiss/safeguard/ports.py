"""What safeguards need of the world: models that are registered, what runs them, and where replays are kept."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol, Self

from remiss.catalog.ports import Cases, EvidenceWorkspace
from remiss.govern.ports.actor import Permits
from remiss.govern.ports.jobs import Jobs
from remiss.govern.ports.machine import Progress, Recogniser
from remiss.govern.ports.vault import Keys
from remiss.protocol.ports import Documents, Engine
from remiss.records.model import ModelAnswer, ModelEnvironment, ModelRow, ModelSpecification
from remiss.records.person import Governed
from remiss.records.replay import Replay, ReplayGrade
from remiss.records.view_entry import ViewEntry
from remiss.safeguard.recurrences import Resolutions
from remiss.understand.ports import Samples

if TYPE_CHECKING:
    from remiss.records.suite import SaltedInputs
    from remiss.safeguard.suite_assembly import SuiteParts, SuiteRows


class Runner(Protocol):
    """A model that runs. Leaving its block stops it, whatever happened in there."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...

    def answers(self, rows: Iterable[ModelRow], *, repeat: int = 0) -> Iterator[ModelAnswer]:
        """Yield one answer for each row, in their order; a row that the model cannot answer has its trouble instead.

        With another `repeat` random numbers are others, as far as the model takes its seed from here.

        Nothing that a model does ends the iteration. A batch of n rows, of which some do harm, takes at most 3 (1 + log2 n) times
        what one may take, and one try and one start more.
        """
        ...

    def environment(self) -> ModelEnvironment:
        """Return where the model runs."""
        ...

    def close(self) -> None:
        """Stop it; no process and no connection of it is left."""
        ...


class Models(Protocol):
    """Models that may be run: those of the file of models, and where the caller is on this machine any that they name."""

    def registered(self) -> Sequence[ModelSpecification]:
        """Return the models that are registered, by name and version.

        Raises
        ------
        ModelError : the file of models says something wrong
        """
        ...

    def find(self, model: str) -> ModelSpecification:
        """Return the model that `NAME@VERSION`, `NAME`, `python:MODULE:CALLABLE`, `mlflow:URI`, `onnx:PATH` or a URL names.

        Raises
        ------
        NotFound : none is registered so
        Ambiguous : several versions are
        InputError : it may not be run without being registered
        """
        ...

    def digest(self, model: str) -> str | None:
        """Return the digest of the model that NAME@VERSION names, of its files as they lie now; None where that is not known.

        Raises
        ------
        NotFound : none is registered so
        ModelError : its files cannot be read, or are not those that were registered
        """
        ...

    def open(self, model: ModelSpecification, *, seed: int = 0) -> Runner:
        """Return a model that runs.

        Raises
        ------
        ModelError : it does not start
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplaySearch:
    """Which replays: those of a case, of a model or one version of it, of a grade; all without any."""

    case: str | None = None
    model: str | None = None
    model_version: str | None = None
    grade: ReplayGrade | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptReplays:
    """A page of replays, the newest first; `last` is the place of the last one where others follow."""

    found: tuple[Replay, ...]
    total: int
    last: int | None


class Replays(Protocol):
    """Replays that are kept, of the cases that the actor may see."""

    def keep(self, found: Sequence[Replay]) -> tuple[Replay, ...]:
        """Keep replays of cases, of those that the actor still sees, and return these as they are kept."""
        ...

    def of_case(self, case_id: str, position: int | None) -> tuple[tuple[Replay, ...], str | None]:
        """Return the newest replays of a case; or none, and why they are blinded.

        Raises
        ------
        NotFound, Ambiguous, InputError
        """
        ...

    def search(self, wanted: ReplaySearch, limit: int, before: int | None) -> KeptReplays:
        """Return replays that are not blinded, the newest first."""
        ...


class ModelWorkspace(Permits, Protocol):
    """The ports that the actions on models take."""

    @property
    def models(self) -> Models: ...


class Redacting(Protocol):
    """What redacts an answer of a model."""

    @property
    def keys(self) -> Keys: ...

    @property
    def recogniser(self) -> Recogniser: ...


class ReplayWorkspace(ModelWorkspace, EvidenceWorkspace, Protocol):
    """The ports that replays take."""

    @property
    def cases(self) -> Cases: ...

    @property
    def engine(self) -> Engine: ...

    @property
    def replays(self) -> Replays: ...

    @property
    def jobs(self) -> Jobs: ...

    @property
    def recogniser(self) -> Recogniser: ...

    @property
    def progress(self) -> Progress: ...

    def governed(self, case_id: str) -> Governed:
        """Return what decides who sees a case, of one that the actor sees.

        Raises
        ------
        NotFound, Ambiguous, InputError
        """
        ...

    def reading(self) -> AbstractContextManager[None]:
        """Have everything in the block read from one snapshot of the catalog."""
        ...

    def record_views(self, looks: Sequence[ViewEntry], action: str) -> None:
        """Record now what an action is about to show to somebody else than its caller.

        Raises
        ------
        StorageError, Tampered : it cannot be recorded, and so must not be shown; Denied
        """
        ...


class SuiteStore(Protocol):
    """The suites of a catalog, or their scenarios: documents without rows, which follow from what they were built of."""

    @property
    def scenarios(self) -> SuiteStore:
        """The scenarios of suites, which are kept alike."""
        ...

    def find(self, name: str, digest: str | None = None, position: int | None = None) -> str | None:
        """Return the document of a name, the newest or that whose digest begins so; None where there is none.

        Parameters
        ----------
        position : as it was then
        """
        ...

    def listed(self, position: int | None = None) -> Sequence[str]:
        """Return all documents that there were at a position, the newest first."""
        ...

    def save(self, name: str, digest: str, team: str, content: str) -> None:
        """Keep a document; nothing of it is changed any more."""
        ...


@dataclass(kw_only=True)
class ReadSuite:
    """A suite as it was read at a position of the catalog: its rows, by columns and one by one.

    `asked` keeps what a run asks of it, by the name of scenarios: rows, cases that are graded apart, the scenarios, and notes.
    """

    position: int
    parts: SuiteParts
    asked: dict[str | None, Any] = field(default_factory=dict)

    @cached_property
    def rows(self) -> SuiteRows:
        """The rows one by one."""
        return self.parts.rows()


class SuiteWorkspace(EvidenceWorkspace, Protocol):
    """The ports that the actions on suites take."""

    # What a server knows the request by that this is done for; None where the caller is on this machine.
    request_id: str | None

    @property
    def cases(self) -> Cases: ...
    @property
    def engine(self) -> Engine: ...
    @property
    def recogniser(self) -> Recogniser: ...
    @property
    def samples(self) -> Samples: ...
    @property
    def suites(self) -> SuiteStore: ...

    # The suite that was read last, by its digest.
    read_suites: dict[str, ReadSuite]

    @property
    def following(self) -> bool:
        """Whether this call follows others, of which some read the suite."""
        ...

    @property
    def raw_inputs(self) -> dict[str, Sequence[SaltedInputs]]:
        """The raw inputs of the suite that was built last, by its digest, until its folder is written."""
        ...

    @property
    def resolutions(self) -> Resolutions: ...
    @property
    def documents(self) -> Documents: ...
    @property
    def now(self) -> datetime: ...

    def reading(self) -> AbstractContextManager[None]:
        """Have everything in the block read from one snapshot of the catalog."""
        ...

    def record_views(self, looks: Sequence[ViewEntry], action: str) -> None:
        """Record what an action is about to hand out, as `ReplayWorkspace` does."""
        ...


class ResolutionWorkspace(SuiteWorkspace, ModelWorkspace, Protocol):
    """The ports that resolving cases takes."""

    @property
    def progress(self) -> Progress: ...
