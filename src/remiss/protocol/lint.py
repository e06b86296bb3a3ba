"""A protocol examined against its sources: every expression typed, and everything that would not work found.

Errors are what a capture could not run on; notes are what works otherwise than one might think.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from sqlglot import exp

from remiss.errors import ProtocolError
from remiss.protocol.check_result import Checked, CheckedCriterion, CheckedExpression, Finding
from remiss.protocol.columns import NAMING, NUMERIC
from remiss.protocol.expressions.grammar import parse
from remiss.protocol.notes import notes
from remiss.protocol.ports import Description
from remiss.protocol.predicate import LABELS, check_field, check_predicate
from remiss.protocol.structure import Structure, written
from remiss.protocol.terms import Criterion, Expression, Kind, Protocol, Type, is_among


def examine(
    protocol: Protocol, source: Description, labels: Description | None, *, labels_unknown: bool = False
) -> tuple[Checked | None, tuple[Finding, ...]]:
    """Return the protocol with every expression checked, None with errors, and every finding, notes among them.

    Parameters
    ----------
    protocol : as `document.parse` gave it
    source, labels : what the engine says of the columns; labels None without a label source
    labels_unknown : the label source could not be described, which was said already: what reads it is passed over

    Fields come out ready for the catalog: what names something (id, versions, status, trace, text) as text, numbers as
    DOUBLE. The times stay as they are, `zoned` saying whether a zone is theirs.
    """
    linting = _Linting(protocol, labels_unknown)
    columns = dict(source.columns)
    if labels is not None:
        columns |= {f"{LABELS}.{name}": structure for name, structure in labels.columns.items()}
    keys = None if labels is None else _keys(linting, source, labels)
    label_time = None if labels is None else _label_time(linting, labels)
    admit, by = _admit(linting, columns), _by(linting, columns)
    fields = {
        name: checked
        for name, expression in protocol.fields.items()
        if (checked := _field(linting, name, expression, columns)) is not None
    }
    _check_unit(linting, fields)
    # A field that could not be typed is reported once, where it is defined: to the criteria that read it, its type is not
    # known, and of their errors those are reported that no type of it would end.
    types = {name: fields[name].type if name in fields else Type.UNKNOWN for name in protocol.fields}
    criteria = [_criterion(linting, criterion, types, _columns_of(protocol)) for criterion in protocol.criteria]
    known = tuple(each for each in criteria if each is not None)
    whole = Checked(protocol=protocol, fields=fields, criteria=known, keys=keys, admit=admit, by=by, label_time=label_time)
    findings = [*linting.findings, *notes(whole, source, labels)]
    findings.sort(key=lambda finding: finding.line)
    return (None if linting.findings or labels_unknown or protocol.unread else whole), tuple(findings)


@dataclass(frozen=True, slots=True)
class _Linting:
    """A protocol that is checked, and what was found so far."""

    protocol: Protocol
    labels_unknown: bool
    findings: list[Finding] = field(default_factory=list)

    def find(self, line: int, what: str, do: str) -> None:
        self.findings.append(Finding(code="lint", level="error", file=self.protocol.path, line=line, what=what, do=do))


def _columns_of(protocol: Protocol) -> dict[str, str]:
    """Return the columns that a field shows unchanged, each with the field that holds it."""
    plain = re.compile(r'"?([^"]+)"?')
    return {found[1]: name for name, each in protocol.fields.items() if (found := plain.fullmatch(each.sql)) and found[1] != name}


def _keys(linting: _Linting, source: Description, labels: Description) -> tuple[CheckedExpression, CheckedExpression] | None:
    """Return what events and labels are joined on, checked: a column of exactly that name, or an expression."""
    wanted = linting.protocol.labels
    if wanted is None:
        return None
    line, found = linting.protocol.lines.get("labels.key", wanted.line), []
    for whose, text, described in (("source", wanted.key.events, source), (LABELS, wanted.key.labels, labels)):
        is_column = text in described.columns
        try:
            key = check_field(written(text) if is_column else text, described.columns)
        except ProtocolError as error:
            nobody = wanted.key.events == wanted.key.labels and re.fullmatch(r"\w+", text)
            what = f"the key {text} is not a column of the {whose}" if nobody else f"the key of the {whose}: {error.what}"
            linting.find(line, what, f"{error.do}; both sides must have the key, or write {{events: ..., labels: ...}}")
            continue
        if key.type not in {Type.TEXT, Type.INTEGER}:
            shown = described.types.get(text, key.type.value)
            what = f"the key {text} is {shown} in the {whose}, not text or a whole number"
            linting.find(line, what, "join on a key of exact values")
            continue
        found.append(key)
    return (found[0], found[1]) if len(found) == 2 else None


def _admit(linting: _Linting, columns: Mapping[str, Structure]) -> CheckedExpression | None:
    """Return the checked condition on rows of the log; None where there is none, or none that can be used."""
    example = "for example admit: traffic = 'live'"
    late = f"name columns of the source, {example}; what a label decides is for `among` of a criterion"
    checked = _of_rows(linting, "admit", linting.protocol.admit, columns, example, late)
    if checked is None or checked.type is Type.BOOLEAN:
        return checked
    line = linting.protocol.lines.get("admit", 1)
    linting.find(line, f"admit is {_a(checked.type)}, not true or false", f"compare it with something, {example}")
    return None


def _by(linting: _Linting, columns: Mapping[str, Structure]) -> CheckedExpression | None:
    """Return what rows of one id are compared by, checked; None where there is none, or none that can be used."""
    duplicates = linting.protocol.duplicates
    if duplicates is None:
        return None
    example = "for example by: logged_at"
    late = f"name columns of the source, {example}"
    checked = _of_rows(linting, "duplicates.by", duplicates.by, columns, example, late)
    if checked is None or checked.type in {Type.TEXT, Type.NUMBER, Type.INTEGER, Type.TIME, Type.DATE}:
        return checked
    linting.find(
        duplicates.by.line, f"duplicates.by is {_a(checked.type)}, which has no order", f"name a time or a number, {example}"
    )
    return None


def _of_rows(
    linting: _Linting, key: str, wanted: Expression | None, columns: Mapping[str, Structure], example: str, late: str
) -> CheckedExpression | None:
    """Return an expression over rows of the log, checked: it may read no label, which comes later than its row."""
    if wanted is None:
        return None
    try:
        checked = check_field(wanted.sql, columns, labels_unknown=linting.labels_unknown)
    except ProtocolError as error:
        linting.find(wanted.line, f"{key}: {error.what}", f"{error.do}; {key} reads columns of the source alone, {example}")
        return None
    read = sorted(name for name in checked.reads if name.startswith(f"{LABELS}."))
    if read:
        what = f"{key} reads {', '.join(read)}: a label comes later than its row, of which this would decide anew then"
        linting.find(wanted.line, what, late)
        return None
    return checked


def _label_time(linting: _Linting, labels: Description) -> CheckedExpression | None:
    """Return since when each label is known, checked: a column of exactly that name, or an expression."""
    wanted = linting.protocol.labels
    if wanted is None:
        return None
    line, text = linting.protocol.lines.get("labels.time", wanted.line), wanted.time
    try:
        known = check_field(written(text) if text in labels.columns else text, labels.columns)
    except ProtocolError as error:
        column = re.fullmatch(r"\w+", text)
        what = f"{text} is not a column of the labels" if column else f"the time of the labels: {error.what}"
        linting.find(line, what, error.do)
        return None
    if known.type not in {Type.TIME, Type.DATE, Type.TEXT}:
        shown = labels.types.get(text, known.type.value)
        linting.find(
            line, f"{text} of the labels is {shown}, not a time", "name the column that says since when a label is known"
        )
    elif known.type is not Type.TEXT and not known.zoned and wanted.address.time_zone is None:
        linting.find(
            line, f"{text} of the labels has times without a zone", "add time_zone under labels or source, for example UTC"
        )
    return known


def _field(linting: _Linting, name: str, expression: Expression, columns: Mapping[str, Structure]) -> CheckedExpression | None:
    try:
        checked = check_field(expression.sql, columns, labels_unknown=linting.labels_unknown)
    except ProtocolError as error:
        linting.find(expression.line, f"field {name}: {error.what}", error.do)
        return None
    if checked.type is Type.UNKNOWN:
        return None
    problem = _unfit(linting.protocol, name, checked)
    if problem is not None:
        linting.find(expression.line, *problem)
        return None
    if name in NAMING and checked.type is not Type.TEXT:
        return replace(checked, sql=_cast(checked.sql, "TEXT"), type=Type.TEXT)
    if name in NUMERIC or checked.type is Type.NUMBER:
        return replace(checked, sql=_cast(checked.sql, "DOUBLE"), type=Type.NUMBER)
    return checked


def _check_unit(linting: _Linting, fields: Mapping[str, CheckedExpression]) -> None:
    """Check that what is drawn by has exact values that no label decides."""
    unit = linting.protocol.sampling.unit
    if unit is None or unit not in fields:
        return
    checked, line = fields[unit], linting.protocol.lines.get("sampling.unit", linting.protocol.lines.get("sampling", 1))
    read = sorted(name for name in checked.reads if name.startswith(f"{LABELS}."))
    if read:
        what = f"unit names {unit}, which reads {', '.join(read)}: a label comes later, and its event would be drawn anew"
        linting.find(line, what, "name a field over columns of the source alone")
    elif checked.type not in {Type.TEXT, Type.INTEGER}:
        what = f"unit names {unit}, which is {_a(checked.type)}: a unit must be text or a whole number"
        linting.find(line, what, f"name another field, or have {unit} be text: CAST(... AS VARCHAR)")


def _a(kind: Type) -> str:
    return f"an {kind.value}" if kind is Type.INTEGER else f"a {kind.value}"


def _cast(sql: str, to: str) -> str:
    node = parse(sql)
    already = isinstance(node, exp.TryCast) and node.to == exp.DataType.build(to, dialect="duckdb")
    return sql if already else f"TRY_CAST({sql} AS {to})"


def _unfit(protocol: Protocol, name: str, checked: CheckedExpression) -> tuple[str, str] | None:
    kind = checked.type
    if name == "time":
        if kind not in {Type.TIME, Type.DATE, Type.TEXT}:
            counted = protocol.fields[name].sql
            return (
                f"field time is {_a(kind)}, not a time",
                f"name a timestamp column; if it counts since 1970 write to_timestamp({counted}) for seconds, "
                f"to_timestamp({counted} / 1000) for milliseconds",
            )
        if kind is not Type.TEXT and not checked.zoned and protocol.source.time_zone is None:
            return "field time has times without a zone", "add time_zone under source, for example time_zone: UTC"
        return None
    if name == "id" and kind not in {Type.TEXT, Type.INTEGER}:
        why = "equal ids may be written differently" if kind is Type.NUMBER else "an id must be text or a whole number"
        return f"field id is {_a(kind)}: {why}", "name a text or whole-number column that names one prediction"
    if name in NAMING and kind is Type.NUMBER:
        return (
            f"field {name} is a number, in which 1.1 and 1.10 are the same",
            f"have the log write text; write CAST({checked.sql.replace(chr(34), '')} AS VARCHAR) only if no name ends in a zero",
        )
    if name in NAMING and kind not in {Type.TEXT, Type.INTEGER}:
        return (
            f"field {name} is {_a(kind)}, not text or a whole number",
            f"write CAST({checked.sql.replace(chr(34), '')} AS VARCHAR)",
        )
    if name in NUMERIC and kind not in {Type.NUMBER, Type.INTEGER}:
        advice = f"write TRY_CAST({checked.sql.replace(chr(34), '')} AS DOUBLE)"
        fate = f"; a row with another text in it is then refused as bad-type:{name}" if kind is Type.TEXT else ""
        return f"field {name} is {kind.value}, not a number", advice + fate
    return None


def _criterion(
    linting: _Linting, criterion: Criterion, types: Mapping[str, Type], columns: Mapping[str, str]
) -> CheckedCriterion | None:
    of_fails = criterion.kind is Kind.ANOMALY and not _numeric(linting, criterion, types)
    when, when_fails = _predicate(linting, criterion, criterion.when, types, columns)
    among, among_fails = _predicate(linting, criterion, criterion.among, types, columns)
    if of_fails or when_fails or among_fails:
        return None
    return CheckedCriterion(criterion=criterion, when=when, among=among)


def _numeric(linting: _Linting, criterion: Criterion, types: Mapping[str, Type]) -> bool:
    """Return whether the field that an anomaly compares is known to be a number; one that is not there was reported before."""
    kind = types.get(criterion.of or "")
    if is_among(criterion.of or "", linting.protocol.unread):
        return False
    if kind is None or kind in {Type.NUMBER, Type.INTEGER}:
        return True
    if kind is not Type.UNKNOWN:
        line = linting.protocol.lines.get(f"criteria.{linting.protocol.criteria.index(criterion)}.of", criterion.line)
        linting.find(line, f"criterion {criterion.name!r} compares {criterion.of}, which is {kind.value}", "name a numeric field")
    return False


def _predicate(
    linting: _Linting,
    criterion: Criterion,
    expression: Expression | None,
    types: Mapping[str, Type],
    columns: Mapping[str, str],
) -> tuple[CheckedExpression | None, bool]:
    """Return the checked predicate, and whether there is one that could not be checked."""
    if expression is None:
        return None, False
    try:
        checked = check_predicate(expression.sql, types, columns=columns, unread=linting.protocol.unread)
    except ProtocolError as error:
        linting.find(expression.line, f"criterion {criterion.name!r}: {error.what}", error.do)
        return None, True
    return checked, any(types.get(name, Type.UNKNOWN) is Type.UNKNOWN for name in checked.reads)
