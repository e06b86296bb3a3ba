"""Real databases for tests: SQLite, and a private PostgreSQL server for the whole session.

The server is started by the first test that needs it, as an unprivileged user, listens on a free port of the loopback
address alone, and is stopped when the session ends. Every test gets a fresh catalog, copied from one that was made once.
"""

from __future__ import annotations

import fcntl
import gc
import hashlib
import os
import pwd
import re
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

import remiss
from remiss.edges import keys
from remiss.govern.authority import Granted, actor_of
from remiss.records.case import Sensitivity
from remiss.records.person import Grant, Person
from tests.databases import administering, database_on, owner
from tests.made_once import Shelf

pytest_plugins = ("tests.processor_time", "tests.counted", "tests.compiled_once")
SERVER = "REMISS_TEST_PG_DIR"
FOLDERS = "PYTEST_DEBUG_TEMPROOT"  # where pytest makes the folders of tests
BINARIES = "REMISS_TEST_PG_BIN"
# In bytes: the server's own data, its log of what is not yet in place, the databases of the tests that run, and the folders of
# all tests until the run ends.
ROOM = 6 * 1024**3
DATABASES = ("sqlite", "postgresql")
# How many objects are made between two looks for garbage, and how many looks at the young are made between two at the older.
SELDOM = (50_000, 20, 20)


def pytest_configure(config: pytest.Config) -> None:
    """Make the server's folder before workers start, so that all of them find the same one, and say where tests have theirs."""
    gc.set_threshold(*SELDOM)
    if not hasattr(config, "workerinput"):
        memory = _roomy_memory()
        os.environ[SERVER] = tempfile.mkdtemp(prefix="remiss-pg-", dir=memory)
        if memory is not None:
            os.environ.setdefault(FOLDERS, str(memory))
            clear_after_killed_runs(memory)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Give back the memory that the folders of tests lie in, unless one failed: then they stay until the end of the next run."""
    if exitstatus == pytest.ExitCode.OK and FOLDERS in os.environ and not hasattr(session.config, "workerinput"):
        shutil.rmtree(session.config._tmp_path_factory.getbasetemp(), ignore_errors=True)


def pytest_collection_finish() -> None:
    """Have the collector of garbage leave alone what lives as long as the run, and look less often at the rest.

    It took a tenth of the processor time: a test is short, and its garbage is mostly what counting references frees anyway.
    """
    gc.collect()
    gc.freeze()


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the server, if any test had it started."""
    if not hasattr(config, "workerinput"):
        folder = Path(os.environ.pop(SERVER))
        if (folder / "data" / "postmaster.pid").exists():
            _run("pg_ctl", "stop", "-D", str(folder / "data"), "-m", "immediate", "-w")
        shutil.rmtree(folder)


def clear_after_killed_runs(memory: Path) -> None:
    """Remove the folders of runs that did not come to their end: pytest itself lets them lie for three days."""
    for lock in memory.glob("pytest-of-*/pytest-*/.lock"):
        with suppress(FileNotFoundError, PermissionError):
            if not Path(f"/proc/{lock.read_text()}").exists():
                shutil.rmtree(lock.parent, ignore_errors=True)


def _roomy_memory() -> Path | None:
    """Return a folder in memory for the server's data and those of tests, or nothing where there is none with room.

    Each test has a database of its own, and to copy one on a disk costs the kernel ten times what it costs in memory. A commit,
    and each file that is kept, waits for the disk, for some milliseconds each time: the processors idled a fifth of a run.
    """
    memory = Path("/dev/shm")  # what is kept here is a test's alone
    return memory if memory.is_dir() and shutil.disk_usage(memory).free >= ROOM else None


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave to `make soak` what is asked once more on PostgreSQL, where other tests ask the same in `make test`."""
    for item in items:
        called = getattr(item, "callspec", None)
        if called is not None and "postgresql" in called.params.values() and item.get_closest_marker("postgresql_in_soak"):
            item.add_marker(pytest.mark.soak)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Turn a declared gap into an expected failure for the store or engine that has it."""
    parameters = getattr(item, "callspec", None)
    for mark in item.iter_markers("gap"):
        if parameters is not None and mark.args[0] in parameters.params.values():
            item.add_marker(pytest.mark.xfail(reason=mark.kwargs["reason"], raises=mark.kwargs["raises"], strict=True))


