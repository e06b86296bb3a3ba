"""What executing a suite leaves: of each event whether its expectations held, and of all of them how often."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from remiss.records.model import JsonValue, ModelEnvironment, ModelSpecification, ModelTrouble
from remiss.records.published import LISTED, Amount, Count, Items, Share, published
from remiss.records.rows import Shown
from remiss.records.success import SuccessOutcome
from remiss.records.suite import CaptureRole, SuitePart


class RowVerdict(StrEnum):
    """What the majority of the answers to an event say of its expectations."""

    PASSED = "passed"
    FAILED = "failed"
    REDACTED = "inputs-redacted"  # redaction touched an input: it was not asked, and has no part in any figure
    UNANSWERED = "unanswered"  # half of the times that it was asked or more no answer came, or the model did not run
    UNTOLD = "untold"  # nothing that the model says can tell
    NONE = "none"  # nothing is expected of the event: it is of the production sample


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultRow:
    """What became of one event of a suite on one version.

    The first fields are the event's in the suite; `open` says of a case that it is not expected to pass yet. Its expectations
    held in `passes` of the `asked` answers of which it can be told. `met` names the criteria that most answers met, `unmet` those
    that most did not; of others it cannot be told. `latency_ms` is the median of its answers, `output` the first of them,
    redacted. `trouble` says why the first has none, or why the event is without an answer.
    """

    id: str
    part: SuitePart
    open: bool
    role: CaptureRole
    weight: Amount
    family: str
    stratum: str
    mode: str | None
    severity: Count | None
    verdict: RowVerdict
    passes: Count = 0
    asked: Count = 0
    met: tuple[str, ...] = ()
    unmet: tuple[str, ...] = ()
    latency_ms: Amount | None = None
    output: JsonValue = None
    trouble: ModelTrouble | None = None

    @property
    def flips(self) -> bool:
        """Whether its answers disagree about its expectations."""
        return 0 < self.passes < self.asked


@published("result-figure", part=True)
@dataclass(frozen=True, slots=True, kw_only=True)
class ResultFigure:
    """One figure of a result, with its 95 % interval.

    It is about the events that have something in common: `group` says what (`all`, `question`, `mode`, `severity`, `slice`,
    `criterion`, `scenario`: of one recipe), `name` which. `measure` is `pass-rate` (weighted, of cases; of the question guard of
    controls too), `false-alarm-rate` (weighted, of controls that fail), `flagged-rate` (weighted, of the production sample: who
    meets the criterion), `flip-rate` (unweighted: events whose answers disagree; of scenarios those whose answer is not what the
    parent lets expect), or a percentile of the latency in milliseconds. None is what cannot be told. `effective` is how many
    independent events of equal weight the `events` in their `families` are worth;
    `untold` counts those that are left out because it cannot be told, `unanswered` those to which the version gave no answer.
    """

    group: str
    name: str
    measure: str
    value: float | None
    low: float | None
    high: float | None
    events: Count
    families: Count
    effective: Amount
    untold: Count = 0
    unanswered: Count = 0


@published("suite-result", read="read_position")
@dataclass(frozen=True, slots=True, kw_only=True)
class SuiteResult(Shown):
    """What one version of a model made of the part of a suite that is not sealed.

    `verdicts` counts events by part and verdict, `troubles` those that are without an answer by why; they are in no figure, which
    counts them beside, and neither failed nor passed. `trouble` is what kept the model from running at all; its `environment` is
    None then. `seed` is what its random numbers began with, `repeats` how often it was
    asked each event. `success` holds the figures against the criteria of the suite, one by one. `regressed` are the resolved
    cases that it fails, which were made regressed by it.

    `scenarios` counts the synthetic events that were asked besides, of `scenario_set`: they are `synthetic_share` of all that was
    asked, and are in no figure but the flip rates of the group `scenario`. `flipped` names some whose answers are not what their
    parents let expect.
    """

    id: str
    suite: str
    suite_digest: str
    protocol: str
    protocol_version: Count
    model: ModelSpecification
    environment: ModelEnvironment | None
    repeats: Count
    seed: Count
    verdicts: Mapping[str, Mapping[str, Count]]
    figures: tuple[ResultFigure, ...]
    success: tuple[SuccessOutcome, ...] = ()
    troubles: Mapping[str, Count] = field(default_factory=dict)
    trouble: ModelTrouble | None = None
    sealed: Count = 0
    production: Mapping[str, Amount] = field(default_factory=dict)
    scenario_set: str | None = None
    scenarios: Count = 0
    synthetic_share: Share = 0.0
    flipped: tuple[str, ...] = ()
    seconds: Amount = 0.0
    notes: tuple[str, ...] = ()
    regressed: tuple[str, ...] = ()
    team: str = "default"
    sensitivity: str = "internal"
    position: Count = 0
    made_at: datetime | None = None
    made_by: str | None = None
    read_position: Count | None = field(default=None, compare=False)

    @property
    def events(self) -> int:
        """How many events were asked."""
        return sum(sum(each.values()) for each in self.verdicts.values())

    @property
    def unanswered(self) -> int:
        """How many events are without an answer."""
        return sum(self.troubles.values())


@published("list", also=LISTED)
@dataclass(frozen=True, slots=True)
class SuiteResults(Items[SuiteResult]):
    """Results that were kept, the newest first."""

    OF: ClassVar = "suite-result"

    items: tuple[SuiteResult, ...]


@published("paired-difference", part=True)
@dataclass(frozen=True, slots=True, kw_only=True)
class PairedDifference:
    """How often two versions pass events that have something in common, compared event by event.

    `group` and `name` say which events, as in a figure of a result; `critical-mode` are the cases of severity 1 of a mode. In the
    group `criterion` an event passes that does not meet it, in `scenario` a scenario whose answer does not flip. `baseline` and
    `candidate` are weighted shares that pass, and `difference` is the candidate's minus the baseline's, `low` and `high` its 95 %
    interval over strata of weights, in which near-duplicates count as one. The candidate alone passes `fixed` events, the
    baseline alone `broken` ones. `chance` is the exact two-sided p-value of McNemar's test of "they pass equally often",
    unweighted, each family of near-duplicates once. `adjusted` is it for all comparisons of the group at once, by `adjusted_by`.
    """

    group: str
    name: str
    events: Count
    effective: Amount
    untold: Count
    baseline: float
    candidate: float
    difference: float
    low: float
    high: float
    fixed: Count
    broken: Count
    chance: float
    adjusted: float | None = None
    adjusted_by: str | None = None


@published("latency-difference", part=True)
@dataclass(frozen=True, slots=True, kw_only=True)
class LatencyDifference:
    """The median over families of the candidate's latency minus the baseline's on the same event, with its 95 % interval.

    An end that so few families cannot show is None.
    """

    median_ms: float
    low_ms: float | None
    high_ms: float | None
    events: Count
    families: Count


@published("changed-event", part=True)
@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedEvent:
    """An event that one of two versions passes and the other does not, with what each answered."""

    id: str
    change: str
    part: SuitePart
    open: bool
    mode: str | None
    severity: Count | None
    stratum: str
    weight: Amount
    baseline: JsonValue = None
    candidate: JsonValue = None
    trouble: ModelTrouble | None = None


@published("suite-comparison")
@dataclass(frozen=True, slots=True, kw_only=True)
class SuiteComparison(Shown):
    """Two results of one suite, compared event by event; nothing was run for it.

    `changes` are the events that one version passes and the other does not, broken ones first, at most 1,000; `fixed` and
    `broken` count all of them. `notes` say what the two runs did not have in common. Of `scenario_set` both were asked the same
    `scenarios`, which are `synthetic_share` of what each was asked, and have a part in the group `scenario` alone.
    """

    suite: str
    suite_digest: str
    result: str
    baseline_result: str
    model: ModelSpecification
    baseline: ModelSpecification
    differences: tuple[PairedDifference, ...]
    latency: LatencyDifference | None
    fixed: Count
    broken: Count
    changes: tuple[ChangedEvent, ...]
    notes: tuple[str, ...]
    position: Count
    scenario_set: str | None = None
    scenarios: Count = 0
    synthetic_share: Share = 0.0


@published("logged-difference", part=True)
@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedDifference:
    """What a criterion is on the answers of two versions to the same units, counted over the log.

    `neither` and `both` of the answers meet it; `fixed` units the baseline's alone, `broken` ones the candidate's alone. `untold`
    are those on which it cannot be told of both. `difference` is the candidate's share that does not meet it minus the
    baseline's; `low` and `high` are its 95 % interval over windows, None where there are under two. `chance` is McNemar's exact
    two-sided p-value.
    """

    criterion: str
    neither: Count
    fixed: Count
    broken: Count
    both: Count
    untold: Count
    difference: float | None
    low: float | None
    high: float | None
    chance: float


@published("logged-comparison")
@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedComparison:
    """What two versions answered in production about the same things, in the windows of a suite, counted over the log.

    `unit` is the field whose values say which answers belong together. `pairs` are units that each version answered once,
    `baseline_only` and `candidate_only` those that one of them did, `several` those that one answered more than once.
    """

    suite: str
    suite_digest: str
    protocol: str
    protocol_version: Count
    unit: str
    model: str
    baseline: str
    since: datetime
    until: datetime
    windows: Count
    pairs: Count
    baseline_only: Count
    candidate_only: Count
    several: Count
    criteria: tuple[LoggedDifference, ...]
    notes: tuple[str, ...]
    position: Count
