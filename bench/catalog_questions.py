"""What catalogs are asked, each through an action and as the SQL that somebody who knows the tables would write.

The SQL may use what its writer knows and a program does not: how many cases a word or a value has. So each question has the
statement that is quickest for it, on each database.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from remiss.catalog import actions
from remiss.edges.stores.dialect.types import POSTGRESQL, SQLITE
from remiss.records.identity import from_micros
from remiss.workspace import Workspace

Connection = Any  # of sqlite3 or psycopg
MET = {
    SQLITE: "(SELECT group_concat(criterion, ', ') FROM case_criteria WHERE case_key = c.key)",
    POSTGRESQL: "(SELECT string_agg(criterion, ', ' ORDER BY criterion) FROM case_criteria WHERE case_key = c.key)",
}
# Nothing is hidden from the operator, who asks.
PAGE = """
SELECT c.id, c.occurred_at, c.status, c.severity, c.mode, c.suggested_mode, c.model, c.model_version, c.output, c.label,
       c.confidence, c.latency_ms, {met}, t.title, c.source_name, e.event_id, NULL AS hidden
  FROM ({page}) AS c JOIN events AS e ON e.key = c.event_key
       LEFT JOIN case_texts AS t ON t.case_key = c.key AND t.version = c.text_version
 ORDER BY c.occurred_at DESC, c.key DESC"""
NEWEST = "SELECT * FROM cases AS c WHERE {where} ORDER BY c.occurred_at DESC, c.key DESC LIMIT 50"
IN_CONTEXT = "EXISTS (SELECT 1 FROM case_context WHERE name = 'airport' AND value = 'EWR' AND case_key = c.key)"
IN_CRITERION = "EXISTS (SELECT 1 FROM case_criteria WHERE criterion = '{}' AND case_key = c.key)"
WORDS = {
    SQLITE: "SELECT rowid FROM case_words WHERE case_words MATCH '{}'",
    POSTGRESQL: "SELECT case_key FROM case_words WHERE words @@ phraseto_tsquery('simple', '{}')",
}
# The match first, and its keys sorted after: no walk through all cases in order of time.
COLLECTED = {
    SQLITE: "SELECT c.* FROM cases AS c WHERE c.key IN ({words}) ORDER BY +c.occurred_at DESC, +c.key DESC LIMIT 50",
    POSTGRESQL: (
        "SELECT c.* FROM cases AS c WHERE c.key IN (WITH said AS MATERIALIZED ({words}) SELECT * FROM said) "
        "ORDER BY c.occurred_at DESC, c.key DESC LIMIT 50"
    ),
}
# A page's worth stands among the newest cases, and whoever knows how they were filed knows that these have the greatest keys.
NEWEST_CASES = (
    "SELECT min(occurred_at) AS occurred_at, min(key) AS key "
    "FROM (SELECT occurred_at, key FROM cases ORDER BY occurred_at DESC, key DESC LIMIT {some}) AS n"
)
AMONG_NEWEST = {
    SQLITE: (
        "WITH since AS MATERIALIZED ({newest}) SELECT c.* FROM cases AS c "
        "WHERE c.key IN ({words} AND rowid >= (SELECT key FROM since)) AND +c.occurred_at > (SELECT occurred_at FROM since) "
        "ORDER BY +c.occurred_at DESC, +c.key DESC LIMIT 50"
    ),
    POSTGRESQL: (
        "WITH since AS MATERIALIZED ({newest}), said AS MATERIALIZED ({words} AND case_key >= (SELECT key FROM since)) "
        "SELECT c.* FROM cases AS c WHERE c.key IN (SELECT * FROM said) AND c.occurred_at > (SELECT occurred_at FROM since) "
        "ORDER BY c.occurred_at DESC, c.key DESC LIMIT 50"
    ),
}
# Where most cases have a word, they are asked one by one from the newest.
ASKED = {
    SQLITE: "EXISTS ({words} AND rowid = c.key)",
    POSTGRESQL: "EXISTS ({words} AND case_key = c.key OFFSET 0)",
}
GROUPED = "SELECT {of}, count(*) FROM {table} GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 50"


@dataclass(frozen=True)
class Question:
    """One question: its name and query, the action that answers it, and the SQL for each database.

    `counting` is the SQL for the number of all that match, where somebody asks for it.
    """

    name: str
    query: str
    ask: Callable[[Workspace], list[tuple[Any, ...]]]
    sql: dict[str, str]
    read: Callable[[list[tuple[Any, ...]]], list[tuple[Any, ...]]]
    counting: dict[str, str] = field(default_factory=dict)

    def by_hand(self, connection: Connection, database: str) -> list[tuple[Any, ...]]:
        """Return what the SQL answers, as the same values."""
        return self.read(connection.execute(self.sql[database]).fetchall())


@dataclass(frozen=True)
class Series:
    """One question with another value each time it is asked, so that nobody remembers it."""

    name: str
    questions: Callable[[int], Question]
    asked: Iterator[int] = field(default_factory=count)
    asked_by_hand: Iterator[int] = field(default_factory=count)

    def ask(self, ws: Workspace) -> list[tuple[Any, ...]]:
        """Return what the action answers to the next of them."""
        return self.questions(next(self.asked)).ask(ws)

    def by_hand(self, connection: Connection, database: str) -> list[tuple[Any, ...]]:
        """Return what the SQL answers to the next of them."""
        return self.questions(next(self.asked_by_hand)).by_hand(connection, database)


def page(query: str, within: dict[str, str], table: dict[str, str]) -> Question:
    """Return the question for the newest 50 cases that match; `table` is what to count for the number of all."""

    def ask(ws: Workspace) -> list[tuple[Any, ...]]:
        return list(actions.search(ws, query, total=False).rows)

    sql = {database: PAGE.format(met=MET[database], page=within[database]) for database in MET}
    counting = {database: f"SELECT count(*) FROM {table[database]}" for database in MET}
    return Question(f"page of 50, `{query}`", query, ask, sql, _lines, counting)


def facet(of: str, query: str, table: dict[str, str]) -> Question:
    """Return the question for the values of a field."""

    def ask(ws: Workspace) -> list[tuple[Any, ...]]:
        return [row[1:] for row in actions.facets(ws, query, fields=[of]).rows]

    sql = {database: GROUPED.format(of=of, table=table[database]) for database in MET}
    return Question(f"facet of {of}, {f'`{query}`' if query else 'all cases'}", query, ask, sql, list)


def where(condition: str) -> dict[str, str]:
    """Return the page of the newest cases with a condition, alike on both databases."""
    return dict.fromkeys(MET, NEWEST.format(where=condition))


def collected(word: str) -> dict[str, str]:
    """Return the page of the newest cases with a word of which there are few."""
    return {database: COLLECTED[database].format(words=WORDS[database].format(word)) for database in MET}


def among_newest(word: str, some: int) -> dict[str, str]:
    """Return the page of the newest cases with a word that more than a page of the newest `some` have."""
    newest = NEWEST_CASES.format(some=some)
    return {database: AMONG_NEWEST[database].format(words=WORDS[database].format(word), newest=newest) for database in MET}


def asked(word: str) -> dict[str, str]:
    """Return the page of the newest cases with a word that most have."""
    words = {database: ASKED[database].format(words=WORDS[database].format(word)) for database in MET}
    return {database: NEWEST.format(where=words[database]) for database in MET}


def _lines(rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    return [(row[0], from_micros(row[1]), *row[2:]) for row in rows]


# Where half of the cases match, one pass over the table beats half a million look-ups in an index.
EWR = "SELECT case_key FROM case_context WHERE name = 'airport' AND value = 'EWR'"
GRAVE_AT_EWR = dict.fromkeys(MET, f"cases AS c WHERE +c.severity <= 2 AND c.key IN ({EWR})")
REROUTED = {database: f"cases AS c WHERE c.key IN ({WORDS[database].format('rerouted')})" for database in MET}
MODEL = "c.model = 'arrival-delay' AND c.model_version = '1' AND c.status = 'candidate'"

# Again one pass: a third of the cases match.
COUNTED_MODEL = {SQLITE: f"cases AS c WHERE {MODEL.replace('c.', '+c.')}", POSTGRESQL: f"cases AS c WHERE {MODEL}"}


def said(word: str) -> dict[str, str]:
    """Return what to count for the number of cases with a word."""
    return {database: f"({WORDS[database].format(word)}) AS said" for database in MET}


def never_asked(at: int) -> Question:
    """Return the question for a page that nobody has asked for before."""
    least = at / 1_000_000
    more = f" AND c.confidence > {least}"
    table = {database: f"{grave}{more}" for database, grave in GRAVE_AT_EWR.items()}
    return page(f"severity:<=2 context.airport:EWR confidence:>{least}", where(f"{GRAVE}{more}"), table)


GRAVE = f"c.severity <= 2 AND {IN_CONTEXT}"
PAGES: tuple[Question | Series, ...] = (
    page("severity:<=2 context.airport:EWR", where(GRAVE), GRAVE_AT_EWR),
    Series("page of 50, `severity:<=2 context.airport:EWR confidence:>X`, another X each time", never_asked),
    page(
        "criterion:missed-delay",
        where(IN_CRITERION.format("missed-delay")),
        dict.fromkeys(MET, "case_criteria WHERE criterion = 'missed-delay'"),
    ),
    page("model:arrival-delay@1 status:candidate", where(MODEL), COUNTED_MODEL),
    page("birdstrike", collected("birdstrike"), said("birdstrike")),
    page("rerouted", among_newest("rerouted", 20_000), said("rerouted")),
    page("overbooked", asked("overbooked"), said("overbooked")),
)
QUESTIONS = (
    *PAGES,
    facet("status", "", dict.fromkeys(MET, "cases")),
    facet("criterion", "", dict.fromkeys(MET, "case_criteria")),
    facet("model_version", "severity:<=2 context.airport:EWR", GRAVE_AT_EWR),
    facet("severity", "rerouted", REROUTED),
)
