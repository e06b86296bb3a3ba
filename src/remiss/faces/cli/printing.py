"""How answers are printed: JSON by the codec, CSV and Markdown by the spreadsheet, tables by hand where a person deserves more.

`KINDS` names, by published kind, what prints an answer for a person, and `TABLES`, by action, what prints otherwise than others
of its kind: a function that takes the answer, and if it has to, the workspace and the arguments.
`STATUSES` names those whose answer decides how the command ends.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from inspect import signature
from typing import TYPE_CHECKING, Any

import click

from remiss.contract.table import Entry
from remiss.errors import AnswerNo, Undecided
from remiss.faces.cli import render
from remiss.records.rows import Rows, as_csv

if TYPE_CHECKING:
    from remiss.workspace import Workspace

Table = Callable[..., None]

# module under faces/cli, and its function
KINDS: Mapping[str, tuple[str, str]] = {
    "access": ("governance_tables", "access"),
    "alert": ("run_tables", "alert"),
    "alerts": ("run_tables", "alerts"),
    "agreement": ("curation_tables", "agreement"),
    "case": ("case_tables", "case"),
    "catalog": ("governance_tables", "catalog"),
    "checklist": ("suite_tables", "checklist"),
    "comparison": ("case_tables", "comparison"),
    "diff": ("protocol", "diff"),
    "drift": ("run_tables", "drift"),
    "rate-change": ("run_tables", "rate_change"),
    "estimate": ("run_tables", "estimate"),
    "findings": ("protocol", "findings"),
    "form": ("case_tables", "form"),
    "heatmap": ("run_tables", "heatmap"),
    "investigation": ("curation_tables", "investigation"),
    "job": ("run_tables", "job"),
    "logged-comparison": ("result_tables", "logged"),
    "model-check": ("safeguard_tables", "model_check"),
    "pattern": ("curation_tables", "pattern"),
    "person": ("governance_tables", "person"),
    "queue": ("curation_tables", "queue"),
    "raw-event": ("case_tables", "raw_event"),
    "recoding": ("protocol", "recoded"),
    "replay": ("safeguard_tables", "replay"),
    "reproduction": ("run_tables", "reproduction"),
    "rotation": ("governance_tables", "rotation"),
    "run": ("run_tables", "run"),
    "served": ("curation_tables", "served"),
    "status": ("run_tables", "status"),
    "cluster": ("curation_tables", "cluster"),
    "clustering": ("curation_tables", "clustering"),
    "slice": ("run_tables", "kept_slice"),
    "slices": ("run_tables", "slices"),
    "stored-protocol": ("protocol", "text"),
    "suite": ("suite_tables", "suite"),
    "suite-comparison": ("result_tables", "comparison"),
    "scenario-set": ("result_tables", "scenarios"),
    "suite-result": ("result_tables", "result"),
    "team": ("governance_tables", "team"),
    "thread": ("curation_tables", "thread"),
    "token": ("governance_tables", "token"),
    "verdict": ("suite_tables", "decision"),
    "verification": ("governance_tables", "verification"),
    "waiver": ("suite_tables", "waiver"),
}
TABLES: Mapping[str, tuple[str, str]] = {
    "attachment.erase": ("case_tables", "erased"),
    "attachment.remove": ("case_tables", "removed"),
    "attachment.restore": ("case_tables", "restored"),
    "audit.search": ("governance_tables", "entries"),
    "case.replays": ("safeguard_tables", "replays"),
    "case.file": ("case_tables", "filed"),
    "case.search": ("case_tables", "search"),
    "flag.list": ("suite_tables", "flags"),
    "gate.list": ("suite_tables", "decisions"),
    "job.due": ("run_tables", "posted"),
    "model.list": ("safeguard_tables", "models"),
    "pattern.list": ("curation_tables", "patterns"),
    "person.add": ("governance_tables", "added"),
    "person.invite": ("governance", "invited"),
    "result.list": ("result_tables", "results"),
    "run.accept": ("run_tables", "accepted"),
    "sample.list": ("case_tables", "sampled"),
    "scenario.list": ("result_tables", "scenario_sets"),
    "scenario.rows": ("result_tables", "scenario_rows"),
    "cluster.list": ("curation_tables", "clusterings"),
    "slice.keep": ("run_tables", "kept_slices"),
    "slice.list": ("run_tables", "kept_slices"),
    "suite.list": ("suite_tables", "suites"),
    "taxonomy.recodings": ("protocol", "recodings"),
    "thread.list": ("curation_tables", "threads"),
    "token.revoke": ("governance_tables", "revoked"),
    "waiver.list": ("suite_tables", "waivers"),
}


def _no(*, when: bool) -> int:
    return AnswerNo.exit_status if when else 0


# Of a replay: without an answer that can be compared nothing is decided.
GRADED: dict[str, int] = {"identical": 0, "equivalent": 0}
GRADED |= dict.fromkeys(("same-verdict", "not-reproduced"), AnswerNo.exit_status)
VERDICTS: Mapping[str, int] = {"pass": 0, "fail": AnswerNo.exit_status, "inconclusive": Undecided.exit_status}
STATUSES: Mapping[str, Callable[[Any], int]] = {
    "access.check": lambda found: _no(when=not found.allowed),
    "alert.check": lambda found: _no(when=bool(found.raised)),
    "audit.verify": lambda found: _no(when=not all(each.sound for each in found)),
    "case.replay": lambda found: GRADED.get(found.grade, Undecided.exit_status),
    "flag.evaluate": lambda found: _no(when=not found.value),
    "gate.decide": lambda found: VERDICTS[found.verdict],
    "model.check": lambda found: _no(when=found.answer.trouble is not None),
    "protocol.check": lambda found: _no(when=any(each.level == "error" for each in found)),
    "protocol.diff": lambda lines: _no(when=bool(lines)),
    "reproduce": lambda found: {"same": 0, "different": AnswerNo.exit_status, "cannot": Undecided.exit_status}[found.verdict],
}


def printed(entry: Entry, answer: Any, shape: str, ws: Workspace, arguments: Mapping[str, Any]) -> int:
    """Print what an action answered in the shape that was asked for, and return the exit status."""
    if shape == "json" or entry.name in ALWAYS_JSON:
        render.as_json(json_of(entry, answer))
    elif shape in {"csv", "markdown"}:
        from remiss.faces.spreadsheet import as_markdown, sheet_of

        text = as_csv if shape == "csv" else as_markdown
        click.echo(text(*sheet_of(answer, json_of(entry, answer), returned(entry))), nl=False)
    else:
        table = table_of(entry)
        if table is None:
            _derived(entry, answer)
        else:
            table(*(answer, ws, arguments)[: len(signature(table).parameters)])
    return STATUSES.get(entry.name, lambda _: 0)(answer)


def json_of(entry: Entry, answer: Any) -> Any:
    """Return an answer as published JSON."""
    from remiss.codec import to_json

    return to_json(answer, returned(entry))


def returned(entry: Entry) -> Any:
    """Return the type that the answer of an action is declared as."""
    from remiss.contract.table import action_of

    return action_of(entry.name).returns


# What people keep in a file is JSON to them, too.
ALWAYS_JSON = frozenset({"audit.prove"})


def table_of(entry: Entry) -> Table | None:
    """Return what prints the answer of an action for a person, where that is made by hand."""
    found = TABLES.get(entry.name) or KINDS.get(entry.kind)
    return None if found is None else getattr(import_module(f"remiss.faces.cli.{found[0]}"), found[1])


def _derived(entry: Entry, answer: Any) -> None:
    """Print a page, a list, or the facts of an object under each other."""
    if isinstance(answer, Rows):
        if any(each.name == "after" for each in entry.parameters):
            render.page(answer, answer.schema.replace("-", " "))
        else:
            render.rows(answer)
        return
    document = json_of(entry, answer)
    if entry.tabular:
        render.rows(_listed(entry, answer, document))
        return
    render.facts((name.replace("_", " "), value) for name, value in document.items() if name != "schema" and value is not None)


def _listed(entry: Entry, answer: Any, document: Mapping[str, Any]) -> Rows:
    """Return a list of objects as lines and columns."""
    from remiss.faces.spreadsheet import sheet_of

    columns, lines = sheet_of(answer, document, returned(entry))
    return Rows(schema=document["of"], columns=tuple(columns), rows=tuple(tuple(line) for line in lines), position=0)
