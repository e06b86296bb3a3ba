"""Model versions as a counted dimension: cells say of which version their events are, and nothing is drawn by it.

What went wrong in which version is the first question after a release, and every capture reads the field anyway. In a run at
most the 50 commonest are told apart, for some logs call nearly every row a version of its own; what is left is in cells whose
version is not told apart. Having no version is a version too.

Groups, samples and the digest of a run know nothing of it: there cells that differ in their version alone are one.

Where a window seems to have more versions than are told apart, one statement finds the commonest of the run before the census, so
that a log that calls nearly every row a version of its own makes no cell for each.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from remiss.capture.sampling import PopulationPart
from remiss.capture.sql.plan import VERSIONS, ScanPlan, VersionsTold
from remiss.capture.sql.scan import reads_labels, refusing_labels, steps
from remiss.capture.sql.statements import shown
from remiss.capture.values import value_of
from remiss.govern.redaction.event_fields import redact_event
from remiss.govern.redaction.redactor import Redactor
from remiss.protocol.ports import Session
from remiss.protocol.terms import Protocol
from remiss.records.case import Sensitivity
from remiss.records.event import ModelVersion
from remiss.records.identity import canonical
from remiss.records.run import Cell

# How many versions of a run are told apart.
MOST = 50
FIELD = "model_version"
# Columns of the census: the version, and whether it is told apart.
VERSION, TOLD = "remiss_version", "remiss_told"
# A column of the profile: how many different versions a window has, more or less.
GUESS = "versions"


def counted(protocol: Protocol) -> bool:
    """Return whether cells are counted by version: a stratum is one anyway, and what is guarded reaches no catalog."""
    guarded = protocol.sensitivity.get(FIELD, Sensitivity.INTERNAL) >= Sensitivity.RESTRICTED
    return FIELD in protocol.fields and FIELD not in protocol.sampling.strata and not guarded


def guess(plan: ScanPlan) -> tuple[str, ...]:
    """Return the aggregate that guesses how many versions there are, for a statement that reads the field; none if unwanted."""
    return (f"approx_count_distinct({shown(plan, FIELD)}) AS {GUESS}",) if counted(plan.checked.protocol) else ()


def commonest(plan: ScanPlan) -> str:
    """Return the statement that lists the versions of most events, ties by text and none last."""
    labels = refusing_labels(plan) or reads_labels(plan, [FIELD])
    return (
        f"{steps(plan, labels=labels)} SELECT {shown(plan, FIELD)} AS version FROM admitted WHERE remiss_window >= {plan.reach} "
        f"GROUP BY version ORDER BY COUNT(*) DESC, CAST(version AS VARCHAR) NULLS LAST LIMIT {MOST}"
    )


def columns(plan: ScanPlan) -> Mapping[str, str]:
    """Return what the census counts by, by the names of columns."""
    if plan.versions is VersionsTold.NONE:
        return {}
    version = shown(plan, FIELD)
    if plan.versions is VersionsTold.EVERY:
        return {VERSION: version}
    told = (
        f"CASE WHEN {version} IS NULL THEN (SELECT COUNT(*) > 0 FROM {VERSIONS} WHERE version IS NULL) "
        f"ELSE {version} IN (SELECT version FROM {VERSIONS} WHERE NOT version IS NULL) END"
    )
    return {VERSION: f"CASE WHEN {told} THEN {version} END", TOLD: told}


def planned(session: Session, plan: ScanPlan, profiled: Sequence[Mapping[str, object]]) -> ScanPlan:
    """Return the plan of a census that tells versions apart, where the protocol says of which version events are.

    Parameters
    ----------
    profiled : the answer to `profile.question`, which guesses how many versions each window has
    """
    if not counted(plan.checked.protocol):
        return plan
    if all(int(str(row[GUESS])) <= MOST for row in profiled):
        return replace(plan, versions=VersionsTold.EVERY)
    session.keep(VERSIONS, commonest(plan))
    return replace(plan, versions=VersionsTold.COMMONEST)


def version_of(plan: ScanPlan, row: Mapping[str, Any]) -> ModelVersion | None:
    """Return the version of a row of the census, as text like the events' own; None where it is not told apart."""
    if VERSION not in row or not row.get(TOLD, True):
        return None
    value = value_of(row[VERSION], plan.shapes[FIELD])
    return ModelVersion(value if value is None or isinstance(value, str) else str(value))


def told_apart(parts: Sequence[PopulationPart]) -> list[PopulationPart]:
    """Return the parts with the 50 commonest versions of all of them told apart (ties by text, none last), and no others."""
    counts: Counter[ModelVersion] = Counter()
    for part in parts:
        if part.version is not None:
            counts[part.version] += part.population
    if len(counts) <= MOST:
        return list(parts)
    commonest = sorted(counts, key=lambda one: (-counts[one], order(one)))
    told = frozenset(commonest[:MOST])
    return [part if part.version in told else replace(part, version=None) for part in parts]


def order(version: ModelVersion | None) -> tuple[bool, bool, str]:
    """Return what versions are sorted by: as text, none last, and after it what is not told apart."""
    return version is None, version is not None and version.name is None, (version and version.name) or ""


def redacted(cells: Iterable[Cell], protocol: Protocol, by: Redactor) -> tuple[Cell, ...]:
    """Return the cells as the catalog may hold them: a version that redaction would change is not told apart."""
    found = list(cells)

    def kept(version: ModelVersion | None) -> bool:
        field = {FIELD: version.name if version else None}
        return redact_event(field, protocol.sensitivity, by) == field

    told = {version for version in {cell.version for cell in found} if kept(version)}
    return added_up(cell if cell.version in told else replace(cell, version=None) for cell in found)


def without_versions(cells: Iterable[Cell]) -> tuple[Cell, ...]:
    """Return the cells with those added up that differ in their version alone."""
    return added_up(replace(cell, version=None) for cell in cells)


def added_up(cells: Iterable[Cell]) -> tuple[Cell, ...]:
    """Return cells with those added up that are the same, each where it came first."""
    found: dict[tuple[object, ...], Cell] = {}
    for cell in cells:
        key = (cell.window, canonical(cell.stratum), cell.met, cell.undecided, cell.outside, cell.version)
        if key not in found:
            found[key] = cell
            continue
        before = found[key]
        found[key] = replace(
            before,
            population=before.population + cell.population,
            labelled=before.labelled + cell.labelled,
            ruled_out=dict(Counter(before.ruled_out) + Counter(cell.ruled_out)),
        )
    return tuple(found.values())
