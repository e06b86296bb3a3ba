"""What curating needs of the world: the store of labellings, beside cases, protocols, keys and who acts."""

from __future__ import annotations

from typing import Protocol

from remiss.action import Performs
from remiss.catalog.ports import Cases
from remiss.curate.annotation import Made
from remiss.curate.standing import Standing
from remiss.curate.steps import Step
from remiss.govern.ports import Actor, Keys
from remiss.protocol.ports import Protocols
from remiss.records.labelling import LabellingKind


class Labellings(Protocol):
    """Labellings of cases. All of it happens in the transaction of an action that writes."""

    def standing(self, case_id: str) -> Standing:
        """Return where a case stands, and keep everybody else from moving it until the transaction ends.

        Raises
        ------
        NotFound, Ambiguous, InputError
        """
        ...

    def named(self, case_id: str) -> str:
        """Return the whole id of the case that an id or a beginning means; raises like `standing`."""
        ...

    def write(self, standing: Standing, kind: LabellingKind, made: Made, step: Step) -> None:
        """Write a labelling by the actor, and what it does to the case."""
        ...

    def reopen(self, standing: Standing, step: Step, reason: str) -> None:
        """Write that a case is begun anew, and why."""
        ...


class CurateWorkspace(Performs, Protocol):
    """The ports that curating takes."""

    @property
    def actor(self) -> Actor: ...
    @property
    def cases(self) -> Cases: ...
    @property
    def labellings(self) -> Labellings: ...
    @property
    def protocols(self) -> Protocols: ...
    @property
    def keys(self) -> Keys: ...

    def allow(self, permission: str, team: str) -> None:
        """Go on only if the actor holds a permission in a team.

        Raises
        ------
        Denied
        """
        ...
