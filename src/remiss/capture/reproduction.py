"""Reproducing a run: derived again from its named inputs, and compared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import PurePath
from typing import Literal

from remiss.action import action
from remiss.capture.build import derive
from remiss.capture.field_counts import unlike_counts
from remiss.capture.listed_files import filed_document
from remiss.capture.manifest import differences
from remiss.capture.ports import CaptureWorkspace
from remiss.capture.profile import unlike
from remiss.capture.schedule import whole_windows
from remiss.errors import IntervalError, ProtocolError, SourceError
from remiss.parameters import RunId
from remiss.protocol.actions import checked as checked_against_sources
from remiss.protocol.actions import read_together
from remiss.protocol.check_result import Checked
from remiss.records.published import Count, published
from remiss.records.run import RULES, DerivedRun, Manifest, Refusals, Run

OTHER_RULES = (
    "its states were derived by rules that this remiss no longer has (missing labels, nulls and the population at risk): capture "
    "its windows again, or reproduce it with the remiss that the manifest names under software"
)


@published("reproduction")
@dataclass(frozen=True, slots=True, kw_only=True)
class Reproduction:
    """Whether a run could be derived again, and whether it came out the same.

    `position` is the catalog's when its run was looked up.
    """

    run: str
    verdict: Literal["same", "different", "cannot"]
    differences: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    position: Count


def as_filed(ws: CaptureWorkspace, manifest: Manifest) -> Checked:
    """Return the protocol of a run as the catalog keeps it, checked against its sources as they are now.

    Raises
    ------
    ProtocolError, SourceError : a taxonomy or rubric file, or a source, is not what it was
    """
    return checked_against_sources(ws, filed_document(ws, manifest))


def rederive(ws: CaptureWorkspace, run: str) -> Reproduction:
    """Derive a run again and compare it with what was filed; changes nothing, also not in the vault."""
    position = ws.position()
    stored = ws.runs.get(run)
    manifest = stored.manifest
    if manifest.rules != RULES:
        return Reproduction(run=stored.id, position=position, verdict="cannot", missing=(OTHER_RULES,))
    missing = _away(ws, manifest, [*manifest.file_digests, *manifest.label_digests])
    if missing:
        return Reproduction(run=stored.id, position=position, verdict="cannot", missing=missing)
    try:
        document = filed_document(ws, manifest)
        windows = whole_windows(manifest.since, manifest.until, document.sampling.window)
        with read_together(ws, document):
            checked = checked_against_sources(ws, document)
            again = derive(ws, checked, windows, manifest.as_of, again=stored.id).derived_run
    except (IntervalError, SourceError, ProtocolError) as error:
        return Reproduction(run=stored.id, position=position, verdict="cannot", missing=(str(error),))
    filed = _filed(ws, stored)
    found = (
        *differences(filed, again),
        *unlike(filed.profiles, again.profiles),
        *unlike_counts(filed.histograms, again.histograms),
    )
    # Files that held refused rows alone are not in the fingerprint: without them the rest is the same, and nothing is known.
    gone = _away(ws, manifest, manifest.files) if found and again.manifest.fingerprint == manifest.fingerprint else ()
    if gone:
        return Reproduction(run=stored.id, position=position, verdict="cannot", differences=found, missing=gone)
    return Reproduction(run=stored.id, position=position, verdict="different" if found else "same", differences=found)


def _away(ws: CaptureWorkspace, manifest: Manifest, wanted: Sequence[str]) -> tuple[str, ...]:
    folder = PurePath(manifest.folder)
    there = ws.engine.present([str(folder / name) for name in wanted])
    return tuple(f"{folder / name} is not there" for name in wanted if str(folder / name) not in there)


def _filed(ws: CaptureWorkspace, run: Run) -> DerivedRun:
    return DerivedRun(
        manifest=run.manifest,
        digest=run.digest,
        windows=ws.runs.windows(run.id),
        groups=ws.runs.groups(run.id),
        cells=ws.runs.cells(run.id),
        members=tuple(member for member in ws.runs.members(run.id) if member.groups),
        profiles=ws.runs.profiles(run.id),
        histograms=ws.histograms.of_run(run.id),
        refusals=Refusals(counts=run.refused),
    )


@action("reproduce", permission="run:read", http="POST /runs/{run}/reproduce", reads=True, subject="run", snapshot=False)
def reproduce(ws: CaptureWorkspace, run: RunId) -> Reproduction:
    """Derive RUN again from its named inputs and compare digests.

    Exit status 0 when it is the same, 1 when it differs (and how), 3 when its source is not all there (and what is missing).

    Example: remiss reproduce run-4f7q2m
    """
    found, by = rederive(ws, run), ws.gate
    return replace(found, differences=tuple(map(by.name, found.differences)), missing=tuple(map(by.name, found.missing)))