def _binaries() -> Path:
    """Return the folder of the newest PostgreSQL, or of the one that REMISS_TEST_PG_BIN names."""
    if BINARIES in os.environ:
        return Path(os.environ[BINARIES])
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if not found:
        pytest.exit(f"the tests need PostgreSQL 17: install postgresql-17, or name its folder bin in {BINARIES}", 2)
    return found[-1].parent


def _user() -> str | None:
    """Return the unprivileged user that the server runs as when we are root; it refuses to run as root itself."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


def _run(program: str, *arguments: str) -> None:
    subprocess.run(
        [str(_binaries() / program), *arguments],
        user=_user(),
        cwd="/",
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.STDOUT,
    )


@contextmanager
def _one_at_a_time(lock: Path) -> Iterator[None]:
    with lock.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The address of the running server, to which `/` and the name of a database are added."""
    folder = Path(os.environ[SERVER])
    if (user := _user()) is not None:
        shutil.chown(folder, user)
    with _one_at_a_time(folder / "lock"):
        if not (folder / "data" / "postmaster.pid").exists():
            # Another language than C, so that a test fails where the order of text is left to the server.
            locale = ("--locale=C.UTF-8", "--locale-provider=icu", "--icu-locale=en-US")
            _run("initdb", "-D", str(folder / "data"), "-U", "remiss", "-A", "trust", "-E", "UTF8", "--no-sync", *locale)
            options = (
                "-c fsync=off -c full_page_writes=off -c synchronous_commit=off -c max_connections=60 -c jit=off "
                "-c wal_level=minimal -c max_wal_senders=0 -c max_wal_size=256MB"
            )
            port = _free_port()
            sockets = f"-c listen_addresses=127.0.0.1 -c port={port} -c unix_socket_directories=''"
            log = str(folder / "log")
            _run("pg_ctl", "start", "-D", str(folder / "data"), "-l", log, "-w", "-o", f"{options} {sockets}")
            (folder / "port").write_text(str(port))
            with administering(_server(port)) as admin:
                admin.execute("CREATE DATABASE template")
            remiss.open(f"{_server(port)}/template", environment={}, create=True).close()
        address = _server(int((folder / "port").read_text()))
    yield address
    owner(address).close()
    owner.cache_clear()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _server(port: int) -> str:
    return f"postgresql://remiss@127.0.0.1:{port}"


@pytest.fixture(scope="session")
def sqlite_template() -> Path:
    """A new catalog in a file, to be copied: one for all workers, for what one makes of it is copied over those of others."""
    folder = Path(os.environ[SERVER])
    path = folder / "template" / "remiss.db"
    with _one_at_a_time(folder / "template.lock"):
        if not path.exists():
            path.parent.mkdir(exist_ok=True)
            remiss.open(str(path), environment={}, create=True).close()
    return path


@pytest.fixture(params=DATABASES)
def database(request: pytest.FixtureRequest) -> str:
    """Which database the test runs on."""
    return str(request.param)


