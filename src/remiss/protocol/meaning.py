"""What a protocol means: the part of it that its digest covers, and by which figures are kept apart.

How content is guarded (`handling`) means nothing to a figure and is not in the digest: who keeps more out of the catalog must not
lose the comparison with what was counted before. What is stored is redacted by it, though, so that it belongs to a version as
well.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from datetime import timedelta

from remiss.protocol.terms import UNPLANNED, Criterion, LabellingDesign, Protocol, Sampling
from remiss.records.identity import canonical

# Of what is verified, what no document named once.
CLEARED = "cleared"


def meaning(protocol: Protocol) -> Mapping[str, object]:
    """Return what the digest of a protocol covers: what decides meaning, and not addresses, about, owners, review, retention.

    Zones are no part of an address: a naive time is another moment in another zone, and its event of another window. So is
    the column that says since when a label is known.
    """
    sampling, labelling, labels, duplicates = protocol.sampling, protocol.labelling, protocol.labels, protocol.duplicates
    return {
        "model": protocol.model,
        "source": {
            "name": protocol.source.name,
            "time_zone": protocol.source.time_zone,
            **({} if protocol.source.ambiguous == "refuse" else {"ambiguous": protocol.source.ambiguous}),
        },
        "labels": None
        if labels is None
        else {
            "key": labels.key.written,
            "time": labels.time,
            "time_zone": labels.address.time_zone,
            "lag": _minutes(labels.lag),
            **({} if labels.address.ambiguous == protocol.source.ambiguous else {"ambiguous": labels.address.ambiguous}),
        },
        "fields": {name: expression.sql for name, expression in protocol.fields.items()},
        "require": sorted(protocol.require),
        "criteria": [_criterion_meaning(criterion, sampling) for criterion in protocol.criteria],
        "sampling": _sampling_meaning(sampling),
        "taxonomy": {
            "namespace": protocol.taxonomy.namespace,
            "version": protocol.taxonomy.version,
            "modes": {mode.id: [mode.definition, mode.counts, mode.excludes] for mode in protocol.taxonomy.modes.values()},
        },
        "severity": {
            "questions": [dataclasses.asdict(question) for question in protocol.rubric.questions],
            "thresholds": protocol.rubric.thresholds,
        },
        "labelling": None if labelling is None else _labelling_meaning(labelling),
        # Later keys: a document without them means what it always did.
        **({} if protocol.admit is None else {"admit": protocol.admit.sql}),
        **({} if duplicates is None else {"duplicates": {"keep": duplicates.keep, "by": duplicates.by.sql}}),
    }


def handling(protocol: Protocol) -> Mapping[str, object]:
    """Return what decides how content is guarded: to whom it belongs, who never judges its cases, which fields the catalog holds
    and what is masked.
    """
    return {
        "team": protocol.team,
        "owners": sorted(set(protocol.owners)),
        "sensitivity": {name: level.name.lower() for name, level in sorted(protocol.sensitivity.items())},
        # Of those that say nothing of it, the former among them, all are guarded alike: also by detectors that are to come.
        "redaction": None
        if protocol.redaction.unasked
        else [
            *sorted(protocol.redaction.detectors),
            *([each.name, each.pattern] for each in protocol.redaction.patterns),
        ],
    }


def parts_that_differ(before: Mapping[str, object], after: Mapping[str, object]) -> tuple[str, ...]:
    """Return the sections of a document in which two meanings, or two handlings, differ."""
    return tuple(name for name in dict.fromkeys((*after, *before)) if canonical(after.get(name)) != canonical(before.get(name)))


def _minutes(span: timedelta) -> int:
    return span // timedelta(minutes=1)


def _labelling_meaning(labelling: LabellingDesign) -> Mapping[str, object]:
    # Units, orders by stratum and what is verified of controls came later: a document without them means what it always did.
    named = {name for name, said in (("units", labelling.units), ("apart", labelling.apart)) if not said}
    said = {name: value for name, value in dataclasses.asdict(labelling).items() if name not in named}
    usual = UNPLANNED.verify[CLEARED]
    verify = {name: part for name, part in labelling.verify.items() if name != CLEARED or part != usual}
    return {**said, "verify": verify, "every": _minutes(labelling.every)}


def _sampling_meaning(sampling: Sampling) -> Mapping[str, object]:
    # Once every document had `keep`: without it each criterion says how many of it are kept. None had a unit.
    said = {name: value for name, value in dataclasses.asdict(sampling).items() if value is not None}
    return {**said, "window": _minutes(sampling.window)}


def _criterion_meaning(criterion: Criterion, sampling: Sampling) -> Mapping[str, object]:
    return {
        "name": criterion.name,
        "kind": criterion.kind.value,
        "when": None if criterion.when is None else criterion.when.sql,
        "among": None if criterion.among is None else criterion.among.sql,
        "of": criterion.of,
        "beyond": criterion.beyond,
        "reference": criterion.reference,
        # They came later: a criterion that says nothing of nulls, or of how many are kept, means what it always did.
        **({"nulls": "undecided"} if criterion.nulls_undecided else {}),
        **({} if criterion.keep in {None, sampling.keep} else {"keep": criterion.keep}),
        "mode": criterion.mode,
        "severity": criterion.severity,
        "why": criterion.why,
    }
