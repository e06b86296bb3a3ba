"""The terms of a protocol: what a validated document says, as plain frozen values.

`document.py` makes these from YAML; nothing after it checks them again. Expressions are still text here: `lint.examine`
types them against a source and gives a `Checked` protocol, which is what a capture runs on.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from remiss.govern.redaction.policy import Policy
from remiss.records.alert import AlertRules
from remiss.records.case import Sensitivity
from remiss.records.event import FieldLabel
from remiss.records.published import Count

INPUTS = "inputs."
CONTEXT = "context."
# Said wherever a protocol that says so is used.
UNREDACTED = "redaction is none: texts are kept as production logged them"


class Kind(StrEnum):
    """Kinds of criteria."""

    MISCLASSIFICATION = "misclassification"
    LOW_CONFIDENCE = "low-confidence"
    ANOMALY = "anomaly"
    LATENCY = "latency"
    POLICY = "policy"
    ERROR = "error"
    CUSTOM = "custom"


class Type(StrEnum):
    """Types that expressions are checked with; UNKNOWN, which was reported where it is defined, fits everywhere."""

    TEXT = "text"
    NUMBER = "number"
    INTEGER = "integer"
    BOOLEAN = "boolean"
    TIME = "time"
    DATE = "date"
    NULL = "null"
    NESTED = "nested"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Expression:
    """SQL text as the user wrote it and the line of the document where it stands."""

    sql: str
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where rows are read from. `name` is the identity; `uri` is relative to the protocol's folder.

    `ambiguous` says what a time without a zone means in the hour that comes twice: `earlier`, `later`, or `refuse`.
    `taken_for` says which columns the protocol reads as text or as numbers (`columns.py`), for formats without types.
    """

    name: str
    format: str
    uri: str
    time_zone: str | None = None
    ambiguous: str = "refuse"
    line: int = 0
    taken_for: Mapping[str, Type] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelKey:
    """What labels are joined on: for events and for labels a column's name, or an expression over the side's columns."""

    events: str
    labels: str

    @property
    def written(self) -> str | dict[str, str]:
        """The key as a protocol writes it: once where both sides call it the same."""
        return self.events if self.events == self.labels else {"events": self.events, "labels": self.labels}


@dataclass(frozen=True, slots=True, kw_only=True)
class Labels:
    """Ground truth that arrives late: joined on `key`; known since `time`; usable until `lag`."""

    address: Address
    key: LabelKey
    time: str
    lag: timedelta
    line: int = 0


@dataclass(frozen=True, slots=True)
class Duplicates:
    """Which of several rows of one id is kept: the `first` or `last` by an expression over the source's columns."""

    keep: str
    by: Expression


@dataclass(frozen=True, slots=True, kw_only=True)
class Criterion:
    """One rule: what is caught, among whom, and what it suggests.

    Every kind but anomaly has `when`. An anomaly has `of` (a canonical field name), `beyond` (a robust z) and
    `reference` (`current` or `previous`). `among` None means every event. An event on which `when` is null for another reason
    than a missing label is not met, or undecided where `nulls_undecided` says so. `keep` is how many of its events each
    stratum and window keeps, where it is not what `Sampling.keep` says.
    """

    name: str
    kind: Kind
    why: str
    severity: int
    when: Expression | None = None
    among: Expression | None = None
    of: str | None = None
    beyond: float | None = None
    reference: str = "current"
    nulls_undecided: bool = False
    keep: int | None = None
    mode: str | None = None
    line: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampling:
    """How to draw: window width, strata (canonical field names) and how many to keep of each kind of group.

    Without a `keep` here each criterion has its own (`group_sizes.py`).
    `unit` is the field whose values are drawn, each with all of its events; None draws every event by its id.
    """

    window: timedelta
    strata: tuple[str, ...]
    keep: int | None
    control: int
    undecided: int
    population: int
    seed: str
    unit: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LabellingDesign:
    """How labelling is planned: per `every`, at most `budget` cases, a share of controls, and shares to verify.

    `units` are those in which people may say what a failure costs; none named means any. `apart` says whether each stratum has
    batches of its own, so that people may be led to one of them.
    """

    every: timedelta
    budget: int
    controls: float
    verify: Mapping[str, float]
    units: tuple[str, ...] = ()
    apart: bool = False


