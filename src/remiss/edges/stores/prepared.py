"""Statements that are made once and asked often: values are bound when they are executed, and not before.

To put a statement together and compile it takes some milliseconds, many times what its answer takes. So a statement is made for
the shape of a question (`catalog/query/expression.py`), and `Prepared` keeps the text that it compiles to. `parameter` stands in
it for one of the `Parameters`. The rows are the driver's own: as stored, not as the columns' types would read them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeAlias

from sqlalchemy import BigInteger, BindParameter, ColumnElement, Connection, Dialect, Select, bindparam, literal
from sqlalchemy import Text as SqlText
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.types import TypeEngine

from remiss.catalog.query.expression import Blank, BlankText, Term, Text
from remiss.edges.stores.dialect.driving import streaming
from remiss.edges.stores.dialect.explaining import failed
from remiss.edges.stores.dialect.limiting import begins
from remiss.edges.stores.dialect.types import to_json
from remiss.govern.ports.actor import Scope
from remiss.records.event import Scalar
from remiss.records.rows import SortValues

Row: TypeAlias = tuple[Any, ...]
Position: TypeAlias = int | ColumnElement[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class BlindedKind:
    """The kind of a viewer, on which a statement depends that is made once.

    That is whether they verify, whether of every team, and whether any protocol names them as an owner.
    """

    verifies: bool
    every_team: bool
    owns: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class BlindedViewer:
    """What a statement is asked with for somebody who labels: their name, teams, versions of protocols that name them as an
    owner (both as JSON), and the time.
    """

    kind: BlindedKind
    person: str
    teams: str
    owned: str
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    """The parameters of one execution.

    The query's values; who asks, and for whom something may be blinded, if anybody; for a list how long it is at most, what a
    page begins behind, and when it is looked for among the newest cases alone, where these begin (`newest.Since`); for the past
    its position, and by phrase the keys of the cases that said it then, among those whose texts have changed since.
    """

    values: tuple[Scalar, ...]
    scope: Scope
    viewer: BlindedViewer | None = None
    lines: int = 0
    after: SortValues = ()
    since: tuple[int, ...] = ()
    position: int | None = None
    past: Mapping[str, Collection[int]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DeferredValue:
    """Stands in a statement for a value that is bound when it is executed."""

    of: Callable[[Parameters], Any]


def parameter(of: Callable[[Parameters], Any], type_: TypeEngine[Any]) -> BindParameter[Any]:
    """Return a value that is bound when the statement is executed."""
    return bindparam(None, DeferredValue(of), type_=type_, unique=True)


def given(leaf: Term | Text, spell: Callable[[Any], Any], type_: TypeEngine[Any]) -> BindParameter[Any]:
    """Return what a comparison or phrase compares with, as `spell` writes it: a parameter where it is left blank."""
    if isinstance(leaf, Blank | BlankText):
        at = leaf.at
        return parameter(lambda given: spell(given.values[at]), type_)
    return literal(spell(leaf.phrase if isinstance(leaf, Text) else leaf.value), type_)


def matched_then(phrase: Text) -> BindParameter[str]:
    """Return the keys of the cases that said a phrase at the position asked for, of those that do not say it now, as JSON."""
    if not isinstance(phrase, BlankText):
        raise TypeError(f"{phrase.phrase!r} is asked of the past in a statement of its own")
    at = phrase.at
    return parameter(lambda given: to_json(sorted(given.past.get(str(given.values[at]), ()))), SqlText())


def then() -> BindParameter[int]:
    """Return the position asked for."""
    return parameter(lambda given: given.position, BigInteger())


class Prepared:
    """A statement compiled for a database."""

    def __init__(self, statement: Select[Any], dialect: Dialect) -> None:
        compiled = statement.compile(dialect=dialect)
        if not isinstance(compiled, SQLCompiler) or compiled.post_compile_params or compiled.literal_execute_params:
            raise ValueError(f"a statement whose text depends on its values: {compiled}")
        self._sql = str(compiled)
        bound = {name: of for of, name in compiled.bind_names.items()}
        names = tuple(bound) if compiled.positiontup is None else tuple(compiled.positiontup)
        self._names = None if compiled.positional else names
        self._arguments = [_argument(bound[name], dialect) for name in names]

    def arguments(self, parameters: Parameters) -> Row:
        """Return the values that are bound, in their order."""
        return tuple([of(parameters) for of in self._arguments])

    def rows(self, connection: Connection, arguments: Row) -> list[Row]:
        """Execute it and return all rows."""
        cursor: Any = connection.connection.cursor()
        begins(connection)
        try:
            cursor.execute(self._sql, self._bound(arguments))
            found: list[Row] = cursor.fetchall()
            return found
        except connection.dialect.loaded_dbapi.Error as error:
            raise failed(connection, error) from error
        finally:
            cursor.close()

    def batches(self, connection: Connection, parameters: Parameters, size: int) -> Iterator[list[Row]]:
        """Execute it and give the rows in batches, none of which is kept; within a transaction."""
        cursor = streaming(connection)
        begins(connection)
        try:
            cursor.execute(self._sql, self._bound(self.arguments(parameters)))
            while found := cursor.fetchmany(size):
                yield found
        except connection.dialect.loaded_dbapi.Error as error:
            raise failed(connection, error) from error
        finally:
            cursor.close()

    def _bound(self, arguments: Row) -> Row | dict[str, Any]:
        return arguments if self._names is None else dict(zip(self._names, arguments, strict=True))

    def ask(self, connection: Connection, parameters: Parameters) -> list[Row]:
        """Execute it with its parameters and return all rows."""
        return self.rows(connection, self.arguments(parameters))


def _argument(bound: BindParameter[Any], dialect: Dialect) -> Callable[[Parameters], Any]:
    """Return how the value of a parameter is found, as the driver takes it."""
    stored = bound.type.dialect_impl(dialect).bind_processor(dialect)
    value = bound.value
    if not isinstance(value, DeferredValue):
        fixed = value if stored is None else stored(value)
        return lambda _: fixed
    if stored is None:
        return value.of
    of = value.of
    return lambda given: stored(of(given))
