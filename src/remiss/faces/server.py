"""`remiss serve`: one catalog for pages, programs and remiss elsewhere.

On a loopback address the person who runs it is let in as its operator, by a link or a token. As soon as others can reach it,
there is no operator any more: only people, with tokens of their own.
"""

from __future__ import annotations

import ipaddress
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import uvicorn
from starlette.middleware.gzip import GZipMiddleware

from remiss.errors import SettingError, StorageError
from remiss.faces.http.app import create_app
from remiss.faces.http.authentication import Authentication
from remiss.faces.http.connection import configured
from remiss.faces.http.health import Measured
from remiss.faces.http.health_port import HealthPort
from remiss.faces.http.places import Places
from remiss.faces.http.security import App, Security
from remiss.faces.identity import Identities, fresh, sessions_at
from remiss.faces.web.app import add_pages
from remiss.govern.tokens import Sessions, works
from remiss.opening import ready_to_serve
from remiss.remote import read_token

if TYPE_CHECKING:
    from remiss.workspace import Workspace

PORT = 8765
# How long one thread computes while others wait for the interpreter. At Python's 5 ms the loop that takes requests and answers
# for health waits for its turn behind each thread at work, and with every call to the system anew.
TURN_S = 0.0005
SHORTEST_TOKEN = 16
ONCE = "sign in (works once): "


def secured(
    workspace: Workspace, sessions: Sessions, port: int, announce: Callable[[str], None], origins: Sequence[str] = ()
) -> App:
    """Return everything that one server serves, behind its door.

    Parameters
    ----------
    announce : called with each new link by which the operator's browser signs in
    origins : under which it is reached besides this machine's own names, for example `https://remiss.example.org`
    """
    own = [f"http://{host}:{port}" for host in ("127.0.0.1", "localhost", "[::1]")]
    app = create_app(workspace)
    identities = Identities(workspace, sessions)
    add_pages(app, sessions, identities, lambda: announce(link(sessions, port)))
    # Level 5: a page of 50 KB takes half a millisecond. What is large is compressed by a thread, beside those who wait.
    compressed = GZipMiddleware(
        Measured(app, app.state.metrics), minimum_size=1024, compresslevel=5, thread_minimum_size=64 * 1024
    )
    return Security(Authentication(Places(compressed), identities, app), [*own, *origins])


def link(sessions: Sessions, port: int) -> str:
    """Return a link that signs one browser of the operator in, once."""
    return f"http://127.0.0.1:{port}/sign-in?token={sessions.link()}"


def checked_origin(text: str) -> str:
    """Return an origin as browsers send it.

    Raises
    ------
    SettingError : none
    """
    parts = urlsplit(text)
    try:
        port = parts.port
    except ValueError:
        port = -1
    there = parts.scheme in {"http", "https"} and parts.hostname and not parts.username
    if not there or port == -1 or parts.path not in {"", "/"} or parts.query or parts.fragment:
        raise SettingError(f"{text!r} is not an origin", do="write it like https://remiss.example.org")
    usual = {"http": 80, "https": 443}[parts.scheme]
    host = f"[{parts.hostname}]" if ":" in str(parts.hostname) else parts.hostname
    return f"{parts.scheme}://{host}" + ("" if port in {None, usual} else f":{port}")


def listen(host: str, port: int, *, shared: bool = False) -> socket.socket:
    """Return a socket that listens on an address of this machine.

    Parameters
    ----------
    shared : whether it is known under which origins others reach it

    Raises
    ------
    SettingError : an address that others can reach, and nobody said how they do
    StorageError : it is taken
    """
    try:
        address = ipaddress.ip_address("127.0.0.1" if host == "localhost" else host)
    except ValueError as error:
        raise SettingError(f"{host!r} is not an address of this machine", do="use 127.0.0.1, ::1 or localhost") from error
    if not address.is_loopback and not shared:
        raise SettingError(
            f"{host} can be reached from other machines, and nothing says under which address people do so",
            do="name it with --origin https://NAME, with TLS before it; or use 127.0.0.1, and an SSH tunnel from elsewhere",
        )
    family = socket.AF_INET6 if address.version == 6 else socket.AF_INET
    # With the protocol named: only then asyncio sends small packets at once, and without that each answer takes 40 ms more.
    bound = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((str(address), port))
    except OSError as error:
        bound.close()
        raise StorageError(f"port {port} of {host} cannot be used: {error.strerror}", do="choose another with --port") from error
    bound.listen(128)
    return bound


