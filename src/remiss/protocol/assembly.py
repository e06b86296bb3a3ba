"""Models of a validated document to the frozen values of `terms.py`."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cache

from remiss.protocol.attention import alert_rules, review_of
from remiss.protocol.group_sizes import keep_of, population_of
from remiss.protocol.meaning import meaning
from remiss.protocol.model import (
    CriterionModel,
    DuplicatesModel,
    FieldsModel,
    LabellingModel,
    ProtocolModel,
    RetentionModel,
    SamplingModel,
)
from remiss.protocol.reading import Document
from remiss.protocol.terms import (
    CONTEXT,
    INPUTS,
    Address,
    Criterion,
    Duplicates,
    Expression,
    LabelKey,
    LabellingDesign,
    Labels,
    Protocol,
    Retention,
    Rubric,
    Sampling,
    Taxonomy,
    Type,
)
from remiss.protocol.values import parse_duration, policy
from remiss.records.case import Sensitivity
from remiss.records.event import FieldLabel
from remiss.records.identity import digest
from remiss.records.window import parse_days, parse_width

_STANDING = tuple(name for name in FieldsModel.model_fields if name not in {"inputs", "context"})


def fields_of(model: FieldsModel, document: Document) -> dict[str, Expression]:
    """Return the fields of a document by canonical name, each with the line where it stands."""
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


def unread_of(fields: Collection[str], document: Document) -> frozenset[str]:
    """Return the names of fields that a document has and whose values could not be read, which was reported.

    Of `inputs` and `context` that could not be read at all it is the prefix, which stands for all names under it.
    """
    whole = document.value.get("fields") if isinstance(document.value, dict) else None
    there = whole if isinstance(whole, dict) else {}
    # What is null or empty says that there is no such field.
    named = {name for name in _STANDING if there.get(name) is not None}
    for prefix in (INPUTS, CONTEXT):
        section = there.get(prefix.rstrip("."))
        if isinstance(section, dict):
            named |= {prefix + name for name in section}
        elif section not in (None, []) and not any(name.startswith(prefix) for name in fields):
            named.add(prefix)
    return frozenset(named.difference(fields))


class Deferred(Mapping[str, Type]):
    """A mapping that is computed when somebody looks into it."""

    def __init__(self, compute: Callable[[], Mapping[str, Type]]) -> None:
        self._compute = compute

    def __getitem__(self, name: str) -> Type:
        return self._compute()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._compute())

    def __len__(self) -> int:
        return len(self._compute())


@dataclass(frozen=True, slots=True)
class Whole:
    """A validated document and where it came from; `guidelines` is the text of that file."""

    model: ProtocolModel
    document: Document
    path: str
    text: str
    unread: frozenset[str] = frozenset()
    guidelines: str | None = None


def assemble(whole: Whole, fields: dict[str, Expression], taxonomy: Taxonomy, rubric: Rubric) -> Protocol:
    """Return the protocol that a validated document says."""
    model, document = whole.model, whole.document
    criteria = tuple(_criterion(criterion, at, document, taxonomy, model.sampling) for at, criterion in enumerate(model.criteria))
    admit = None if model.admit is None else Expression(model.admit.strip(), document.line(("admit",)))
    source, labels = _source(model, document), _labels(model, document)
    predicates = [each for criterion in criteria for each in (criterion.when, criterion.among) if each is not None]
    anomalies = [criterion.of for criterion in criteria if criterion.of is not None]
    key = None if labels is None else labels.key

    @cache
    def read_as() -> tuple[Mapping[str, Type], Mapping[str, Type]]:
        # The parser of expressions takes long to load, and only who reads a log asks for it.
        from remiss.protocol.columns import taken_for

        return taken_for(fields, predicates, anomalies, key, admit)

    protocol = Protocol(
        name=model.protocol,
        version=model.version,
        model=model.model,
        source=replace(source, taken_for=Deferred(lambda: read_as()[0])),
        fields=fields,
        criteria=criteria,
        sampling=_sampling(model.sampling),
        taxonomy=taxonomy,
        rubric=rubric,
        digest="",
        text=whole.text,
        path=whole.path,
        about=model.about,
        team=model.team,
        owners=tuple(model.owners),
        admit=admit,
        duplicates=_duplicates(model.duplicates, document),
        labels=None
        if labels is None
        else replace(labels, address=replace(labels.address, taken_for=Deferred(lambda: read_as()[1]))),
        require=tuple(dict.fromkeys(model.require)),
        sensitivity={name: Sensitivity[level.upper()] for name, level in model.sensitivity.items() if level != "internal"},
        redaction=policy(model.redaction),
        labelling=_labelling(model.labelling),
        retention=_retention(model.retention),
        grace=timedelta(0) if model.grace is None else parse_duration(model.grace),
        review=review_of(model.review),
        reference=None if model.reference is None else parse_days(model.reference),
        alerts=alert_rules(model.alerts, [each.name for each in criteria]),
        title=model.title,
        show={name: FieldLabel(**each.model_dump()) for name, each in model.show.items()},
        guidelines=whole.guidelines,
        guidelines_file=model.guidelines,
        unread=whole.unread,
        lines={".".join(map(str, path)): line for path, line in document.lines.items()},
    )
    return replace(protocol, digest=digest(meaning(protocol)))


def _source(model: ProtocolModel, document: Document) -> Address:
    return Address(
        name=model.source.name,
        format=model.source.format,
        uri=model.source.uri,
        time_zone=model.source.time_zone,
        ambiguous=model.source.ambiguous,
        line=document.line(("source",)),
    )


def _sampling(model: SamplingModel) -> Sampling:
    width = parse_width(model.window)
    return Sampling(
        window=width,
        strata=tuple(model.strata),
        keep=model.keep,
        control=model.control,
        undecided=model.undecided,
        population=population_of(width) if model.population is None else model.population,
        seed=model.seed,
        # An event's own id is what is drawn without the key, said aloud or not.
        unit=None if model.unit == "id" else model.unit,
    )


def _criterion(model: CriterionModel, at: int, document: Document, taxonomy: Taxonomy, sampling: SamplingModel) -> Criterion:
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
        nulls_undecided=model.nulls == "undecided",
        keep=keep_of(model.severity) if model.keep is None and sampling.keep is None else model.keep,
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
        ambiguous=labels.ambiguous or model.source.ambiguous,
        line=line,
    )
    return Labels(
        address=address,
        key=LabelKey(events=labels.key.events.strip(), labels=labels.key.labels.strip()),
        time=labels.time,
        lag=parse_duration(labels.lag),
        line=line,
    )


def _duplicates(model: DuplicatesModel | None, document: Document) -> Duplicates | None:
    """Return the rule for rows of one id; None for the one that holds without the key, said aloud or not."""
    if model is None or model.by is None or model.keep == "refuse":
        return None
    return Duplicates(model.keep, Expression(model.by.strip(), document.line(("duplicates", "by"))))


def _labelling(model: LabellingModel | None) -> LabellingDesign | None:
    if model is None:
        return None
    verify = model.verify.model_dump(by_alias=True)
    return LabellingDesign(
        every=parse_duration(model.every),
        budget=model.budget,
        controls=model.controls,
        verify=verify,
        units=tuple(dict.fromkeys(model.units)),
        apart=model.strata == "apart",
    )


def _retention(model: RetentionModel | None) -> Retention | None:
    if model is None:
        return None
    raw = None if model.raw is None else parse_duration(model.raw)
    redacted = None if model.redacted is None else parse_duration(model.redacted)
    return Retention(raw=raw, redacted=redacted, raw_suites=model.suites == "raw")
