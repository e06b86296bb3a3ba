"""What protocols need of the world: engines that know a source's columns, and a store of protocol versions."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from remiss.action import Performs
from remiss.protocol.structure import Structure
from remiss.protocol.terms import Address
from remiss.records.published import Count, Items, published

if TYPE_CHECKING:
    import pyarrow as pa

    from remiss.protocol.check_result import Checked, Findings
    from remiss.protocol.terms import Protocol as Document


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """What an engine knows of a source before reading it: columns and what they hold, in order, and the files behind it.

    `types` are the engine's own names for the same columns (for messages). `files` are sorted absolute paths. `spellings`
    say of columns of delimited files how each value is spelled; a row with another spelling is unreadable. `in_files` says of
    columns that not all files have in how many there are. `in_folders` are columns that stand in the names of folders, with
    what the engine reads each by. `layouts` name what columns each file has, alike for files that have the same; empty where
    the engine does not know. `of_lines` says that a row is a line of JSON, which holds more than its columns (`Session.lines`).
    """

    columns: Mapping[str, Structure]
    types: Mapping[str, str]
    files: tuple[str, ...]
    spellings: Mapping[str, str] = field(default_factory=dict)
    in_files: Mapping[str, int] = field(default_factory=dict)
    in_folders: Mapping[str, str] = field(default_factory=dict)
    layouts: Mapping[str, str] = field(default_factory=dict)
    of_lines: bool = False

    @property
    def stored(self) -> Mapping[str, str]:
        """The engine's types of the columns that stand in the files themselves."""
        return {name: kind for name, kind in self.types.items() if name not in self.in_folders}

    def narrowed(self, files: Collection[str]) -> Description:
        """Return the description of some of the files, with the first of every layout: what is read of these means the same."""
        first: dict[str, str] = {}
        for file in self.files:
            first.setdefault(self.layouts[file], file)
        kept = {*files, *first.values()}
        return replace(self, files=tuple(file for file in self.files if file in kept))


@dataclass(frozen=True, slots=True, kw_only=True)
class UnreadableRow:
    """A row that the reader itself could not take apart."""

    file: str
    row: int | None
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UnreadableRows:
    """The rows of one file that the reader could not take apart: how many, and the first 100."""

    count: int = 0
    rows: tuple[UnreadableRow, ...] = ()


class Session(Protocol):
    """An open engine on bound sources. Relations are named as bound, plus columns `remiss_file` and `remiss_row`.

    Relations of lines have a column `remiss_line`, too, by which `lines` finds the line of a row.
    """

    @property
    def states(self) -> Mapping[str, tuple[int, int]]:
        """Size and time of change (nanoseconds) of each file that is read."""
        ...

    def run(self, sql: str) -> pa.Table:
        """Run one SELECT and return all of its rows."""
        ...

    def batches(self, sql: str) -> Iterator[pa.RecordBatch]:
        """Run one SELECT and give its rows piece by piece, so that they are never all held; in any order."""
        ...

    def keep(self, name: str, sql: str) -> None:
        """Materialise one SELECT as a relation of that name, for later statements of this session."""
        ...

    def keep_bounds(self, name: str, relation: str, column: str) -> bool:
        """Keep what the files of a bound relation say themselves of the values of a column, without reading these.

        The relation of that name has a row for each part of a file: `remiss_file`, how many `remiss_rows` it has, how many
        `remiss_nulls` are in the column, and its values `remiss_least` and `remiss_greatest`; null is what the file does not say.
        Nothing is kept, and the answer is False, where the format says no such thing of the column.
        """
        ...

    def lines(self, files: Collection[str], marks: Collection[int]) -> Mapping[int, str]:
        """Return the lines of these files of lines whose `remiss_line` is one of `marks`, letter by letter as they were logged.

        A mark that two lines share is left out: which of them is meant nobody knows.

        Raises
        ------
        SourceError : some are not there any more
        """
        ...

    def unreadable(self, relation: str) -> Mapping[str, UnreadableRows]:
        """Return the rows of a bound relation that the reader refused, by file in order; files without any are left out."""
        ...


