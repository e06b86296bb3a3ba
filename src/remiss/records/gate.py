"""What a gate decided of a model version, by which conditions, and how both versions did on each event."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from remiss.records.model import ModelEnvironment, ModelSpecification
from remiss.records.published import LISTED, Amount, Count, Items, Share, published
from remiss.records.rows import Shown

# How many cases a condition names at most as its evidence: as many results of a run as GitHub keeps of SARIF.
MOST_EVIDENCE = 5_000
# How many of them are shown where people read, and in a list of decisions.
SHOWN_EVIDENCE = 20


class GateVerdict(StrEnum):
    """Released may be what passes. INCONCLUSIVE is no failure: the evidence does not suffice either way."""

    PASS = "pass"  # noqa: S105 - a verdict
    FAIL = "fail"
    INCONCLUSIVE = "inconclusive"


def overall(verdicts: Iterable[GateVerdict]) -> GateVerdict:
    """Return the verdict of a gate: any that fails fails it, else any that is open leaves it open. Of no condition it is open.

    >>> overall([GateVerdict.PASS, GateVerdict.INCONCLUSIVE]), overall([])
    (<GateVerdict.INCONCLUSIVE: 'inconclusive'>, <GateVerdict.INCONCLUSIVE: 'inconclusive'>)
    """
    found = set(verdicts)
    if GateVerdict.FAIL in found:
        return GateVerdict.FAIL
    return GateVerdict.PASS if found == {GateVerdict.PASS} else GateVerdict.INCONCLUSIVE


def shown(evidence: Sequence[str], cases: int | None, most: int) -> str:
    """Return how much of some evidence is shown where so much is at most; empty where that is all there is.

    >>> shown(["k7m4", "t7a4"], 63, 1), shown(["k7m4", "t7a4"], None, 2)
    ('1 of 63 shown', '')
    """
    named, there = min(most, len(evidence)), len(evidence) if cases is None else cases
    return f"{named:,} of {there:,} shown" if named < there else ""


@published("condition", part=True)
@dataclass(frozen=True, slots=True, kw_only=True)
class GateCondition:
    """One condition of a gate: a number with its interval, held against a threshold.

    `events` is how many it is about, `effective` how many independent pairs of equal weight these are worth, where that is asked.
    `says` is the answer in a sentence. `evidence` names what can be looked at, the weightiest first: cases by id; `cases` is how
    many of them there are, which may be more. `waived` says by whom, until when and by which waiver it does not count; its
    verdict stays.
    """

    name: str
    verdict: GateVerdict
    says: str
    value: float | None = None
    low: float | None = None
    high: float | None = None
    threshold: float | None = None
    events: Count = 0
    effective: Amount | None = None
    evidence: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    waived: str | None = None
    cases: Count | None = None

    def shown(self, most: int) -> str:
        """Return how many cases are shown where so many are at most, `20 of 63 shown`; empty where these are all."""
        if self.cases is None and len(self.evidence) >= SHOWN_EVIDENCE:
            # A decision of before, which names no more than so many, of however many.
            return f"{min(most, len(self.evidence)):,} of several shown"
        return shown(self.evidence, self.cases, most)


@published("gate-suite", part=True)
@dataclass(frozen=True, slots=True, kw_only=True)
class GateSuite:
    """A suite as a gate ran it.

    `sealed` counts the events of its sealed part, `sealed_run` says whether they were run, and `sealed_uses` how often they were
    by now for any version of the model. `flagged` counts the events that met a criterion, `decided` those of them that people
    have decided, `verified` is their share by weight; None where that was not kept. `synthetic` counts
    scenarios among the events: none, for no gate asks any.
    """

    name: str
    digest: str
    events: Count
    sealed: Count
    sealed_uses: Count
    sealed_run: bool = False
    flagged: Count | None = None
    decided: Count | None = None
    verified: Share | None = None
    synthetic: Count = 0


@published("verdict", read="read_position")
@dataclass(frozen=True, slots=True, kw_only=True)
class GateDecision(Shown):
    """Whether a model version may be released, with every condition that says so.

    `verdict` is that of the conditions that count: those that `waivers` cover do not, as long as these last.
    `family` names the conditions that are one family of Holm's procedure. `repeats` is how often each version was asked an event.
    `identified` says by what the model is known: its digest, or its name only. `policy_digest` is that of the policy's meaning.
    `regressed` are the resolved cases that the version fails, which were made regressed by it.
    """

    id: str
    gate: str
    verdict: GateVerdict
    model: ModelSpecification
    baseline: ModelSpecification
    conditions: tuple[GateCondition, ...]
    suites: tuple[GateSuite, ...]
    policy_digest: str
    policy: Mapping[str, object]
    family: tuple[str, ...]
    repeats: Count
    seed: Count
    identified: str
    environment: ModelEnvironment | None
    baseline_environment: ModelEnvironment | None
    left_out: Mapping[str, Count] = field(default_factory=dict)
    worst: tuple[str, ...] = ()
    regressed: tuple[str, ...] = ()
    waivers: Count = 0
    team: str = "default"
    position: Count = 0
    decided_at: datetime | None = None
    decided_by: str | None = None
    read_position: Count | None = field(default=None, compare=False)


@published("attestation")
@dataclass(frozen=True, slots=True, kw_only=True)
class GateAttestation:
    """A decision in a signed envelope (DSSE), and the public key of the catalog that signed it, as C2SP writes it."""

    envelope: Mapping[str, object]
    key: str
    position: Count


@published("list", also=LISTED)
@dataclass(frozen=True, slots=True)
class GateDecisions(Items[GateDecision]):
    """What gates decided, the newest first."""

    OF: ClassVar = "verdict"

    items: tuple[GateDecision, ...]


@published("checklist-line", part=True)
@dataclass(frozen=True, slots=True, kw_only=True)
class ChecklistLine:
    """One line of the checklist of a release.

    `checked` is what the facts say: yes or no; None where only a person can tell, and `who` says which. `evidence` names what the
    line stands on: ids of decisions, cases and waivers, digests. Where these are cases, `cases` is how many there are, which may
    be more.
    """

    what: str
    checked: bool | None
    says: str
    evidence: tuple[str, ...] = ()
    who: str | None = None
    cases: Count | None = None

    def shown(self, most: int) -> str:
        """Return how much of the evidence is shown where so much is at most, `10 of 63 shown`; empty where it is all."""
        return shown(self.evidence, self.cases, most)


@published("checklist", read="position")
@dataclass(frozen=True, slots=True, kw_only=True)
class GateChecklist:
    """What is to be true before a model version is released, each line bound to its evidence.

    `ready` says that no line is unchecked by the facts; those that only people can tick may still be open.
    """

    decision: str
    gate: str
    model: str
    verdict: GateVerdict
    waivers: Count
    ready: bool
    lines: tuple[ChecklistLine, ...]
    position: Count | None = field(default=None, compare=False)


class WaiverState(StrEnum):
    """A waiver counts from its approval until it ends or is withdrawn. One that was declined never did."""

    REQUESTED = "requested"
    IN_FORCE = "in-force"
    ENDED = "ended"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


@published("waiver", keys={"id": "waiver"}, read="position")
@dataclass(frozen=True, slots=True, kw_only=True)
class Waiver:
    """That a condition of a gate that does not pass is not to count for a while, asked for by one person, approved by another.

    It is for a model version by its digest, or where that has none by its name; a policy by its digest; and a condition by its
    name. `decision` is the one on which it was asked for, `verdict` what the condition said there. `revision` grows when it is
    approved and when it is closed; one that is closed says by whom, when and why.
    """

    id: str
    decision: str
    gate: str
    policy_digest: str
    model: str
    model_version: str
    model_digest: str | None
    condition: str
    verdict: GateVerdict
    reason: str
    until: datetime
    requested_by: str
    requested_at: datetime
    approved_by: str | None = None
    approved_at: datetime | None = None
    closed_by: str | None = None
    closed_at: datetime | None = None
    closed_reason: str | None = None
    revision: Count = 1
    state: WaiverState = WaiverState.REQUESTED
    team: str = "default"
    position: Count | None = field(default=None, compare=False)


@published("list", also=LISTED)
@dataclass(frozen=True, slots=True)
class Waivers(Items[Waiver]):
    """Waivers, the newest first."""

    OF: ClassVar = "waiver"

    items: tuple[Waiver, ...]


class FlagVariant(StrEnum):
    """Which of its values a flag has, and why: only the first two are true."""

    PASS = "pass"  # noqa: S105 - a verdict
    WAIVED = "pass-with-waivers"
    FAIL = "fail"
    INCONCLUSIVE = "inconclusive"
    OTHER_MODEL = "other-model"


@published("flag", read="position")
@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseFlag:
    """Whether a version of a model may be released, as a feature flag: what its gate decided last, as it stands now.

    `flag` is the gate and the model, `release.arrival-delay@2`. `why` says it in a sentence. `identified` says by what the model
    is known: its digest, or its name only. `until` is when the first waiver ends by which the flag is true.
    """

    flag: str
    value: bool
    variant: FlagVariant
    why: str
    decision: str
    verdict: GateVerdict
    waivers: Count
    until: datetime | None
    identified: str
    digest: str | None
    policy_digest: str
    decided_at: datetime | None
    team: str
    position: Count | None = field(default=None, compare=False)


@published("list", also=LISTED)
@dataclass(frozen=True, slots=True)
class ReleaseFlags(Items[ReleaseFlag]):
    """Flags, by their names."""

    OF: ClassVar = "flag"

    items: tuple[ReleaseFlag, ...]
