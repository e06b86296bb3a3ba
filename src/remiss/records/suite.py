"""A suite: a frozen set of sampled events with what a model is to make of them, by which versions are tested and compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from remiss.records.event import Scalar, Values
from remiss.records.expectation import Expectation
from remiss.records.published import LISTED, Amount, Count, Items, Share, published
from remiss.records.rows import Shown
from remiss.records.success import SuccessCriterion

# Under which events that are in a suite are counted beside those that are left out of it.
APART = "redaction touched an input (cases, which are graded apart)"
# What a gate asks of a suite: of what passes, of the sample of production, and of open cases.
GUARD, PRODUCTION, TARGET = "guard", "production", "target"


class SuitePart(StrEnum):
    """Which file of a suite an event stands in; it is in one of them. All three together are the sample of production."""

    CASES = "cases"  # verified failures that are open, and resolved ones
    CONTROLS = "controls"  # met no criterion, and their label is known
    PRODUCTION = "production"  # what else was sampled in the suite's windows


class CaptureRole(StrEnum):
    """How an event came to be sampled: it met a criterion, none, or could not be judged on all."""

    CANDIDATE = "candidate"
    CONTROL = "control"
    UNDECIDED = "undecided"


class SuiteInputs(StrEnum):
    """What the folder of a suite has of inputs that redaction touched."""

    REDACTED = "redacted"  # what the catalog has
    RAW = "raw"  # of some cases also what production logged


@published("raw-inputs", part=True)
@dataclass(frozen=True, slots=True, kw_only=True)
class RawInputs:
    """Of how many `cases` the folder of a suite has the inputs as production logged them; they are nowhere else.

    `digest` is over these inputs, each with a salt that only the folder has: by the digest nobody can try values. `left` counts,
    by reason, the cases that stay as redaction left them.
    """

    cases: Count
    digest: str
    left: Mapping[str, Count]


@dataclass(frozen=True, slots=True, kw_only=True)
class SaltedInputs:
    """The inputs of one case as production logged them, with the salt under which the digest has them; never published."""

    id: str
    inputs: Values
    salt: str


@published("suite-row", part=True)
@dataclass(frozen=True, slots=True, kw_only=True)
class SuiteRow:
    """One event of a suite.

    `weight` is how many events of production it stands for. Events of one `family` are near-duplicates of each other. `criteria`
    are those that it met when it was captured, `met_by_log` what each judged criterion is on the answer of the log by the values
    in here: None where they cannot tell. `audited` says of a control that a person looked at it. `expectations` have all to
    hold; without any it is asked in the production question alone.
    """

    id: str
    part: SuitePart
    event: str
    occurred: datetime
    window: datetime
    role: CaptureRole
    weight: Amount
    family: str
    stratum: str
    model: str
    model_version: str | None
    inputs: Values
    context: Values
    text: str | None
    output: Scalar
    label: Scalar
    status: str | None
    mode: str | None
    severity: Count | None
    criteria: tuple[str, ...]
    audited: bool = False
    met_by_log: Mapping[str, bool | None] = field(default_factory=dict)
    expectations: tuple[Expectation, ...] = ()


@published("suite-criterion", part=True)
@dataclass(frozen=True, slots=True, kw_only=True)
class SuiteCriterion:
    """A criterion of the suite's protocol. `unjudged` says why an answer cannot be judged by it; None where it can."""

    name: str
    kind: str
    severity: Count
    mode: str | None
    why: str
    when: str | None
    among: str | None
    nulls_undecided: bool = False
    unjudged: str | None = None


@published("suite-file", part=True)
@dataclass(frozen=True, slots=True, kw_only=True)
class SuiteFile:
    """What is in one file of a suite, without the sealed part: `digest` is over the canonical content of its rows."""

    part: SuitePart
    rows: Count
    families: Count
    weight: Amount
    digest: str


@published("sealed-part", part=True)
@dataclass(frozen=True, slots=True, kw_only=True)
class SealedPart:
    """The part of a suite that is in no file: `families` are keyed digests, `rows` counts by part, `strata` by role.

    `digest` is keyed too: the catalog alone can tell whether its content is what it was.
    """

    share: Share
    families: tuple[str, ...]
    rows: Mapping[str, Count]
    strata: Mapping[str, Count]
    digest: str


@published("suite-power", part=True)
@dataclass(frozen=True, slots=True, kw_only=True)
class SuitePower:
    """How often a gate with this margin passes a version that is as good, by playing that gate.

    `effective` is how many independent pairs of equal weight the events are worth. `differing` is the assumed share of events on
    which the versions differ. `needed` is how many events would let half of such gates pass, where fewer do; None where that
    is more than can be played, or the gate passes already.
    """

    question: str
    margin: Share
    differing: Share
    passed: Share
    events: Count
    effective: Amount
    needed: Count | None = None


@published("suite", read="read_position")
@dataclass(frozen=True, slots=True, kw_only=True)
class Suite(Shown):
    """A suite without its rows.

    `digest` is over all that is said here but who built it and when, so over the content of its files as well. `query` says which
    cases it has, `within` of which events it is at all. `position` is the catalog's that it was built from. `production` is how
    many events each capture role stands for. `left_out` counts, by reason, the events that are not in it. `success` says what a
    version has to come to when the suite is run. `apart` says that cases are in it whose inputs redaction touched: they are not
    asked, and graded apart; `left_out` says how many, too. `inputs` says whether its folder has raw inputs besides, and `raw` of
    how many of these cases. The windows begin `since` and end before `until`.
    """

    name: str
    digest: str
    protocol: str
    protocol_version: Count
    protocol_digest: str
    taxonomy_digest: str
    source: str
    model: str
    team: str
    query: str
    within: str
    position: Count
    since: datetime
    until: datetime
    sensitivity: str
    criteria: tuple[SuiteCriterion, ...]
    files: tuple[SuiteFile, ...]
    sealed: SealedPart
    production: Mapping[str, Amount]
    modes: Mapping[str, Count]
    severities: Mapping[str, Count]
    power: tuple[SuitePower, ...]
    left_out: Mapping[str, Count] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    success: tuple[SuccessCriterion, ...] = ()
    apart: bool = False
    inputs: SuiteInputs = SuiteInputs.REDACTED
    raw: RawInputs | None = None
    made_at: datetime | None = None
    made_by: str | None = None
    read_position: Count | None = field(default=None, compare=False)

    @property
    def id(self) -> str:
        """By what it is found again."""
        return self.name


@published("list", also=LISTED)
@dataclass(frozen=True, slots=True)
class Suites(Items[Suite]):
    """The suites of a catalog, the newest first."""

    OF: ClassVar = "suite"

    items: tuple[Suite, ...]


@published("suite-progress", keys={"id": "progress"})
@dataclass(frozen=True, slots=True, kw_only=True)
class SuiteProgress:
    """How far a run of a suite has come: of its `total` events and scenarios so many are `answered`, and that is kept.

    `kept` were answered before the call that says so. `trouble` is what kept the model from running; then it was asked nothing.
    """

    id: str
    suite: str
    suite_digest: str
    model: str
    answered: Count
    kept: Count
    total: Count
    trouble: str | None
    position: Count


@published("suite-rows")
@dataclass(frozen=True, slots=True, kw_only=True)
class SuiteRowPage:
    """Some rows of a suite, sorted by id. `position` is what the suite was built from, `next` asks for those that follow."""

    position: Count
    total: Count
    items: Sequence[SuiteRow]
    next: str | None = None
