"""What programs ask before they serve a model: whether its release was decided, as feature flags.

A flag is a gate and a version of a model, `release.arrival-delay@2`. It is true iff the newest decision of that gate on that
version passes now, waivers and their ends included, and was made for the model that is meant: the digest that is registered now,
and the one that whoever asks says they serve. Where several teams decided by gates of one name, all have to pass.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Annotated

from remiss.action import action
from remiss.errors import ModelError, NotFound
from remiss.parameters import Help
from remiss.records.event import is_text
from remiss.records.gate import FlagVariant, GateDecision, GateVerdict, ReleaseFlag, ReleaseFlags, Waiver
from remiss.safeguard.kept_actions import GATE_READ
from remiss.safeguard.kept_documents import decision_of
from remiss.safeguard.result_ports import GateWorkspace
from remiss.safeguard.waiving import COUNTS_AGAIN, in_force, with_waivers

FlagName = Annotated[str, Help("A gate and a version of a model, as release.arrival-delay@2.")]


@action("flag.evaluate", permission=GATE_READ, http="GET /flags/{flag}", reads=True, subject="flag")
def evaluate_flag(
    ws: GateWorkspace,
    flag: FlagName,
    *,
    digest: Annotated[str, Help("The digest of the model that you serve, which has to be the one that was decided on.")]
    | None = None,
) -> ReleaseFlag:
    """Say whether the version that FLAG names may be released.

    It is true iff the newest decision passes, as it stands now. One that is inconclusive, whose waiver has ended, or that was
    made for another model than the one that is registered now or that DIGEST names is false. The exit status is 0 for true, 1
    for false. Programs ask the same by OpenFeature's protocol, at /ofrep/v1/evaluate/flags.

    Example: remiss flag evaluate release.arrival-delay@2

    Raises
    ------
    NotFound : no gate decided on that
    """
    found = _flags(ws, ws.gates.newest(flag) if is_text(flag) and flag else (), digest)
    if not found:
        raise NotFound(f"there is no flag {flag}", do="see `remiss flag list`; a flag is there once a gate decided", field="flag")
    return found[0]


@action("flag.list", permission=GATE_READ, http="GET /flags", reads=True)
def list_flags(ws: GateWorkspace) -> ReleaseFlags:
    """List the flags of all versions that gates decided on.

    Example: remiss flag list
    """
    return ReleaseFlags(position=ws.position(), items=_flags(ws, ws.gates.newest(), None))


def _flags(ws: GateWorkspace, texts: Iterable[str], served: str | None) -> tuple[ReleaseFlag, ...]:
    """Return the flags of decisions, one for each name: of several teams' that are seen, one that is false."""
    kept, made = ws.gates.waivers(), dict[str, ReleaseFlag]()
    for decision in map(decision_of, texts):
        if ws.may(GATE_READ, decision.team):
            one = _flag(ws, decision, kept, served)
            before = made.get(one.flag)
            made[one.flag] = one if before is None or (before.value and not one.value) else before
    return tuple(made[name] for name in sorted(made))


def _flag(ws: GateWorkspace, found: GateDecision, kept: Sequence[Waiver], served: str | None) -> ReleaseFlag:
    lasting, decision = in_force(found, kept, ws.now), with_waivers(found, kept, ws.now)
    variant, why = _stands(decision)
    if decision.verdict is GateVerdict.PASS and (other := _other_model(ws, decision, served)):
        variant, why = FlagVariant.OTHER_MODEL, other
    value = variant in {FlagVariant.PASS, FlagVariant.WAIVED}
    return ReleaseFlag(
        flag=f"{decision.gate}.{decision.model}",
        value=value,
        variant=variant,
        why=why,
        decision=decision.id,
        verdict=decision.verdict,
        waivers=decision.waivers,
        until=min((each.until for each in lasting.values()), default=None) if value else None,
        identified=decision.identified,
        digest=decision.model.digest,
        policy_digest=decision.policy_digest,
        decided_at=decision.decided_at,
        team=decision.team,
    )


def _stands(decision: GateDecision) -> tuple[FlagVariant, str]:
    """Return how a decision stands, and in a sentence why."""
    if decision.verdict is GateVerdict.PASS:
        waived = [f"{each.name} is waived {each.waived}" for each in decision.conditions if each.waived is not None]
        return (FlagVariant.WAIVED, "; ".join(waived)) if waived else (FlagVariant.PASS, "every condition passes")
    counting = [each for each in decision.conditions if each.waived is None and each.verdict is decision.verdict]
    ended = {each.name: [note for note in each.notes if note.startswith(COUNTS_AGAIN)] for each in counting}
    said = [f"{each.name}: {'; '.join((each.says, *ended[each.name]))}" for each in counting]
    fails = decision.verdict is GateVerdict.FAIL
    nothing = "every condition is waived, and nothing is left that speaks for the version"
    return FlagVariant.FAIL if fails else FlagVariant.INCONCLUSIVE, "; ".join(said) or nothing


def _other_model(ws: GateWorkspace, decision: GateDecision, served: str | None) -> str | None:
    """Return why a decision is about another model than the one that is meant; None where nothing says so."""
    decided = decision.model.digest or "the name only"
    if served is not None and served != decision.model.digest:
        return f"it was decided for another model digest: for {decided}, and {served} is served"
    try:
        registered = ws.models.digest(str(decision.model))
    except NotFound:
        return None
    except ModelError as error:
        return f"it was decided for {decided}, and what is registered cannot be told: {error.what}"
    if registered is not None and registered != decision.model.digest:
        return f"it was decided for another model digest: for {decided}, and {registered} is registered now"
    return None
