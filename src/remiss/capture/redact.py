"""Redacting: from what was drawn, raw, to what the catalog may hold.

Raw rows go to the vault; fields graded restricted or secret go nowhere else, and everything else passes the detectors of
the protocol. Profiles too: the least and greatest value of a text are values of somebody.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from remiss.capture import versions
from remiss.capture.sample import CaptureSample
from remiss.capture.sampled_rows import SampledRow
from remiss.errors import Location, ProtocolError
from remiss.govern.ports.vault import Bundle
from remiss.govern.redaction.event_fields import admits, redact_event, redact_value, redactions
from remiss.govern.redaction.redactor import Redactor, exposed, redact
from remiss.protocol.terms import CONTEXT, INPUTS, UNREDACTED, Protocol
from remiss.records.event import Event, Scalar
from remiss.records.run import Cell, Group, Member, Profile, Refusals

PLAIN = (
    "model_version",
    "model_digest",
    "features",
    "output",
    "label",
    "confidence",
    "latency_ms",
    "status",
    "trace_id",
    "text",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RedactedSample:
    """What of a sample the catalog may hold; `notes` say what redaction left as it is."""

    members: tuple[Member, ...]
    refreshed: tuple[Member, ...]
    cells: tuple[Cell, ...]
    profiles: tuple[Profile, ...]
    notes: tuple[str, ...]


def redacted_sample(found: CaptureSample, protocol: Protocol, by: Redactor, bundle: Bundle | None) -> RedactedSample:
    """Return a sample redacted; raw rows go to the bundle.

    Raises
    ------
    ProtocolError : what events were drawn by looks like personal data
    """
    members = redacted_members(found.sampled, protocol, by, bundle)
    exposed_by_ids = exposed_ids((member.event.id for member in members), protocol)
    return RedactedSample(
        members=members,
        refreshed=redacted_members(found.refreshed, protocol, by, bundle),
        cells=versions.redacted(found.cells, protocol, by),
        profiles=redacted_profiles(found.profiles, protocol, by),
        notes=exposed_by_ids if protocol.redaction else (*exposed_by_ids, UNREDACTED),
    )


def redacted_event(event: Event, protocol: Protocol, by: Redactor) -> Event:
    """Return the event as the catalog may hold it: fields graded restricted or secret absent, the rest redacted."""
    fields: dict[str, Scalar] = {
        **{name: getattr(event, name) for name in PLAIN},
        **{f"{INPUTS}{name}": value for name, value in event.inputs.items()},
        **{f"{CONTEXT}{name}": value for name, value in event.context.items()},
    }
    kept = redact_event(fields, protocol.sensitivity, by)
    plain: dict[str, Any] = {name: kept.get(name) for name in PLAIN}
    return replace(
        event,
        **plain,
        inputs={name.removeprefix(INPUTS): value for name, value in kept.items() if name.startswith(INPUTS)},
        context={name.removeprefix(CONTEXT): value for name, value in kept.items() if name.startswith(CONTEXT)},
        redactions=redactions(kept, by),
    )


def redacted_members(
    sampled: Sequence[SampledRow], protocol: Protocol, by: Redactor, bundle: Bundle | None
) -> tuple[Member, ...]:
    """Return the members redacted, each with the address of its raw row; without a bundle that is put nowhere.

    Raises
    ------
    ProtocolError : what they were drawn by looks like personal data
    """
    check_units(sampled, protocol, by)
    return tuple(
        replace(
            item.member,
            event=redacted_event(item.member.event, protocol, by),
            evidence=bundle.add(item.raw.encode()) if bundle else None,
        )
        for item in sampled
    )


def redacted_profiles(profiles: Iterable[Profile], protocol: Protocol, by: Redactor) -> tuple[Profile, ...]:
    """Return the profiles of fields that the catalog may hold, their least and greatest values redacted."""
    return tuple(
        replace(
            item,
            minimum=redact_value(item.minimum, by),
            maximum=redact_value(item.maximum, by),
        )
        for item in profiles
        if admits(item.field, protocol.sensitivity)
    )


def redacted_refusals(refusals: Refusals, by: Redactor, shown: Callable[[str], str]) -> Refusals:
    """Return the refusals with what is told of their rows redacted, and their files named by `shown`."""
    rows = (replace(row, file=shown(row.file), detail=redact(row.detail, by)) for row in refusals.rows)
    return replace(refusals, rows=tuple(rows))


def check_strata(groups: Iterable[Group], protocol: Protocol, by: Redactor) -> None:
    """Refuse strata that redaction would change: two that come out alike could not be told apart any more.

    Raises
    ------
    ProtocolError : names the stratum
    """
    by = replace(by, policy=protocol.redaction.certain)
    for name, value in {(name, value) for group in groups for name, value in group.stratum.items()}:
        if isinstance(value, str | int) and redact_value(value, by) != value:
            raise ProtocolError(
                f"{name} holds what looks like personal data, and it is a stratum",
                where=Location(protocol.path, protocol.lines.get("sampling")),
                do=f"take {name} out of sampling.strata, or make it coarser under fields",
            )


def check_units(sampled: Iterable[SampledRow], protocol: Protocol, by: Redactor) -> None:
    """Refuse a unit that redaction would change: the priorities in the catalog are hashes of it, which can be guessed.

    Raises
    ------
    ProtocolError : names the unit
    """
    unit = protocol.sampling.unit
    if unit is None:
        return
    by = replace(by, policy=protocol.redaction.certain)
    for value in {_value(item.member.event, unit) for item in sampled}:
        if isinstance(value, str | int) and redact_value(value, by) != value:
            raise ProtocolError(
                f"{unit} holds what looks like personal data, and it is the unit of sampling, of which the catalog holds hashes",
                where=Location(protocol.path, protocol.lines.get("sampling.unit")),
                do=f"have the log write a pseudonym for {unit}, and name that under sampling.unit",
            )


def _value(event: Event, name: str) -> Scalar:
    for prefix, values in ((INPUTS, event.inputs), (CONTEXT, event.context)):
        if name.startswith(prefix):
            return values.get(name.removeprefix(prefix))
    found: Scalar = getattr(event, name)
    return found


def exposed_ids(ids: Iterable[str], protocol: Protocol) -> tuple[str, ...]:
    """Return a note when event ids, which are names and never changed, look like personal data."""
    seen = {detector for event_id in ids for detector in exposed(event_id, protocol.redaction.certain)}
    if not seen:
        return ()
    kinds = ", ".join(sorted(seen))
    return (f"event ids look like personal data ({kinds}) and are kept as they are: log an id that tells nothing",)
