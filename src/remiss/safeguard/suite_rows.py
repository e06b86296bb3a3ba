"""Sampled events as the rows of a suite: which file each stands in, what is expected of it, and which ones belong together.

Families: events whose inputs and text are nearly the same are near-duplicates of each other. Numbers count as the same to three
significant digits, texts by the set of their words without case and digits. What two such events say is worth little more than
what one of them says, and whoever trains on one has seen the other: so families are counted as one, and are sealed whole.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import lru_cache

from remiss.records.case import Case
from remiss.records.event import Scalar
from remiss.records.expectation import Expectation
from remiss.records.identity import crockford, format_time, plain
from remiss.records.states import Status
from remiss.records.suite import CaptureRole, SuiteCriterion, SuitePart, SuiteRow
from remiss.safeguard.expectations import by_default
from remiss.safeguard.replaying import redacted
from remiss.understand.ports import SampledLine

# The cases of a suite that are open, and those that are resolved, which the guard asks.
OPEN = frozenset({Status.VERIFIED, Status.REGRESSED})
RESOLVED = frozenset({Status.RESOLVED})
# Of a control that nobody found a failure in.
SOUND = frozenset({None, Status.CONTROL, Status.CLEARED})

OLDER = "they were drawn by older versions of the protocol alone"
OUTSIDE = "they match QUERY and not --within"
NO_INPUTS = "nothing of their inputs is in the catalog"
REDACTED_INPUTS = "redaction touched an input"
REDACTED_LABEL = "redaction touched the label or the answer"
NO_EXPECTATION = "no criterion that they met can judge an answer, and nobody wrote what is expected"


@dataclass(slots=True)
class TakenRows:
    """The rows of a suite so far.

    `left_out` counts, by reason, events that cannot be asked again and cases of which nothing is expected; `production` how many
    events of the log each capture role stands for, left out or not.
    """

    rows: list[SuiteRow] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)
    production: dict[str, float] = field(default_factory=dict)


def taken(
    lines: Iterable[SampledLine],
    chosen: frozenset[str],
    criteria: Sequence[SuiteCriterion],
    written: Mapping[str, Sequence[Expectation]],
) -> TakenRows:
    """Return the rows of the sampled events of a suite's windows.

    Parameters
    ----------
    chosen : the ids of those that the query of the suite matches; the others are controls or the rest of the sample
    written : by id of case, what people wrote that is expected of it
    """
    by_name, found = {each.name: each for each in criteria}, TakenRows()
    for line in lines:
        row = row_of_line(line)
        found.production[row.role.value] = found.production.get(row.role.value, 0.0) + row.weight
        why = unusable(row)
        if why is not None:
            found.left_out[why] += 1
            continue
        if line.id in chosen and row.status in OPEN | RESOLVED:
            expected = tuple(written.get(line.id, ())) or by_default(row.criteria, row.output, row.label, by_name)
            found.left_out[NO_EXPECTATION] += not expected
            row = replace(row, part=SuitePart.CASES if expected else row.part, expectations=expected)
        elif row.role is CaptureRole.CONTROL and row.label is not None and row.status in SOUND:
            expected = by_default((), row.output, row.label, by_name)
            row = replace(row, part=SuitePart.CONTROLS if expected else row.part, expectations=expected)
        found.rows.append(row)
    found.left_out = +found.left_out
    return found


def row_of_line(line: SampledLine) -> SuiteRow:
    """Return a sampled event as the row of a suite, in no part yet but the sample of production."""
    met = _names(line.criteria)
    role = CaptureRole.CANDIDATE if met else CaptureRole.UNDECIDED if line.undecided else CaptureRole.CONTROL
    return SuiteRow(
        id=line.id,
        part=SuitePart.PRODUCTION,
        event=line.event,
        occurred=line.occurred,
        window=line.window,
        role=role,
        weight=line.weight or 0.0,
        family=fingerprint(line.inputs, line.text),
        stratum=stratum_text(line.stratum),
        model=line.model,
        model_version=line.model_version,
        inputs=line.inputs,
        context=line.context,
        text=line.text,
        output=line.output,
        label=line.label,
        status=line.status,
        mode=line.mode,
        severity=line.severity,
        criteria=met,
        audited=line.status == Status.CLEARED,
    )


def row_of_case(case: Case) -> SuiteRow:
    """Return a case as a row, without how it was sampled and what it met."""
    event = case.event
    return SuiteRow(
        id=case.id,
        part=SuitePart.CASES,
        event=event.id,
        occurred=event.at,
        window=event.at,
        role=CaptureRole.CANDIDATE,
        weight=0.0,
        family=fingerprint(event.inputs, event.text),
        stratum="{}",
        model=event.model,
        model_version=event.model_version,
        inputs=event.inputs,
        context=event.context,
        text=event.text,
        output=event.output,
        label=event.label,
        status=case.status.value,
        mode=case.mode,
        severity=case.severity,
        criteria=(),
    )


def stratum_text(stratum: object) -> str:
    """Return a stratum as canonical JSON, however a database gives it."""
    return _stratum_of(stratum) if isinstance(stratum, str) else _canonical(stratum or {})


# Few strata, each of thousands of events.
@lru_cache(4096)
def _stratum_of(text: str) -> str:
    return _canonical(json.loads(text) if text else {})


def _canonical(value: object) -> str:
    return json.dumps(plain(value), sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def _names(listed: str | None) -> tuple[str, ...]:
    return tuple(listed.split(", ")) if listed else ()


def unusable(row: SuiteRow) -> str | None:
    """Return why a model cannot be asked a row again, or its answer not be judged; None where it can."""
    if not row.inputs:
        return NO_INPUTS
    if redacted(row.inputs):
        return REDACTED_INPUTS
    return REDACTED_LABEL if redacted({"output": row.output, "label": row.label}) else None


def fingerprint(inputs: Mapping[str, Scalar], text: str | None) -> str:
    """Return what near-duplicates share: equal in categories, in numbers to three significant digits, and in the words of texts.

    >>> near = fingerprint({"carrier": "UA", "distance": 1004.2}, "Gate 12 closed")
    >>> near == fingerprint({"distance": 1003.8, "carrier": "UA"}, "gate 14 CLOSED"), near == fingerprint({"carrier": "B6"}, None)
    (True, False)
    """
    parts = {name: _coarse(value) for name, value in inputs.items()}
    words = sorted(_words(text)) if text else None
    content = _encode([parts, words])
    bits = int.from_bytes(hashlib.sha256(content.encode("utf-8", "surrogatepass")).digest()[:8]) >> 4
    return crockford(bits, 12)


_encode = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode
_DIGITS = re.compile(r"\d+")


def _words(text: str) -> set[str]:
    return set(_DIGITS.sub("0", text.casefold()).split())


def _coarse(value: Scalar) -> object:
    # What most values are.
    kind = type(value)
    if kind is float and math.isfinite(value):  # type: ignore[arg-type]
        return f"{value:.2e}"
    if kind is int:
        return f"{float(value):.2e}"  # type: ignore[arg-type]
    if kind is str and " " not in value:  # type: ignore[operator]
        return value
    match value:
        case bool() | None:
            return value
        case int() | float():
            return f"{float(value):.2e}" if math.isfinite(value) else str(value)
        case datetime():
            return format_time(value)
        case str() if " " in value:
            return sorted(_words(value))
        case _:
            return value


def is_sealed(family: str, share: float, secret: bytes) -> bool:
    """Return whether a family is in the sealed part of every suite of the catalog.

    Only the catalog's key tells, so that nobody learns from the rows of one suite which of another are sealed.
    """
    return int.from_bytes(keyed(family, secret)[:8]) < share * 2**64


def keyed(text: str, secret: bytes) -> bytes:
    """Return the keyed digest of a text."""
    return hmac.new(secret, text.encode(), hashlib.sha256).digest()


# The fields of a row that hold times, or what a log decides.
LOGGED = ("occurred", "window", "weight", "severity", "inputs", "context", "output", "label", "expectations")


def content_lines(rows: Iterable[SuiteRow]) -> Iterator[bytes]:
    """Yield the canonical content of rows, sorted by id: JSON with sorted keys, as every database and every file gives it."""
    encode = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False).encode
    for row in sorted(rows, key=lambda each: each.id):
        said = as_plain(row)
        # Only what a log decides can be what JSON has no form for.
        for name in LOGGED:
            value = said[name]
            if value is not None and type(value) is not str:
                said[name] = plain(value)
        yield encode(said).encode("utf-8", "surrogatepass") + b"\n"


def content_digest(rows: Iterable[SuiteRow]) -> str:
    """Return the digest of the canonical content of rows, whatever their order."""
    found = hashlib.sha256()
    for line in content_lines(rows):
        found.update(line)
    return f"sha256:{found.hexdigest()}"


def sealed_digest(rows: Iterable[SuiteRow], secret: bytes) -> str:
    """Return the keyed digest of the same content."""
    found = hmac.new(secret, digestmod=hashlib.sha256)
    for line in content_lines(rows):
        found.update(line)
    return f"hmac-sha256:{found.hexdigest()}"


def as_plain(row: SuiteRow) -> dict[str, object]:
    """Return a row as plain values by the names of its fields, as files and digests have it."""
    return {
        "id": row.id,
        "part": row.part.value,
        "event": row.event,
        "occurred": row.occurred,
        "window": row.window,
        "role": row.role.value,
        "weight": row.weight,
        "family": row.family,
        "stratum": row.stratum,
        "model": row.model,
        "model_version": row.model_version,
        "inputs": row.inputs,
        "context": row.context,
        "text": row.text,
        "output": row.output,
        "label": row.label,
        "status": row.status,
        "mode": row.mode,
        "severity": row.severity,
        "criteria": list(row.criteria),
        "audited": row.audited,
        "met_by_log": row.met_by_log,
        "expectations": [each.as_plain() for each in row.expectations],
    }
