"""Investigations: what people took for the cause of a case, how they tested it, what they tried and concluded."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import ClassVar, Self

from remiss.errors import InputError
from remiss.records.published import Count, published


class Stands(StrEnum):
    """How a hypothesis stands by what was found."""

    OPEN = "open"
    SUPPORTED = "supported"
    REFUTED = "refuted"


class Conclusion(StrEnum):
    """What an experiment says of its hypothesis."""

    PENDING = "pending"  # no result yet
    SUPPORTS = "supports"
    REFUTES = "refutes"
    INCONCLUSIVE = "inconclusive"


class Outcome(StrEnum):
    """What came of an attempt at a remedy."""

    PENDING = "pending"
    WORKED = "worked"
    PARTLY = "partly"
    FAILED = "failed"


class CitationKind(StrEnum):
    """What kind of thing a citation leads to."""

    MLFLOW_RUN = "mlflow-run"
    WANDB_RUN = "wandb-run"
    AB_TEST = "ab-test"
    COUNTERFACTUAL = "counterfactual"
    NOTEBOOK = "notebook"
    TICKET = "ticket"
    PULL_REQUEST = "pull-request"


class Part(StrEnum):
    """The parts of an investigation."""

    HYPOTHESIS = "hypothesis"
    EXPERIMENT = "experiment"
    REMEDIATION = "remediation"
    WRITE_UP = "write-up"


@dataclass(frozen=True, slots=True, kw_only=True)
class Citation:
    """Where something that an investigation speaks of is kept: a kind and an address, or another name for it."""

    TEXT: ClassVar = "KIND=ADDRESS"

    kind: CitationKind
    address: str

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Return the citation that a person typed.

        Raises
        ------
        InputError

        >>> Citation.from_text("ticket=REM-17").kind
        <CitationKind.TICKET: 'ticket'>
        """
        kind, found, address = text.strip().partition("=")
        if not found or kind not in set(CitationKind):
            kinds = ", ".join(CitationKind)
            do = f"write {cls.TEXT}, where KIND is one of {kinds}"
            raise InputError(f"invalid citation: {text[:80]!r}", do=do, field="citations")
        return cls(kind=CitationKind(kind), address=address)

    def __str__(self) -> str:
        return f"{self.kind.value}={self.address}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """Which state of a part this is, and who wrote it. `revision` is what a writer names to say which state they read."""

    revision: Count
    person: str
    at: datetime
    position: Count


@dataclass(frozen=True, slots=True, kw_only=True)
class Hypothesis:
    """What may be the cause; `text` is None once it was erased."""

    number: Count
    text: str | None
    stands: Stands
    written: Written


@dataclass(frozen=True, slots=True, kw_only=True)
class Experiment:
    """What was done to test a hypothesis, named by its number, and what was seen."""

    number: Count
    hypothesis: Count | None
    executed: str | None
    result: str | None
    conclusion: Conclusion
    citations: tuple[Citation, ...]
    written: Written


@dataclass(frozen=True, slots=True, kw_only=True)
class Remediation:
    """An attempt to mend it, in which version of the model, and what came of it."""

    number: Count
    text: str | None
    result: str | None
    outcome: Outcome
    model_version: str | None
    citations: tuple[Citation, ...]
    written: Written


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteUp:
    """What the next person should know: the hypothesis, the experiments executed, the results observed, why it was so decided."""

    hypothesis: str | None
    experiments: str | None
    results: str | None
    rationale: str | None
    written: Written


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One thing that a complete investigation has, in words, and whether this one does."""

    name: str
    done: bool


@published("investigation", read="position")
@dataclass(frozen=True, slots=True, kw_only=True)
class Investigation:
    """All that was found out about a case. `steps` say how complete it is.

    `hidden` says why when there are parts that one may not read yet, which are left out, of the steps too.
    """

    case: str
    hypotheses: tuple[Hypothesis, ...] = ()
    experiments: tuple[Experiment, ...] = ()
    remediations: tuple[Remediation, ...] = ()
    write_up: WriteUp | None = None
    steps: tuple[Step, ...] = ()
    hidden: str | None = None
    position: Count | None = field(default=None, compare=False)
