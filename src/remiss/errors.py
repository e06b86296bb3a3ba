"""The whole error tree: each error says what, where, and what to do.

    RemissError                       70  our fault unless a subclass says otherwise
    +-- InputError                     2  the call or its input was wrong
    |   +-- ProtocolError                 a protocol, taxonomy or rubric document
    |   +-- RecodingError                 a document that renames, merges or splits failure modes
    |   +-- SourceError                   a log or label source that cannot be read
    |   +-- IntervalError                 an interval that cuts a window
    |   +-- QueryError                    a filter expression
    |   |   +-- FigureRefused             no honest figure answers it
    |   +-- ModelError                    a model that does not start, or the file that registers models
    |   +-- SettingError                  a setting or an option
    |   +-- LabellingError                what somebody said of a case when they labelled it
    |   +-- CatalogError                  which catalog, and whether it is one
    |   |   +-- CatalogMissing
    |   |   +-- CatalogForeign            the database is not a catalog
    |   |   +-- CatalogNewer              a newer remiss wrote it
    |   |   +-- CatalogOlder              needs `remiss catalog upgrade`
    |   +-- NotFound                      no such case, run, protocol
    |   +-- Ambiguous                     a prefix that several ids share
    |   +-- Conflict                      somebody else changed it first
    |   |   +-- Precondition              it was revised since it was read
    |   +-- RequestError                  a call from afar that has not the form of one
    |   +-- Unconditional                 a change that does not say what it read
    |   +-- Denied                        the actor may not do this
    |   +-- StorageError                  disk full, folder not writable, database away
    |   |   +-- ConnectionLost            the database's server ended what was under way
    |   |   +-- Undelivered               whom to tell cannot be reached now
    |   +-- Tampered                      the audit log is not what was written
    |   +-- TimedOut                      a question that took longer than one statement may
    +-- AnswerNo                       1  the answer is no: findings, a difference, strict refusals
    +-- Undecided                      3  cannot decide, and what is missing

`code` is stable: faces return it and the reference explains it. `exit_status` is what the command line ends with.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from types import MappingProxyType
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class Location:
    """Where in somebody's file: a path as the user gave it and, where known, a line counted from 1."""

    file: str
    line: int | None = None

    def __str__(self) -> str:
        return self.file if self.line is None else f"{self.file}:{self.line}"


