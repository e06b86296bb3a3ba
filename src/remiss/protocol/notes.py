"""Notes on a protocol that can run: what acts otherwise than a reader might think, or not at all yet."""

from __future__ import annotations

from collections.abc import Iterator

from remiss.protocol.check_result import Checked, CheckedCriterion, Finding
from remiss.protocol.ports import Description
from remiss.protocol.predicate import LABELS
from remiss.protocol.terms import UNREDACTED, Kind, Protocol, Type
from remiss.records.case import Sensitivity

_READS = {Kind.MISCLASSIFICATION: "label", Kind.LOW_CONFIDENCE: "confidence", Kind.LATENCY: "latency_ms"}
_PERSONAL = (
    "name",
    "email",
    "mail",
    "phone",
    "address",
    "birth",
    "passport",
    "ssn",
    "iban",
    "comment",
    "remark",
    "message",
    "note",
)
_NOT_YET = {
    "retention": "nothing is deleted by it yet; `remiss retention apply` comes with a later version",
    "review": "no review is scheduled by it yet; `remiss review schedule` comes with a later version",
}


def notes(checked: Checked, source: Description, labels: Description | None) -> tuple[Finding, ...]:
    """Return the notes on a protocol over what an engine knows of its columns, in the order of the document."""
    protocol = checked.protocol
    said = [*_sections(protocol), *_fields(checked), *_files(checked, source, labels), *_criteria(checked), *_personal(checked)]
    return tuple(Finding(code="note", level="note", file=protocol.path, line=line, what=what, do=do) for line, what, do in said)


Note = tuple[int, str, str]


def _sections(protocol: Protocol) -> Iterator[Note]:
    kept = protocol.retention
    spans = kept is not None and (kept.raw is not None or kept.redacted is not None)
    waits = {"retention": spans, "review": protocol.review is not None}
    for key, why in _NOT_YET.items():
        if waits[key]:
            yield (
                protocol.lines.get(key, 1),
                f"{key} is checked and stored, but {why}",
                "keep it; it will act when that version comes",
            )
    if protocol.labels is not None and "label" not in protocol.fields:
        yield protocol.labels.line, "labels are read and no field shows them", "add label: labels.NAME under fields"
    if not protocol.sampling.strata:
        yield (
            protocol.lines.get("sampling", 1),
            "no strata: rare groups may get few sampled events",
            "name a field or two under strata",
        )


def _files(checked: Checked, source: Description, labels: Description | None) -> Iterator[Note]:
    """Say which columns that fields read are missing from some files, as when a log gets a new one in the middle of a month."""
    there = {name: (count, len(source.files), "the log") for name, count in source.in_files.items()}
    if labels is not None:
        there |= {f"{LABELS}.{name}": (count, len(labels.files), "the labels") for name, count in labels.in_files.items()}
    for field, expression in checked.fields.items():
        for name in sorted(expression.reads & there.keys()):
            count, files, whose = there[name]
            yield (
                checked.protocol.fields[field].line,
                f"{name} is in {count:,} of the {files:,} files of {whose}: field {field} finds it null in the others",
                "leave it if the column is newer than the files; else check its name",
            )


def _fields(checked: Checked) -> Iterator[Note]:
    time = checked.fields.get("time")
    if time is not None and time.type is Type.TEXT and checked.protocol.source.time_zone is None:
        line = checked.protocol.fields["time"].line
        yield (
            line,
            "field time is text: each value must name its zone, as 2013-06-03T06:00:00Z does, or its row is refused",
            "nothing, where all do; else add time_zone under source",
        )


def _criteria(checked: Checked) -> Iterator[Note]:
    for each in checked.criteria:
        criterion = each.criterion
        if criterion.mode is None:
            yield (
                criterion.line,
                f"criterion {criterion.name!r} suggests no failure mode",
                "add mode; `remiss taxonomy show` lists them",
            )
        yield from _reading(each)


def _reading(each: CheckedCriterion) -> Iterator[Note]:
    wanted = _READS.get(each.criterion.kind)
    if wanted is not None and each.when is not None and wanted not in each.when.reads:
        what = f"criterion {each.criterion.name!r} is of kind {each.criterion.kind} and does not read {wanted}"
        yield each.criterion.line, what, "choose the kind that says what it catches, perhaps custom"


def _personal(checked: Checked) -> Iterator[Note]:
    protocol = checked.protocol
    if protocol.redaction:
        return
    yield protocol.lines.get("redaction", 1), UNREDACTED, "leave redaction out, and every built-in detector reads every text"
    for name, expression in checked.fields.items():
        if protocol.sensitivity.get(name, Sensitivity.INTERNAL) >= Sensitivity.RESTRICTED or expression.type is not Type.TEXT:
            continue
        words = {name.rpartition(".")[2].lower(), *(column.lower() for column in expression.reads)}
        if name == "text" or any(hint in word.split("_") for hint in _PERSONAL for word in words):
            yield (
                protocol.fields[name].line,
                f"field {name} may hold personal data, and nothing redacts it",
                f"leave redaction out or name detectors, or write {name}: restricted under sensitivity",
            )
