"""Columns of tables for people: which a list shows, and how much each is worth where there is little room.

A column's priority stands beside its name: 1 is always shown, 3 is the first to give way; of two with the same, the one further
to the right gives way first. The terminal goes by it, and pages may.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from remiss.present.legible import share
from remiss.records.event import NONE_OF, Scalar
from remiss.records.rows import Rows

# Of all tables, the columns that have a share as text.
SHARES = ("probability", "kept share", "likeness")


def ranked(text: str) -> dict[str, int]:
    """Return columns with their priorities from a line that has each priority behind its columns.

    >>> ranked("id 1, occurred status 2, title 1")
    {'id': 1, 'occurred': 2, 'status': 2, 'title': 1}
    """
    groups = (group.split() for group in text.split(","))
    return {name: int(rank) for *names, rank in groups for name in names}


# By the kind of list, what a table for people shows of it, and its priority; data for programs has all.
SHOWN: Mapping[str, Mapping[str, int]] = {
    kind: ranked(text)
    for kind, text in {
        "case": "id 1, occurred status severity criteria 2, model model_version output label mode 3, title 1",
        "revision": "revision 1, position 3, at 1, actor 2, action 1, status mode severity 2, title 3",
        # Of positions a person reads the times.
        "person": "person 1, about 3, team role 1, clearance 2, since_at 3, until_at 2",
        "team": "team 1, about 2, since_at 3",
        "token": "token person 1, about expires 2, once since_at 3, until_at 2, used_at 3",
        # A request's id stands in a server's log; the position of a change is its entry's number.
        "audit-entry": "entry at actor 1, role team 3, action 1, kind 3, subject count purpose 2, also came_from 3",
        "attachment": "attachment name 1, size sensitivity 2, person at 3",
        "sample": "id 1, occurred groups weight 2, model model_version 3, output label status verdict 2, severity 3",
        # What is looked for is the answer; an id that people copy is never broken.
        "kept-replay": "case grade 1, model version output logged trouble causes 2, confidence latency_ms digest at replay 3",
        "result-row": "event output trouble 1, part mode severity met passes asked 2, slice verdict latency_ms weight family 3",
        "run": "run 1, status protocol since until 2, rows events 3, cases 2, refused position 3",
    }.items()
}
# Of lists that are shown as they are, the columns that are not of priority 2; what stands first is of priority 1.
OTHERS: Mapping[str, Mapping[str, int]] = {
    kind: ranked(text)
    for kind, text in {
        "cell": "told_apart undecided outside 3, events 1",
        "change": "window 1",
        "citation": "case 1, number 3",
        "coverage": "protocol 1, labelled provisional at 3",
        "facet": "value count 1",
        "histogram": "window 1, bin 3, values events 1",
        "job": "state 1",
        "mention": "case 1, number 3",
        "mode": "title 1, excludes 3",
        "protocol": "version 1, digest 3",
        "refused": "row reason 1",
        "saved-view": "view name 1, address 3",
        "similar": "likeness 1, same 3",
        "window": "until 3, events 1, left_out 3",
    }.items()
}
FIRST, USUAL = 1, 2
# What a table says where a value is missing and that is the very thing it tells.
MISSING = {"facet": {"value": "(none)"}}
SEVERITIES = ("critical", "severe", "moderate", "minor")


def priorities(titles: Sequence[str] | Mapping[str, int], known: Mapping[str, int] | None = None) -> dict[str, int]:
    """Return the titles of a table with the priority of each; of those that have none, the first is of priority 1.

    >>> priorities(("mode", "becomes", "cases"), {"cases": 3})
    {'mode': 1, 'becomes': 2, 'cases': 3}
    """
    if isinstance(titles, Mapping):
        return dict(titles)
    return {title: (known or {}).get(title, USUAL if at else FIRST) for at, title in enumerate(titles)}


def shown(page: Rows) -> dict[str, int]:
    """Return the columns of a list that a table for people shows, with their priorities: none that is empty, unless all are."""
    names, said = SHOWN.get(page.schema), MISSING.get(page.schema, {})
    if names is not None and not set(names) <= set(page.columns):
        # Somebody chose columns of their own, and gets them.
        return dict.fromkeys(page.columns, FIRST)
    found = names or priorities(page.columns, OTHERS.get(page.schema))
    places = {name: at for at, name in enumerate(page.columns)}
    return {
        name: priority
        for name, priority in found.items()
        if not page or name in said or any(row[places[name]] is not None for row in page.rows)
    }


def lines(page: Rows) -> list[list[object]]:
    """Return the lines of a list as a table for people has them, in the order of `shown`.

    A facet that counts what has no value says so; elsewhere what is missing is left empty.
    """
    names, missing = list(shown(page)), MISSING.get(page.schema, {})
    columns = [_to_texts(name, page.column(name)) for name in names]
    for name in missing.keys() & set(names):
        at, fields = names.index(name), page.column("field")
        columns[at] = [
            NONE_OF.get(str(field), missing[name]) if value is None else value
            for field, value in zip(fields, columns[at], strict=True)
        ]
    return [list(line) for line in zip(*columns, strict=True)]


def _to_texts(name: str, values: Sequence[Scalar]) -> Sequence[Scalar]:
    if name == "severity":
        return [severity(value) if isinstance(value, int) else value for value in values]
    if name in SHARES:
        return [share(value) if isinstance(value, float) else value for value in values]
    return values


def severity(grade: int | None) -> str | None:
    """Return a severity with its word.

    >>> severity(1), severity(4), severity(None)
    ('1 critical', '4 minor', None)
    """
    if grade is None:
        return None
    return f"{grade} {SEVERITIES[grade - 1]}" if 1 <= grade <= len(SEVERITIES) else f"{grade}"
