"""Which edge stands behind which port of safeguards: suites, gates, replays, models that run, raw events and their names."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING

from remiss import adapters
from remiss.govern.ports.machine import Recogniser
from remiss.wiring import Wiring

if TYPE_CHECKING:
    from remiss.catalog.ports import RawEvents
    from remiss.edges.runners.registry import RunningModel
    from remiss.records.suite import SaltedInputs
    from remiss.safeguard.ports import Replays, SuiteStore
    from remiss.safeguard.recurrences import Resolutions
    from remiss.safeguard.result_ports import GateStore, ResultStore


class SafeguardWiring(Wiring):
    """An open catalog with the ports that safeguards take as well."""

    @cached_property
    def suites(self) -> SuiteStore:
        """Suites in the catalog."""
        return adapters.SuiteTable(self._reader)

    @cached_property
    def raw_inputs(self) -> dict[str, Sequence[SaltedInputs]]:
        """The raw inputs of the suite that was built last, by its digest, until its folder is written."""
        return {}

    @cached_property
    def gates(self) -> GateStore:
        """What gates decided."""
        return adapters.GateTable(self._reader)

    @cached_property
    def results(self) -> ResultStore:
        """Results of suites."""
        return adapters.ResultTable(self._reader)

    @cached_property
    def resolutions(self) -> Resolutions:
        """What is expected of cases, and what versions of models made of them."""
        return adapters.ResolutionStore(self._reader)

    @contextmanager
    def keeping_models(self) -> Iterator[None]:
        """Have models that are opened in this block run on until its end, and suites read once: for calls that follow another."""
        running: list[RunningModel] = []
        self.running_models, self.read_suites = running, {}
        try:
            yield
        finally:
            self.running_models, self.read_suites = None, {}
            for each in running:
                each.runner.close()

    @property
    def following(self) -> bool:
        """Whether this call is one of those in such a block."""
        return self.running_models is not None

    @cached_property
    def replays(self) -> Replays:
        """Replays that are kept, of cases that the actor may see."""
        return adapters.ReplayStore(self._reader)

    @cached_property
    def raw_events(self) -> RawEvents:
        """Where raw events lie, of the cases that the actor may see."""
        return adapters.RawEventStore(self._reader)

    @cached_property
    def recogniser(self) -> Recogniser:
        """The model that knows names of people and places; loaded once a process."""
        return adapters.recogniser()
