"""What fulfils the ports: stores, engines, vaults and keys by name, each loaded when it is first asked for.

Only what composes a workspace asks for them. A type checker knows each name by its import; at run time the table says where it
is, so that a command that reads a protocol loads no database, and one that lists cases no engine.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from remiss.edges.documents import FileDocuments as FileDocuments
    from remiss.edges.documents import PostedDocuments as PostedDocuments
    from remiss.edges.engines.duckdb import DuckDB as DuckDB
    from remiss.edges.engines.files import Reach as Reach
    from remiss.edges.health import MachineHealth as MachineHealth
    from remiss.edges.health import Opened as Opened
    from remiss.edges.keys import FolderKeys as FolderKeys
    from remiss.edges.mail import SmtpMail as SmtpMail
    from remiss.edges.recognisers.presidio import recogniser as recogniser
    from remiss.edges.runners.registry import ModelRegistry as ModelRegistry
    from remiss.edges.servers.http import Server as Server
    from remiss.edges.stores.alerts import AlertTable as AlertTable
    from remiss.edges.stores.audit import AuditStore as AuditStore
    from remiss.edges.stores.case_evidence import AttachmentStore as AttachmentStore
    from remiss.edges.stores.case_evidence import RawEventStore as RawEventStore
    from remiss.edges.stores.cases import CaseStore as CaseStore
    from remiss.edges.stores.cases import governed as governed
    from remiss.edges.stores.clusters import ClusterTable as ClusterTable
    from remiss.edges.stores.connecting import open_store as open_store
    from remiss.edges.stores.discussion import ThreadStore as ThreadStore
    from remiss.edges.stores.facts import facts as facts
    from remiss.edges.stores.filing import FilingStore as FilingStore
    from remiss.edges.stores.histograms import HistogramStore as HistogramStore
    from remiss.edges.stores.investigations import InvestigationStore as InvestigationStore
    from remiss.edges.stores.jobs import JobStore as JobStore
    from remiss.edges.stores.labelling.double_labelled import DoubleLabelledStore as DoubleLabelledStore
    from remiss.edges.stores.labelling.labellings import LabellingStore as LabellingStore
    from remiss.edges.stores.labelling.queue import QueueStore as QueueStore
    from remiss.edges.stores.labelling.recodings import RecodingStore as RecodingStore
    from remiss.edges.stores.leases import take as take
    from remiss.edges.stores.logs.journal import DIGESTS as DIGESTS
    from remiss.edges.stores.logs.journal import acted as acted
    from remiss.edges.stores.logs.journal import moment as moment
    from remiss.edges.stores.patterns import PatternTable as PatternTable
    from remiss.edges.stores.people import PeopleStore as PeopleStore
    from remiss.edges.stores.people import person_at as person_at
    from remiss.edges.stores.protocols import ProtocolStore as ProtocolStore
    from remiss.edges.stores.querying.paths import PathCache as PathCache
    from remiss.edges.stores.reading import Reader as Reader
    from remiss.edges.stores.replays import ReplayStore as ReplayStore
    from remiss.edges.stores.resolutions import ResolutionStore as ResolutionStore
    from remiss.edges.stores.results import ResultTable as ResultTable
    from remiss.edges.stores.runs import RunStore as RunStore
    from remiss.edges.stores.safeguards import GateTable as GateTable
    from remiss.edges.stores.safeguards import SuiteTable as SuiteTable
    from remiss.edges.stores.sampled.evidence import EvidenceStore as EvidenceStore
    from remiss.edges.stores.sampled.listing import SampleStore as SampleStore
    from remiss.edges.stores.saved_views import SavedViewStore as SavedViewStore
    from remiss.edges.stores.slices import SliceTable as SliceTable
    from remiss.edges.tree_building import in_own_process as in_own_process
    from remiss.edges.vaults.folder import FolderVault as FolderVault
    from remiss.edges.webhooks import SignedWebhooks as SignedWebhooks

# In which module under `remiss.edges` each is.
HOMES = {
    "FileDocuments": "documents",
    "PostedDocuments": "documents",
    "DuckDB": "engines.duckdb",
    "Reach": "engines.files",
    "MachineHealth": "health",
    "Opened": "health",
    "FolderKeys": "keys",
    "SmtpMail": "mail",
    "recogniser": "recognisers.presidio",
    "ModelRegistry": "runners.registry",
    "Server": "servers.http",
    "AuditStore": "stores.audit",
    "AttachmentStore": "stores.case_evidence",
    "RawEventStore": "stores.case_evidence",
    "CaseStore": "stores.cases",
    "governed": "stores.cases",
    "open_store": "stores.connecting",
    "ThreadStore": "stores.discussion",
    "facts": "stores.facts",
    "GateTable": "stores.safeguards",
    "HistogramStore": "stores.histograms",
    "InvestigationStore": "stores.investigations",
    "JobStore": "stores.jobs",
    "DoubleLabelledStore": "stores.labelling.double_labelled",
    "LabellingStore": "stores.labelling.labellings",
    "QueueStore": "stores.labelling.queue",
    "RecodingStore": "stores.labelling.recodings",
    "take": "stores.leases",
    "DIGESTS": "stores.logs.journal",
    "acted": "stores.logs.journal",
    "moment": "stores.logs.journal",
    "PeopleStore": "stores.people",
    "person_at": "stores.people",
    "PathCache": "stores.querying.paths",
    "ProtocolStore": "stores.protocols",
    "Reader": "stores.reading",
    "ReplayStore": "stores.replays",
    "ResultTable": "stores.results",
    "ResolutionStore": "stores.resolutions",
    "FilingStore": "stores.filing",
    "RunStore": "stores.runs",
    "EvidenceStore": "stores.sampled.evidence",
    "SampleStore": "stores.sampled.listing",
    "SavedViewStore": "stores.saved_views",
    "SliceTable": "stores.slices",
    "ClusterTable": "stores.clusters",
    "PatternTable": "stores.patterns",
    "AlertTable": "stores.alerts",
    "SuiteTable": "stores.safeguards",
    "in_own_process": "tree_building",
    "FolderVault": "vaults.folder",
    "SignedWebhooks": "webhooks",
}

if not TYPE_CHECKING:

    def __getattr__(name: str) -> Any:
        if name in HOMES:
            return getattr(import_module(f"remiss.edges.{HOMES[name]}"), name)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
