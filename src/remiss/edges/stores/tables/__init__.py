"""Every table of the catalog, once; a module for each subject, all on one metadata."""

from remiss.edges.stores.tables.attachments import attachment_names, attachments
from remiss.edges.stores.tables.audit import audit_heads
from remiss.edges.stores.tables.base import Instant, governed, instant, metadata
from remiss.edges.stores.tables.cases import case_context, case_criteria, case_texts, cases, revisions
from remiss.edges.stores.tables.discussion import comment_texts, comments, mentions, thread_turns, threads
from remiss.edges.stores.tables.investigation import citations, finding_texts, findings
from remiss.edges.stores.tables.jobs import jobs
from remiss.edges.stores.tables.journal import catalog_head, journal
from remiss.edges.stores.tables.labelling import labelling_words, labellings, links, prospects, revision_reasons
from remiss.edges.stores.tables.people import grants, people, teams, tokens
from remiss.edges.stores.tables.queue import reservations
from remiss.edges.stores.tables.recoding import recodings
from remiss.edges.stores.tables.runs import (
    captures,
    cells,
    event_contents,
    events,
    groups,
    profiles,
    protocols,
    refused_rows,
    run_changes,
    run_windows,
    runs,
    samples,
)
from remiss.edges.stores.tables.views import views, views_metadata

__all__ = [
    "Instant",
    "attachment_names",
    "attachments",
    "audit_heads",
    "captures",
    "case_context",
    "case_criteria",
    "case_texts",
    "cases",
    "catalog_head",
    "cells",
    "citations",
    "comment_texts",
    "comments",
    "event_contents",
    "events",
    "finding_texts",
    "findings",
    "governed",
    "grants",
    "groups",
    "instant",
    "jobs",
    "journal",
    "labelling_words",
    "labellings",
    "links",
    "mentions",
    "metadata",
    "people",
    "profiles",
    "prospects",
    "protocols",
    "recodings",
    "refused_rows",
    "reservations",
    "revision_reasons",
    "revisions",
    "run_changes",
    "run_windows",
    "runs",
    "samples",
    "teams",
    "thread_turns",
    "threads",
    "tokens",
    "views",
    "views_metadata",
]
