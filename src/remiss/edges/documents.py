"""Protocol documents, on disk or as they were posted: fulfil `protocol.ports.Documents`."""

from __future__ import annotations

import stat
from collections.abc import Mapping
from pathlib import Path

from remiss.errors import InputError, Location
from remiss.protocol.reading import MOST_BYTES, decode


class FileDocuments:
    """Documents by their path as the user gave it, relative to the working folder."""

    def read(self, path: str) -> str:
        """Return the text of a document.

        Raises
        ------
        InputError : not there, not a file, not readable
        ProtocolError : too large, not UTF-8
        """
        where = Location(path)
        try:
            found = Path(path)
            if not stat.S_ISREG(found.stat().st_mode):
                raise InputError(f"{path} is not a file", where=where, do="name the YAML file itself")
            with found.open("rb") as opened:
                # One byte more than is allowed tells too large from just right, without reading the rest.
                content = opened.read(MOST_BYTES + 1)
        except FileNotFoundError as error:
            do = f"check the name; remiss protocol new {path} writes a protocol to begin with"
            raise InputError(f"there is no file {path}", where=where, do=do) from error
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or "its name is not one"
            raise InputError(f"{path} cannot be read: {reason}", where=where, do="make it a file that you can read") from error
        return decode(content, path)

    def folder(self, path: str) -> str:
        """Return the absolute path of the folder that a document lies in."""
        return str(Path(path).absolute().parent)


class PostedDocuments:
    """Documents that came with a call from afar, by the paths that they have there; their sources are in a folder here."""

    def __init__(self, texts: Mapping[str, str], sources: Path, folder: str | None = None) -> None:
        self._texts = texts
        self._folder = sources if folder is None else Path(folder)

    def read(self, path: str) -> str:
        """Return the text of a document.

        Raises
        ------
        InputError : it was not sent along
        ProtocolError : it is too large
        """
        if path not in self._texts:
            raise InputError(f"there is no file {path}", where=Location(path), do="check the name")
        return decode(self._texts[path].encode("utf-8", "surrogatepass"), path)

    def folder(self, path: str) -> str:
        """Return the absolute path of the folder that the sources of a document are relative to."""
        return str(self._folder if path in self._texts else Path(path).absolute().parent)
