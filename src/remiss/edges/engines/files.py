"""Files of a source: what an address names, sorted, and whether they are still what they were."""

from __future__ import annotations

import glob
import hashlib
import os
import stat
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from remiss.edges.engines.quoting import MAGIC, MOST_DEEP, MOST_LETTERS, MOST_PARTS, beginning, nameable, searchable
from remiss.errors import Location, SourceError
from remiss.protocol.terms import Address

# How text may be compressed.
PACKED = (".gz", ".zst")
SUFFIXES: Mapping[str, tuple[str, ...]] = {
    "parquet": (".parquet", ".pq"),
    "csv": tuple(f"{name}{packed}" for packed in ("", *PACKED) for name in (".csv", ".tsv")),
    "jsonl": tuple(f"{name}{packed}" for packed in ("", *PACKED) for name in (".jsonl", ".ndjson", ".json")),
}
READ_BYTES = 1 << 20
ALIASES = {"ndjson": "jsonl", "json": "jsonl", "tsv": "csv"}


def format_of(address: Address) -> str:
    """Return `parquet`, `csv` or `jsonl`.

    Raises
    ------
    SourceError : another format
    """
    name = ALIASES.get(address.format.lower(), address.format.lower())
    if name not in SUFFIXES:
        raise SourceError(
            f"source {address.name} has the unknown format {address.format!r}",
            do=f"use one of {', '.join(SUFFIXES)}",
        )
    return name


@dataclass(frozen=True, slots=True)
class Reach:
    """Where files may be read, links followed: in a folder, but not in those of its own folders that are closed."""

    folder: Path
    closed: frozenset[str] = frozenset()


def resolve(address: Address, folder: str, within: Reach | None = None, known: Collection[str] = ()) -> tuple[str, ...]:
    """Return the sorted absolute paths of the files that an address names: one file, a glob, or all of a folder.

    Parameters
    ----------
    folder : what the address is relative to
    within : where all of them must lie; None for anywhere
    known : files that are not looked into, for they were read before

    Raises
    ------
    SourceError : nothing there, not readable, or an address of another machine
    """
    files = _named(address, folder, within)
    for file in files:
        if file not in known:
            _readable(address, file)
    return files


def listing(address: Address, folder: str, within: Reach | None = None) -> Mapping[str, tuple[int, int]]:
    """Return the files that an address names with the size and time of change of each; none of them is opened.

    Raises
    ------
    SourceError : nothing there, folders that cannot be listed, or an address of another machine
    """
    found = states(_named(address, folder, within, only_files=False))
    return {file: state for file, state in found.items() if state[0] >= 0}


def _named(address: Address, folder: str, within: Reach | None, *, only_files: bool = True) -> tuple[str, ...]:
    if "://" in address.uri and not address.uri.startswith("file://"):
        raise SourceError(
            f"source {address.name} has the address {address.uri}, which is not on this machine",
            do="copy the files here, or mount them, and give their path",
        )
    if not searchable(address.uri):
        raise SourceError(
            f"source {address.name} has an address of more than {MOST_LETTERS:,} letters, {MOST_PARTS} folders or {MOST_DEEP} **",
            do="name the folder itself: everything below it is read",
        )
    # normpath, not resolve: the files keep the names by which people know them, links included.
    path = os.path.normpath(os.path.join(os.path.abspath(folder or "."), address.uri.removeprefix("file://")))
    # Before anything is looked for: whether a file elsewhere exists is nobody's business either.
    _contained(address, [beginning(path)], within)
    _open(address, path, within)
    suffixes = SUFFIXES[format_of(address)]
    if os.path.isdir(path):
        files = _walk(address, path, suffixes)
        nothing = f"the folder has no file that ends in {', '.join(suffixes)}"
    elif any(letter in address.uri for letter in MAGIC) and not os.path.lexists(path):
        files = _match(address, path, only_files=only_files)
        nothing = "the pattern matches no file"
    else:
        _listable(address, os.path.dirname(path))
        files, nothing = ([path] if os.path.lexists(path) else []), "there is no such file or folder"
    if not files:
        raise SourceError(
            f"source {address.name} has nothing to read: {nothing}",
            where=Location(path),
            do=f"check uri ({address.uri}); it is relative to the folder of the protocol, {os.path.abspath(folder or '.')}",
        )
    _contained(address, files, within)
    return tuple(sorted(files))


def _walk(address: Address, top: str, suffixes: Sequence[str]) -> list[str]:
    def refuse(problem: OSError) -> None:
        raise _closed(address, str(problem.filename or top), problem) from problem

    found = []
    for folder, below, names in os.walk(top, onerror=refuse):
        # Hidden and underscored names are the marks of writers (_SUCCESS, _temporary), not logs.
        below[:] = sorted(name for name in below if not name.startswith((".", "_")))
        found += [os.path.join(folder, name) for name in names if name.endswith(tuple(suffixes)) and name[0] not in "._"]
    return found


def _contained(address: Address, paths: Sequence[str], within: Reach | None) -> None:
    if within is None:
        return
    top = os.path.join(os.path.realpath(within.folder), "")
    closed = tuple(os.path.join(os.path.realpath(top + name), "") for name in within.closed)
    for path in _followed(paths):
        if not path.startswith(top):
            raise SourceError(
                f"source {address.name} has the address {address.uri}, which leaves the folder that this server reads",
                do="name files in it, relative to it; the operator of the server chooses it with REMISS_SOURCES",
            )
        if path.startswith(closed):
            raise _others(address)