@pytest.fixture
def address(database: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a new catalog on each database in turn."""
    if database == "sqlite":
        shutil.copy(request.getfixturevalue("sqlite_template"), tmp_path / "remiss.db")
        yield f"sqlite:///{tmp_path / 'remiss.db'}"
    else:
        with database_on(request.getfixturevalue("postgres"), "template") as found:
            yield found


@pytest.fixture
def empty_address(database: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a database in which there is nothing yet."""
    if database == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.db'}"
    else:
        with database_on(request.getfixturevalue("postgres"), "template0") as found:
            yield found


@pytest.fixture(scope="session", autouse=True)
def same_keys() -> Iterator[None]:
    """Have each catalog that this process makes get the same key in every run, by where it lies in the run's folder.

    Who is to verify what is chosen under the key: with keys drawn by chance, tests would meet other choices in each run.
    """
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(keys, "_drawn", lambda path: hashlib.sha256("/".join(_within_run(path)).encode()).digest())
        yield


def _within_run(path: Path) -> Iterator[str]:
    """Yield the names of the folders that a path lies in, without what another run or worker calls otherwise."""
    own = path.absolute().parts
    begins = max((at for at, part in enumerate(own) if re.fullmatch(r"pytest-\d+|popen-gw\d+|pytest-of-\w+", part)), default=-1)
    # A test's own folder has a number behind its name.
    yield from (re.sub(r"\d+$", "", part) if at == begins + 1 else part for at, part in enumerate(own) if at > begins)


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """Settings for a workspace: keys and vault in the test's own folder."""
    return {"REMISS_KEYS": str(tmp_path / "keys"), "REMISS_VAULT": str(tmp_path / "vault")}


@pytest.fixture
def known_key(environment: dict[str, str]) -> None:
    """Has a catalog begin with a key that is the same each time, and so with the same choices for verification."""
    keys_in(Path(environment["REMISS_KEYS"]))


def keys_in(folder: Path, key: bytes = b"the key of tests, 32 bytes long.") -> None:
    """Put a key that is the same each time where a catalog that is made then has its own."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    (folder / "catalog.key").write_bytes(key)
    (folder / "catalog.key").chmod(0o600)


@pytest.fixture
def ws(address: str, environment: dict[str, str]) -> Iterator[remiss.Workspace]:
    """An open workspace on a new catalog, on each database in turn."""
    with remiss.open(address, environment=environment) as opened:
        yield opened


@pytest.fixture
def once(database: str, request: pytest.FixtureRequest) -> Callable[[remiss.Workspace, str, Callable[[], str]], str]:
    """Gives what makes a new catalog into the one of that name: by calling `make` once a run, and by a copy from then on.

    `make` returns a word to find something in the catalog by, and so does the copy. Its key is the same whichever test makes it,
    and so are what is sealed and who is to verify what. A catalog that is reached from afar or by commands is made each time.
    """
    if database not in DATABASES:
        return lambda ws, name, make: make()

    def made(ws: remiss.Workspace, name: str, make: Callable[[], str]) -> str:
        ws._store.close()  # lets go of all connections; the next statement opens one

        def closed() -> str:
            keys = Path(request.getfixturevalue("environment")["REMISS_KEYS"])
            if not (keys / "catalog.key").exists():
                keys_in(keys)
            said = make()
            ws._store.close()
            return said

        return _made(request, "address", f"{database}_{name}", closed)

    return made


@pytest.fixture
def once_in_empty(database: str, request: pytest.FixtureRequest) -> Callable[[str, Callable[[], object]], str]:
    """Gives the address of an empty database made into the catalog of that name: once a run, and by a copy from then on."""

    def made(name: str, make: Callable[[], object]) -> str:
        _made(request, "empty_address", f"{database}_{name}", lambda: str(make()))
        return str(request.getfixturevalue("empty_address"))

    return made


def _made(request: pytest.FixtureRequest, where: str, name: str, make: Callable[[], str]) -> str:
    """Make the database at the address of a fixture into the catalog of that name, to which nobody is connected."""
    folder, clock = Path(os.environ[SERVER]), request.config.pluginmanager.get_plugin("processor-time")
    shelf = Shelf(folder / name, request.getfixturevalue(where), request.getfixturevalue("environment"))
    with _one_at_a_time(folder / f"{name}.lock"):
        if not shelf.holds():
            with clock.for_several():
                return shelf.keep(make())
    return shelf.give()


@pytest.fixture
def ws_as(ws: remiss.Workspace) -> Callable[..., remiss.Workspace]:
    """Gives a workspace as a person with a role sees it, on the same catalog."""
    return acting_on(ws)


def acting_on(ws: remiss.Workspace) -> Callable[..., remiss.Workspace]:
    """Return what gives a workspace as a person with a role sees it, on the catalog of an open one."""

    def acting(name: str, *, role: str, clearance: str | Sensitivity = "internal", team: str = "default") -> remiss.Workspace:
        level = clearance if isinstance(clearance, Sensitivity) else Sensitivity[clearance.upper()]
        person = Person(name=name, grants=(Grant(role=role, team=team, clearance=level),))
        return ws.serving(f"as-{name}", actor=actor_of(person), authority=Granted(person))

    return acting
