"""Checkpoints: how long a log was and which root it had, signed, as a text that can be kept anywhere.

The text is a signed note of the C2SP (https://c2sp.org/signed-note) with a tree head in it (https://c2sp.org/tlog-checkpoint),
so that tools for transparency logs read it too. It is signed by Ed25519; a holder of the public key, which is written as a
`verifier key` of that specification, can check it without the catalog.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from remiss.errors import InputError
from remiss.govern.audit.merkle import HASH_BYTES

SECRET = "checkpoint"  # noqa: S105 - the name of a secret
ED25519 = b"\x01"
DASH = "\u2014 "
ADVICE = "give the text that `remiss audit checkpoint` printed, unchanged"


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """A tree head: whose log, how many entries, and the root over them."""

    origin: str
    size: int
    root: bytes

    @property
    def log(self) -> str:
        """Which of a catalog's logs."""
        return self.origin.rpartition("/")[2]

    @property
    def text(self) -> str:
        """The text that is signed."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"


def origin_of(catalog: str, log: str) -> str:
    """Return what names a log of a catalog in checkpoints."""
    return f"{name_of(catalog)}/{log}"


def name_of(catalog: str) -> str:
    """Return the name of a catalog's key."""
    return f"remiss/{catalog}"


@dataclass(frozen=True, slots=True)
class Verifier:
    """A public key and its name."""

    name: str
    public: bytes

    @property
    def key_id(self) -> bytes:
        """Four bytes by which a signature says whose it is."""
        return hashlib.sha256(self.name.encode() + b"\n" + ED25519 + self.public).digest()[:4]

    @property
    def text(self) -> str:
        """The key as others read it: name, id and key, joined by +."""
        return f"{self.name}+{self.key_id.hex()}+{base64.b64encode(ED25519 + self.public).decode()}"

    @classmethod
    def of(cls, text: str) -> Verifier:
        """Return the key that a text says.

        Raises
        ------
        InputError : it says none, or another kind than Ed25519
        """
        name, _, rest = text.strip().partition("+")
        key_id, _, encoded = rest.partition("+")
        content = _decoded(encoded)
        if not name or content is None or content[:1] != ED25519 or len(content) != 33:
            raise InputError(
                "this is not the public key of a catalog", do="give the line that `remiss audit checkpoint` writes with --key"
            )
        found = cls(name, content[1:])
        if found.key_id.hex() != key_id:
            raise InputError("the public key is damaged: its id does not fit", do="copy it again, whole")
        return found

    def signed(self, text: str, signature: bytes) -> bool:
        """Return whether a signature of a text is of this key."""
        return self.signed_bytes(text.encode(), signature)

    def signed_bytes(self, content: bytes, signature: bytes) -> bool:
        """Return whether a signature of some bytes is of this key."""
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, content)
        except InvalidSignature:
            return False
        return True


@dataclass(frozen=True, slots=True)
class Signer:
    """A key that signs: a name and 32 secret bytes."""

    name: str
    secret: bytes

    @property
    def verifier(self) -> Verifier:
        """The public half."""
        return Verifier(self.name, Ed25519PrivateKey.from_private_bytes(self.secret).public_key().public_bytes_raw())

    def sign(self, content: bytes) -> bytes:
        """Return the signature of some bytes."""
        return Ed25519PrivateKey.from_private_bytes(self.secret).sign(content)

    def note(self, text: str) -> str:
        """Return a text, of whole lines, with its signature under it."""
        signature = self.sign(text.encode())
        return f"{text}\n{DASH}{self.name} {base64.b64encode(self.verifier.key_id + signature).decode()}\n"


def read_notes(text: str, verifier: Verifier) -> tuple[Checkpoint, ...]:
    """Return the checkpoints of a file, which may hold many one after the other, each checked to be signed by a key.

    Raises
    ------
    InputError : something else is in it, or one is not signed by that key, or also by a signature in its name that is not its own
    """
    found = tuple(_checkpoint(body, signatures, verifier) for body, signatures in _notes(text))
    if not found:
        raise InputError("there is no checkpoint in it", do=ADVICE)
    return found


def _notes(text: str) -> Iterator[tuple[str, list[str]]]:
    """Yield each note: the text that was signed, and the lines of its signatures."""
    body: list[str] = []
    signatures: list[str] = []
    for line in text.replace("\r\n", "\n").split("\n"):
        if line.startswith(DASH):
            signatures.append(line)
            continue
        if signatures:
            yield "".join(f"{each}\n" for each in body), signatures
            body, signatures = [], []
        if line:
            body.append(line)
    if signatures:
        yield "".join(f"{each}\n" for each in body), signatures
    elif body:
        raise InputError("a checkpoint has no signature", do=ADVICE)


def _checkpoint(body: str, signatures: list[str], verifier: Verifier) -> Checkpoint:
    # What others signed beside it is theirs to check; of two in our name one is forged, and so the whole is not to be trusted.
    ours = [_is_by(line, body, verifier) for line in signatures if _name_in(line) == verifier.name]
    if not ours or not all(ours):
        raise InputError(
            f"the checkpoint of {body.partition(chr(10))[0]!r} is not signed by {verifier.name}, or was changed since",
            do="check that file and key are of the same catalog; a checkpoint that was changed proves nothing",
        )
    origin, _, rest = body.partition("\n")
    size, _, rest = rest.partition("\n")
    root = _decoded(rest.partition("\n")[0])
    if not size.isascii() or not size.isdecimal() or root is None or len(root) != HASH_BYTES:
        raise InputError("the note is signed, and is not a checkpoint", do=ADVICE)
    return Checkpoint(origin=origin, size=int(size), root=root)


def _name_in(line: str) -> str:
    return line.removeprefix(DASH).partition(" ")[0]


def _is_by(line: str, body: str, verifier: Verifier) -> bool:
    content = _decoded(line.removeprefix(DASH).partition(" ")[2])
    return content is not None and content[:4] == verifier.key_id and verifier.signed(body, content[4:])


def _decoded(text: str) -> bytes | None:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
