"""Which edge stands behind which port of the chapter of safeguards: suites, gates, replays, and models that run."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING

from remiss import adapters
from remiss.wiring import Wiring

if TYPE_CHECKING:
    from remiss.edges.runners.registry import RunningModel
    from remiss.safeguard.gate_ports import GateStore
    from remiss.safeguard.ports import Replays, SuiteStore
    from remiss.safeguard.result_ports import ResultStore


class SafeguardWiring(Wiring):
    """An open catalog with the ports that safeguards take as well."""

    @cached_property
    def suites(self) -> SuiteStore:
        """Suites in the catalog."""
        return adapters.SuiteTable(self._reader)

    @cached_property
    def gates(self) -> GateStore:
        """What gates decided."""
        return adapters.GateTable(self._reader)

    @cached_property
    def results(self) -> ResultStore:
        """Results of suites."""
        return adapters.ResultTable(self._reader)

    @contextmanager
    def keeping_models(self) -> Iterator[None]:
        """Have models that are opened in this block, by calls that are served here, run on until its end."""
        running: list[RunningModel] = []
        self.running_models = running
        try:
            yield
        finally:
            self.running_models = None
            for each in running:
                each.runner.close()

    @cached_property
    def replays(self) -> Replays:
        """Replays that are kept, of cases that the actor may see."""
        return adapters.ReplayStore(self._reader)
