"""Protocols as the pages read them: the newest version of each that a catalog keeps, and what stands where in it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from remiss import protocol as protocol_chapter
from remiss.catalog.query.fields import key_of_field
from remiss.errors import InputError, RemissError
from remiss.faces.web.confirmed_rates import estimating
from remiss.present import facts
from remiss.protocol.titles import agreed
from remiss.protocol.versions import restore
from remiss.records.case import Sensitivity

if TYPE_CHECKING:
    from remiss.protocol.terms import Protocol
    from remiss.workspace import Workspace


def newest(ws: Workspace, ask: Callable[..., Any] | None = None) -> tuple[Protocol, ...]:
    """Return the newest version of each protocol; one that this version of remiss cannot read is left out.

    Parameters
    ----------
    ask : what gives the answer of an action that somebody may have asked before; default: it is asked
    """
    answer = ask or (lambda call, **given: call(ws, **given))
    listed = answer(protocol_chapter.list_protocols)
    versions: dict[str, int] = {}
    # Newest first within a name.
    for each in listed:
        versions.setdefault(str(each["protocol"]), int(str(each["version"])))
    found = []
    for name, version in versions.items():
        stored = answer(protocol_chapter.show, protocol=name, version=version)
        try:
            found.append(restore(stored.text, f"{name}@{version}"))
        except RemissError:
            continue
    return tuple(found)


def protocol(ws: Workspace, label: str) -> Protocol:
    """Return a protocol by its label, for example `arrival-delay@3`.

    Raises
    ------
    NotFound, ProtocolError : the catalog has none such, or it cannot be read any more
    """
    name, _, version = label.rpartition("@")
    return restore(protocol_chapter.show(ws, name, version=int(version)).text, label)


def fields(found: Protocol) -> tuple[str, ...]:
    """Return the fields of a protocol that reach the catalog, as the filter language calls them."""
    hidden = {name for name, level in found.sensitivity.items() if level >= Sensitivity.RESTRICTED}
    return tuple(key_of_field(name) for name in found.fields if name not in hidden)


def answerable(names: Sequence[str], ask: Callable[..., Any], ground: Mapping[str, str | None]) -> tuple[str, ...]:
    """Return those of some fields by which every figure can be broken down: they have no more values than one may have rows.

    Parameters
    ----------
    ask : what gives an answer that somebody may have asked before
    ground : of which source and protocol
    """
    try:
        found = ask(estimating().answerable, fields=tuple(names), **ground)
    except InputError:
        return tuple(names)
    return tuple(name for name in names if name in found)


def heads(known: Iterable[Protocol]) -> dict[str, str]:
    """Return what stands above values of fields: what people call them, with the unit; where all protocols that say it agree."""
    shown = ((each.show, name, of) for each in known for name, of in each.show.items())
    return agreed((name, facts.headed(show, name) if of.label or of.of else "") for show, name, of in shown)
