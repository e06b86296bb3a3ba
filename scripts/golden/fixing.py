"""What is drawn at random elsewhere, drawn the same here: ids of tokens and links, and the key of a catalog.

Only the standard library is held still, and only what ends in an answer: what is encrypted keeps its true randomness. Ids
rise, so that lists that are sorted by them stay in the order in which things were made.
"""

from __future__ import annotations

import hashlib
import itertools
import secrets
from pathlib import Path
from typing import Any

KEY = hashlib.sha256(b"the key of a golden record").digest()


def fix_randomness(salt: str) -> None:
    """Replace what `secrets` draws by counted values; `salt` keeps the draws of two processes apart."""
    counted = itertools.count(int.from_bytes(hashlib.sha256(salt.encode()).digest()[:2]) << 20)

    def drawn() -> bytes:
        return hashlib.sha256(f"{salt} {next(counted)}".encode()).digest()

    def token_hex(size: int | None = None) -> str:
        return drawn().hex()[: 2 * (size or 32)]

    def token_urlsafe(size: int | None = None) -> str:
        return drawn().hex()[: (4 * (size or 32) + 2) // 3].ljust((4 * (size or 32) + 2) // 3, "0")

    fixed: dict[str, Any] = {"randbits": lambda _: next(counted), "token_hex": token_hex, "token_urlsafe": token_urlsafe}
    for name, draw in fixed.items():
        setattr(secrets, name, draw)


def put_key(folder: Path) -> None:
    """Put the key of a catalog that is still to be made into its folder of keys."""
    folder.mkdir(mode=0o700)
    path = folder / "catalog.key"
    path.touch(mode=0o600)
    path.write_bytes(KEY)
