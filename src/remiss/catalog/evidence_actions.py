"""What one can do with the raw evidence of a case. Each look at it has a purpose, which is recorded with it.

The sensitivity of raw evidence: a person who asks for it needs that clearance, whatever is visible to them of the redacted form.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from remiss.action import action
from remiss.catalog.ports import EvidenceWorkspace
from remiss.errors import Denied, InputError
from remiss.govern.redaction.written import gate
from remiss.parameters import CaseId, Option
from remiss.protocol.terms import Protocol
from remiss.protocol.versions import restore
from remiss.records.case import Sensitivity
from remiss.records.evidence import Original, RawEvent
from remiss.records.view_entry import ViewEntry, ViewKind

PURPOSE_LIMIT = 300


def raw_sensitivity(protocol: Protocol, case: Sensitivity) -> Sensitivity:
    """Return the sensitivity of the raw events of a protocol.

    As the most guarded of its fields, those too that never reach the catalog; at least restricted where the protocol has
    anything redacted, since the raw event has what redaction takes out; and never less than the case.

    Parameters
    ----------
    case : the sensitivity of the case
    """
    redacted = Sensitivity.RESTRICTED if protocol.redaction else Sensitivity.PUBLIC
    return max(*protocol.sensitivity.values(), redacted, case)


def checked_purpose(purpose: str) -> str:
    """Return what raw evidence is looked at for, without blanks around it.

    Raises
    ------
    InputError : empty, longer than a sentence, or with characters that nobody sees
    """
    said = purpose.strip()
    if not said:
        raise InputError("no purpose is given", do="say in a sentence what the raw evidence is needed for")
    if len(said) > PURPOSE_LIMIT:
        raise InputError(f"the purpose has {len(said)} characters, more than {PURPOSE_LIMIT}", do="say it in a sentence")
    if not "".join(said.split()).isprintable():
        raise InputError("the purpose has characters that cannot be seen", do="say in a sentence what the raw evidence is for")
    return said


READ = "evidence:read"


def looked(ws: EvidenceWorkspace, raw: RawEvent, purpose: str) -> ViewEntry:
    """Return what the log of views has of a look at a raw event, and what for.

    Raises
    ------
    InputError : the purpose is none
    """
    team = ws.raw_events.of(raw.case, raw.run).team
    # The log of views is never written anew: what is personal must not come into it.
    said = gate(ws).words(checked_purpose(purpose))
    return ViewEntry(kind=ViewKind.EVIDENCE, subject=raw.case, purpose=said, ids=[raw.run], team=team)


def _shown(ws: EvidenceWorkspace, given: Mapping[str, Any], raw: RawEvent) -> Sequence[ViewEntry]:
    return (looked(ws, raw, given["purpose"]),)


@action("evidence.show", permission=READ, http="POST /cases/{case}/evidence", reads=True, subject="case", views=_shown)
def show_evidence(
    ws: EvidenceWorkspace,
    case: CaseId,
    purpose: Annotated[str, Option()],
    *,
    run: Annotated[str, Option(metavar="RUN")] | None = None,
) -> RawEvent:
    """Show the raw event of CASE, as production logged it.

    What redaction takes out is in it. That you looked is recorded, and what for.

    Example: remiss evidence show k7m4-qp2x --purpose "the carrier asked which flight it was"

    Parameters
    ----------
    purpose : what it is needed for, in a sentence; recorded, with personal data in it replaced
    run : the capture run that kept it; default: the latest in force

    Raises
    ------
    Denied : it is more guarded than the actor's clearance in the case's team, or they may read no evidence there
    NotFound : no such case, or no raw event of it: it was filed by hand, erased, or is past its retention
    StorageError : it was altered, or its key is missing
    Ambiguous, InputError : among them a purpose that is empty
    """
    checked_purpose(purpose)
    return raw_event(ws, case, run)


def raw_event(ws: EvidenceWorkspace, case: str, run: str | None = None) -> RawEvent:
    """Return the raw event of a case to whom it may be shown; that it is looked at is for the caller to record.

    Raises
    ------
    Denied, NotFound, StorageError, Ambiguous, InputError : as `show_evidence`
    """
    original = ws.raw_events.of(case, run)
    ws.allow(READ, original.team)
    sensitivity = _guarded(ws, original)
    if not ws.scope.sees(original.team, sensitivity):
        raise Denied(
            f"the raw evidence of {original.case} is {sensitivity.name.lower()}, which is above the clearance of {ws.actor.name}",
            do=f"ask an admin of the catalog for a clearance in team {original.team}",
        )
    content = ws.vault.get(original.address).decode()
    return RawEvent(case=original.case, run=original.run, sensitivity=sensitivity, content=content)


def _guarded(ws: EvidenceWorkspace, original: Original) -> Sensitivity:
    stored = ws.protocols.find(original.protocol, original.version)
    # A run is filed with its protocol, and no protocol is ever removed.
    assert stored is not None
    return raw_sensitivity(restore(stored.text, f"{original.protocol}.yaml"), original.sensitivity)