class Engine(Protocol):
    """Runs scans where the logs are."""

    name: str
    dialect: str

    def describe(self, address: Address, folder: str, alike: Mapping[str, str] | None = None) -> Description:
        """Return columns and files of a source; `folder` is what its uri is relative to.

        `alike` are the layouts of files that were described before and are what they were: of several alike one is opened.

        Raises
        ------
        SourceError : nothing there, not readable, not of that format
        """
        ...

    def listing(self, address: Address, folder: str) -> Mapping[str, tuple[int, int]]:
        """Return the files of a source, by absolute path, with the size and the time of change (nanoseconds) of each.

        None of them is opened.

        Raises
        ------
        SourceError : nothing there, or folders that cannot be listed
        """
        ...

    def beginnings(self, files: Mapping[str, int]) -> Mapping[str, tuple[str, bool]]:
        """Return the SHA-256, in hex, of the first so many bytes of each file, and whether they are known to end with a line.

        Files that cannot be read are left out.
        """
        ...

    def unchanged(self, states: Mapping[str, tuple[int, int]]) -> None:
        """Check that files are still what a session read.

        Raises
        ------
        SourceError : one was changed or removed
        """
        ...

    def digesting(self, files: Collection[str]) -> AbstractContextManager[Callable[[], Mapping[str, str]]]:
        """Hash files beside whatever the block does; what it is given waits for the SHA-256, in hex, of each file's content.

        Raises SourceError where it is waited for: a file vanished or cannot be read.
        """
        ...

    def shared(self, addresses: Sequence[Address], folder: str) -> AbstractContextManager[None]:
        """Have all that the block asks of these sources share what it takes to begin; `folder` is what they are relative to."""
        ...

    def present(self, files: Sequence[str]) -> frozenset[str]:
        """Return which of the files are there."""
        ...

    def open(self, relations: Mapping[str, tuple[Address, Description]]) -> AbstractContextManager[Session]:
        """Open a session in which each name is a relation over that source's rows."""
        ...

    def over(self, tables: Mapping[str, pa.Table]) -> AbstractContextManager[Callable[[str], pa.Table]]:
        """Give what runs a SELECT over tables in memory; it raises ProtocolError where that does not fit their values."""
        ...


@published("stored-protocol", read="read_position")
@dataclass(frozen=True, slots=True, kw_only=True)
class StoredProtocol:
    """A protocol version as the catalog keeps it."""

    name: str
    version: Count
    digest: str
    text: str
    team: str
    at: datetime
    position: Count
    read_position: Count | None = field(default=None, compare=False)


@published("diff", keys={"items": "lines"})
@dataclass(frozen=True, slots=True)
class ProtocolDiff(Items[str]):
    """What changed between two versions of a protocol, as lines of a unified diff; none when nothing did.

    `same_meaning` says that their digests are the same: no figure of the one differs from the other's.
    """

    items: tuple[str, ...]
    same_meaning: bool = False


class Protocols(Protocol):
    """The catalog's shelf of protocol versions."""

    def find(self, name: str, version: int | None = None) -> StoredProtocol | None:
        """Return that version, or the newest; None when there is none."""
        ...

    def versions(self, name: str | None = None) -> tuple[StoredProtocol, ...]:
        """Return all versions, newest first within a name."""
        ...

    def binding(self) -> tuple[StoredProtocol, ...]:
        """Return all versions, whether or not the actor sees them: by these everybody is held, and none of them is shown."""
        ...

    def teams(self, name: str) -> frozenset[str]:
        """Return the teams whose versions there are of a protocol, whether or not the actor sees them."""
        ...

    def modes(self) -> frozenset[str]:
        """Return the failure modes of all taxonomies that the versions name."""
        ...

    def text_at(self, name: str, version: int, position: int) -> str | None:
        """Return the text that a version had at a position; None where it is the one that it has now."""
        ...

    def save(self, document: Document) -> None:
        """Keep a new version; of one that is there with the same digest, the newest text.

        Raises
        ------
        Conflict : the same name and version with another digest
        """
        ...


class Documents(Protocol):
    """Where protocol documents, taxonomies and rubrics are read from."""

    def read(self, path: str) -> str:
        """Return the text of a document.

        Raises
        ------
        ProtocolError : not there, not readable, too large, not UTF-8
        """
        ...

    def folder(self, path: str) -> str:
        """Return the absolute path of the folder that a document lies in."""
        ...


class ProtocolWorkspace(Performs, Protocol):
    """The ports that actions on documents take; they need no catalog."""

    @property
    def documents(self) -> Documents: ...
    @property
    def engine(self) -> Engine: ...


class CheckWorkspace(ProtocolWorkspace, Protocol):
    """The same, and who looks at the log that a document is about."""

    def look(self, protocol: Document, source: Description, checked: Checked | None) -> Findings:
        """Return what a look at the log tells of a protocol; nothing to whom capturing is not allowed.

        `checked` is None where something is wrong with it.
        """
        ...


class ProtocolsWorkspace(Performs, Protocol):
    """The ports that actions on the catalog's protocol versions take."""

    @property
    def protocols(self) -> Protocols: ...

    def position(self) -> int:
        """Return the catalog's position."""
        ...
