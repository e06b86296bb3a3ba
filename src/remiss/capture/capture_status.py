"""How captures stand: what is due, provisional or odd, for each protocol on each source."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from remiss.action import action
from remiss.capture.captured import WindowInForce
from remiss.capture.criterion_counts import NEARLY_ALL, CriterionCount, criterion_counts, warnings
from remiss.capture.listed_files import filed_document
from remiss.capture.listing import shown_changes
from remiss.capture.ports import CaptureWorkspace
from remiss.capture.requirements import refused_rows
from remiss.capture.schedule import Interval, due_again, spans
from remiss.capture.source_files import Due, look
from remiss.capture.source_files import due as due_of
from remiss.errors import InputError
from remiss.parameters import Position
from remiss.present.legible import counted
from remiss.protocol.actions import read_together
from remiss.protocol.terms import Protocol
from remiss.records.catalog import read_at
from remiss.records.published import Count, Items, Share, published
from remiss.records.run import RULES, Run
from remiss.records.source_file import FileChange

# Older runs than these do not say how things stand.
MOST_RUNS = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptureStatus:
    """How one protocol stands on one source.

    `due` is how many windows `capture` would take now, or None when the source cannot be looked at (`unseen` says why);
    `intervals` are the stretches that they make, oldest first.
    `mature` counts provisional windows that are among them, their labels being all in by now. `refused_share` is refused rows
    over these and admitted events, over the runs in force. `criteria` has exact counts over them, and `nothing` and `nearly_all`
    name criteria by what they caught.
    `late` counts the windows that are due again because of their files, which came after their window was captured or were
    changed since. `files` names the first 20 of these, and of those gone from the source, for which nothing is due; `gone` counts
    the latter. `unlisted` counts windows of runs that kept no list of files: what comes late to them is not noticed.
    `kept_as_logged` is whether the protocol says `redaction: none`, and `unredacted` counts the runs that stored texts without
    redaction before that became what a protocol that says nothing means, until a job has redacted these. `older_rules` counts
    windows whose states were derived by the rules of an older remiss.
    """

    protocol: str
    version: Count
    source: str
    windows: Count
    last: datetime | None
    due: Count | None
    unseen: str
    provisional: Count
    mature: Count
    refused_share: Share
    nothing: tuple[str, ...]
    nearly_all: tuple[str, ...]
    waiting: tuple[str, ...]
    intervals: tuple[Interval, ...] = ()
    late: Count = 0
    files: tuple[FileChange, ...] = ()
    gone: Count = 0
    unlisted: Count = 0
    kept_as_logged: bool = False
    unredacted: Count = 0
    criteria: tuple[CriterionCount, ...] = ()
    older_rules: Count = 0

    @property
    def warnings(self) -> tuple[str, ...]:
        """What is odd about what was captured, in sentences."""
        older = (
            f"{counted(self.older_rules, 'window')} by the rules of an older remiss, which counted missing labels and nulls "
            "otherwise: figures never add them to others; capture them again"
        )
        return (*([older] if self.older_rules else []), *warnings(self.criteria))


@published("status")
@dataclass(frozen=True, slots=True)
class CaptureStatuses(Items[CaptureStatus]):
    """How each protocol stands on each source, by source and protocol."""

    items: tuple[CaptureStatus, ...]


def provisional_counts(
    in_force: Iterable[WindowInForce], width: timedelta, lag: timedelta | None, now: datetime
) -> tuple[int, int]:
    """Return how many windows in force are provisional, and how many of these are due again now."""
    open_windows = [item for item in in_force if item.window.provisional]
    return len(open_windows), sum(due_again(item, width, now, lag) for item in open_windows)


def capture_status(ws: CaptureWorkspace, source: str, protocol: str, position: int, now: datetime) -> CaptureStatus:
    """Return how a protocol stands on a source, by its newest version and the runs in force at a position.

    The source is looked at as it is; what is due and what is mature is reckoned at `now`.
    """
    recent = ws.runs.latest(MOST_RUNS, protocol, position)
    own = [run for run in recent if run.manifest.source == source]
    newest = max(own, key=lambda run: (run.manifest.protocol_version, run.position))
    held = ws.runs.in_force(source, protocol, position)
    in_force = tuple(item for item in held if item.seen)
    totals = ws.runs.totals(source, protocol, position)
    # It does not matter who captured a window.
    found, unseen, document = _due(ws, newest, held, now, position)
    names = tuple(item.name for item in document.criteria) if document else ()
    width = document.sampling.window if document else timedelta(0)
    lag = document.labels.lag if document and document.labels else None
    open_windows, mature = provisional_counts(in_force, width, lag, now)
    admitted = sum(item.window.population for item in in_force)
    counts = criterion_counts(names, totals.patterns, (item.window.nulls for item in in_force))
    refused = refused_rows(totals.refused)
    return CaptureStatus(
        protocol=protocol,
        version=newest.manifest.protocol_version,
        source=source,
        windows=len(in_force),
        last=in_force[-1].window.window if in_force else None,
        due=None if found is None else len(found.windows),
        unseen=unseen,
        provisional=open_windows,
        mature=mature,
        refused_share=refused / (admitted + refused) if refused else 0.0,
        nothing=tuple(each.criterion for each in counts if not each.met),
        nearly_all=tuple(each.criterion for each in counts if each.judged and each.met >= NEARLY_ALL * each.judged),
        waiting=tuple(run.id for run in own if run.status == "waiting"),
        intervals=spans(found.windows if found else ()),
        late=len(found.files.due) if found else 0,
        files=found.files.changes if found else (),
        gone=found.files.gone if found else 0,
        unlisted=found.files.unlisted if found else 0,
        unredacted=sum((each.source, each.protocol) == (source, protocol) for each in ws.runs.unredacted()),
        kept_as_logged=document is not None and not document.redaction,
        criteria=counts,
        older_rules=sum(item.rules < RULES for item in in_force),
    )


def _due(
    ws: CaptureWorkspace, newest: Run, in_force: Sequence[WindowInForce], now: datetime, position: int
) -> tuple[Due | None, str, Protocol | None]:
    try:
        document = filed_document(ws, newest.manifest)
        with read_together(ws, document):
            found = due_of(ws, document, look(ws, document), in_force, now, position)
    except InputError as error:
        return None, error.what, None
    return found, "", document


@action("status", permission="run:read", http="GET /status", reads=True, snapshot=False)
def status(ws: CaptureWorkspace, *, as_of: Position | None = None) -> CaptureStatuses:
    """Say which windows are due or provisional, and what looks odd.

    There is a line for each protocol and source.

    Example: remiss status

    Parameters
    ----------
    as_of : a position of the catalog; default: now. What was due and mature when the catalog came there is told from the sources
        as they are now

    Raises
    ------
    InputError : a position that is not there yet
    """
    # All is read as of one position, for no snapshot is held while sources are looked at.
    head = ws.position()
    position = read_at(as_of, head)
    now = ws.now if position == head else ws.moment(position)
    pairs = {(each.manifest.source, each.manifest.protocol) for each in ws.runs.latest(MOST_RUNS, position=position)}
    by = ws.gate
    found = (capture_status(ws, source, protocol, position, now) for source, protocol in sorted(pairs))
    shown = (replace(each, files=shown_changes(each.files, by), unseen=by.name(each.unseen)) for each in found)
    return CaptureStatuses(position=position, items=tuple(shown))
