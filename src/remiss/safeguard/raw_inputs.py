"""Inputs of cases as production logged them, for the folder of a suite: from the vault, by clearance.

Only inputs that redaction touched are taken, and only where redacting them gives what the catalog has: then they are what the
case was captured with. The catalog learns nothing of them but a digest over salted values (docs/adr/0073).
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any

import pyarrow as pa

from remiss.capture.sql.spelling import name as quoted
from remiss.catalog.evidence_actions import READ, raw_event
from remiss.errors import Denied, NotFound, ProtocolError
from remiss.govern.redaction.event_fields import redact_value
from remiss.govern.redaction.redactor import Redactor
from remiss.govern.redaction.written import REDACTION
from remiss.protocol.predicate import check_field
from remiss.protocol.structure import Nesting, Structure
from remiss.protocol.terms import INPUTS, Protocol, Type
from remiss.protocol.versions import kept_version
from remiss.records import arrow
from remiss.records.case import Sensitivity
from remiss.records.event import Scalar, Values
from remiss.records.evidence import RawEvent
from remiss.records.suite import APART, RawInputs, SaltedInputs, Suite, SuiteInputs, SuitePart
from remiss.safeguard.ports import SuiteWorkspace
from remiss.safeguard.replaying import redacted
from remiss.safeguard.suite_assembly import SuiteParts
from remiss.safeguard.suite_content import raw_digest
from remiss.safeguard.suite_criteria import TYPES
from remiss.safeguard.suite_rows import keyed

SALT = "raw-inputs"
GONE = "no raw event of them is kept any more"
ABOVE = "their raw events are above the clearance of the person who built it"
ELSEWHERE = "their raw events were kept by another protocol"
UNTOLD = "their raw events do not give the inputs that the catalog has redacted"
_ROWS, _PLACE = "raw_events", "remiss_place"


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundInputs:
    """What the vault gave: inputs sorted by id, the raw events that they are of, and how many cases stay redacted, by reason."""

    inputs: tuple[SaltedInputs, ...]
    events: tuple[RawEvent, ...]
    left: Mapping[str, int]

    @property
    def sensitivity(self) -> Sensitivity:
        """The greatest of the raw events; public without any."""
        return max((each.sensitivity for each in self.events), default=Sensitivity.PUBLIC)


def with_raw(ws: SuiteWorkspace, suite: Suite, rows: SuiteParts) -> tuple[Suite, FoundInputs]:
    """Return a suite with the raw inputs of its cases that redaction touched, but sealed ones.

    Raises
    ------
    Denied : the protocol or the actor's role does not allow it
    StorageError : a raw event was altered, or its key is missing
    """
    protocol = _checked(ws, suite)
    cases = rows.open.of(SuitePart.CASES).single
    touched = {case: inputs for case, inputs in zip(cases["id"], cases["inputs"], strict=True) if redacted(inputs)}
    found = _found(ws, protocol, touched)
    guarded = max(Sensitivity[suite.sensitivity.upper()], found.sensitivity)
    suite = replace(
        suite,
        inputs=SuiteInputs.RAW if found.inputs else SuiteInputs.REDACTED,
        raw=RawInputs(cases=len(found.inputs), digest=raw_digest(found.inputs), left=found.left),
        sensitivity=guarded.name.lower(),
        left_out=dict(sorted((Counter(suite.left_out) - Counter({APART: len(found.inputs)})).items())),
    )
    return suite, found


def _checked(ws: SuiteWorkspace, suite: Suite) -> Protocol:
    """Return the protocol of a suite that may hold raw inputs.

    Its version has to allow that, and the newest one: what a team decides holds for what is there, too.

    Raises
    ------
    Denied
    """
    ws.allow(READ, suite.team)
    name = suite.protocol
    newest, own = (ws.protocols.find(name, version) for version in (None, suite.protocol_version))
    assert newest is not None
    assert own is not None
    for stored in (own, newest):
        retention = kept_version(stored, f"{name}.yaml").retention
        if retention is not None and not retention.raw_suites:
            what = f"protocol {name}@{stored.version} lets suites hold redacted inputs alone (retention.suites)"
            raise Denied(what, do="build it without raw inputs")
    return kept_version(own, f"{name}.yaml")


def _found(ws: SuiteWorkspace, protocol: Protocol, touched: Mapping[str, Values]) -> FoundInputs:
    """Return the raw inputs of cases, as far as the actor may see their raw events; recording that is for the caller.

    Parameters
    ----------
    touched : by the ids of cases, their inputs as redaction left them
    """
    left: Counter[str] = Counter()
    opened: list[RawEvent] = []
    for case in sorted(touched):
        found = _opened(ws, protocol.name, case)
        if isinstance(found, str):
            left[found] += 1
        else:
            opened.append(found)
    marked = {case: [name for name, value in inputs.items() if redacted({name: value})] for case, inputs in touched.items()}
    values = _values(ws, protocol, opened, {name for event in opened for name in marked[event.case]})
    by = Redactor(protocol.redaction, ws.keys.secret(REDACTION), ws.recogniser if protocol.redaction.modelled else None)
    secret = ws.keys.secret(SALT)
    told: list[tuple[RawEvent, SaltedInputs]] = []
    for event, logged in zip(opened, values, strict=True):
        kept = touched[event.case]
        raw = {name: logged.get(name) for name in marked[event.case]}
        if redacted(raw) or any(value is None or redact_value(value, by) != kept[name] for name, value in raw.items()):
            left[UNTOLD] += 1
            continue
        salt = keyed(event.case, secret).hex()[:32]
        told.append((event, SaltedInputs(id=event.case, inputs={**kept, **raw}, salt=salt)))
    return FoundInputs(
        inputs=tuple(each for _, each in told), events=tuple(event for event, _ in told), left=dict(sorted(left.items()))
    )


def _opened(ws: SuiteWorkspace, protocol: str, case: str) -> RawEvent | str:
    """Return the raw event of a case, or why it is not to be had."""
    try:
        original = ws.raw_events.of(case, None)
        return raw_event(ws, case, original.run) if original.protocol == protocol else ELSEWHERE
    except NotFound:
        return GONE
    except Denied:
        return ABOVE


def _values(
    ws: SuiteWorkspace, protocol: Protocol, events: Sequence[RawEvent], names: Collection[str]
) -> Sequence[Mapping[str, Scalar]]:
    """Return inputs of events, computed of what was logged by the expressions of the protocol; without those that cannot be."""
    rows = [_row(each) for each in events]
    there = dict.fromkeys(chain.from_iterable(rows))
    columns = {column: [row.get(column) for row in rows] for column in there}
    structures = {column: _structure(values) for column, values in columns.items()}
    found: list[dict[str, Scalar]] = [{} for _ in events]
    for name in sorted(names):
        expression = protocol.fields.get(INPUTS + name)
        try:
            if expression is None:
                continue
            checked = check_field(expression.sql, structures)
            table = _table({column: columns[column] for column in checked.reads}, structures, len(rows))
            with ws.engine.over({_ROWS: table}) as run:
                made = run(f"SELECT {checked.sql} AS made FROM {_ROWS} ORDER BY {quoted(_PLACE)}")  # noqa: S608
        except (ProtocolError, pa.ArrowException, TypeError, OverflowError):
            # It reads labels or the name of a folder, which are not of the raw event, or values of several kinds.
            continue
        for row, value in zip(found, made.column("made").to_pylist(), strict=True):
            if isinstance(value, str | int | float):
                row[name] = value
    return found


def _row(event: RawEvent) -> Mapping[str, Any]:
    try:
        row = json.loads(event.content)
    except (ValueError, RecursionError):
        return {}
    return row if isinstance(row, dict) else {}


def _structure(values: Iterable[object]) -> Structure:
    """Return what the values of a column are."""
    there = [value for value in values if value is not None]
    structs = [value for value in there if isinstance(value, dict)]
    lists = [value for value in there if isinstance(value, list)]
    if structs and len(structs) == len(there):
        parts = dict.fromkeys(chain.from_iterable(structs))
        fields = {part: _structure(each.get(part) for each in structs) for part in parts}
        return Structure(type=Type.NESTED, form=Nesting.STRUCT, fields=fields)
    if lists and len(lists) == len(there):
        return Structure(type=Type.NESTED, form=Nesting.LIST, item=_structure(chain.from_iterable(lists)))
    return Structure(type=Type.NESTED if structs or lists else TYPES[arrow.kind_of(there)])


def _table(columns: Mapping[str, Sequence[object]], structures: Mapping[str, Structure], rows: int) -> pa.Table:
    flat = {column: values for column, values in columns.items() if structures[column].type is not Type.NESTED}
    table: pa.Table = arrow.table({_PLACE: range(rows), **flat}, {_PLACE: arrow.WHOLE})
    for column in columns.keys() - flat.keys():
        table = table.append_column(column, pa.array(columns[column]))
    return table