def _followed(paths: Sequence[str]) -> Iterator[str]:
    """Yield each path with links followed, and a separator at its end; what lies in one folder has its folder in common."""
    folders: dict[str, str] = {}
    for path in paths:
        above, name = os.path.split(path)
        if not name or os.path.islink(path):
            real = os.path.realpath(path)
        else:
            real = os.path.join(folders.get(above) or folders.setdefault(above, os.path.realpath(above)), name)
        yield os.path.join(real, "")


def _open(address: Address, path: str, within: Reach | None) -> None:
    """Refuse a path or pattern that reaches into a closed folder, whether or not there is a file that it names."""
    if within is None or not within.closed:
        return
    first = Path(os.path.relpath(path, os.path.abspath(within.folder))).parts[:1]
    if not first or (first[0] == ".") or any(first[0] == "**" or fnmatchcase(name, first[0]) for name in within.closed):
        raise _others(address)


def _others(address: Address) -> SourceError:
    return SourceError(
        f"source {address.name} has the address {address.uri}, in the folder of a team that you may not capture in",
        do="name files outside of the folders that are called like teams, or in those of your own teams",
    )


def _match(address: Address, pattern: str, *, only_files: bool) -> list[str]:
    # glob passes over folders that it may not list; a source that is silently smaller would be worse than a refusal.
    _listable(address, beginning(pattern))
    found = glob.glob(pattern, recursive=True)
    return [file for file in found if os.path.isfile(file)] if only_files else found


def _listable(address: Address, folder: str) -> None:
    try:
        with os.scandir(folder):
            pass
    except FileNotFoundError:
        return
    except OSError as problem:
        raise _closed(address, folder, problem) from problem


def _readable(address: Address, file: str) -> None:
    if not nameable(file):
        raise SourceError(
            f"source {address.name} has a file whose path holds a backslash and one of {' '.join(MAGIC)}",
            where=Location(file),
            do="rename it: readers of files take such a path for a pattern that matches others",
        )
    try:
        # Opening a pipe would wait for its writer, and a device never ends.
        regular = stat.S_ISREG(os.stat(file).st_mode)
        if regular:
            with open(file, "rb") as content:
                content.read(1)
    except OSError as problem:
        raise _closed(address, file, problem) from problem
    if not regular:
        raise SourceError(
            f"source {address.name} names what is not a regular file",
            where=Location(file),
            do="copy what it gives into a file of the format that the protocol names, and give its path",
        )


def _closed(address: Address, path: str, problem: OSError) -> SourceError:
    return SourceError(
        f"source {address.name} cannot be read: {(problem.strerror or 'no access').lower()}",
        where=Location(path),
        do="give the user that runs remiss the right to read it"
        if isinstance(problem, PermissionError)
        else "name a file, a pattern or a folder that can be read",
    )


def states(files: Sequence[str]) -> Mapping[str, tuple[int, int]]:
    """Return size and time of change (nanoseconds) of each file; a file that is gone, or is a folder by now, has (-1, 0)."""
    found = {}
    for file in files:
        try:
            status = os.stat(file)
            found[file] = (-1, 0) if stat.S_ISDIR(status.st_mode) else (status.st_size, status.st_mtime_ns)
        except OSError:
            found[file] = (-1, 0)
    return found


def unchanged(before: Mapping[str, tuple[int, int]]) -> None:
    """Check that files are what they were.

    Raises
    ------
    SourceError : one was changed or removed since: what was read may be half of each
    """
    for file, state in states(tuple(before)).items():
        if state != before[file]:
            gone = state[0] < 0
            raise SourceError(
                "the file was removed while it was read" if gone else "the file was changed while it was read",
                where=Location(file),
                do="nothing was filed; capture again when the writer is done with it",
            )


@contextmanager
def digesting(files: Collection[str]) -> Iterator[Callable[[], Mapping[str, str]]]:
    """Hash files beside whatever the block does; what it is given waits for the SHA-256, in hex, of each file's content.

    Raises
    ------
    SourceError : (where it is waited for) a file is gone or cannot be read
    """
    # Hashing leaves the interpreter's lock, so that files are read side by side.
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        begun = {file: pool.submit(_digest, file) for file in sorted(files)}
        try:
            yield lambda: {file: one.result() for file, one in begun.items()}
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def beginnings(files: Mapping[str, int]) -> Mapping[str, tuple[str, bool]]:
    """Return the SHA-256, in hex, of the first so many bytes of each file, and whether they end with a line.

    Those that cannot be read, or are shorter, are left out. Of compressed content no end of a line is known.
    """
    found = {}
    for file, size in files.items():
        hashed, left, read = hashlib.sha256(), size, b""
        with suppress(OSError), open(file, "rb") as content:
            while left and (read := content.read(min(left, READ_BYTES))):
                hashed.update(read)
                left -= len(read)
        if not left:
            found[file] = (hashed.hexdigest(), read.endswith(b"\n") and not file.endswith(PACKED))
    return found


def _digest(file: str) -> str:
    try:
        with open(file, "rb") as content:
            return hashlib.file_digest(content, "sha256").hexdigest()
    except OSError as problem:
        raise SourceError(
            f"the file cannot be read any more: {(problem.strerror or 'no access').lower()}",
            where=Location(file),
            do="nothing was filed; capture again when the file is back",
        ) from problem
