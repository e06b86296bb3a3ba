"""Building a run: from a protocol file and an interval to a drawn run, before the catalog is touched.

The same function serves a capture, which then files what it gave, and `reproduce`, which only compares.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import PurePath
from typing import TypeVar

import remiss.records.run as records
from remiss.capture import expected, redact, sample
from remiss.capture.bins import PURPOSE, BinChoice, opened, sealed
from remiss.capture.criterion_counts import of_cells, warnings
from remiss.capture.expected import Expected
from remiss.capture.left_out import FiledIds
from remiss.capture.listed_files import KnownSource, addresses_of, part_of, read_files, reading, relative
from remiss.capture.manifest import fingerprint, run_digest
from remiss.capture.ports import CaptureWorkspace
from remiss.capture.requirements import check_none_refused, notes_on_lost
from remiss.govern.ports.vault import Bundle
from remiss.govern.redaction.event_fields import admits, writable
from remiss.govern.redaction.redactor import Redactor, remembering
from remiss.protocol.check_result import Checked
from remiss.protocol.terms import Protocol
from remiss.records.bulk import in_bulk
from remiss.records.histogram import Bins
from remiss.records.window import Window
from remiss.version import __version__

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Derived:
    """A drawn run, redacted. `refreshed` are known events that were not drawn and are still in the source; `outranked` those, by
    id and window, of which another row of the id is kept in another window.
    """

    checked: Checked
    derived_run: records.DerivedRun
    refreshed: tuple[records.Member, ...]
    outranked: frozenset[tuple[str, datetime]]

    @property
    def present(self) -> frozenset[tuple[str, datetime]]:
        """The known events that were not drawn, by id and window, of which the source still has a row."""
        return self.outranked | {(member.event.id, member.window) for member in self.refreshed}


def derive(
    ws: CaptureWorkspace,
    checked: Checked,
    windows: Sequence[Window],
    as_of: datetime,
    *,
    known: Sequence[tuple[str, datetime]] = (),
    others: Sequence[FiledIds] = (),
    bundle: Bundle | None = None,
    notes: tuple[str, ...] = (),
    strict: bool = False,
    again: str | None = None,
    source: KnownSource | None = None,
) -> Derived:
    """Return what a capture of these windows draws, redacted and digested.

    Parameters
    ----------
    windows : whole windows that touch, oldest first
    as_of : labels known later are not used
    known : ids and times of events catalogued before, to be read again although they may not be drawn
    others : ids that other protocols filed of the source, which must not come to mean other rows
    bundle : where raw rows go; None keeps none. It is sealed then
    notes : what the manifest should say beside what the sources tell
    strict : stop at refused rows, before any raw row goes to the bundle
    again : a run that is derived again, whose bins are taken as they are
    source : what is known of the files of the source, of which only those are read then that may matter

    Raises
    ------
    ProtocolError, SourceError, StorageError : from the sources; nothing is filed then
    InputError : the protocol wants names found, and the extra `pii` is not installed
    AnswerNo : rows were refused and `strict` is set
    """
    # First, for what redaction needs and cannot have is no reason to read the log.
    policy = checked.protocol.redaction
    by = Redactor(policy, ws.keys.secret("redaction"), ws.recogniser if policy.modelled else None)
    found = _read(ws, checked, windows, as_of, known, others, _choice(ws, checked, by, again), source)
    with in_bulk(), remembering(), ws.engine.digesting({*found.captured.files, *found.label_files}) as digests:
        derived = _sealed(ws, checked, found, by, windows, as_of, digests, bundle=bundle, notes=notes, strict=strict)
    if bundle:
        bundle.seal()
    return derived


def _sealed(
    ws: CaptureWorkspace,
    checked: Checked,
    found: _Found,
    by: Redactor,
    windows: Sequence[Window],
    as_of: datetime,
    digests: Callable[[], Mapping[str, str]],
    *,
    bundle: Bundle | None,
    notes: tuple[str, ...],
    strict: bool,
) -> Derived:
    """Return what was found as the catalog may hold it, with its manifest and digest; `digests` waits for those of files."""
    protocol, result = checked.protocol, found.captured
    folder = PurePath(ws.documents.folder(protocol.path))
    redact.check_strata(result.groups, protocol, by)
    refusals = redact.redacted_refusals(result.refusals, by, lambda file: relative(file, folder))
    lost = _relative(result.lost, folder)
    if strict:
        check_none_refused(refusals, lost)
    kept = redact.redacted_sample(result, protocol, by, bundle)
    content = digests()
    # Of what was changed between reading and hashing a digest would tell of other content than was read.
    ws.engine.unchanged({name: state for name, state in found.states.items() if name in content})
    said = (*notes, *result.notes, *_odd(checked, result), *notes_on_lost(lost), *kept.notes)
    manifest = _manifest(ws, protocol, found, windows, as_of, content, said)
    derived_run = records.DerivedRun(
        manifest=manifest,
        digest=_digest(manifest, result),
        windows=result.windows,
        groups=result.groups,
        cells=kept.cells,
        members=kept.members,
        profiles=kept.profiles,
        refusals=refusals,
        listing=read_files(found.states, found.files, content, folder),
        label_listing=read_files(found.states, found.label_files, content, folder),
        beside=result.beside,
        bins=_kept(ws, protocol, result.bins),
        histograms=result.histograms,
    )
    return Derived(checked=checked, derived_run=derived_run, refreshed=kept.refreshed, outranked=result.outranked)


def _manifest(
    ws: CaptureWorkspace,
    protocol: Protocol,
    found: _Found,
    windows: Sequence[Window],
    as_of: datetime,
    content: Mapping[str, str],
    notes: tuple[str, ...],
) -> records.Manifest:
    """Return what a run was derived from and by; `content` has the digests of files that were needed whole."""
    result = found.captured
    folder = PurePath(ws.documents.folder(protocol.path))
    file_digests = {name: content[name] for name in result.files}
    return records.Manifest(
        protocol=protocol.name,
        protocol_version=protocol.version,
        protocol_digest=protocol.digest,
        source=protocol.source.name,
        fingerprint=fingerprint(file_digests.values()),
        files=tuple(relative(name, folder) for name in found.files),
        file_digests=_relative(file_digests, folder),
        rows=result.rows,
        since=windows[0].start,
        until=windows[-1].end,
        as_of=as_of,
        engine=ws.engine.name,
        software=f"remiss {__version__}",
        folder=str(folder),
        label_digests=_relative({name: content[name] for name in found.label_files}, folder),
        notes=notes,
        unplaced=_relative(result.unplaced, folder),
        left_out=sum(window.left_out for window in result.windows),
        left_out_null=result.left_out_null,
        merged=result.merged,
        resolved=result.resolved,
        addresses=addresses_of(protocol),
        grace_minutes=protocol.grace // timedelta(minutes=1),
        rules=records.RULES,
    )


def _relative(by_file: Mapping[str, T], folder: PurePath) -> dict[str, T]:
    return {relative(file, folder): value for file, value in by_file.items()}


def _choice(ws: CaptureWorkspace, checked: Checked, by: Redactor, again: str | None) -> BinChoice | None:
    protocol = checked.protocol
    bins = ws.histograms.newest_bins(protocol.source.name, protocol.name) if again is None else ws.histograms.bins(again)
    if again is not None and bins is None:
        return None
    former = None if bins is None else opened(bins, ws.keys.secret(PURPOSE))
    return BinChoice(former=former, writable=lambda field, value: writable(field, value, by), fixed=again is not None)


def _kept(ws: CaptureWorkspace, protocol: Protocol, bins: Bins | None) -> Bins | None:
    """Return bins as the catalog may hold them: those of restricted fields without values."""
    if bins is None:
        return None
    restricted = frozenset(name for name in bins.fields if not admits(name, protocol.sensitivity))
    return sealed(bins, restricted, ws.keys.secret(PURPOSE)) if restricted else bins


def _odd(checked: Checked, result: sample.CaptureSample) -> tuple[str, ...]:
    """Return what is odd about how many events the criteria caught, or could judge."""
    names = [one.criterion.name for one in checked.criteria]
    return warnings(of_cells(names, result.cells, result.windows))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """What the sources gave, raw: the draw, and the files of the source and of the labels with what they were when read."""

    captured: sample.CaptureSample
    states: Mapping[str, tuple[int, int]]
    files: tuple[str, ...]
    label_files: tuple[str, ...]


def _read(
    ws: CaptureWorkspace,
    checked: Checked,
    windows: Sequence[Window],
    as_of: datetime,
    known: Sequence[tuple[str, datetime]],
    others: Sequence[FiledIds],
    bins: BinChoice | None,
    of_source: KnownSource | None,
) -> _Found:
    since, until = windows[0].start, windows[-1].end
    part, passed = part_of(of_source, checked, windows)
    with reading(ws, checked, part) as (session, source, labels):
        result = sample.draw_sample(
            session, checked, source, since, until, as_of, ws.progress, also=known, others=others, bins=bins
        )
        states, label_files = {**passed, **session.states}, labels.files if labels else ()
    files = of_source.description.files if of_source else source.files
    return _Found(captured=result, states=states, files=files, label_files=label_files)


def _digest(manifest: records.Manifest, result: sample.CaptureSample) -> str:
    """Return the digest of a run: over raw values, since redaction's key is the catalog's own."""
    return run_digest(
        protocol_digest=manifest.protocol_digest,
        source_fingerprint=manifest.fingerprint,
        as_of=manifest.as_of,
        windows=result.windows,
        groups=result.groups,
        cells=result.cells,
        members=[item.member for item in result.sampled],
        refused=result.refusals.counts,
    )


def expect(
    ws: CaptureWorkspace,
    checked: Checked,
    windows: Sequence[Window],
    as_of: datetime,
    others: Sequence[FiledIds] = (),
    of_source: KnownSource | None = None,
) -> Expected:
    """Return what a capture of these windows would bring in each month and refuse, exactly, without bringing content.

    It is refused where the capture would be, for ids that `others` filed.
    """
    with reading(ws, checked, part_of(of_source, checked, windows)[0]) as (session, source, _):
        return expected.expect(session, checked, source, windows[0].start, windows[-1].end, as_of, ws.progress, others)
