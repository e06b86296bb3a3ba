"""Which failure modes a case may be given: those of the built-in taxonomy and of the protocols that the catalog keeps."""

from __future__ import annotations

from collections.abc import Iterable

from remiss.errors import InputError, ProtocolError
from remiss.protocol import taxonomy as taxonomies
from remiss.protocol.document import restore
from remiss.protocol.nearest import nearest
from remiss.protocol.ports import Protocols, StoredProtocol


def check_known(mode: str | None, shelf: Protocols) -> None:
    """Refuse a failure mode that no taxonomy has.

    Raises
    ------
    InputError
    """
    builtin = taxonomies.builtin().modes
    if mode is None or mode in builtin:
        return
    known = {*builtin, *_of_protocols(shelf.versions())}
    if mode not in known:
        advice = f"{nearest(mode, sorted(known), 'the modes are')}; `remiss taxonomy show` lists the built-in ones"
        raise InputError(f"no taxonomy has the failure mode {mode}", do=advice)


def _of_protocols(kept: Iterable[StoredProtocol]) -> Iterable[str]:
    for each in kept:
        try:
            yield from restore(each.text, each.name).taxonomy.modes
        except ProtocolError:
            # An earlier remiss took what this one refuses: such a version names no modes here, and is no fault of this filing.
            continue
