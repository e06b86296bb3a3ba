"""The wiring: which edge stands behind which port of an open catalog. Edges are loaded when first used."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING

from remiss import adapters
from remiss.govern.authority import LocalOwner
from remiss.govern.ports.actor import Actor
from remiss.govern.ports.audit import Audit
from remiss.govern.ports.vault import Keys, Vault
from remiss.offline import Offline
from remiss.settings import Settings

if TYPE_CHECKING:
    from remiss.capture.ports import Histograms, RunFiling, Runs
    from remiss.catalog.ports import Attachments, Cases, SavedViews
    from remiss.curate.blinding import Viewer
    from remiss.curate.ports.contributions import Investigations, Threads
    from remiss.curate.ports.labelling import DoubleLabelled, Labellings, Queue, Recodings
    from remiss.edges.stores.leases import Lease
    from remiss.edges.stores.querying.paths import PathCache
    from remiss.edges.stores.reading import Reader
    from remiss.edges.stores.store import Store
    from remiss.govern.audit.merkle import Grow
    from remiss.govern.ports.jobs import Jobs
    from remiss.govern.ports.machine import Health
    from remiss.govern.ports.people import People
    from remiss.protocol.ports import Protocols
    from remiss.records.catalog import CatalogFacts
    from remiss.records.person import Governed
    from remiss.understand.alerts.ports import AlertLedger, Mail, Webhooks
    from remiss.understand.clusters.ports import ClusterStore
    from remiss.understand.patterns.ports import PatternStore
    from remiss.understand.ports import Evidence, Samples, SliceStore

# A holder of the first for a team sees both sides of its disputes; of the second may know where the catalog lies.
ADJUDICATE, MACHINE = "case:adjudicate", "machine:read"
# A holder of one of these may be given cases to label, or give annotated ones their second labelling.
WORK, VERIFY, ANNOTATE = "queue:work", "case:verify", "case:annotate"
# A holder of the first for a team may know its figures, and so its clusters; of the second says what its patterns are.
ESTIMATE, KEEP_PATTERNS = "estimate:read", "pattern:keep"


class Wiring(Offline):
    """An open catalog and the ports that actions take.

    `created` says whether opening it made the catalog.
    """

    def __init__(self, *, store: Store, settings: Settings, actor: Actor) -> None:
        super().__init__(settings=settings, actor=actor)
        self._store = store
        self.address = store.where
        self.file = store.file
        self.created = store.created
        # From where a browser was led to what it asks for, if another server led it there: `cross-site`, `same-site`, `unknown`.
        self.came_from: str | None = None
        # The job whose steps are taken here, if they are.
        self.lease: Lease | None = None
        # A folder that is set may serve other catalogs too; one that is named after this one's new file cannot.
        fresh = [each for each in ("keys", "vault") if store.created and store.file and not getattr(settings, each)]
        self._made = tuple(path for path in (settings.folder(each, store.file) for each in fresh) if not path.exists())

    def abandon(self) -> bool:
        """Remove the catalog again if opening it made it and nothing was done with it, with its key and vault.

        Returns
        -------
        Whether it is gone. A database of a server stays, and so do folders that were named by a setting.
        """
        if not self._store.take_away():
            return False
        for folder in self._made:
            shutil.rmtree(folder, ignore_errors=True)
        return True

    def close(self) -> None:
        """Let go of the catalog."""
        self._store.close()

    @property
    def now(self) -> datetime:
        """The time of the action under way: the one that its row of the journal has."""
        return self._store.transaction.at if self._store.writes else datetime.now(UTC)

    @cached_property
    def _reader(self) -> Reader:
        """Who reads: the actor, with what they may see."""
        return adapters.Reader(self._store, self.scope, self.viewer)

    @cached_property
    def protocols(self) -> Protocols:
        """The shelf of protocol versions."""
        return adapters.ProtocolStore(self._reader)

    @cached_property
    def runs(self) -> Runs:
        """Runs in the catalog."""
        return adapters.RunStore(self._reader)

    @cached_property
    def filing(self) -> RunFiling:
        """What files runs."""
        return adapters.FilingStore(self._reader)

    @cached_property
    def histograms(self) -> Histograms:
        """What runs counted of every field."""
        return adapters.HistogramStore(self._reader)

    @cached_property
    def people(self) -> People:
        """People, teams, grants and tokens in the catalog."""
        return adapters.PeopleStore(self._reader)

    def governed(self, case_id: str) -> Governed:
        """Return what decides who sees a case, of one that the actor sees."""
        return adapters.governed(self._reader, case_id)

    @cached_property
    def cases(self) -> Cases:
        """Cases in the catalog, as far as the actor may see them."""
        return adapters.CaseStore(self._reader, self._path_cache)

    @cached_property
    def attachments(self) -> Attachments:
        """Files that people added, to cases that the actor may see."""
        return adapters.AttachmentStore(self._reader)

    @cached_property
    def saved_views(self) -> SavedViews:
        """Pages that people saved under a name."""
        return adapters.SavedViewStore(self._reader)

    @cached_property
    def labellings(self) -> Labellings:
        """Labellings in the catalog."""
        return adapters.LabellingStore(self._reader)

    @cached_property
    def queue(self) -> Queue:
        """What waits to be labelled, as far as the actor may see it."""
        return adapters.QueueStore(self._reader)

    @property
    def viewer(self) -> Viewer:
        """The actor as the rule of blinding knows them."""
        from remiss.curate.blinding import Viewer

        authority, actor = self.authority, self.actor
        return Viewer(
            name=actor.name,
            operator=isinstance(authority, LocalOwner),
            adjudicates=lambda team: authority.may(actor, ADJUDICATE, team),
            labels=authority.may(actor, WORK),
            verifies=authority.teams(actor, VERIFY),
            annotates=authority.teams(actor, ANNOTATE),
            estimates=lambda team: authority.may(actor, ESTIMATE, team),
            curates=lambda team: authority.may(actor, KEEP_PATTERNS, team),
            now=lambda: self.now,
        )

    @cached_property
    def _path_cache(self) -> PathCache:
        """How questions about cases were answered lately; one for all calls from afar."""
        return adapters.PathCache()

    @cached_property
    def double_labelled(self) -> DoubleLabelled:
        """Cases that two people labelled independently, of those that the actor may see."""
        return adapters.DoubleLabelledStore(self._reader)

    @cached_property
    def recodings(self) -> Recodings:
        """Recodings of failure modes."""
        return adapters.RecodingStore(self._reader)

    @cached_property
    def threads(self) -> Threads:
        """Threads on the cases that the actor may see."""
        return adapters.ThreadStore(self._reader)

    @cached_property
    def investigations(self) -> Investigations:
        """Investigations of the cases that the actor may see."""
        return adapters.InvestigationStore(self._reader)

    @cached_property
    def evidence(self) -> Evidence:
        """Sampling facts in the catalog."""
        return adapters.EvidenceStore(self._reader)

    @cached_property
    def slices(self) -> SliceStore:
        """Slices that were kept, as far as the actor may see them."""
        return adapters.SliceTable(self._reader)

    @cached_property
    def clusters(self) -> ClusterStore:
        """Clusters that were found, as far as the actor may see them."""
        return adapters.ClusterTable(self._reader)

    @cached_property
    def patterns(self) -> PatternStore:
        """Patterns that people named, as far as the actor may know them."""
        return adapters.PatternTable(self._reader)

    @cached_property
    def alerts(self) -> AlertLedger:
        """The ledger of alerts, as far as the actor may see it."""
        return adapters.AlertTable(self._reader)

    @cached_property
    def samples(self) -> Samples:
        """Sampled events, one by one."""
        return adapters.SampleStore(self._reader)

    @property
    def keys(self) -> Keys:
        """The catalog's secret key; made as long as nothing was done with the catalog, and so nothing made under a key."""
        return self._store.sealing.keys(lambda: not self._acted())

    @cached_property
    def audit(self) -> Audit:
        """The logs of what was done and looked at."""
        return adapters.AuditStore(self._reader)

    @property
    def grow(self) -> Grow:
        """Where the tree of a log grows that is verified."""
        return adapters.in_own_process

    @cached_property
    def vault(self) -> Vault:
        """Where raw evidence lies."""
        return adapters.FolderVault(self.settings.folder("vault", self._store.file), self.keys, self._may_place)

    def _may_place(self) -> None:
        """Go on only if files may be put in their places: always, but for a job that is not this process's any more."""
        if self.lease is not None:
            self.lease.check()

    @property
    def job(self) -> str | None:
        """The job whose step is taken here, if one is."""
        return None if self.lease is None else self.lease.job.id

    @cached_property
    def webhooks(self) -> Webhooks:
        """Whom alerts are told, as the machine's file of webhooks says."""
        return adapters.SignedWebhooks(self.settings, self.file)

    @cached_property
    def mail(self) -> Mail:
        """To whom alerts are sent by e-mail, as the machine's file of it says."""
        return adapters.SmtpMail(self.settings, self.file)

    @cached_property
    def jobs(self) -> Jobs:
        """Jobs in the catalog, as far as the actor may see them."""
        return adapters.JobStore(self._reader)

    def _acted(self) -> bool:
        with self._reader.at() as reading:
            return adapters.acted(reading.connection)

    def position(self) -> int:
        """Return the catalog's position."""
        with self._reader.at() as reading:
            return reading.head

    def moment(self, position: int) -> datetime:
        """Return when the catalog came to a position."""
        with self._reader.at() as reading:
            return adapters.moment(reading.connection, position)

    def facts(self, position: int | None = None) -> CatalogFacts:
        """Return what the catalog is and how much it holds, or held at a position; where it lies to whom `doctor` says it."""
        return adapters.facts(self._reader, position, placed=self.may(MACHINE, None))

    @property
    def health(self) -> Health:
        """How this machine and the catalog are."""
        opened = adapters.Opened(
            file=self._store.file,
            position=self.position,
            facts=self.facts,
            keys=lambda: self.keys,
            vault=lambda: self.vault,
            acted=self._acted,
            kept=adapters.RawEventStore(self._reader).kept,
            needed=adapters.RawEventStore(self._reader).needed,
            unredacted=adapters.RunStore(self._reader).unredacted_events,
        )
        return adapters.MachineHealth(self.settings, opened)
