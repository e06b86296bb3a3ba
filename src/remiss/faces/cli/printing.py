"""How answers are printed: JSON by the codec, CSV by the spreadsheet, tables by hand where a person deserves more.

`TABLES` names, by action, what prints its answer for a person: a function that takes the answer, the workspace and the arguments.
`STATUSES` names those whose answer decides how the command ends.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any

import click

from remiss.contract.table import Entry
from remiss.errors import AnswerNo, Undecided
from remiss.faces.cli import render
from remiss.records.rows import Rows

if TYPE_CHECKING:
    from remiss.workspace import Workspace

Table = Callable[[Any, "Workspace", Mapping[str, Any]], None]

# module under faces/cli, and its function
TABLES: Mapping[str, tuple[str, str]] = {
    "access.check": ("governance_tables", "access"),
    "agreement.show": ("curation_tables", "agreement"),
    "attachment.remove": ("case_tables", "removed"),
    "audit.search": ("governance_tables", "entries"),
    "audit.verify": ("governance_tables", "verification"),
    "catalog.info": ("governance_tables", "catalog"),
    "catalog.rotate": ("governance_tables", "rotation"),
    "case.adjudicate": ("case_tables", "case"),
    "case.annotate": ("case_tables", "case"),
    "case.comment": ("curation_tables", "thread"),
    "case.compare": ("case_tables", "comparison"),
    "case.file": ("case_tables", "filed"),
    "case.form": ("case_tables", "form"),
    "case.investigation": ("investigation_table", "investigation"),
    "case.link": ("case_tables", "case"),
    "case.reopen": ("case_tables", "case"),
    "case.revise": ("case_tables", "case"),
    "case.search": ("case_tables", "search"),
    "case.show": ("case_tables", "case"),
    "case.unlink": ("case_tables", "case"),
    "case.verify": ("case_tables", "case"),
    "estimate": ("estimate_table", "estimate"),
    "evidence.show": ("case_tables", "raw_event"),
    "experiment.write": ("investigation_table", "investigation"),
    "hypothesis.write": ("investigation_table", "investigation"),
    "job.cancel": ("job_tables", "job"),
    "job.capture": ("job_tables", "job"),
    "job.due": ("job_tables", "posted"),
    "job.show": ("job_tables", "job"),
    "person.add": ("governance_tables", "added"),
    "person.disable": ("governance_tables", "person"),
    "person.grant": ("governance_tables", "person"),
    "person.revoke": ("governance_tables", "person"),
    "protocol.check": ("protocol_tables", "findings"),
    "protocol.diff": ("protocol_tables", "diff"),
    "protocol.show": ("protocol_tables", "text"),
    "queue.list": ("curation_tables", "queue"),
    "queue.next": ("curation_tables", "served"),
    "queue.release": ("curation_tables", "queue"),
    "remediation.write": ("investigation_table", "investigation"),
    "reproduce": ("run_tables", "reproduction"),
    "run.accept": ("run_tables", "accepted"),
    "run.show": ("run_tables", "run"),
    "status": ("run_tables", "status"),
    "taxonomy.recode": ("protocol_tables", "recoded"),
    "taxonomy.recodings": ("protocol_tables", "recodings"),
    "taxonomy.rehearse": ("protocol_tables", "recoded"),
    "team.add": ("governance_tables", "team"),
    "thread.list": ("curation_tables", "threads"),
    "thread.reopen": ("curation_tables", "thread"),
    "thread.resolve": ("curation_tables", "thread"),
    "thread.show": ("curation_tables", "thread"),
    "token.create": ("governance_tables", "token"),
    "token.revoke": ("governance_tables", "revoked"),
    "write-up.write": ("investigation_table", "investigation"),
}


def _no(*, when: bool) -> int:
    return AnswerNo.exit_status if when else 0


STATUSES: Mapping[str, Callable[[Any], int]] = {
    "access.check": lambda found: _no(when=not found.allowed),
    "audit.verify": lambda found: _no(when=not all(each.sound for each in found)),
    "protocol.check": lambda found: _no(when=any(each.level == "error" for each in found)),
    "protocol.diff": lambda lines: _no(when=bool(lines)),
    "reproduce": lambda found: {"same": 0, "different": AnswerNo.exit_status, "cannot": Undecided.exit_status}[found.verdict],
}


def printed(entry: Entry, answer: Any, shape: str, ws: Workspace, arguments: Mapping[str, Any]) -> int:
    """Print what an action answered in the shape that was asked for, and return the exit status."""
    if shape == "json" or entry.name in ALWAYS_JSON:
        render.as_json(json_of(entry, answer, ws, arguments))
    elif shape == "csv":
        from remiss.faces.spreadsheet import as_csv, sheet_of

        click.echo(as_csv(*sheet_of(answer, json_of(entry, answer, ws, arguments))), nl=False)
    else:
        table = table_of(entry)
        if table is None:
            _derived(entry, answer, ws, arguments)
        else:
            table(answer, ws, arguments)
    return STATUSES.get(entry.name, lambda _: 0)(answer)


def json_of(entry: Entry, answer: Any, ws: Workspace, arguments: Mapping[str, Any]) -> Any:
    """Return an answer as published JSON; of several things that are no page, with the position that they were read at."""
    from remiss.codec import listed, to_json
    from remiss.contract.table import action_of

    declared = action_of(entry.name).returns
    as_of = arguments.get("as_of")
    return to_json(answer, declared, position=(ws.position() if as_of is None else as_of) if listed(declared) else None)


# What people keep in a file is JSON to them, too.
ALWAYS_JSON = frozenset({"audit.prove"})


def table_of(entry: Entry) -> Table | None:
    """Return what prints the answer of an action for a person, where that is made by hand."""
    if entry.name in TABLES:
        module, function = TABLES[entry.name]
        found: Table = getattr(import_module(f"remiss.faces.cli.{module}"), function)
        return found
    return None


def _derived(entry: Entry, answer: Any, ws: Workspace, arguments: Mapping[str, Any]) -> None:
    """Print a page, a list, or the facts of an object under each other."""
    from remiss.faces.spreadsheet import sheet_of

    if isinstance(answer, Rows):
        if any(each.name == "after" for each in entry.parameters):
            render.page(answer, answer.schema.replace("-", " "))
        else:
            render.rows(answer)
        return
    document = json_of(entry, answer, ws, arguments)
    if entry.tabular:
        columns, lines = sheet_of(answer, document)
        render.rows(Rows(schema=document["of"], columns=tuple(columns), rows=tuple(tuple(line) for line in lines), position=0))
        return
    render.facts((name.replace("_", " "), value) for name, value in document.items() if name != "schema" and value is not None)
