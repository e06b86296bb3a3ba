"""What needs several sections of a document to be judged: names that must be fields, kinds with their own keys, modes."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

import remiss.protocol.taxonomy as taxonomies
from remiss.errors import ProtocolError
from remiss.protocol.attention import check_alerts, check_review
from remiss.protocol.model import CriterionModel, ProtocolModel
from remiss.protocol.nearest import nearest
from remiss.protocol.reading import Path
from remiss.protocol.shape import Sink
from remiss.protocol.terms import Expression, Kind, Taxonomy, is_among
from remiss.protocol.titles import names_of, parse_template
from remiss.records.case import Sensitivity

# What is drawn together is what several answers are about.
UNIT_ADVICE = "name a field that says what was asked about, for example inputs.flight_key, trace_id or context.user"
# How many fields may have words of their own.
MOST_SHOWN = 200
CONFIDENCE = "confidence"
# What a protocol suggests and people decide: a title with it would tell who labels what was suspected.
SUGGESTED = frozenset({"criterion", "criteria", "severity", "mode", "suggested_mode", "verdict"})


def check_sections(
    model: ProtocolModel, taxonomy: Taxonomy, fields: Mapping[str, Expression], unread: Collection[str], add: Sink
) -> None:
    """Add a finding for everything in which the sections of a document do not agree.

    Fields that are `unread` (`assembly.unread_of`) are there: that they are named is no error.
    """
    known = _knowing(fields, unread, add)
    _check_names(model, known, add)
    if model.sampling.unit is not None and known(("sampling", "unit"), model.sampling.unit, "unit"):
        _check_unit(model, model.sampling.unit, add)
    _check_labelling(model, add)
    _check_duplicates(model, add)
    _check_criteria(model, taxonomy, fields, unread, add)
    _check_shown(model, known, add)
    check_alerts(model.alerts, [each.name for each in model.criteria], add)
    check_review(model.review, add)


def _knowing(fields: Mapping[str, Expression], unread: Collection[str], add: Sink) -> Callable[[Path, str, str], bool]:
    """Return what says whether a name is that of a field, and adds a finding where no field has it."""

    def known(path: Path, name: str, what: str) -> bool:
        if name in fields:
            return True
        if is_among(name, unread):
            return False
        add(
            path,
            f"{what} names {name}, which is not a field",
            f"{nearest(name, fields, 'the fields are')}, or add it under fields",
        )
        return False

    return known


def _check_names(model: ProtocolModel, known: Callable[[Path, str, str], bool], add: Sink) -> None:
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
                f"{name} is not a stratum: each event has its own value",
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


def _check_unit(model: ProtocolModel, name: str, add: Sink) -> None:
    where: Path = ("sampling", "unit")
    if name == "label":
        add(where, "label is not a unit: it may come later, and its event would be drawn anew", UNIT_ADVICE)
    if name == "time":
        add(where, "time is not a unit: events have it in common by chance", UNIT_ADVICE)
    if Sensitivity[model.sensitivity.get(name, "internal").upper()] >= Sensitivity.RESTRICTED:
        add(
            where,
            f"{name} is {model.sensitivity[name]} and a unit, of which the catalog would hold a hash that can be guessed",
            "log a pseudonym beside it, and name that as the unit",
        )


def _check_labelling(model: ProtocolModel, add: Sink) -> None:
    if model.labelling is not None and model.labelling.strata == "apart" and not model.sampling.strata:
        add(("labelling", "strata"), "there are no strata to label apart", "name some under sampling: strata, or remove the key")


def _check_duplicates(model: ProtocolModel, add: Sink) -> None:
    duplicates = model.duplicates
    if duplicates is None:
        return
    if duplicates.keep == "refuse" and duplicates.by is not None:
        add(("duplicates", "by"), "duplicates.by compares rows, and keep: refuse keeps none", "remove it, or write keep: last")
    if duplicates.keep != "refuse" and duplicates.by is None:
        what = f"duplicates lacks by: what makes a row the {duplicates.keep} of its id"
        add(("duplicates",), what, f"add it, for example {{keep: {duplicates.keep}, by: logged_at}}")


def _check_criteria(
    model: ProtocolModel, taxonomy: Taxonomy, fields: Mapping[str, Expression], unread: Collection[str], add: Sink
) -> None:
    names = [criterion.name for criterion in model.criteria]
    for at, criterion in enumerate(model.criteria):
        where: Path = ("criteria", at)
        if criterion.name in names[:at]:
            add((*where, "name"), f"two criteria are named {criterion.name}", "give each its own name")
        _check_kind(criterion, where, fields, unread, add)
        if criterion.mode is not None:
            try:
                taxonomies.find(taxonomy, criterion.mode)
            except ProtocolError as error:
                add((*where, "mode"), f"criterion {criterion.name!r}: {error.what}", error.do)


def _check_kind(
    criterion: CriterionModel, where: Path, fields: Mapping[str, Expression], unread: Collection[str], add: Sink
) -> None:
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
    if criterion.of is not None and criterion.of not in fields and not is_among(criterion.of, unread):
        add((*where, "of"), f"{said} names {criterion.of}, which is not a field", nearest(criterion.of, fields, "the fields are"))


def _check_shown(model: ProtocolModel, known: Callable[[Path, str, str], bool], add: Sink) -> None:
    """Add a finding for every field that `title` or `show` name and that is none, or that people may not be shown."""
    for name in () if model.title is None else names_of(parse_template(model.title)):
        if name in SUGGESTED:
            add(
                ("title",),
                f"title names {name}, which would tell people who label what is suspected",
                "name fields of the event alone, for example {output}",
            )
        elif name == "text":
            add(("title",), "title names text, which is too long for a title", "name the fields by which people know an event")
        elif known(("title",), name, "title"):
            _check_kept(model, ("title",), name, "title", add)
    if len(model.show) > MOST_SHOWN:
        add(
            ("show",),
            f"show has {len(model.show)} fields, and the most is {MOST_SHOWN}",
            "leave out those that need no other name",
        )
    for name, shown in model.show.items():
        where: Path = ("show", name)
        if not known(where, name, "show"):
            continue
        _check_kept(model, where, name, "show", add)
        if name != CONFIDENCE:
            for key in ("of", "threshold"):
                if getattr(shown, key) is not None:
                    add((*where, key), f"show has {key} for {name}, and only confidence has it", "remove it")
        elif shown.threshold is not None and shown.of is None:
            add((*where, "threshold"), "threshold lacks of: the answer that is given from it on", "add it, for example of: late")


def _check_kept(model: ProtocolModel, where: Path, name: str, what: str, add: Sink) -> None:
    level = model.sensitivity.get(name, "internal")
    if Sensitivity[level.upper()] >= Sensitivity.RESTRICTED:
        add(
            where,
            f"{what} names {name}, which is {level} and never reaches the catalog",
            "name another field, or grade it internal",
        )