class RemissError(Exception):
    """Base of all errors of remiss.

    Parameters
    ----------
    what : the problem, in one sentence without a full stop, naming the thing that is wrong
    where : the user's file and line, when there is one
    do : what to do about it, in the imperative
    field : the parameter that it is about, where it is about one; forms mark it
    """

    code: ClassVar[str] = "internal"
    exit_status: ClassVar[int] = 70

    def __init__(self, what: str, *, where: Location | None = None, do: str = "", field: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.do = do
        self.field = field

    def __str__(self) -> str:
        head = self.what if self.where is None else f"{self.where}: {self.what}"
        return f"{head}\n  {self.do}" if self.do else head

    def to_json(self) -> dict[str, object]:
        """Return the published `error` object (see `remiss schema error`)."""
        where = None if self.where is None else {"file": self.where.file, "line": self.where.line}
        return {"error": {"code": self.code, "what": self.what, "where": where, "do": self.do}}


class InputError(RemissError):
    """The call or its input was wrong."""

    code = "input"
    exit_status = 2


class ProtocolError(InputError):
    """A protocol, taxonomy or rubric document cannot be used."""

    code = "protocol"


class RecodingError(InputError):
    """A document that renames, merges or splits failure modes cannot be used."""

    code = "recoding"


class SourceError(InputError):
    """A log or label source cannot be read."""

    code = "source"


class IntervalError(InputError):
    """An interval is empty, reversed or cuts a window."""

    code = "interval"


class QueryError(InputError):
    """A filter expression cannot be understood."""

    code = "query"


class FigureRefused(QueryError):
    """Nothing is wrong with the question, but no honest figure answers it; the error says why."""


class SettingError(InputError):
    """A setting or an option has a value that cannot be used."""

    code = "setting"


class ModelError(InputError):
    """A model does not start, or the file of models says something wrong.

    `trouble` is what happened when it was started (`records.model.ModelTrouble`).
    """

    code = "model"
    trouble: object = None


class LabellingError(InputError):
    """A labelling does not fit its case, rubric or taxonomies; `fields` has by name what is wrong and what to do about it."""

    code = "labelling"

    def __init__(
        self,
        what: str,
        *,
        where: Location | None = None,
        do: str = "",
        fields: Mapping[str, tuple[str, str]] = MappingProxyType({}),
    ) -> None:
        super().__init__(what, where=where, do=do)
        self.fields = fields

    def __str__(self) -> str:
        if not self.fields:
            return super().__str__()
        return "\n".join(f"{name}: {what}\n  {do}" for name, (what, do) in self.fields.items())

    def to_json(self) -> dict[str, object]:
        """Return the published `error` object, with what is wrong with each field."""
        fields = [{"field": name, "what": what, "do": do} for name, (what, do) in self.fields.items()]
        error = super().to_json()["error"]
        assert isinstance(error, dict)
        return {"error": {**error, "fields": fields}}


class CatalogError(InputError):
    """The catalog cannot be used."""

    code = "catalog"


class CatalogMissing(CatalogError):
    """No catalog is named, or the one named does not exist."""

    code = "catalog-missing"


class CatalogForeign(CatalogError):
    """The database exists and is not a catalog of remiss."""

    code = "catalog-foreign"


class CatalogNewer(CatalogError):
    """A newer version of remiss wrote the catalog."""

    code = "catalog-newer"


class CatalogOlder(CatalogError):
    """The catalog needs an upgrade before this version may use it."""

    code = "catalog-older"


class NotFound(InputError):
    """No such thing."""

    code = "not-found"


class Ambiguous(InputError):
    """Several ids share the prefix."""

    code = "ambiguous"


class Conflict(InputError):
    """Somebody else changed it first; nothing was written."""

    code = "conflict"


class Precondition(Conflict):
    """The thing was revised since it was read; nothing was written."""

    code = "precondition"


class RequestError(InputError):
    """What was sent does not have the form that was declared."""

    code = "request"


class Unconditional(InputError):
    """A change that does not say which revision it read."""

    code = "unconditional"


class Denied(InputError):
    """The actor may not do this."""

    code = "denied"

    def __init__(
        self, what: str, *, where: Location | None = None, do: str = "", field: str = "", by: tuple[str, ...] = ()
    ) -> None:
        super().__init__(what, where=where, do=do, field=field)
        # What forbids it where that is no permission, for the audit: names of things of the catalog, and nothing that was typed.
        self.by = by


class StorageError(InputError):
    """The machine's storage or the database server refused."""

    code = "storage"


class ConnectionLost(StorageError):
    """The database's server closed the connection in the middle: what was under way is written whole or not at all."""


class Undelivered(StorageError):
    """Whoever is to be told something cannot be reached, or is too busy: later it may be otherwise."""


class Tampered(InputError):
    """The audit log is not what was written, so that nothing may be added to it."""

    code = "tampered"


class TimedOut(InputError):
    """A question took longer than one statement of the catalog may; see the setting `statement_timeout`."""

    code = "timed-out"


class AnswerNo(RemissError):
    """The work was done and the answer is no."""

    code = "no"
    exit_status = 1


class Undecided(RemissError):
    """The question cannot be decided; `what` names what is missing."""

    code = "undecided"
    exit_status = 3


@contextmanager
def done_already() -> Iterator[None]:
    """Say of an error in this block that what was asked for is done all the same, so that nobody does it twice."""
    try:
        yield
    except (StorageError, Tampered, TimedOut) as error:
        what = f"it is done, and only the answer cannot be given: {error.what}"
        raise type(error)(what, where=error.where, do=f"do not do it again; {error.do}") from error
