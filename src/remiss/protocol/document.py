"""A protocol document: YAML text to the frozen values of `terms.py`, with every finding at once.

The shape of the sections is in `model.py`; here is what needs several sections: names that must be fields of the
event, modes that must be in the taxonomy, kinds with their own keys. A document with errors gives no protocol, but
what can be saved of it is a draft on which later checks still find their share.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

from remiss.errors import Location, ProtocolError, RemissError
from remiss.protocol import rubric as rubrics
from remiss.protocol import taxonomy as taxonomies
from remiss.protocol.attaching import attach, detach
from remiss.protocol.durations import parse_duration
from remiss.protocol.model import CriterionModel, FieldsModel, LabellingModel, ProtocolModel, RetentionModel
from remiss.protocol.nearest import nearest
from remiss.protocol.reading import Document, Path, Value, read
from remiss.protocol.shape import Sink, has_errors, sink, validate
from remiss.protocol.terms import (
    CONTEXT,
    INPUTS,
    Address,
    Criterion,
    Expression,
    Finding,
    Kind,
    Labelling,
    Labels,
    Protocol,
    Retention,
    Review,
    Rubric,
    Sampling,
    Taxonomy,
)
from remiss.records.case import Sensitivity
from remiss.records.identity import digest
from remiss.records.window import parse_width

Read = Callable[[str], str]
T = TypeVar("T")

_STANDING = tuple(name for name in FieldsModel.model_fields if name not in {"inputs", "context"})
_SALVAGEABLE: tuple[Path, ...] = (
    ("criteria", "*"),
    ("fields", "*", "*"),
    *(("fields", name) for name in FieldsModel.model_fields if name not in {"id", "time"}),
    ("labelling", "verify", "*"),
    ("source", "time_zone"),
    ("labels", "time_zone"),
    *((name,) for name in ("about", "team", "owners", "require", "sensitivity", "redaction", "taxonomy", "severity")),
    *((name,) for name in ("labelling", "retention", "review")),
    *(("sampling", name) for name in ("strata", "control", "undecided", "population")),
    ("*",),
)
# What stands in for a part that is wrong and cannot be left out, so that the rest of the document is checked too.
_STAND_INS: Mapping[Path, Value] = {
    ("protocol",): "draft",
    ("version",): 1,
    ("model",): "draft",
    ("source", "name"): "draft",
    ("fields", "id"): "''",
    ("fields", "time"): "to_timestamp(0)",
    ("labels", "lag"): "1 day",
    ("sampling",): {"window": "1 day", "keep": 2, "seed": "draft"},
    ("sampling", "window"): "1 day",
    ("sampling", "keep"): 2,
    ("sampling", "seed"): "draft",
}


def parse(text: str, path: str, read_file: Read) -> tuple[Protocol | None, tuple[Finding, ...]]:
    """Return the protocol that a document holds, None with errors, and every finding.

    Parameters
    ----------
    text : the document
    path : its name as the user gave it, for findings
    read_file : gives the text of a taxonomy or rubric by its name relative to the document; raises RemissError
    """
    protocol, findings = draft(text, path, read_file)
    return (None if has_errors(findings) else protocol), findings


def restore(text: str, path: str) -> Protocol:
    """Return the protocol that the catalog keeps as `text`, with the files attached to it.

    Raises
    ------
    ProtocolError : this version of remiss refuses what an earlier one took
    """

    def nowhere(name: str) -> str:
        raise ProtocolError(f"{name} is not attached", where=Location(path), do="load the protocol from its file")

    protocol, findings = parse(text, path, nowhere)
    if protocol is None:
        raise first_of(findings)
    return protocol


def first_of(findings: Sequence[Finding]) -> ProtocolError:
    """Return the error that carries the first error found and the count of the others."""
    first, *others = [finding for finding in findings if finding.level == "error"]
    more = f" (and {len(others)} more; `remiss protocol check` shows all)" if others else ""
    return ProtocolError(first.what + more, where=Location(first.file, first.line), do=first.do)


def draft(text: str, path: str, read_file: Read) -> tuple[Protocol | None, tuple[Finding, ...]]:
    """Return what can be saved of a document, errors or not, and every finding; for checking on, never for a capture."""
    text, attached = detach(text)
    document, early = read(text, path)
    if document is None:
        return None, early
    if not isinstance(document.value, dict):
        what, do = "the document is not a mapping", "begin with protocol: NAME; `remiss protocol new` writes a template"
        return None, (*early, Finding(code="document", level="error", file=path, line=1, what=what, do=do))
    model, complaints = validate(ProtocolModel, document, path, optional=_SALVAGEABLE, instead=_STAND_INS)
    if model is None:
        return None, _sorted([*early, *complaints])
    findings = [*early, *complaints]
    add = sink(findings, document, path)
    files: dict[str, str] = {}
    for key, name in (("taxonomy", model.taxonomy), ("severity", model.severity)):
        try:
            if name is not None:
                files[name] = _read(name, read_file, attached)
        except RemissError as error:
            add((key,), f"{key} names {name}: {error.what}", error.do or "name a file beside this document")
    taxonomy, more = _parsed(model.taxonomy, files, taxonomies.parse, taxonomies.builtin)
    findings += more
    rubric, more = _parsed(model.severity, files, rubrics.parse, rubrics.builtin)
    findings += more
    fields = _fields(model.fields, document)
    _check_names(model, fields, add)
    _check_criteria(model, taxonomy, fields, add)
    if model.review is not None and model.review.quorum > len(set(model.review.owners)):
        add(
            ("review", "quorum"),
            f"a quorum of {model.review.quorum} of {len(set(model.review.owners))} owners",
            "name more owners",
        )
    protocol = _protocol(_Whole(model, document, path, attach(text, files)), fields, taxonomy, rubric)
    return protocol, _sorted(findings)


def _sorted(findings: list[Finding]) -> tuple[Finding, ...]:
    return tuple(sorted(dict.fromkeys(findings), key=lambda finding: (finding.file, finding.line)))


def _read(name: str, read_file: Read, attached: Mapping[str, str]) -> str:
    try:
        return read_file(name)
    except RemissError:
        if name in attached:
            return attached[name]
        raise


def _parsed(
    name: str | None,
    files: Mapping[str, str],
    parse_file: Callable[[str, str], tuple[T | None, tuple[Finding, ...]]],
    builtin: Callable[[], T],
) -> tuple[T, tuple[Finding, ...]]:
    if name is None or name not in files:
        return builtin(), ()
    value, findings = parse_file(files[name], name)
    return (builtin() if value is None else value), findings


def _fields(model: FieldsModel, document: Document) -> dict[str, Expression]:
    fields = {}
    for name in _STANDING:
        sql = getattr(model, name)
        if sql is not None:
            fields[name] = Expression(sql.strip(), document.line(("fields", name)))
    for prefix, section in ((INPUTS, model.inputs), (CONTEXT, model.context)):
        key = prefix.rstrip(".")
        for at, (name, sql) in enumerate(section.items()):
            as_list = ("fields", key, at) in document.lines
            fields[prefix + name] = Expression(sql.strip(), document.line(("fields", key, at if as_list else name)))
    return fields


def _check_names(model: ProtocolModel, fields: Mapping[str, Expression], add: Sink) -> None:
    def known(path: Path, name: str, what: str) -> bool:
        if name in fields:
            return True
        add(
            path,
            f"{what} names {name}, which is not a field",
            f"{nearest(name, fields, 'the fields are')}, or add it under fields",
        )
        return False

    for at, name in enumerate(model.require):
        known(("require", at), name, "require")
    for at, name in enumerate(model.sampling.strata):
        where: Path = ("sampling", "strata", at)
        if not known(where, name, "strata"):
            continue
        if name in model.sampling.strata[:at]:
            add(where, f"strata names {name} twice", "name it once")
        if name in {"id", "time"}:
            add(
                where,
                f"{name} is no stratum: each event has its own",
                "name a field with few values, for example context.airport",
            )
        if Sensitivity[model.sensitivity.get(name, "internal").upper()] >= Sensitivity.RESTRICTED:
            add(
                where,
                f"{name} is {model.sensitivity[name]} and a stratum, which would show its values in the catalog",
                "choose another stratum, or grade the field internal",
            )
    for name, level in model.sensitivity.items():
        if known(("sensitivity", name), name, "sensitivity") and name in {"id", "time"} and level in {"restricted", "secret"}:
            add(
                ("sensitivity", name),
                f"{name} is {level}, and no case can be named without it",
                "log a pseudonym, and grade it internal",
            )


def _check_criteria(model: ProtocolModel, taxonomy: Taxonomy, fields: Mapping[str, Expression], add: Sink) -> None:
    names = [criterion.name for criterion in model.criteria]
    for at, criterion in enumerate(model.criteria):
        where: Path = ("criteria", at)
        if criterion.name in names[:at]:
            add((*where, "name"), f"two criteria are named {criterion.name}", "give each its own name")
        _check_kind(criterion, where, fields, add)
        if criterion.mode is not None:
            try:
                taxonomies.find(taxonomy, criterion.mode)
            except ProtocolError as error:
                add((*where, "mode"), f"criterion {criterion.name!r}: {error.what}", error.do)


def _check_kind(criterion: CriterionModel, where: Path, fields: Mapping[str, Expression], add: Sink) -> None:
    said = f"criterion {criterion.name!r}"
    if criterion.kind is not Kind.ANOMALY:
        if criterion.when is None:
            add(where, f"{said} lacks when", "add the condition that catches an event, for example when: latency_ms > 250")
        for key in ("of", "beyond", "reference"):
            if getattr(criterion, key) is not None:
                add((*where, key), f"{said} has {key}, which only an anomaly has", f"remove it, or write kind: {Kind.ANOMALY}")
        return
    if criterion.when is not None:
        add((*where, "when"), f"{said} is an anomaly and has when", "write of, beyond and reference; or choose another kind")
    for key, example in (("of", "inputs.wind_speed"), ("beyond", "6")):
        if getattr(criterion, key) is None:
            add(where, f"{said} is an anomaly and lacks {key}", f"add it, for example {key}: {example}")
    if criterion.of is not None and criterion.of not in fields:
        add((*where, "of"), f"{said} names {criterion.of}, which is not a field", nearest(criterion.of, fields, "the fields are"))


@dataclass(frozen=True, slots=True)
class _Whole:
    """A validated document and where it came from."""

    model: ProtocolModel
    document: Document
    path: str
    text: str


def _protocol(whole: _Whole, fields: dict[str, Expression], taxonomy: Taxonomy, rubric: Rubric) -> Protocol:
    model, document = whole.model, whole.document
    criteria = tuple(_criterion(criterion, at, document, taxonomy) for at, criterion in enumerate(model.criteria))
    sampling = Sampling(
        window=parse_width(model.sampling.window),
        strata=tuple(model.sampling.strata),
        keep=model.sampling.keep,
        control=model.sampling.control,
        undecided=model.sampling.undecided,
        population=model.sampling.population,
        seed=model.sampling.seed,
    )
    labels = _labels(model, document)
    labelling = None if model.labelling is None else _labelling(model.labelling)
    sensitivity = {name: Sensitivity[level.upper()] for name, level in model.sensitivity.items() if level != "internal"}
    protocol = Protocol(
        name=model.protocol,
        version=model.version,
        model=model.model,
        source=Address(
            name=model.source.name,
            format=model.source.format,
            uri=model.source.uri,
            time_zone=model.source.time_zone,
            line=document.line(("source",)),
        ),
        fields=fields,
        criteria=criteria,
        sampling=sampling,
        taxonomy=taxonomy,
        rubric=rubric,
        digest="",
        text=whole.text,
        path=whole.path,
        about=model.about,
        team=model.team,
        owners=tuple(model.owners),
        labels=labels,
        require=tuple(dict.fromkeys(model.require)),
        sensitivity=sensitivity,
        redaction=tuple(dict.fromkeys(model.redaction)),
        labelling=labelling,
        retention=_retention(model.retention),
        review=None
        if model.review is None
        else Review(
            every=parse_duration(model.review.every),
            owners=tuple(dict.fromkeys(model.review.owners)),
            quorum=model.review.quorum,
        ),
        lines={".".join(map(str, path)): line for path, line in document.lines.items()},
    )
    return dataclasses.replace(protocol, digest=digest(meaning(protocol)))


def _criterion(model: CriterionModel, at: int, document: Document, taxonomy: Taxonomy) -> Criterion:
    def expression(key: str) -> Expression | None:
        sql = getattr(model, key)
        return None if sql is None else Expression(sql.strip(), document.line(("criteria", at, key)))

    mode = model.mode
    if mode is not None and ":" not in mode:
        mode = f"{taxonomy.namespace}:{mode}"
    return Criterion(
        name=model.name,
        kind=model.kind,
        why=model.why.strip(),
        severity=model.severity,
        when=expression("when"),
        among=expression("among"),
        of=model.of,
        beyond=model.beyond,
        reference=model.reference or "current",
        mode=mode,
        line=document.line(("criteria", at)),
    )


def _labels(model: ProtocolModel, document: Document) -> Labels | None:
    labels = model.labels
    if labels is None:
        return None
    line = document.line(("labels",))
    address = Address(
        name=f"{model.source.name}.labels",
        format=labels.format or model.source.format,
        uri=labels.uri,
        time_zone=labels.time_zone or model.source.time_zone,
        line=line,
    )
    return Labels(address=address, key=labels.key, time=labels.time, lag=parse_duration(labels.lag), line=line)


def _labelling(model: LabellingModel) -> Labelling:
    verify = model.verify.model_dump(by_alias=True)
    return Labelling(every=parse_duration(model.every), budget=model.budget, controls=model.controls, verify=verify)


def _retention(model: RetentionModel | None) -> Retention | None:
    if model is None:
        return None
    raw = None if model.raw is None else parse_duration(model.raw)
    redacted = None if model.redacted is None else parse_duration(model.redacted)
    return Retention(raw=raw, redacted=redacted)


def meaning(protocol: Protocol) -> Mapping[str, object]:
    """Return what the digest of a protocol covers: what decides meaning, and not addresses, about, owners, review, retention."""
    sampling, labelling, labels = protocol.sampling, protocol.labelling, protocol.labels
    return {
        "model": protocol.model,
        "source": protocol.source.name,
        "labels": None if labels is None else {"key": labels.key, "lag": _minutes(labels.lag)},
        "fields": {name: expression.sql for name, expression in protocol.fields.items()},
        "require": sorted(protocol.require),
        "criteria": [_criterion_meaning(criterion) for criterion in protocol.criteria],
        "sampling": {**dataclasses.asdict(sampling), "window": _minutes(sampling.window)},
        "taxonomy": {
            "namespace": protocol.taxonomy.namespace,
            "version": protocol.taxonomy.version,
            "modes": {mode.id: [mode.definition, mode.counts, mode.excludes] for mode in protocol.taxonomy.modes.values()},
        },
        "severity": {
            "questions": [dataclasses.asdict(question) for question in protocol.rubric.questions],
            "thresholds": protocol.rubric.thresholds,
        },
        "labelling": None if labelling is None else {**dataclasses.asdict(labelling), "every": _minutes(labelling.every)},
    }


def _minutes(span: timedelta) -> int:
    return span // timedelta(minutes=1)


def _criterion_meaning(criterion: Criterion) -> Mapping[str, object]:
    return {
        "name": criterion.name,
        "kind": criterion.kind.value,
        "when": None if criterion.when is None else criterion.when.sql,
        "among": None if criterion.among is None else criterion.among.sql,
        "of": criterion.of,
        "beyond": criterion.beyond,
        "reference": criterion.reference,
        "mode": criterion.mode,
        "severity": criterion.severity,
        "why": criterion.why,
    }
