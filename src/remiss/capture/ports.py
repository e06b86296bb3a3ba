"""What a capture needs of the world: an engine, the shelf of protocols, redaction's key, a vault, a store of runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from remiss.capture.captured import Coverage, DocumentText, KnownEvent, RunTotals, StoredTexts, UnredactedRun, WindowInForce
from remiss.govern.ports.actor import Permits
from remiss.govern.ports.jobs import Jobs
from remiss.govern.ports.machine import Progress, Recogniser
from remiss.govern.ports.vault import Keys, Vault
from remiss.govern.redaction.written import Gate
from remiss.protocol.ports import Documents, Engine, Protocols
from remiss.records.person import Governed
from remiss.records.run import Cell, Change, DerivedRun, Group, Manifest, Member, Profile, RefusedRow, Run, RunWindow
from remiss.records.source_file import SourceFile
from remiss.settings import Settings

if TYPE_CHECKING:
    from remiss.protocol.terms import Protocol as Document
    from remiss.records.histogram import Bins, WindowHistograms

# To plan a capture reads the logs by whatever a document says, as capturing does.
CAPTURE = "run:capture"


class ReadsLogs(Protocol):
    """What reads the logs of a protocol."""

    @property
    def documents(self) -> Documents: ...
    @property
    def engine(self) -> Engine: ...


class LookWorkspace(ReadsLogs, Protocol):
    """What a look at a log needs; no catalog."""

    def may(self, permission: str, team: str | None) -> bool:
        """Return whether the actor holds a permission in a team; None is in any."""
        ...

    @property
    def now(self) -> datetime: ...
    @property
    def progress(self) -> Progress: ...
    @property
    def gate(self) -> Gate:
        """What marks values in names of files."""
        ...


class Runs(Protocol):
    """Runs in the catalog."""

    def unredacted(self) -> tuple[UnredactedRun, ...]:
        """Return the runs that stored texts without redaction, oldest first, whether or not the actor sees them."""
        ...

    def stored_texts(self, run: str) -> StoredTexts:
        """Return what a run stored, all of it, with each event before and after as it is."""
        ...

    def coverage(self, position: int | None = None) -> tuple[Coverage, ...]:
        """Return what is captured, now or as it was at a position; by source and protocol, newer versions first."""
        ...

    def in_force(self, source: str, protocol: str, position: int | None = None) -> tuple[WindowInForce, ...]:
        """Return the windows of which some run is in force, or was at a position, oldest first."""
        ...

    def waiting(self, source: str, protocol: str, position: int | None = None) -> Mapping[datetime, int]:
        """Return the windows of runs that wait to be accepted, each with the position at which the newest of them was filed."""
        ...

    def beside(self, source: str, protocol: str, position: int | None = None) -> tuple[tuple[datetime, datetime], ...]:
        """Return the windows in force whose rows share ids with those of a window next to them, each with that one."""
        ...

    def source_files(self, source: str, protocol: str, read_as: str) -> tuple[SourceFile, ...]:
        """Return the files of a source that runs of a protocol saw, and those read since; times read otherwise are none."""
        ...

    def remember(self, source: str, protocol: str, read_as: str, files: Sequence[SourceFile]) -> None:
        """Keep what files were read for, so that none is read twice. Where nothing can be written nothing is kept."""
        ...

    def totals(self, source: str, protocol: str, position: int | None = None) -> RunTotals:
        """Return what the runs that are in force, or were at a position, add up to."""
        ...

    def known(self, source: str, protocol: str, since: datetime, until: datetime) -> tuple[KnownEvent, ...]:
        """Return the events sampled by the runs in force for those windows."""
        ...

    def catalogued(self, source: str, since: datetime, until: datetime) -> tuple[tuple[str, datetime], ...]:
        """Return id and time of all events of a source in the catalog that happened in [since, until), sampled or not."""
        ...

    def documents(self, source: str, since: datetime, until: datetime) -> tuple[DocumentText, ...]:
        """Return the protocol versions by which there are runs of a source in [since, until), seen or not."""
        ...

    def sampled_ids(self, source: str, protocol: str, version: int, since: datetime, until: datetime) -> tuple[str, ...]:
        """Return the ids of the events that runs by one protocol version sampled in the windows of [since, until)."""
        ...

    def teams(self, source: str) -> frozenset[str]:
        """Return the teams whose runs there are of a source, whether or not the actor sees them."""
        ...

    def filed(self, run: str) -> bool:
        """Return whether there is a run of exactly this id, whether or not the actor sees it."""
        ...

    def governed(self, run: str, position: int | None = None) -> Governed:
        """Return id, team and sensitivity of a run, without reading what it drew; raises like `get`."""
        ...

    def get(self, run: str, position: int | None = None) -> Run:
        """Return a run by id or by a unique prefix of six or more characters, as it stood at a position."""
        ...

    def latest(
        self, limit: int, protocol: str | None = None, position: int | None = None, *, before: int | None = None
    ) -> tuple[Run, ...]:
        """Return the newest runs first, without groups, as they stood at a position; only those filed `before` one."""
        ...

    def count(self, protocol: str | None = None, position: int | None = None) -> int:
        """Return how many runs there are, or were at a position."""
        ...

    def manifest(self, run: str) -> Manifest:
        """Return the named inputs of a run."""
        ...

    def windows(self, run: str) -> tuple[RunWindow, ...]:
        """Return the windows of a run, oldest first."""
        ...

    def groups(self, run: str) -> tuple[Group, ...]:
        """Return the groups of a run, sorted by window, stratum, criterion."""
        ...

    def cells(self, run: str) -> tuple[Cell, ...]:
        """Return the cells of a run, sorted alike."""
        ...

    def members(self, run: str) -> tuple[Member, ...]:
        """Return the sampled events of a run as it met them, by window and priority."""
        ...

    def profiles(self, run: str) -> tuple[Profile, ...]:
        """Return the profiles of a run."""
        ...

    def refused(self, run: str) -> tuple[RefusedRow, ...]:
        """Return the listed refused rows of a run, by reason."""
        ...

    def changes(self, run: str) -> tuple[Change, ...]:
        """Return how a run differs from what was in force before it."""
        ...


class RunFiling(Protocol):
    """What files runs, and changes those that are filed."""

    def file(
        self, derived: DerivedRun, *, run: str, status: str, changes: Sequence[Change], team: str, document: Document
    ) -> Run:
        """File a whole run: events, samples, groups, cells, refusals, profiles, and a case for each that met a criterion.

        A `complete` run comes in force for its windows and the runs before it go out of force; a `waiting` one does
        neither until `accept`. `document` is the protocol that drew it, saved before: its window width, and what its criteria
        suggest for the cases.

        Raises
        ------
        Conflict : the run is filed already, or a known event came back with another model
        """
        ...

    def accept(self, run: str) -> Run:
        """Bring a waiting run in force.

        Raises
        ------
        NotFound, Conflict : not waiting, or a later run is already in force for one of its windows
        """
        ...

    def rewrite(self, run: str, texts: StoredTexts) -> None:
        """Write what a run stored as it is after redaction; it is not among the unredacted ones any more."""
        ...


class Histograms(Protocol):
    """What runs counted of every field."""

    def newest_bins(self, source: str, protocol: str) -> Bins | None:
        """Return the bins of the newest run of a protocol that has any, whether or not the actor sees it."""
        ...

    def bins(self, run: str, position: int | None = None) -> Bins | None:
        """Return the bins of a run; None of one that was filed before there were any."""
        ...

    def of_run(self, run: str, position: int | None = None, *, pairs: bool = True) -> tuple[WindowHistograms, ...]:
        """Return the histograms of a run's windows that have events, oldest first.

        Parameters
        ----------
        pairs : False where pairs of fields, which take the most room, are not asked for
        """
        ...


class CaptureWorkspace(Permits, Protocol):
    """The ports that capture's actions take."""

    @property
    def engine(self) -> Engine: ...
    @property
    def protocols(self) -> Protocols: ...
    @property
    def runs(self) -> Runs: ...
    @property
    def filing(self) -> RunFiling: ...
    @property
    def histograms(self) -> Histograms: ...
    @property
    def vault(self) -> Vault: ...
    @property
    def keys(self) -> Keys: ...
    @property
    def gate(self) -> Gate: ...
    @property
    def recogniser(self) -> Recogniser: ...
    @property
    def settings(self) -> Settings: ...
    @property
    def documents(self) -> Documents: ...
    @property
    def progress(self) -> Progress: ...
    @property
    def now(self) -> datetime: ...

    def moment(self, position: int) -> datetime:
        """Return when the catalog came to a position."""
        ...


class CaptureJobWorkspace(CaptureWorkspace, Protocol):
    """The same, and the table of jobs."""

    @property
    def jobs(self) -> Jobs: ...
