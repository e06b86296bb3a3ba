"""Where catalogs of a record lie: a folder with logs, keys and vault each, and beside it a file or a database of PostgreSQL.

The server of PostgreSQL is private: started for one record on a free port of the loopback address, as an unprivileged user.
"""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

DATABASES = ("sqlite", "postgresql")
FILE = "catalog.db"
LOCALE = ("--locale=C.UTF-8", "--locale-provider=icu", "--icu-locale=en-US")
# What is known of the tables is brought up to date when a record says so, not some time meanwhile: plans follow from it.
OPTIONS = "-c fsync=off -c full_page_writes=off -c synchronous_commit=off -c max_connections=60 -c jit=off -c autovacuum=off"


@dataclass(frozen=True)
class Server:
    """A running server of PostgreSQL."""

    port: int

    @property
    def url(self) -> str:
        return f"postgresql://remiss@127.0.0.1:{self.port}"

    def create(self, name: str, template: str = "template0") -> str:
        """Make a database as a copy of another, in place of one of that name; return its address."""
        self.sql(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        self.sql(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return f"{self.url}/{name}"

    def sql(self, statement: str, database: str = "postgres") -> None:
        _run("psql", "-q", "-v", "ON_ERROR_STOP=1", "-d", f"{self.url}/{database}", "-c", statement)

    def dump(self, name: str, path: Path) -> None:
        """Write a database as SQL to a file."""
        with path.open("wb") as file:
            subprocess.run([_program("pg_dump"), "--no-owner", f"{self.url}/{name}"], stdout=file, check=True)

    def restore(self, name: str, path: Path) -> str:
        """Make a database of a file with SQL; return its address."""
        address = self.create(name)
        with path.open("rb") as file:
            psql = [_program("psql"), "-q", "-v", "ON_ERROR_STOP=1", "-d", address]
            subprocess.run(psql, stdin=file, stdout=subprocess.DEVNULL, check=True)
        return address


@contextmanager
def server() -> Iterator[Server]:
    """Run a server of PostgreSQL while the block lasts."""
    folder = Path(tempfile.mkdtemp(prefix="golden-pg-"))
    data, user = folder / "data", _user()
    if user is not None:
        shutil.chown(folder, user)
    try:
        _run("initdb", "-D", str(data), "-U", "remiss", "-A", "trust", "-E", "UTF8", "--no-sync", *LOCALE, user=user)
        port = _free_port()
        sockets = f"-c listen_addresses=127.0.0.1 -c port={port} -c unix_socket_directories=''"
        log = str(folder / "log")
        _run("pg_ctl", "start", "-D", str(data), "-l", log, "-w", "-o", f"{OPTIONS} {sockets}", user=user)
        try:
            yield Server(port)
        finally:
            _run("pg_ctl", "stop", "-D", str(data), "-m", "immediate", "-w", user=user)
    finally:
        shutil.rmtree(folder)


@dataclass(frozen=True)
class Place:
    """A catalog with everything that belongs to it, and how commands find it."""

    folder: Path
    database: str
    address: str
    server: Server | None = field(default=None, compare=False)

    @property
    def environment(self) -> dict[str, str]:
        """The settings of a command that stands in the folder."""
        return {"REMISS_CATALOG": self.address, "REMISS_KEYS": "keys", "REMISS_VAULT": "vault", "REMISS_SOURCES": "flights"}

    @property
    def masks(self) -> dict[str, str]:
        """Texts that name this place, and what is put in their stead."""
        named = {str(self.folder.resolve()): "<folder>", str(self.folder): "<folder>"}
        if self.server is not None:
            named |= {self.address: "<catalog>", self.address.replace("remiss@", ""): "<catalog>"}
            named |= {self.address.rpartition("/")[2]: "<database>"}
        return {f"sqlite:///{FILE}": "<catalog>", f"sqlite:///{self.folder.resolve() / FILE}": "<catalog>", **named}

    def copied(self, name: str) -> Place:
        """Return a copy of the place under another name, in place of what was there."""
        folder = self.folder.with_name(name)
        if folder.exists():
            shutil.rmtree(folder)
        shutil.copytree(self.folder, folder)
        if self.server is None:
            return Place(folder, self.database, self.address)
        address = self.server.create(name, template=self.address.rpartition("/")[2])
        return Place(folder, self.database, address, self.server)

    def counted(self) -> None:
        """Have PostgreSQL count what is in the tables, by which it plans."""
        if self.server is not None:
            self.server.sql("ANALYZE", self.address.rpartition("/")[2])

    def removed(self) -> None:
        """Remove the folder, and the database that belongs to it."""
        shutil.rmtree(self.folder)
        if self.server is not None:
            self.server.sql(f'DROP DATABASE "{self.address.rpartition("/")[2]}" WITH (FORCE)')


def place(folder: Path, database: str, running: Server | None) -> Place:
    """Return a new place without a catalog in it yet."""
    folder.mkdir(parents=True)
    if running is None:
        return Place(folder, database, f"sqlite:///{FILE}")
    return Place(folder, database, running.create(folder.name), running)


def _program(name: str) -> str:
    if "REMISS_TEST_PG_BIN" in os.environ:
        return str(Path(os.environ["REMISS_TEST_PG_BIN"]) / name)
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    return str(found[-1].with_name(name)) if found else name


def _run(program: str, *arguments: str, user: str | None = None) -> None:
    # A server that goes on running keeps what it inherits open, so nothing is read from it.
    subprocess.run(
        [_program(program), *arguments], user=user, cwd="/", check=True, stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT
    )


def _user() -> str | None:
    """Return the unprivileged user that the server runs as when we are root."""
    if os.geteuid() != 0:
        return None
    return "postgres" if "postgres" in {entry.pw_name for entry in pwd.getpwall()} else "nobody"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