# How labelling is planned where a protocol does not say; the shares are those of a protocol that names none.
UNPLANNED = LabellingDesign(
    every=timedelta(weeks=1),
    budget=150,
    controls=0.2,
    verify={"1": 1.0, "2": 0.5, "3": 0.25, "4": 0.1, "rejected": 0.25, "cleared": 0.1},
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """How long raw and redacted evidence is kept; None is for ever. `raw_suites` says if suites may hold raw inputs."""

    raw: timedelta | None
    redacted: timedelta | None
    raw_suites: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """Scheduled reviews: how often, who takes turns, how many must be there."""

    every: timedelta
    owners: tuple[str, ...]
    quorum: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Mode:
    """A node of a taxonomy: `id` is namespace:path, for example `remiss:model/weak-slice`.

    `template` is what a rationale of this mode begins as, with a blank `___` for each thing that its writer is to say.
    """

    id: str
    title: str
    definition: str
    counts: tuple[str, ...]
    excludes: tuple[str, ...]
    parent: str | None = None
    avid: str | None = None
    template: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Taxonomy:
    """A namespaced tree of failure modes, by id, parents before children."""

    namespace: str
    version: int
    modes: Mapping[str, Mode]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One anchored answer of a rubric's question and the points it gives."""

    id: str
    says: str
    points: Count


@dataclass(frozen=True, slots=True, kw_only=True)
class RubricQuestion:
    """One question of a rubric."""

    id: str
    asks: str
    answers: tuple[Answer, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rubric:
    """Questions whose points give a severity: the gravest grade (1 first) whose threshold the sum reaches, else 4."""

    name: str
    version: int
    questions: tuple[RubricQuestion, ...]
    thresholds: Mapping[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Protocol:
    """A validated protocol document.

    `fields` maps canonical names (`id`, `time`, ..., `inputs.carrier`) to expressions over the source's columns; so is `admit`,
    which rows of the log it is about. Without `duplicates` rows of one id that differ are refused. `sensitivity` is of fields
    that are not internal. `digest` covers what decides meaning. Others are compared with windows from `reference` until its
    end. `unread` are fields of a draft whose values could not be read; as `inputs.` all under that prefix.
    """

    name: str
    version: int
    model: str
    source: Address
    fields: Mapping[str, Expression]
    criteria: tuple[Criterion, ...]
    sampling: Sampling
    taxonomy: Taxonomy
    rubric: Rubric
    digest: str
    text: str
    path: str
    about: str = ""
    team: str = "default"
    owners: tuple[str, ...] = ()
    admit: Expression | None = None
    duplicates: Duplicates | None = None
    labels: Labels | None = None
    require: tuple[str, ...] = ()
    sensitivity: Mapping[str, Sensitivity] = field(default_factory=dict)
    redaction: Policy = field(default_factory=Policy)
    grace: timedelta = timedelta(0)
    labelling: LabellingDesign | None = None
    retention: Retention | None = None
    review: Review | None = None
    reference: tuple[datetime, datetime] | None = None
    alerts: AlertRules = field(default_factory=AlertRules)
    title: str | None = None
    show: Mapping[str, FieldLabel] = field(default_factory=dict)
    guidelines: str | None = None
    guidelines_file: str | None = None
    lines: Mapping[str, int] = field(default_factory=dict)
    unread: frozenset[str] = frozenset()


def is_among(name: str, unread: Collection[str]) -> bool:
    """Return whether a field is among those that a document has and that could not be read (`Protocol.unread`).

    >>> is_among("output", {"output"}), is_among("inputs.carrier", {"inputs."}), is_among("inputs", {"inputs."})
    (True, True, False)
    """
    return name in unread or any(each.endswith(".") and name.startswith(each) for each in unread)
