"""A PostgreSQL of our own, for the benchmarks: its data stay in `.work`, and nobody reaches it but over a socket there.

It is set up as a small server would be, and syncs every commit: what is measured is what a user gets.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

OPTIONS = "-c shared_buffers=512MB -c max_wal_size=4GB -c random_page_cost=1.1 -c jit=off -c autovacuum=off"


@contextmanager
def running(folder: Path) -> Iterator[str]:
    """Start the server whose data are in `folder`, made when new; give the folder of its socket, and stop it at the end."""
    # The name of a socket has at most 107 bytes, whatever the folder of this checkout is called.
    socket = Path(tempfile.mkdtemp(prefix="remiss-bench-"))
    user = unprivileged()
    for place in (folder, socket):
        place.mkdir(parents=True, exist_ok=True)
        if user is not None:
            shutil.chown(place, user)
    data = folder / "data"
    if not (data / "PG_VERSION").exists():
        run("initdb", "-D", str(data), "-U", "remiss", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")
    where = f"-c listen_addresses='' -c unix_socket_directories='{socket}'"
    run("pg_ctl", "start", "-D", str(data), "-l", str(folder / "log"), "-w", "-o", f"{OPTIONS} {where}")
    try:
        yield str(socket)
    finally:
        run("pg_ctl", "stop", "-D", str(data), "-m", "fast", "-w")
        shutil.rmtree(socket)


def address(socket: str, database: str) -> str:
    """Return the address of a catalog on the server."""
    return f"postgresql://remiss@/{database}?host={socket}"


def administer(socket: str, *statements: str, database: str = "postgres") -> None:
    """Run statements that stand in no transaction."""
    with psycopg.connect(host=socket, user="remiss", dbname=database, autocommit=True) as admin:
        for statement in statements:
            admin.execute(statement.encode())


def has_database(socket: str, name: str) -> bool:
    """Return whether the server has a database of that name."""
    with psycopg.connect(host=socket, user="remiss", dbname="postgres") as admin:
        return admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone() is not None


def unprivileged() -> str | None:
    """Return the user that the server runs as when we are root, as whom it refuses to run."""
    if os.geteuid() != 0:
        return None
    return "postgres" if "postgres" in {entry.pw_name for entry in pwd.getpwall()} else "nobody"


def run(program: str, *arguments: str) -> None:
    """Run a program of the newest PostgreSQL that is installed."""
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{program}"), key=lambda path: int(path.parts[-3]))
    subprocess.run([str(found[-1]), *arguments], user=unprivileged(), cwd="/", check=True, stdout=subprocess.DEVNULL)
