"""A record on disk: what was asked, by its address, and what was answered.

An address is `DATABASE/KIND/NAME...`; the answers of one database and kind are one file of JSON Lines. Texts are kept as
lists of lines and JSON as itself, so that a difference can be named by where in the answer it is.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO


class Record:
    """A record that is being written to a folder, which is made if missing."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._files: dict[str, TextIO] = {}
        self._seen: set[str] = set()

    def put(self, address: str, value: Any) -> None:
        """Write down an answer.

        Raises
        ------
        ValueError : there is one of that address
        """
        if address in self._seen:
            raise ValueError(f"{address} is recorded twice")
        self._seen.add(address)
        database, kind, _ = address.split("/", 2)
        name = f"{database}/{kind}"
        if name not in self._files:
            path = self.folder / f"{name}.jsonl"
            path.parent.mkdir(parents=True, exist_ok=True)
            self._files[name] = path.open("w", encoding="utf-8")
        json.dump({"address": address, "value": value}, self._files[name], ensure_ascii=False)
        self._files[name].write("\n")

    def close(self) -> None:
        """Write what is still held back."""
        for file in self._files.values():
            file.close()


def answers(folder: Path) -> Iterator[tuple[str, Any]]:
    """Yield every address of a record and its answer, file by file."""
    for path in sorted(folder.glob("*/*.jsonl")):
        with path.open(encoding="utf-8") as lines:
            for line in lines:
                kept = json.loads(line)
                yield kept["address"], kept["value"]


def body(text: str) -> Any:
    """Return an answer's text as JSON if it is that, else as its lines."""
    if text.lstrip()[:1] in {"{", "["}:
        try:
            return json.loads(text)
        except ValueError:
            pass
    return text.splitlines()
