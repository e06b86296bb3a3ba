"""The protocol of a run, as the catalog keeps it: what the run is derived again by, and what is looked at beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import PurePath

from remiss.capture.ports import CaptureWorkspace
from remiss.errors import ProtocolError
from remiss.protocol.terms import Address, Protocol
from remiss.protocol.versions import kept_version
from remiss.records.run import Manifest


def filed_document(ws: CaptureWorkspace, manifest: Manifest) -> Protocol:
    """Return the protocol of a run as the catalog keeps it, with the addresses and the grace that it was captured by.

    Raises
    ------
    ProtocolError : this version of remiss refuses what an earlier one took
    """
    stored = ws.protocols.find(manifest.protocol, manifest.protocol_version)
    if stored is None:
        raise ProtocolError(f"the catalog has no version {manifest.protocol_version} of {manifest.protocol}")
    path = str(PurePath(manifest.folder) / f"{manifest.protocol}.yaml")
    document = kept_version(stored, path)
    source = _addressed(document.source, manifest.addresses.get("events"))
    document = replace(document, source=source, grace=timedelta(minutes=manifest.grace_minutes))
    if document.labels is not None:
        labels = replace(document.labels, address=_addressed(document.labels.address, manifest.addresses.get("labels")))
        document = replace(document, labels=labels)
    return document


def addresses_of(protocol: Protocol) -> Mapping[str, Mapping[str, str | None]]:
    """Return where and how the sources of a protocol are read, for the manifest."""
    read = {"events": protocol.source} | ({} if protocol.labels is None else {"labels": protocol.labels.address})
    return {name: {"uri": one.uri, "format": one.format, "time_zone": one.time_zone} for name, one in read.items()}


def _addressed(address: Address, given: Mapping[str, str | None] | None) -> Address:
    """Return an address as a run read it."""
    if given is None:
        return address
    return replace(
        address, uri=given["uri"] or address.uri, format=given["format"] or address.format, time_zone=given["time_zone"]
    )
