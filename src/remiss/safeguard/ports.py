"""What safeguards need of the world: models that are registered, and what runs them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Protocol, Self

from remiss.catalog.ports import Cases, EvidenceWorkspace
from remiss.govern.ports.actor import Permits
from remiss.records.model import ModelAnswer, ModelEnvironment, ModelRow, ModelSpecification
from remiss.records.person import Governed
from remiss.records.view_entry import ViewEntry


class Runner(Protocol):
    """A model that runs. Leaving its block stops it, whatever happened in there."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...

    def answers(self, rows: Iterable[ModelRow]) -> Iterator[ModelAnswer]:
        """Yield one answer for each row, in their order; a row that the model cannot answer has its trouble instead.

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
        """Return the model that `NAME@VERSION`, `NAME`, `python:MODULE:CALLABLE` or a URL names.

        Raises
        ------
        NotFound : none is registered so
        Ambiguous : several versions are
        InputError : it may not be run without being registered
        """
        ...

    def open(self, model: ModelSpecification, *, seed: int = 0) -> Runner:
        """Return a model that runs.

        Raises
        ------
        ModelError : it does not start
        """
        ...


class ModelWorkspace(Permits, Protocol):
    """The ports that the actions on models take."""

    @property
    def models(self) -> Models: ...


class ReplayWorkspace(ModelWorkspace, EvidenceWorkspace, Protocol):
    """The ports that replays take."""

    @property
    def cases(self) -> Cases: ...

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
