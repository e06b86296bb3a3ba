"""The fields of an event as the catalog may hold them: which may reach it at all, their sensitivities, each redacted.

Ids are names. The event id finds the event in its log again, and its case and sample hang on it: it is never changed, but
`exposed` says which detectors see something in it, so that the caller can say so. The other names (model version, digest,
feature configuration, trace) only lose e-mail addresses, which they hold by mistake alone: a version may well be `1.2.3.4`.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping

from remiss.errors import InputError
from remiss.govern.redaction.detectors import NUMBERS
from remiss.govern.redaction.policy import NAMING, Policy
from remiss.govern.redaction.redactor import Redactor, redact
from remiss.records.case import Sensitivity
from remiss.records.event import MARK, Redaction, Scalar

ESSENTIAL = frozenset({"id", "time"})
NAMES = frozenset({"model", "model_version", "model_digest", "features", "trace_id"})

# Above the greatest every whole number that a float carries is exact; below the least none is long enough for an id.
SHORTEST_NUMBER = 10**8


def redact_event(fields: Mapping[str, Scalar], sensitivity: Mapping[str, Sensitivity], by: Redactor) -> dict[str, Scalar]:
    """Return what the catalog may hold of an event.

    Parameters
    ----------
    fields : canonical field names (`id`, `output`, `inputs.carrier`, ...) to values as production logged them
    sensitivity : grades by canonical name; fields graded restricted or secret are absent from the result

    Raises
    ------
    InputError : `id` or `time` graded restricted, which no event can be without
    """
    for name in ESSENTIAL:
        if not admits(name, sensitivity):
            raise InputError(
                f"the field {name} is graded {sensitivity[name].name.lower()}, and no event can be filed without it",
                do=f"grade it internal, or make {name} from something that tells nothing, for example md5(...)",
            )
    naming = by.narrowed(NAMING)
    kept: dict[str, Scalar] = {}
    for name, value in fields.items():
        if not admits(name, sensitivity):
            continue
        if name in ESSENTIAL or not isinstance(value, str | int | float):
            kept[name] = value
        else:
            kept[name] = redact_value(value, naming if name in NAMES else by)
    return kept


def redact_value(value: Scalar, by: Redactor) -> Scalar:
    """Return a plain value redacted: text by the whole policy, whole numbers by what has no letters, all else as it is.

    A card number in a numeric column becomes its mark, and so text, where a protocol asks for that.
    """
    match value:
        case str():
            return redact(value, by)
        case bool():
            return value
        case int() | float() if by.policy.unasked:
            return value
        case int() | float() if abs(value) >= SHORTEST_NUMBER and value == value // 1:
            digits = str(int(value))
            changed = redact(digits, by.narrowed(Policy(NUMBERS)))
            return value if changed == digits else changed
        case _:
            return value


def writable(name: str, value: Scalar, by: Redactor) -> bool:
    """Return whether redaction leaves a field's value as it is, which then may stand in the catalog by itself."""
    return redact_value(value, by.narrowed(NAMING) if name in NAMES else by) == value


def redactions(fields: Mapping[str, Scalar], by: Redactor) -> tuple[Redaction, ...]:
    """Return where in redacted fields which detector's marks stand. A mark that production wrote counts as one."""
    names = by.policy.names
    version = functools.cache(lambda: by.version)
    return tuple(
        Redaction(field=name, detector=each[1], start=each.start(), end=each.end(), policy=version())
        for name, value in fields.items()
        if isinstance(value, str) and "[" in value
        for each in MARK.finditer(value)
        if each[1] in names
    )


def admits(name: str, sensitivity: Mapping[str, Sensitivity]) -> bool:
    """Return whether a field of that canonical name may reach the catalog at all."""
    return sensitivity.get(name, Sensitivity.INTERNAL) < Sensitivity.RESTRICTED


def sensitivity_of(names: Iterable[str], sensitivity: Mapping[str, Sensitivity]) -> Sensitivity:
    """Return the sensitivity of what the catalog holds of an event: that of its most sensitive field that may reach the catalog.

    Parameters
    ----------
    names : canonical names of all fields that a protocol reads
    sensitivity : grades by canonical name; a field without one is internal

    >>> sensitivity_of(["id", "text"], {"id": Sensitivity.PUBLIC, "text": Sensitivity.SECRET}).name
    'PUBLIC'
    """
    grades = (sensitivity.get(name, Sensitivity.INTERNAL) for name in names if admits(name, sensitivity))
    return max(grades, default=Sensitivity.INTERNAL)