def token_from(settings_token: str, token_file: str) -> str | None:
    """Return the token by which programs are known; a file that is named and not there is written, for its owner alone.

    Raises
    ------
    SettingError : a file that cannot be read or written, or that others may read; a token short enough to guess
    """
    if settings_token or not token_file:
        return _long_enough(settings_token, "REMISS_TOKEN", "set a longer one") if settings_token else None
    path = Path(token_file)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return _long_enough(read_token(path), str(path), "remove the file to have one made")
    except OSError as error:
        raise SettingError(f"the token file {path} cannot be written: {error.strerror}", do="name another") from error
    token = fresh()
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(token + "\n")
    return token


def _long_enough(token: str, where: str, do: str) -> str:
    if len(token) < SHORTEST_TOKEN:
        raise SettingError(f"the token in {where} is shorter than {SHORTEST_TOKEN} characters", do=do)
    return token


def serve(
    workspace: Workspace,
    *,
    host: str,
    port: int,
    announce: Callable[[str], None],
    origins: Sequence[str] = (),
    jobs: bool = False,
    health_port: int | None = None,
) -> None:
    """Serve until interrupted; when a service manager ends it (SIGTERM), the process ends well.

    Parameters
    ----------
    announce : called with what people are to know: how to sign in, and what to beware of
    origins : under which others reach it; with any, nobody is let in as the operator
    jobs : work off jobs too
    health_port : where a process of its own answers for health; 0 is any that is free

    Raises
    ------
    SettingError, StorageError : the address or the token cannot be used, or nobody could sign in
    """
    origins = [checked_origin(each) for each in origins]
    if origins:
        check_somebody(workspace)
    token = None if origins else token_from(workspace.settings.token, workspace.settings.token_file)
    sys.setswitchinterval(TURN_S)
    # uvicorn lets requests end, then sends itself the signal again: to die of it would leave the catalog's log unfolded.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with listen(host, port, shared=bool(origins)) as bound:
        actual: int = bound.getsockname()[1]
        secure = bool(origins) and all(each.startswith("https://") for each in origins)
        sessions = sessions_at(actual, token, secure=secure, operator=not origins)
        app = secured(workspace, sessions, actual, lambda link: announce(ONCE + link), origins)
        beside = None if health_port is None else listen(host, health_port, shared=bool(origins))
        with (
            ready_to_serve() as nobody_asks,
            working(workspace) if jobs else nullcontext(),
            nullcontext() if beside is None else HealthPort(beside, workspace.serving("health").position) as health,
        ):
            announce(f"serving {workspace.address}; stop with Ctrl-C")
            for each in origins:
                announce(f"people sign in at {each}/sign-in, with their tokens")
                if not each.startswith("https://"):
                    announce(f"{each} is not encrypted: anybody on the network path can read the tokens; put TLS before it")
            if health is not None:
                announce(f"health is answered at {health.address}/livez and /readyz")
            if not origins:
                announce(ONCE + link(sessions, actual))
            ResponsiveServer(configured(app), nobody_asks, health).run(sockets=[bound])


class ResponsiveServer(uvicorn.Server):
    """Serves, and says when nobody asks: no request is under way, and none came since it looked a tenth of a second ago."""

    def __init__(self, config: uvicorn.Config, nobody_asks: Callable[[], None], health: HealthPort | None = None) -> None:
        super().__init__(config)
        self._nobody_asks, self._health = nobody_asks, health
        self._requests = 0

    async def on_tick(self, counter: int) -> bool:
        """Look around, which uvicorn does all the while."""
        before, self._requests = self._requests, self.server_state.total_requests
        if before == self._requests and not self.server_state.tasks:
            self._nobody_asks()
        if self._health is not None:
            self._health.tell()
        return await super().on_tick(counter)


@contextmanager
def working(workspace: Workspace) -> Iterator[None]:
    """Work off jobs beside what is served in this block; at its end the step that is under way is undone or committed whole."""
    # What captures is loaded only where somebody does.
    from remiss.runner import keep_working

    ended = threading.Event()
    thread = threading.Thread(target=keep_working, args=(workspace, ended), name="remiss-jobs")
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def check_somebody(workspace: Workspace) -> None:
    """Refuse to serve for others a catalog into which nobody could come.

    Raises
    ------
    SettingError
    """
    now, people = workspace.now, workspace.people
    holding = {each.name for each in people.everybody(None) if each.grants}
    if not any(works(each, now) and each.person in holding for each in people.tokens(None)):
        raise SettingError(
            "others can reach this server, and nobody has a token to sign in with",
            do="remiss person add NAME --role ROLE --invite; whom you have already: remiss token link NAME",
        )
