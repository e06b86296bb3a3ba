"""Completion by the shell: ids of cases and runs, and keys of the filter language. What cannot be had is not offered.

Whoever presses Tab waits: an offer takes less than a third of a second, and is of the newest things alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module

import click
from click.shell_completion import CompletionItem

import remiss
from remiss.errors import RemissError
from remiss.faces.cli.options import workspace

MOST = 20
Offers = Callable[[click.Context, click.Parameter, str], list[CompletionItem]]


def _cases(begun: str) -> Sequence[tuple[str, str]]:
    with workspace() as ws:
        found = remiss.catalog.search(ws, f"id:{begun}*" if begun else "", limit=MOST, total=False)
    return [(str(line["id"]), str(line["title"] or line["criteria"] or "")) for line in found]


def _runs(begun: str) -> Sequence[tuple[str, str]]:
    with workspace() as ws:
        found = remiss.capture.list_runs(ws, limit=MOST)
    return [(str(line["run"]), str(line["protocol"])) for line in found if str(line["run"]).startswith(begun)]


def _keys(begun: str) -> Sequence[tuple[str, str]]:
    """Return what may follow the last word of a query."""
    language = import_module("remiss.catalog.query.completing")
    at = max(begun.rfind(sign) for sign in " (-") + 1
    offers = language.completions(begun[at:], language.KnownValues())
    return [(f"{begun[:at]}{each.text}", each.says) for each in offers]


# By the name of a parameter.
OFFERED: Mapping[str, Callable[[str], Sequence[tuple[str, str]]]] = {
    "case": _cases,
    "run": _runs,
    **dict.fromkeys(("query", "of"), _keys),
}


def completed_by(name: str) -> Offers | None:
    """Return what completes a parameter of that name; None leaves it to click."""
    offers = OFFERED.get(name)
    if offers is None:
        return None

    def complete(ctx: click.Context, _parameter: click.Parameter, begun: str) -> list[CompletionItem]:
        try:
            with ctx.scope(cleanup=False):
                found = offers(begun)
        except (RemissError, OSError):
            return []
        return [CompletionItem(text, help=says) for text, says in found]

    return complete
