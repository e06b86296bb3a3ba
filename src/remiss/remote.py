"""A catalog behind a server: the same actions, posted to it.

What an action takes and returns is published JSON and comes back from it the same (`remiss.codec`), so that a
`RemoteWorkspace` stands wherever a `Workspace` does. Only the server knows its files: a protocol is read here, with the files
it names, and sent along; its sources are read there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, cast
from urllib.parse import quote

from remiss import adapters, catalog
from remiss.action import Action
from remiss.codec import from_json, to_json
from remiss.codec.form import ADVICE
from remiss.errors import InputError, RequestError, SettingError, StorageError
from remiss.settings import Settings

if TYPE_CHECKING:
    from remiss.catalog.ports import CatalogWorkspace
    from remiss.edges.servers.http import Server

ACTIONS_PATH = "/api/v1/actions/"


def open_remote(address: str, settings: Settings) -> RemoteWorkspace:
    """Return a workspace whose actions a server performs; nothing is sent yet.

    Raises
    ------
    SettingError : no token, or an address that a token must not be sent to
    """
    return RemoteWorkspace(adapters.Server(address, token_of(settings)), settings)


def token_of(settings: Settings) -> str:
    """Return the token that settings give, itself or in a file.

    Raises
    ------
    SettingError : neither, or a file that cannot be read, or that others may read
    """
    if settings.token:
        return settings.token
    if not settings.token_file:
        raise SettingError(
            "a server asks for a token, and none is given", do="set REMISS_TOKEN, or name a file with --token-file"
        )
    token = read_token(Path(settings.token_file))
    if not token:
        raise SettingError(f"the token file {settings.token_file} is empty", do="let remiss serve --token-file write it")
    return token


def read_token(path: Path) -> str:
    """Return what a token file holds; anybody else who may read it could act as its owner.

    Raises
    ------
    SettingError : it cannot be read, or others may read it
    """
    try:
        if path.stat().st_mode & 0o077:
            raise SettingError(f"others may read the token file {path}", do=f"chmod 600 {path}")
        return path.read_text("utf-8").strip()
    except (OSError, ValueError) as error:
        raise SettingError(f"the token file {path} cannot be read", do="check its name and its permissions") from error


class RemoteWorkspace:
    """A catalog behind a server. Who acts is for the server to know, by the token."""

    created = False
    file = None

    def __init__(self, server: Server, settings: Settings) -> None:
        self.settings = settings
        self.address = server.address
        self._server = server

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the server; each call was a connection of its own."""

    def position(self) -> int:
        """Return the catalog's position."""
        return catalog.info(cast("CatalogWorkspace", self)).position

    @contextmanager
    def reporting(self, _progress: object) -> Iterator[None]:
        """Report nothing: a server answers when it is done."""
        yield

    @contextmanager
    def reading(self, *, held: bool = False) -> Iterator[None]:
        """Share nothing: each action is a request of its own, and the server records what it shows."""
        yield

    def perform(self, action: Action, arguments: Mapping[str, Any]) -> Any:
        """Have the server perform an action; return what the action returned.

        Raises
        ------
        RemissError : whatever the action raised there, or what kept it from being reached or understood
        InputError : an argument of another type than the action declares
        """
        call: dict[str, object] = {"arguments": sendable(action, arguments)}
        if action.document is not None:
            call["documents"] = documents_of(str(arguments[action.document]))
        answer = self._server.call(ACTIONS_PATH + quote(action.name), call)
        try:
            return from_json(action.returns, answer["result"], action.name)
        except (RequestError, KeyError, TypeError) as error:
            raise StorageError(
                f"what {self.address} answered cannot be read", do="use the same version of remiss there and here"
            ) from error


def sendable(action: Action, arguments: Mapping[str, Any]) -> dict[str, object]:
    """Return the arguments of an action as published JSON.

    Raises
    ------
    InputError : one of another type than the action declares
    """
    declared = action.types
    found: dict[str, object] = {}
    for name, value in arguments.items():
        try:
            found[name] = to_json(value, declared[name])
        except (TypeError, ValueError) as error:
            raise InputError(f"{action.name}: {name} cannot be sent: {error}", do=ADVICE) from error
    return found


def documents_of(path: str) -> dict[str, str]:
    """Return a protocol's text by its path, and likewise the taxonomy and rubric that it names.

    One that it names and that cannot be read is left out: that is for the action to find.

    Raises
    ------
    ProtocolError : the protocol itself cannot be read
    """
    from remiss.protocol.actions import beside
    from remiss.protocol.document import draft

    documents = adapters.FileDocuments()
    found = {path: documents.read(path)}

    def read(name: str) -> str:
        text = documents.read(beside(path, name))
        found[beside(path, name)] = text
        return text

    draft(found[path], path, read)
    return found
