"""What labelling needs of the world: the store of labellings, beside cases, protocols, keys and who acts."""

from __future__ import annotations

from typing import Protocol

from remiss.catalog.ports import Cases
from remiss.curate.annotation import PreparedLabelling
from remiss.curate.labelling_state import LabellingState
from remiss.curate.steps import Step
from remiss.govern.ports.actor import Permits
from remiss.govern.ports.keys import Keys
from remiss.protocol.ports import Protocols
from remiss.records.labelling import LabellingKind


class Labellings(Protocol):
    """Labellings of cases. All but `look` and `team` happens in the transaction of an action that writes."""

    def look(self, case_id: str) -> LabellingState:
        """Return where a case stands, or an event that people are given and that is none yet; raises like `standing`."""
        ...

    def team(self, case_id: str) -> str:
        """Return whose a case is, or an event that people are given and that is none yet; raises like `standing`."""
        ...

    def standing(self, case_id: str) -> LabellingState:
        """Return where a case stands, and keep everybody else from moving it until the transaction ends.

        An event that people are given and that is no case yet becomes one.

        Raises
        ------
        NotFound, Ambiguous, InputError
        """
        ...

    def both(self, case_id: str, other: str) -> tuple[LabellingState, LabellingState]:
        """Return where two cases stand, and keep everybody else from moving either; raises like `standing`.

        The second may be the first. Only the first may be an event that is no case yet.
        """
        ...

    def write(self, standing: LabellingState, kind: LabellingKind, made: PreparedLabelling, step: Step) -> None:
        """Write a labelling by the actor, and what it does to the case."""
        ...

    def link(self, standing: LabellingState, other: LabellingState) -> None:
        """Write that a case takes another's verdict."""
        ...

    def unlink(self, standing: LabellingState) -> None:
        """Write that a case takes no other's verdict any more."""
        ...

    def reopen(self, standing: LabellingState, step: Step, reason: str) -> None:
        """Write that a case is begun anew, and why."""
        ...


class CurateWorkspace(Permits, Protocol):
    """The ports that curating takes."""

    @property
    def cases(self) -> Cases: ...
    @property
    def labellings(self) -> Labellings: ...
    @property
    def protocols(self) -> Protocols: ...
    @property
    def keys(self) -> Keys: ...
