"""Keeping versions apart: whether a document says what the catalog keeps under its name and version.

A version stands for one meaning, or figures of two would be added up; and for one way of guarding content, or nobody could
tell by which of two rules a stored text was redacted.
"""

from __future__ import annotations

from remiss.errors import Location, ProtocolError
from remiss.protocol.cache import restore
from remiss.protocol.meaning import handling, meaning, parts_that_differ
from remiss.protocol.ports import StoredProtocol
from remiss.protocol.terms import Protocol


def check_kept(stored: StoredProtocol | None, document: Protocol) -> None:
    """Check that a document is the version that the catalog keeps, if it keeps one of that name and number.

    Raises
    ------
    ProtocolError : it means something else, or guards content otherwise
    """
    if stored is None or stored.text == document.text:
        return
    version = f"version {document.version} of {document.name}"
    where = Location(document.path, document.lines.get("version"))
    if stored.digest != document.digest:
        raise ProtocolError(
            f"{version} means something else in this catalog{_differing(stored, document)}",
            where=where,
            do="raise `version`: figures of two meanings must never be added up (see `remiss protocol show`)",
        )
    changed = parts_that_differ(handling(restore(stored.text, document.path)), handling(document))
    if changed:
        raise ProtocolError(
            f"{version} guards its content otherwise in this catalog: another {', '.join(changed)}",
            where=where,
            do="raise `version`: what is filed is guarded by it; the figures of both versions go on as one",
        )


def _differing(stored: StoredProtocol, document: Protocol) -> str:
    try:
        before = restore(stored.text, document.path)
    except ProtocolError:
        return ""
    changed = parts_that_differ(meaning(before), meaning(document))
    return f": another {', '.join(changed)}" if changed else ""
