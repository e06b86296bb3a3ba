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
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from remiss.errors import InputError
from remiss.protocol.nearest import nearest
from remiss.records.event import Scalar
from remiss.records.identity import CROCKFORD, crockford, format_time, plain
from remiss.records.states import Status
from remiss.records.success import SuccessCriterion
from remiss.records.suite import CaptureRole, SuiteCriterion, SuitePart, SuiteRow
from remiss.safeguard.replaying import redacted

if TYPE_CHECKING:
    from remiss.records.case import Case
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


def row_of_line(line: SampledLine) -> SuiteRow:
    """Return a sampled event as the row of a suite, in no part yet but the sample of production."""
    return SuiteRow(
        id=line.id,
        part=SuitePart.PRODUCTION,
        event=line.event,
        occurred=line.occurred,
        window=line.window,
        role=role_of(line.criteria, line.undecided),
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
        criteria=names_in(line.criteria),
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


def is_open(row: SuiteRow) -> bool:
    """Return whether a row is an open failure, which a version is to fix and is not expected to have fixed yet."""
    return row.part is SuitePart.CASES and row.status not in RESOLVED


def is_apart(row: SuiteRow) -> bool:
    """Return whether an event is in a suite and not asked, for it is a case of which redaction touched an input."""
    return redacted(row.inputs)


def named(typed: SuccessCriterion, values: Mapping[str, Sequence[Any]], criteria: Sequence[SuiteCriterion]) -> SuccessCriterion:
    """Return a criterion of success with the name by which results have what it is about.

    Parameters
    ----------
    values : of the rows of the suite by column, each once
    criteria : those of the suite

    Raises
    ------
    InputError : no event of the suite is of that kind
    """
    match typed.group:
        case "mode":
            names = {mode: mode.partition(":")[2] for mode in values["mode"] if mode}
        case "severity":
            names = {str(severity): "" for severity in values["severity"] if severity}
        case "slice":
            names = {stratum: _short(stratum) for stratum in values["stratum"]}
        case "criterion":
            names = {each.name: "" for each in criteria if each.unjudged is None}
        case _:
            # Scenarios may be made later.
            return typed
    wanted = typed.name if typed.group != "slice" else _short(typed.name)
    for name, short in names.items():
        if (name and typed.name in {name, short}) or (typed.group == "slice" and wanted == short):
            return replace(typed, name=name)
    do = nearest(typed.name, sorted(each for each in names if each), f"there are {typed.group}")
    raise InputError(f"no event of the suite is of {typed.group} {typed.name}", do=do, field="success")


def _short(stratum: str) -> str:
    """Return a slice by the last words of its names, as a person may type them."""
    return json.dumps({name.rpartition(".")[2]: value for name, value in json.loads(stratum).items()}, sort_keys=True)


def stratum_text(stratum: object) -> str:
    """Return a stratum as canonical JSON, however a database gives it."""
    return _stratum_of(stratum) if isinstance(stratum, str) else _canonical(stratum or {})


# Few strata, each of thousands of events.
@lru_cache(4096)
def _stratum_of(text: str) -> str:
    return _canonical(json.loads(text) if text else {})


def _canonical(value: object) -> str:
    return json.dumps(plain(value), sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def role_of(criteria: str | None, undecided: str | None) -> CaptureRole:
    """Return how an event came to be sampled."""
    return CaptureRole.CANDIDATE if criteria else CaptureRole.UNDECIDED if undecided else CaptureRole.CONTROL


def names_in(listed: str | None) -> tuple[str, ...]:
    """Return the names that are set apart by commas."""
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
    parts = {name: coarse(value) for name, value in inputs.items()}
    found = sorted(words(text)) if text else None
    content = encoded([parts, found])
    bits = int.from_bytes(hashlib.sha256(content.encode("utf-8", "surrogatepass")).digest()[:8]) >> 4
    return crockford(bits, 12)


def hashed_ids(contents: Sequence[bytes]) -> list[str]:
    """Return the first 60 bits of the SHA-256 of each content as `crockford` writes them, all at once."""
    sha = hashlib.sha256
    bits = np.frombuffer(b"".join([sha(each).digest()[:8] for each in contents]), ">u8").astype(np.uint64) >> np.uint64(4)
    shifts = np.arange(55, -1, -5, dtype=np.uint64)
    letters = np.frombuffer(CROCKFORD.encode(), np.uint8)[(bits[:, None] >> shifts) & np.uint64(31)]
    found: list[str] = np.ascontiguousarray(letters).view("S12").ravel().astype(str).tolist()
    return found


encoded = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode
_DIGITS = re.compile(r"\d+")


def words(text: str) -> set[str]:
    """Return the words of a text as near-duplicates share them."""
    return set(_DIGITS.sub("0", text.casefold()).split())


def coarse(value: Scalar) -> object:
    """Return a value as near-duplicates share it."""
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
            return sorted(words(value))
        case _:
            return value


def is_sealed(family: str, share: float, secret: bytes) -> bool:
    """Return whether a family is in the sealed part of every suite of the catalog.

    Only the catalog's key tells, so that nobody learns from the rows of one suite which of another are sealed.
    """
    return int.from_bytes(keyed(family, secret)[:8]) < share * 2**64


def keyed(text: str, secret: bytes) -> bytes:
    """Return the keyed digest of a text."""
    return hmac.digest(secret, text.encode(), "sha256")
