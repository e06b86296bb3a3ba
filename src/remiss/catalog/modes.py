"""Which failure modes a case may be given: those of the built-in taxonomy and of the protocols that the catalog keeps."""

from __future__ import annotations

from remiss.errors import InputError
from remiss.protocol import taxonomy as taxonomies
from remiss.protocol.nearest import nearest
from remiss.protocol.ports import Protocols


def check_known(mode: str | None, shelf: Protocols) -> None:
    """Refuse a failure mode that no taxonomy has.

    Raises
    ------
    InputError
    """
    builtin = taxonomies.builtin().modes
    if mode is None or mode in builtin:
        return
    known = {*builtin, *shelf.modes()}
    if mode not in known:
        advice = f"{nearest(mode, sorted(known), 'the modes are')}; `remiss taxonomy show` lists the built-in ones"
        raise InputError(f"no taxonomy has the failure mode {mode}", do=advice)
