"""Attachments: files that people add to a case. The content goes to the vault; the catalog holds a name, a size and who it was.

Nothing that is said of a file by its name or its first bytes is believed: it is sent as a file to be kept, whatever it is.
"""

from __future__ import annotations

import json
import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime

from remiss.errors import InputError
from remiss.govern.redaction.written import Gate
from remiss.records.case import Sensitivity
from remiss.records.identity import format_time

MOST_BYTES = 16 * 1024 * 1024
NAME_LIMIT = 120
ENDING_LIMIT = 16
# What some file system takes for more than a letter; names that Windows takes for devices.
_SPECIAL = re.compile(r'[<>:"|?*]')
_DEVICE = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?", re.IGNORECASE | re.ASCII)
_NAMELESS = "file"


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedAttachment:
    """A file as it is added: a harmless name without personal data, what the vault keeps, and its sensitivity."""

    name: str
    size: int
    sensitivity: Sensitivity
    kept: bytes


def prepared(
    name: str, content: bytes, sensitivity: Sensitivity, *, case: str, person: str, at: datetime, gate: Gate
) -> PreparedAttachment:
    """Return a file as it may be added.

    Parameters
    ----------
    name : as the person's machine gave it, perhaps a path
    sensitivity : at least that of its case
    at : now; with the rest it makes what the vault keeps of the same file another each time, so that to remove one leaves
        the others

    Raises
    ------
    InputError : empty, or too large
    """
    if not content:
        raise InputError("the file is empty", do="attach one that says something")
    if len(content) > MOST_BYTES:
        raise InputError(f"the file has more than {MOST_BYTES >> 20} MB", do="attach the part of it that matters")
    head = json.dumps({"case": case, "person": person, "at": format_time(at)}).encode()
    safe = harmless_name(gate.words(name)[-1000:])
    return PreparedAttachment(name=safe, size=len(content), sensitivity=sensitivity, kept=head + b"\n" + content)


def content_of(kept: bytes) -> bytes:
    """Return the content in what the vault kept."""
    return kept.partition(b"\n")[2]


def harmless_name(name: str) -> str:
    r"""Return a name that is one file's in every folder: no path, no control or invisible letters, nothing a system reserves.

    >>> harmless_name("../../etc/passwd"), harmless_name(r"C:\Users\ana\shot 1.png"), harmless_name("NUL.txt")
    ('passwd', 'shot 1.png', '_NUL.txt')
    """
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1]
    # C: control, format (which turns the direction of reading), surrogates, unassigned; Z but for the blank: line ends.
    seen = "".join(letter if letter == " " or unicodedata.category(letter)[0] not in "CZ" else "_" for letter in last)
    plain = _SPECIAL.sub("_", seen).strip(" .")
    if len(plain) > NAME_LIMIT:
        stem, dot, ending = plain.rpartition(".")
        ending = dot + ending if stem and len(ending) < ENDING_LIMIT else ""
        plain = plain[: NAME_LIMIT - len(ending)].rstrip(" .") + ending
    return f"_{plain}" if _DEVICE.fullmatch(plain) else plain or _NAMELESS
