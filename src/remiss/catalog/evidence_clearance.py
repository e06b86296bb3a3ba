"""How guarded raw evidence is: whoever asks for it needs that clearance, whatever they may see of the redacted form."""

from __future__ import annotations

from remiss.errors import InputError
from remiss.protocol.terms import Protocol
from remiss.records.case import Sensitivity

PURPOSE_LIMIT = 300


def raw_sensitivity(protocol: Protocol, case: Sensitivity) -> Sensitivity:
    """Return how guarded the raw events of a protocol are.

    As the most guarded of its fields, those too that never reach the catalog; at least restricted where the protocol has
    anything redacted, since the raw event has what redaction takes out; and never less than the case.

    Parameters
    ----------
    case : how guarded the case is
    """
    redacted = Sensitivity.RESTRICTED if protocol.redaction else Sensitivity.PUBLIC
    return max(*protocol.sensitivity.values(), redacted, case)


def checked_purpose(purpose: str) -> str:
    """Return what raw evidence is looked at for, without blanks around it.

    Raises
    ------
    InputError : empty, or longer than a sentence
    """
    said = purpose.strip()
    if not said:
        raise InputError("no purpose is given", do="say in a sentence what the raw evidence is needed for")
    if len(said) > PURPOSE_LIMIT:
        raise InputError(f"the purpose has {len(said)} letters, more than {PURPOSE_LIMIT}", do="say it in a sentence")
    return said
