"""The conditions of a gate, each from what two versions made of the rows of a suite.

Which rows a question is about, and what passing means there, is said by the design: in guard and target the verified expectation
holds; in production a version fails an event by a criterion, whatever people found.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from remiss.records.gate import MOST_EVIDENCE, SHOWN_EVIDENCE, GateCondition, GateVerdict
from remiss.records.suite import GUARD, PRODUCTION, CaptureRole
from remiss.safeguard.gate_policy import GatePolicy
from remiss.safeguard.gate_thresholds import Played, thresholds
from remiss.safeguard.judging import NO, UNKNOWN, YES, States, majority
from remiss.safeguard.non_inferiority import FAIL_LEVEL, PASS_LEVEL, NonInferiority, Places, Strata, judge, shares_of, strata_of
from remiss.safeguard.waiving import MODELS_RUN

# What the condition is called that stands for all others where a model does not run, and the one where it did not always answer.
ANSWERED = "answers"


@dataclass(slots=True)
class _Inferiority:
    """A condition of non-inferiority before it is judged beside the others of its family."""

    name: str
    margin: float
    strata: Strata
    events: int
    lost: Sequence[str]
    notes: list[str] = field(default_factory=list)


def conditions_of(policy: GatePolicy, suites: Mapping[str, Played]) -> tuple[tuple[GateCondition, ...], tuple[str, ...]]:
    """Return all conditions of a policy, and the names of those that are one family of Holm's procedure.

    Parameters
    ----------
    suites : by name; where there are several, the name of a condition begins with that of its suite
    """
    asked = {name: _inferiorities(policy, played) if _ran(played) else [] for name, played in suites.items()}
    family = [each for found in asked.values() for each in found if isinstance(each, _Inferiority)]
    answers = iter(judge([(each.strata, each.margin) for each in family]) if family else [])
    made: list[GateCondition] = []
    names: list[str] = []
    for name, played in suites.items():
        begins = f"{name}: " if len(suites) > 1 else ""
        names += [begins + each.name for each in asked[name] if isinstance(each, _Inferiority)]
        found = [_judged(each, next(answers)) if isinstance(each, _Inferiority) else each for each in asked[name]]
        found += [*thresholds(policy, played), *_unanswered(played)] if _ran(played) else [_not_run(played)]
        made += [
            replace(each, name=begins + each.name, evidence=each.evidence[:MOST_EVIDENCE], cases=len(each.evidence))
            for each in found
        ]
    return tuple(made), tuple(names)


def worst_of(conditions: tuple[GateCondition, ...]) -> tuple[str, ...]:
    """Return the cases to look at first: those that are evidence of what failed, then of what stayed open."""
    order = (GateVerdict.FAIL, GateVerdict.INCONCLUSIVE)
    named = [case for verdict in order for each in conditions if each.verdict is verdict for case in each.evidence]
    return tuple(dict.fromkeys(named))[:SHOWN_EVIDENCE]


def _ran(played: Played) -> bool:
    return played.baseline.ran and played.candidate.ran


def _not_run(played: Played) -> GateCondition:
    which, answers = ("the baseline", played.baseline) if not played.baseline.ran else ("the candidate", played.candidate)
    trouble = answers.trouble
    assert trouble is not None
    says = f"{which} {answers.model} does not run here: {trouble.message}"
    return GateCondition(name=MODELS_RUN, verdict=GateVerdict.INCONCLUSIVE, says=says)


def _unanswered(played: Played) -> Iterator[GateCondition]:
    """Yield a condition where a version gave no answer to some events: whatever else was found, it was not found of them."""
    lacking = {"the baseline": played.baseline, "the candidate": played.candidate}
    said = []
    for which, answers in lacking.items():
        if kinds := Counter(kind.value for kind in answers.unanswered.values()):
            named = ", ".join(f"{count:,} {kind}" for kind, count in kinds.most_common())
            said.append(
                f"{which} {answers.model} gave no answer to {kinds.total():,} of {len(answers.passed):,} events ({named})"
            )
    if said:
        places = sorted({at for answers in lacking.values() for at in answers.unanswered})
        yield GateCondition(
            name=ANSWERED,
            verdict=GateVerdict.INCONCLUSIVE,
            says="; ".join(said),
            events=len(places),
            evidence=tuple(played.rows.named(places)),
            notes=(
                "the other conditions are about the events that both versions answered; `remiss suite run` says more of each",
            ),
        )


def _inferiorities(policy: GatePolicy, played: Played) -> list[_Inferiority | GateCondition]:
    found: list[_Inferiority | GateCondition] = []
    if policy.guard is not None:
        places = played.rows.asked[GUARD]
        was, now = (majority(answers.passed[places]) for answers in (played.baseline, played.candidate))
        one = _inferiority(GUARD, policy.guard.margin, played, places, was, now)
        if isinstance(one, _Inferiority):
            every = played.rows.every
            controls = [every[at] for at in places if every[at].role is CaptureRole.CONTROL]
            audited = sum(row.weight for row in controls if row.audited) / max(sum(row.weight for row in controls), 1e-300)
            one.notes.append(
                f"{len(controls):,} of them are controls, which count by the label of the log; people looked at {audited:.1%}"
            )
        found.append(one)
    if policy.production is not None:
        judged = [name for name in played.baseline.met if not policy.production.criteria or name in policy.production.criteria]
        missing = sorted(set(policy.production.criteria) - set(judged))
        found += [_unjudged(name) for name in missing]
        places = played.rows.asked[PRODUCTION]
        for name in judged:
            # Who meets a criterion fails by it.
            was, now = (majority(_failing(answers.met[name][places])) for answers in (played.baseline, played.candidate))
            found.append(_inferiority(f"{PRODUCTION} {name}", policy.production.margin, played, places, was, now, flagged=True))
        if not judged and not missing:
            found.append(_unjudged(None))
    return found


def _failing(met: States) -> States:
    """Return passing for meeting a criterion: the one is the other turned round."""
    turned = met.copy()
    turned[met == YES] = NO
    turned[met == NO] = YES
    return turned


def _unjudged(name: str | None) -> GateCondition:
    what = "no criterion of the suite's protocol can judge" if name is None else f"criterion {name} cannot judge"
    called = PRODUCTION if name is None else f"{PRODUCTION} {name}"
    return GateCondition(
        name=called, verdict=GateVerdict.INCONCLUSIVE, says=f"{what} what a model answers; see `remiss suite show`"
    )


def _inferiority(
    name: str, margin: float, played: Played, places: Places, baseline: States, candidate: States, *, flagged: bool = False
) -> _Inferiority | GateCondition:
    """Return a condition of non-inferiority over the rows on which both can be told."""
    both = (baseline != UNKNOWN) & (candidate != UNKNOWN)
    if not both.any():
        return GateCondition(
            name=name, verdict=GateVerdict.INCONCLUSIVE, says="the suite has no event of which it can be told", threshold=-margin
        )
    told, weight = places[both], played.rows.columns.weight
    pairs = played.rows.columns.pairs(told, baseline[both] == YES, candidate[both] == YES)
    lost = told[pairs.baseline & ~pairs.candidate]
    lost = lost[np.argsort(-weight[lost], kind="stable")]
    named = played.rows.named(lost)
    made = _Inferiority(
        name=name,
        margin=margin,
        strata=strata_of(pairs, shares_of(played.rows.production, pairs.role) if flagged else None),
        events=told.size,
        lost=named,
    )
    whole = float(weight[places].sum())
    untold = whole - float(pairs.weight.sum())
    if told.size < places.size:
        of = "their weight" if not flagged else "production by weight"
        made.notes.append(f"{places.size - told.size:,} events cannot be told and are left out, {untold / whole:.1%} of {of}")
    if flagged:
        made.notes.append("flagged: by the criterion and the label of the log, not by people")
    if len(named) < lost.size:
        made.notes.append(f"{lost.size - len(named):,} of the {lost.size:,} events that got worse are sealed")
    return made


def inferiority_words(answer: NonInferiority) -> str:
    """Return what the answer to one condition says in words: a verdict of failing has a level other than that of the interval."""
    match answer.verdict:
        case GateVerdict.PASS:
            return "worse, within the margin" if answer.worse_within_margin else "no worse by more than the margin"
        case GateVerdict.FAIL:
            return "worse by more than the margin"
        case _ if answer.high < -answer.margin:
            sure, level = 100 * (1 - 2 * PASS_LEVEL), 100 * FAIL_LEVEL
            return f"the {sure:g} % interval lies beyond the margin, the test at {level:g} % does not decide"
        case _:
            return "it cannot be told whether it is worse by more than the margin"


def _judged(one: _Inferiority, answer: NonInferiority) -> GateCondition:
    by, low, high = answer.difference, answer.low, answer.high
    how = inferiority_words(answer)
    return GateCondition(
        name=one.name,
        verdict=answer.verdict,
        says=f"{how}: {100 * by:+.2f} points ({100 * low:+.2f} to {100 * high:+.2f}), margin {100 * one.margin:g}",
        value=by,
        low=low,
        high=high,
        threshold=-one.margin,
        events=one.events,
        effective=answer.effective,
        evidence=tuple(one.lost),
        notes=tuple(one.notes),
    )
