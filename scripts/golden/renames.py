"""What is called otherwise now: applied to the old record before it is compared, and to commands before they are typed.

A file of renames is YAML (or JSON), a list of

    - {kind: command, old: case sheet, new: case form}
    - {kind: command, old: --also, new: --other-mode}
    - {kind: key, old: at, new: occurred, where: "*/command/*"}
    - {kind: route, old: "/cases/{case}/sheet", new: "/cases/{case}/form"}
    - {kind: schema, old: Judgement, new: Labelling}
    - {kind: text, old: "isn't", new: "is not", where: "*/page/*"}
    - {kind: address, old: "case.sheet", new: "case.form"}

Tables, columns and indexes that are called otherwise are renamed where statements and their plans are, `where: "*/asked/*"`.

A `command` is words as they are typed, in questions, help and messages; a `key` is a whole key of JSON; a `route` is a part of a
path; a `schema` is a name by itself, in keys and references; `text` is anything; an `address` is that of what was asked, and
nothing of the answer. With `regex: true`, `old` is a regular expression. They are applied in their order. `where` is a pattern of
the addresses that a rename holds for; without it, it holds for all.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

KINDS = ("command", "key", "route", "schema", "text", "address")


@dataclass(frozen=True)
class Rename:
    """One thing that is called otherwise, and where."""

    kind: str
    pattern: re.Pattern[str]
    new: str
    where: str = "*"
    # The words of a command that it is about; none where it is a regular expression.
    typed: tuple[str, ...] = ()

    def of_text(self, text: str, address: str) -> str:
        """Return a text of an answer as it is now."""
        return self._put(text, "command", "route", "schema", "text") if fnmatchcase(address, self.where) else text

    def of_key(self, key: str, address: str) -> str:
        """Return a key of an answer as it is now."""
        return self._put(key, "key", "route", "schema", "text") if fnmatchcase(address, self.where) else key

    def of_address(self, address: str) -> str:
        return self._put(address, "address", "command", "route", "schema") if fnmatchcase(address, self.where) else address

    def of_words(self, words: Sequence[str]) -> list[str]:
        """Return the words of a command as they are typed now."""
        if self.kind != "command" or not self.typed:
            return list(words)
        said, size = list(words), len(self.typed)
        for at in range(len(said) - size, -1, -1):
            if tuple(said[at : at + size]) == self.typed:
                said[at : at + size] = self.new.split()
        return said

    def _put(self, text: str, *kinds: str) -> str:
        return self.pattern.sub(self.new, text) if self.kind in kinds else text


def load(path: Path | None) -> tuple[Rename, ...]:
    """Return the renames of a file; none without one.

    Raises
    ------
    ValueError : a rename of an unknown kind, or without `old` and `new`
    """
    if path is None:
        return ()
    import yaml

    return tuple(_rename(each) for each in yaml.safe_load(path.read_text("utf-8")) or ())


def _rename(said: dict[str, Any]) -> Rename:
    if said.get("kind") not in KINDS or "old" not in said or "new" not in said:
        raise ValueError(f"{said} is no rename: it needs old, new, and a kind of {', '.join(KINDS)}")
    kind, old, new = str(said["kind"]), str(said["old"]), str(said["new"])
    if said.get("regex"):
        return Rename(kind, re.compile(old), new, str(said.get("where", "*")))
    literal = re.escape(old)
    if kind == "key":
        literal = rf"^{literal}$"
    elif kind in {"command", "schema"}:
        # Whole words alone, and of an option no longer one that begins like it.
        literal = rf"(?<![\w-]){literal}(?![\w-])"
    return Rename(kind, re.compile(literal), new.replace("\\", r"\\"), str(said.get("where", "*")), tuple(old.split()))


def renamed(value: Any, address: str, renames: Sequence[Rename]) -> Any:
    """Return an answer with everything called as it is now."""
    here = [each for each in renames if fnmatchcase(address, each.where)]
    return _walked(value, _all(here, address, "of_text"), _all(here, address, "of_key")) if here else value


def _all(renames: Sequence[Rename], address: str, name: str) -> Callable[[str], str]:
    def put(text: str) -> str:
        for each in renames:
            text = getattr(each, name)(text, address)
        return text

    return put


def _walked(value: Any, text: Callable[[str], str], key: Callable[[str], str]) -> Any:
    match value:
        case str():
            return text(value)
        case list():
            return [_walked(each, text, key) for each in value]
        case dict():
            return {key(name): _walked(each, text, key) for name, each in value.items()}
        case _:
            return value


def called(address: str, renames: Sequence[Rename]) -> str:
    """Return an address, or a path, as it is now."""
    for each in renames:
        address = each.of_address(address)
    return address


def sent(value: Any, address: str, renames: Sequence[Rename]) -> Any:
    """Return what is sent with the request of an address, its keys called as they are now."""
    keys = [each for each in renames if each.kind == "key"]
    return _walked(value, str, _all(keys, address, "of_key"))


def translation(renames: Sequence[Rename]) -> Callable[[Sequence[str]], Sequence[str]]:
    """Return what turns the words of a command into those that are typed now."""

    def translate(words: Sequence[str]) -> Sequence[str]:
        for each in renames:
            words = each.of_words(words)
        return words

    return translate
