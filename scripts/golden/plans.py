"""Plans of statements: how a database would find the rows, told so that two trees can be compared.

A plan is what the database itself explains (`EXPLAIN QUERY PLAN`, `EXPLAIN`), without what says nothing of the way to the rows:
values, the numbers of subqueries, costs, and what a table is called for the length of one statement. The catalog of a record
is small, and PostgreSQL would read each of its tables whole; so it is asked what it would do where that costs too much.

Compared is each statement that both trees issue for a question, by its text; and where a statement is new, whether it finds rows
in a way that no statement of the question had before. Statements that write one row have no plan worth comparing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

Plan = tuple[str, ...]
Plans = Mapping[str, Sequence[Sequence[str]]]

_EXPLAINED = re.compile(r"\s*(SELECT|WITH|UPDATE|DELETE|INSERT)\b", re.IGNORECASE)
_ALIASES = re.compile(r'(?:FROM|JOIN|,) "?(\w+)"? AS "?(\w+)"?', re.IGNORECASE)
_NUMBERED = re.compile(r"\b(SUBQUERY|CO-ROUTINE|MATERIALIZE|subquery|SubPlan|InitPlan|union)([ -])\d+")
_RETURNED = re.compile(r" \(returns [$\d,]+\)")
_VALUES = re.compile(r"'(?:[^']|'')*'(?:::[a-z0-9_ ]+(?:\[\])?)?|\$\d+|\b\d+(?:\.\d+)?(?:::[a-z0-9_ ]+)?\b")
_NAMED = re.compile(r"%\(\w+\)s")
_ON_SQLITE = re.compile(r"(SCAN|SEARCH) (\w+)")
_ON_POSTGRESQL = re.compile(r"^( *(?:-> +)?.*\bon )(\w+)(?: (\w+))?$")
# Of what PostgreSQL says below a step, what it finds the rows by.
_BELOW = ("Index Cond:",)


def plan_of(cursor: Any, statement: str, parameters: Any) -> Plan:
    """Return how the database of a cursor would run a statement that is about to be run; nothing for what finds no rows.

    Parameters
    ----------
    cursor : the driver's own, which is left alone: another one of its connection is asked
    parameters : the statement's, or those of each time that it is to be run
    """
    if not _EXPLAINED.match(statement):
        return ()
    given = parameters[0] if isinstance(parameters, list) else parameters
    asking = cursor.connection.cursor()
    try:
        if type(asking).__module__.startswith("sqlite3"):
            return normal(_lines(asking.execute(f"EXPLAIN QUERY PLAN {statement}", given).fetchall()), statement)
        asking.execute("SET enable_seqscan = off")
        asking.execute(f"EXPLAIN (COSTS OFF) {statement}", given)
        told = [row[0] for row in asking.fetchall()]
        asking.execute("RESET enable_seqscan")
        return normal(told, statement)
    finally:
        asking.close()


def _lines(rows: Iterable[tuple[int, int, int, str]]) -> Iterator[str]:
    """Yield the steps that SQLite tells, each as deep as the step that it is a part of and two spaces."""
    depths = {0: -2}
    for number, above, _, told in rows:
        depths[number] = depths.get(above, -2) + 2
        yield " " * depths[number] + told


def normal(lines: Iterable[str], statement: str) -> Plan:
    """Return a plan without what differs from one statement to the next that does the same.

    >>> normal(["SEARCH own USING INDEX by_case (case_key=?)", "LIST SUBQUERY 3"], "SELECT 1 FROM labellings AS own")
    ('SEARCH labellings USING INDEX by_case (case_key=?)', 'LIST SUBQUERY')
    >>> normal(["Index Scan using pk on cases c", "  Index Cond: (id = 'k7'::text)", "  Filter: x"], "SELECT 1 FROM cases AS c")
    ('Index Scan using pk on cases', '  Index Cond: (id = ?)')
    """
    tables = _tables(statement)
    kept = []
    for line in lines:
        step = line.strip()
        if step.endswith(":") or (":" in step.split("(")[0] and not step.startswith(_BELOW)):
            continue
        line = _RETURNED.sub("", _NUMBERED.sub(r"\1", line.rstrip()))
        if step.startswith(_BELOW):
            line = _VALUES.sub("?", line)
        line = _ON_SQLITE.sub(lambda found: f"{found[1]} {tables.get(found[2], found[2])}", line)
        kept.append(_ON_POSTGRESQL.sub(r"\1\2", line))
    return tuple(kept)


def _tables(statement: str) -> dict[str, str]:
    """Return the table of each other name that a statement has for one; of a name for several tables, nothing."""
    found: dict[str, set[str]] = {}
    for table, alias in _ALIASES.findall(statement):
        found.setdefault(alias, set()).add(table)
    return {alias: min(tables) for alias, tables in found.items() if len(tables) == 1}


def ways(plans: Iterable[Sequence[str]]) -> set[str]:
    """Return the ways in which plans find rows: each table with the index, or the scan, that it is read by."""
    steps = (line.strip().removeprefix("->").strip() for plan in plans for line in plan)
    return {step for step in steps if step.startswith(("SCAN ", "SEARCH ")) or "Scan" in step}


def compared(was: Plans, now: Plans) -> Iterator[tuple[str, str, str]]:
    """Yield what is planned otherwise for a question: the statement, or its way to the rows, what it was and what it is."""
    was, now = _unnamed(was), _unnamed(now)
    before = ways(plan for plans in was.values() for plan in plans)
    for statement, plans in now.items():
        if statement in was:
            known = {tuple(plan) for plan in was[statement]}
            for plan in plans:
                if tuple(plan) not in known:
                    yield f"plan of {statement}", _told(sorted(known)), _told([tuple(plan)])
        else:
            for way in sorted(ways(plans) - before):
                yield f"plan of {statement}", "(nothing)", way


def _unnamed(plans: Plans) -> Plans:
    """Return plans by statements whose parameters have no names: a name says nothing of the way to the rows."""
    found: dict[str, list[Sequence[str]]] = {}
    for statement, each in plans.items():
        found.setdefault(_NAMED.sub("%s", statement), []).extend(each)
    return found


def _told(plans: Sequence[Plan]) -> str:
    return " or ".join(" | ".join(plan) for plan in plans) or "(nothing)"
