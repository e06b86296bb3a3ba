"""Curate: people make cases true.

The verbs load on first use, each from the module of its actions.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from remiss.curate.agreement_actions import measure_agreement
    from remiss.curate.discussion_actions import comment, inbox, reopen_thread, resolve_thread, thread, threads
    from remiss.curate.investigation_actions import citations, conclude, experiment, investigation, remedy, suppose
    from remiss.curate.labelling_actions import adjudicate, annotate, reopen, sheet, verify
    from remiss.curate.linking_actions import link, unlink
    from remiss.curate.queue_actions import release, take, waiting
    from remiss.curate.recoding_actions import recode, recodings, rehearse

__all__ = [
    "adjudicate",
    "annotate",
    "citations",
    "comment",
    "conclude",
    "experiment",
    "inbox",
    "investigation",
    "link",
    "measure_agreement",
    "recode",
    "recodings",
    "rehearse",
    "release",
    "remedy",
    "reopen",
    "reopen_thread",
    "resolve_thread",
    "sheet",
    "suppose",
    "take",
    "thread",
    "threads",
    "unlink",
    "verify",
    "waiting",
]

_HOMES = {
    "adjudicate": "labelling_actions",
    "annotate": "labelling_actions",
    "citations": "investigation_actions",
    "comment": "discussion_actions",
    "conclude": "investigation_actions",
    "experiment": "investigation_actions",
    "inbox": "discussion_actions",
    "investigation": "investigation_actions",
    "link": "linking_actions",
    "measure_agreement": "agreement_actions",
    "recode": "recoding_actions",
    "recodings": "recoding_actions",
    "rehearse": "recoding_actions",
    "release": "queue_actions",
    "remedy": "investigation_actions",
    "reopen": "labelling_actions",
    "reopen_thread": "discussion_actions",
    "resolve_thread": "discussion_actions",
    "sheet": "labelling_actions",
    "suppose": "investigation_actions",
    "take": "queue_actions",
    "thread": "discussion_actions",
    "threads": "discussion_actions",
    "unlink": "linking_actions",
    "verify": "labelling_actions",
    "waiting": "queue_actions",
}


def __getattr__(name: str) -> Any:
    # Verbs only: a module of this chapter must be found by the import system, not through the actions that import it.
    if name in _HOMES:
        return getattr(import_module(f"remiss.curate.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'remiss.curate' has no attribute {name!r}")
