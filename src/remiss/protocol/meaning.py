"""What a protocol means: the part of it that its digest covers, and by which figures are kept apart."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from datetime import timedelta

from remiss.protocol.terms import Criterion, Protocol


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
