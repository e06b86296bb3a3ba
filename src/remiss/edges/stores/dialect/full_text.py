"""Full text: FTS5 on SQLite, tsvector with GIN on PostgreSQL, made to find the same cases.

Texts are taken apart by `catalog/full_text.py` and not by the databases, whose ideas of a word differ.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, TypeAlias

from sqlalchemy import (
    BigInteger,
    BindParameter,
    ColumnElement,
    Connection,
    Dialect,
    ScalarSelect,
    Select,
    bindparam,
    column,
    func,
    literal,
    select,
    table,
    text,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler

from remiss.catalog.full_text import BORDER, searchable
from remiss.edges.stores.dialect.spelling import Condition
from remiss.edges.stores.dialect.types import POSTGRESQL, SQLITE

Phrases: TypeAlias = Sequence[ColumnElement[str]]
# Each side's own table of words. Both see the same words, which `words` takes apart, so that both find the same cases.
WORDS_DDL = {
    SQLITE: (
        "CREATE VIRTUAL TABLE case_words USING fts5(text, title, note, field_values, tokenize = 'unicode61 remove_diacritics 0')",
    ),
    POSTGRESQL: (
        "CREATE TABLE case_words (case_key BIGINT CONSTRAINT pk_case_words PRIMARY KEY, words TSVECTOR NOT NULL)",
        "CREATE INDEX ix_case_words_words ON case_words USING gin (words)",
    ),
}
_case_words = table("case_words", column("case_key", BigInteger()), column("rowid", BigInteger()), column("words"))
_BORDER = f" {BORDER} "


def wanted(dialect: Dialect) -> Callable[[str], str]:
    """Return how a phrase is written for the functions below, which take phrases as values of such text."""
    # Words are letters and digits alone, so that nothing in the quotes can be FTS5's own syntax.
    return _quoted if dialect.name == SQLITE else searchable


def _quoted(phrase: str) -> str:
    return f'"{searchable(phrase)}"'


def found(phrases: Phrases, dialect: Dialect, least: ColumnElement[int] | None = None) -> Select[int]:
    """Return the keys of the cases whose text, title, note or one value has each phrase: its words one after another.

    With `least` only keys from that on, by the index too: PostgreSQL joins what it says of both before it reads a row.
    """
    having = select(_key(dialect)).select_from(_case_words).where(*_conditions(phrases, dialect))
    return having if least is None else having.where(_key(dialect) >= least)


def says(case_key: ColumnElement[int], phrases: Phrases, dialect: Dialect) -> ColumnElement[bool]:
    """Return the same as a question to one case at a time: quicker where most cases have the phrases."""
    asked = select(literal(1)).select_from(_case_words).where(*_conditions(phrases, dialect), _key(dialect) == case_key)
    # OFFSET 0 keeps PostgreSQL from turning the question into a join that collects all matches first.
    return (asked.offset(0) if dialect.name == POSTGRESQL else asked).exists()


# How many of the newest cases are looked at to tell how common phrases are, and at what share of them it is quicker to ask
# case by case, newest first, than to collect all that have them. Measured; the two databases differ in what a question costs.
SAMPLED = {SQLITE: 20_000, POSTGRESQL: 5_000}
COMMON = {SQLITE: 0.2, POSTGRESQL: 0.008}


def has(case_key: ColumnElement[int], phrase: ColumnElement[str], dialect: Dialect) -> ColumnElement[bool]:
    """Return whether a case has a phrase, for any place in a condition, also behind NOT and OR.

    PostgreSQL answers NOT IN case by case when the matches do not fit its memory, and NOT EXISTS by a join.
    """
    if dialect.name == SQLITE:
        return case_key.in_(found([phrase], dialect))
    return found([phrase], dialect).where(_key(dialect) == case_key).exists()


def lately(phrases: Phrases, last_key: Select[int], dialect: Dialect) -> ScalarSelect[int]:
    """Return how many of the SAMPLED cases that were filed last have the phrases."""
    newest = SAMPLED[dialect.name]
    if dialect.name == SQLITE:
        having = found(phrases, dialect).where(_key(dialect) > last_key.scalar_subquery() - newest)
    else:
        # Taken before they are asked, for a planner that would rather collect all cases with the phrases.
        taken = select(_case_words.c.words).order_by(_key(dialect).desc()).limit(newest).subquery("case_words")
        having = select(literal(1)).select_from(taken).where(*_conditions(phrases, dialect))
    return select(func.count()).select_from(having.subquery("newest")).scalar_subquery()


def _key(dialect: Dialect) -> ColumnElement[int]:
    return _case_words.c.rowid if dialect.name == SQLITE else _case_words.c.case_key


def _conditions(phrases: Phrases, dialect: Dialect) -> list[ColumnElement[bool]]:
    # One question to FTS5 for all, since it answers one MATCH in a select by its index.
    return [_Found(*phrases)] if dialect.name == SQLITE else [_Found(phrase) for phrase in phrases]


class _Found(Condition):
    inherit_cache = True


@compiles(_Found, SQLITE)
def _found_sqlite(element: _Found, compiler: SQLCompiler, **kw: Any) -> str:
    phrases = " || ' AND ' || ".join(compiler.process(phrase, **kw) for phrase in element.clauses)
    return f"case_words MATCH ({phrases})"


@compiles(_Found, POSTGRESQL)
def _found_postgresql(element: _Found, compiler: SQLCompiler, **kw: Any) -> str:
    (phrase,) = element.clauses
    return f"case_words.words @@ phraseto_tsquery('simple', {compiler.process(phrase, **kw)})"


def index_words(connection: Connection, rows: Iterable[tuple[int, str | None, str | None, str | None, str]]) -> None:
    """Make new cases findable: (case key, text, title, note, searchable values) each."""
    said: Iterator[tuple[Any, ...]] = (
        (key, *map(searchable, texts), values) for key, *texts, values in rows if values or any(texts)
    )
    if connection.dialect.name == SQLITE:
        sql = "INSERT INTO case_words (rowid, text, title, note, field_values) VALUES (?, ?, ?, ?, ?)"
        _insert(connection, sql, list(said))
    else:
        sql = "INSERT INTO case_words (case_key, words) VALUES (%s, to_tsvector('simple', %s))"
        _insert(connection, sql, [(key, _BORDER.join(filter(None, documents))) for key, *documents in said])


def forget_words(connection: Connection, case_keys: Sequence[int]) -> None:
    """Make cases unfindable, before they are indexed anew or for good."""
    name = "rowid" if connection.dialect.name == SQLITE else "case_key"
    keys: BindParameter[Sequence[int]] = bindparam("keys", list(case_keys), expanding=True)
    connection.execute(text(f"DELETE FROM case_words WHERE {name} IN :keys").bindparams(keys))


def purge_words(connection: Connection) -> None:
    """Have nothing left in the index of words that were forgotten; a server does so by itself."""
    if connection.dialect.name == SQLITE:
        connection.execute(text("INSERT INTO case_words (case_words) VALUES ('optimize')"))


def _insert(connection: Connection, sql: str, rows: Sequence[tuple[Any, ...]]) -> None:
    if rows:
        connection.exec_driver_sql(sql, list(rows))
