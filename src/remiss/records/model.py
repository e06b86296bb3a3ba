"""A model that can be asked again: what it is, what it may use, what it answers, and where it ran."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Annotated, ClassVar, TypeAlias

from remiss.errors import ModelError
from remiss.parameters import Range
from remiss.records.identity import format_time
from remiss.records.published import LISTED, Amount, Count, Items, published

# What JSON can hold: None, a truth value, a number that is finite, a text, a list or a mapping of these.
JsonValue: TypeAlias = object
# What a model is asked: JSON by the names of columns (`raw`) or of inputs.
ModelRow: TypeAlias = Mapping[str, JsonValue]

Positive = Annotated[int, Range(1)]


class RowKind(StrEnum):
    """What a model gets: the row of the log as it was, or the inputs that the protocol names."""

    RAW = "raw"
    INPUTS = "inputs"


class TroubleKind(StrEnum):
    """Why a row has no answer."""

    ROW = "row"  # it cannot be given to the model
    START = "start"  # the model does not start (any more)
    TIMEOUT = "timeout"
    MEMORY = "memory"
    DIED = "died"  # its process ended
    RAISED = "raised"
    COUNT = "count"  # not as many answers as rows
    TYPE = "type"  # an answer that JSON cannot hold
    NOT_A_NUMBER = "not-a-number"
    TOO_LARGE = "too-large"
    CONNECTION = "connection"
    ADDRESS = "address"  # an address that may not be asked
    REDIRECT = "redirect"
    STATUS = "status"  # of HTTP, other than 2xx
    TEMPLATE = "template"  # the answer lacks what the template looks for
    NOT_ASKED = "not-asked"  # others had used up the time


# The model could not be asked at all: it does not start here, or its server is not there.
AWAY = frozenset({TroubleKind.START, TroubleKind.CONNECTION, TroubleKind.ADDRESS})


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelLimits:
    """What a model may use.

    `seconds` is for one batch, `start_seconds` for loading, `total_seconds` for a batch with all its retries. `output_bytes` is
    for the answer to one row, as JSON. `concurrency` counts processes or requests, `rate` requests a second.
    """

    seconds: Amount = 30.0
    start_seconds: Amount = 60.0
    total_seconds: Amount = 120.0
    memory_bytes: Count = 4 << 30
    output_bytes: Count = 64 << 10
    batch_size: Positive = 64
    concurrency: Positive = 1
    retries: Count = 3
    rate: Amount | None = None


@published("model")
@dataclass(frozen=True, slots=True, kw_only=True)
class ModelSpecification:
    """One version of a model, and how it is asked.

    `runner` says by what: `python`, `mlflow`, `onnx` or `http`. `target` is `package.module:callable`, the path or URI of a saved
    model, or a URL; None for whom it is not shown. `digest` is that of its files; None of a model that is known by name only.
    """

    name: str
    version: str
    runner: str
    target: str | None
    gets: RowKind = RowKind.INPUTS
    limits: ModelLimits = ModelLimits()
    digest: str | None = None
    example: ModelRow | None = None

    def __str__(self) -> str:
        return f"{self.name}@{self.version}" if self.version else self.name


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelTrouble:
    """Why a row has no answer. `printed` is the end of what the model's process had printed.

    Both texts may hold what the row holds: only who may see the row may see them.
    """

    kind: TroubleKind
    message: str
    printed: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelAnswer:
    """What became of one row: an output, or a trouble. `latency_ms` is the row's even share of the time that its batch took."""

    output: JsonValue = None
    confidence: float | None = None
    latency_ms: Amount | None = None
    trouble: ModelTrouble | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelEnvironment:
    """Where a model ran: what a later replay needs to run it there again. What is not known, as of a server, is None or empty."""

    python: str | None = None
    platform: str | None = None
    packages: Mapping[str, str] = field(default_factory=dict)
    digest: str | None = None
    seed: Count = 0


@published("model-check", read="position")
@dataclass(frozen=True, slots=True, kw_only=True)
class ModelCheck:
    """What came of asking a model one row. `do` says what to do about the trouble, where there is one."""

    model: ModelSpecification
    environment: ModelEnvironment | None
    started_ms: Amount | None
    answer: ModelAnswer
    do: str = ""
    position: Count | None = field(default=None, compare=False)


@published("list", also=LISTED)
@dataclass(frozen=True, slots=True)
class RegisteredModels(Items[ModelSpecification]):
    """The models that are registered, by name and version."""

    OF: ClassVar = "model"

    items: tuple[ModelSpecification, ...]


def row_of(values: Mapping[str, object]) -> ModelRow:
    """Return plain values as JSON has them."""
    return {name: format_time(value) if isinstance(value, datetime) else value for name, value in values.items()}


def trouble_in(error: ModelError) -> ModelTrouble:
    """Return what kept a model from starting; an error of another kind, as in how it is registered, is raised again."""
    if not isinstance(error.trouble, ModelTrouble):
        raise error
    return error.trouble
