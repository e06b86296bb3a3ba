"""Bins of fields whose values must not stand in the catalog: kept under its key, so that later windows are counted alike.

Who reads the catalog sees of such a field how many bins there are and how many events are in each, and not what they stand for.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Collection
from dataclasses import replace

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from remiss.records.histogram import Bins, FieldBins

PURPOSE = "bins of restricted fields"
NONCE_BYTES = 12


def sealed(bins: Bins, fields: Collection[str], secret: bytes) -> Bins:
    """Return bins of which those of some fields can be read under the key alone.

    The same bins come out the same: the nonce is made of what is sealed (as in RFC 5297, by HMAC), so that it is used again for
    the same text alone.
    """
    return Bins({name: _closed(name, of, secret) if name in fields else of for name, of in bins.fields.items()})


def _closed(name: str, of: FieldBins, secret: bytes) -> FieldBins:
    inside = json.dumps({"edges": of.edges} if of.edges is not None else {"values": of.values}).encode()
    nonce = hmac.new(secret, name.encode() + b"\0" + inside, hashlib.sha256).digest()[:NONCE_BYTES]
    text = base64.b64encode(nonce + AESGCM(secret).encrypt(nonce, inside, name.encode())).decode()
    return replace(of, edges=None, values=None, sealed=text)


def opened(bins: Bins, secret: bytes) -> Bins:
    """Return bins with all that was sealed; without those that another key sealed, which begin anew then."""
    every = {name: of if of.sealed is None else _open(name, of, of.sealed, secret) for name, of in bins.fields.items()}
    return Bins({name: of for name, of in every.items() if of is not None})


def _open(name: str, of: FieldBins, text: str, secret: bytes) -> FieldBins | None:
    content = base64.b64decode(text)
    try:
        inside = AESGCM(secret).decrypt(content[:NONCE_BYTES], content[NONCE_BYTES:], name.encode())
    except InvalidTag:
        return None
    found = json.loads(inside)
    edges, values = found.get("edges"), found.get("values")
    return replace(
        of, sealed=None, edges=None if edges is None else tuple(edges), values=None if values is None else tuple(values)
    )
