"""Digests in the logs: of what was there before and after, of what was asked, of what was given; never what it was.

Each is made under the catalog's key and of its own place: of the case that stood so, of the person who asked so. Alike content in
two places has digests that are not alike. Else whoever reads the log would find out what they are not shown, by having the same
written of something else, and looking whether the digests are the same.
"""

from __future__ import annotations

import hmac

from remiss.records.identity import canonical


def digested(secret: bytes, *place: str, content: object) -> str:
    """Return the digest of content in a place, in hex.

    Parameters
    ----------
    place : what it is the content of, for example the id of a case, or who did what
    content : what canonical JSON can hold

    >>> digested(b"key", "case 1", content="late") == digested(b"key", "case 2", content="late")
    False
    """
    return hmac.digest(secret, canonical([*place, content]), "sha256").hex()
