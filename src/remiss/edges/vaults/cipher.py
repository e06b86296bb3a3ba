"""How raw evidence is encrypted: each piece under a key of its own, and that key wrapped by a key of the catalog.

A piece is sealed with AES-256-GCM under a data key that is made for it and never used again, so that a fixed nonce is safe
(NIST SP 800-38D asks that no pair of key and nonce comes twice). The data key is wrapped with AES-256-GCM under a wrapping
key and a random nonce; SP 800-38D allows 2^32 of these a wrapping key, which is some hundred thousand captures. Address
and use are authenticated with both: neither a piece nor a wrapped key can be put in the place of another.

To erase a piece is to destroy its wrapped key: what is left of it on any disk can be read by nobody.
"""

from __future__ import annotations

import os
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES = 32
NONCE_BYTES = 12
WRAPPED_BYTES = NONCE_BYTES + KEY_BYTES + 16
# What stands in the place of a wrapped key that was destroyed.
DESTROYED = bytes(WRAPPED_BYTES)
ONLY_NONCE = bytes(NONCE_BYTES)
PIECE = b"remiss piece 1\n"
KEY = b"remiss data key 1\n"


class DecryptionError(Exception):
    """A piece or a wrapped key that is not what was written, or was written under another key."""


@dataclass(frozen=True, slots=True)
class Wrapping:
    """A wrapping key: what names it, 16 hex digits, and the cipher under it."""

    name: str
    cipher: AESGCM


def seal(content: bytes, address: bytes) -> tuple[bytes, bytes]:
    """Return a new data key and the content sealed under it."""
    data_key = os.urandom(KEY_BYTES)
    return data_key, AESGCM(data_key).encrypt(ONLY_NONCE, content, PIECE + address)


def unseal(data_key: bytes, sealed: bytes, address: bytes) -> bytes:
    """Return the content of a piece.

    Raises
    ------
    Unreadable : it was altered, or is not the piece of this address
    """
    try:
        return AESGCM(data_key).decrypt(ONLY_NONCE, sealed, PIECE + address)
    except InvalidTag as error:
        raise DecryptionError from error


def wrap(wrapping: Wrapping, data_key: bytes, address: bytes) -> bytes:
    """Return a data key wrapped, WRAPPED_BYTES long."""
    nonce = os.urandom(NONCE_BYTES)
    return nonce + wrapping.cipher.encrypt(nonce, data_key, KEY + address)


def unwrap(wrapping: Wrapping, wrapped: bytes, address: bytes) -> bytes:
    """Return the data key in a wrapped one.

    Raises
    ------
    Unreadable : it was altered or destroyed, or is of another address or wrapping key
    """
    try:
        return wrapping.cipher.decrypt(wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], KEY + address)
    except InvalidTag as error:
        raise DecryptionError from error
