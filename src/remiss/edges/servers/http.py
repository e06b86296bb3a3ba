"""A remiss server at the other end of HTTP: what a call sends, and what its answer means."""

from __future__ import annotations

import json
from collections.abc import Mapping
from http import HTTPStatus
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, ProxyHandler, Request, build_opener

from remiss.errors import InputError, LabellingError, Location, RemissError, SettingError, StorageError
from remiss.version import __version__

# A capture may read logs for long; a server that is silent for an hour is gone.
SILENCE_SECONDS = 3600
MOST_BYTES = 256 * 1024 * 1024


class _NoRedirect(HTTPRedirectHandler):
    """A redirect would carry the token to somebody else."""

    def redirect_request(self, *_: Any) -> None:
        return None


class Server:
    """One server. `address` is `http://HOST:PORT`; `token` is what it knows its users by."""

    def __init__(self, address: str, token: str) -> None:
        try:
            parts = urlsplit(address)
            whole = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
        except ValueError:
            whole = False
        if not whole or parts.username or parts.query or parts.fragment:
            raise SettingError(f"{address!r} is not the address of a server", do="give it as http://HOST:PORT or https://HOST")
        if parts.scheme == "http" and parts.hostname not in {"127.0.0.1", "localhost", "::1"}:
            raise SettingError(
                f"{address} would send the token over the network unencrypted", do="use the server's https address"
            )
        self.address = address.rstrip("/")
        self._token = token
        # What is not encrypted stays on this machine: not even a proxy that the environment names gets to see the token.
        direct = [ProxyHandler({})] if parts.scheme == "http" else []
        self._opener = build_opener(_NoRedirect(), *direct)

    def call(self, path: str, body: Mapping[str, object]) -> Any:
        """Post JSON and return the JSON of the answer.

        Raises
        ------
        RemissError : what the server says went wrong, of the class that it would have had here
        StorageError : no server answers there, or something else does
        """
        content = json.dumps(body, ensure_ascii=False, allow_nan=False).encode("utf-8", "surrogatepass")
        headers = {
            "Authorization": f"Bearer {self._token}",
            "Content-Type": "application/json",
            "User-Agent": f"remiss/{__version__}",
        }
        request = Request(self.address + path, content, headers, method="POST")  # noqa: S310 - the scheme was checked above
        try:
            with self._opener.open(request, timeout=SILENCE_SECONDS) as answer:
                return self._json(answer.read(MOST_BYTES + 1))
        except HTTPError as error:
            with error:
                raise self._error(error.code, error.read(MOST_BYTES)) from error
        except (URLError, HTTPException, OSError) as error:
            reason = getattr(error, "reason", None) or error
            raise StorageError(
                f"no remiss server answers at {self.address}: {reason}",
                do="start one there with remiss serve, or check the address",
            ) from error

    def _json(self, content: bytes) -> Any:
        if len(content) > MOST_BYTES:
            raise StorageError(f"{self.address} answered with more than {MOST_BYTES >> 20} MB", do="ask for less at once")
        try:
            return json.loads(content)
        except (ValueError, RecursionError) as error:
            raise StorageError(f"what answers at {self.address} is not a remiss server", do="check the address") from error

    def _error(self, status: int, content: bytes) -> RemissError:
        if status == HTTPStatus.UNAUTHORIZED:
            return SettingError(
                f"{self.address} does not know the token",
                do="give one that still works, a person's or the one that it was started with: REMISS_TOKEN or --token-file",
            )
        try:
            said = json.loads(content)["error"]
            code, what, where, do = str(said["code"]), str(said["what"]), said["where"], str(said["do"])
            place = None if where is None else Location(str(where["file"]), where["line"])
            fields = {str(each["field"]): (str(each["what"]), str(each["do"])) for each in said.get("fields", ())}
        except (ValueError, KeyError, TypeError, RecursionError):
            return StorageError(f"{self.address} answered with status {status} and no reason", do="check the address")
        # What only a server says (too large, of another site) has a code that no error of the library has.
        otherwise = InputError if status < HTTPStatus.INTERNAL_SERVER_ERROR else StorageError
        if code == LabellingError.code:
            return LabellingError(what, where=place, do=do, fields=fields)
        return _CLASSES.get(code, otherwise)(what, where=place, do=do)


def _tree(top: type[RemissError]) -> Mapping[str, type[RemissError]]:
    found = {top.code: top}
    for below in top.__subclasses__():
        found.update(_tree(below))
    return found


_CLASSES = _tree(RemissError)
