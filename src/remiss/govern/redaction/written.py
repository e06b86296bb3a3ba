"""The gate: every text that somebody writes passes it before the catalog holds it.

What a person says is words, in which a value that is found becomes its mark. What a thing is called is compared with what
others call it: a model's version may well be `1.2.3.4`, so that addresses of machines are left alone there, and where a mark
could not stand (the name of a field, a unit, an address of a page) a name that shows a value is refused.

Paths of files of a source are kept as they are, for by them files are read and found again; whatever is shown of them, in an
answer or an error, passes the gate on its way out (`file`, `hide_files`).

It leaves alone what has to stay as it is: names of people, who may be called by their address; documents (protocols and
taxonomies), which are kept word for word so that they can be applied again; quotes, which are words of redacted evidence.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from remiss.errors import AnswerNo, InputError, Location, RemissError, SourceError
from remiss.govern.ports.vault import Keys
from remiss.govern.redaction.event_fields import redact_value, redactions
from remiss.govern.redaction.policy import NAMED, WRITTEN
from remiss.govern.redaction.redactor import Redactor, exposed, redact
from remiss.records.event import Redaction, Scalar

REDACTION = "redaction"


class Keyed(Protocol):
    """Who writes into a catalog."""

    @property
    def keys(self) -> Keys: ...


@dataclass(frozen=True, slots=True)
class Gate:
    """What people write is read under the catalog's secret for redaction."""

    key: bytes = field(repr=False)

    def words(self, text: str) -> str:
        """Return what somebody says, with every value that is found replaced by its mark."""
        return redact(text, Redactor(WRITTEN, self.key))

    def name(self, text: str) -> str:
        """Return what a thing is called, likewise."""
        return redact(text, Redactor(NAMED, self.key))

    def file(self, path: str) -> str:
        """Return how the path of a file is shown: what one folder is called is no part of what is in it."""
        return "/".join(map(self.name, path.split("/")))

    def value(self, value: Scalar) -> Scalar:
        """Return a value of an event that somebody tells of."""
        return redact_value(value, Redactor(WRITTEN, self.key))

    def marks(self, fields: Mapping[str, Scalar]) -> tuple[Redaction, ...]:
        """Return where in what passed marks stand."""
        return redactions(fields, Redactor(WRITTEN, self.key))


def gate(ws: Keyed) -> Gate:
    """Return the gate of a catalog."""
    return Gate(ws.keys.secret(REDACTION))


def check_shows_nothing(what: str, name: str) -> None:
    """Refuse a name that shows what is personal or secret, and in which no mark can stand.

    Raises
    ------
    InputError : it does; it is not said back

    >>> check_shows_nothing("the unit", "minutes")
    """
    found = exposed(name, NAMED)
    if found:
        raise InputError(f"{what} shows what looks like personal data or a secret ({', '.join(found)})", do="name it otherwise")


def hide_files(error: RemissError, gate: Callable[[], Gate]) -> None:
    """Have an error about files of a source show no more of their paths than answers do.

    Parameters
    ----------
    gate : what makes marks, where there is something to be marked: a key that is missing may be what the error is about

    >>> error = SourceError("the file is empty", where=Location("log/ana@example.org/day.csv"))
    >>> hide_files(error, lambda: Gate(b"key"))
    >>> error.where
    Location(file='log/[email:9378]/day.csv', line=None)
    """
    if isinstance(error, SourceError | AnswerNo) and exposed(f"{error.what}\n{error.do}", NAMED):
        error.what, error.do = gate().name(error.what), gate().name(error.do)
        error.args = (error.what,)
    if error.where is not None and any(exposed(part, NAMED) for part in error.where.file.split("/")):
        error.where = Location(gate().file(error.where.file), error.where.line)
