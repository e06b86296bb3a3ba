"""Tokens: how one is written, whether what somebody sends is one, and what it lets them do.

Most stand for a person until they expire: programs send them, and a browser may be signed in with one. The token of a link does
nothing but sign one browser in, once and soon; what stays of it in a history, a log or a chat opens nothing.

A token is `remiss_ID_SECRET`. The id finds it; of the secret, 256 random bits, only a digest is kept, which is compared in
constant time. A plain digest does: nobody guesses 256 bits, however fast they try.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from datetime import datetime

from remiss.records.identity import CROCKFORD
from remiss.records.person import Token

_TOKEN = re.compile(rf"remiss_([{CROCKFORD}]{{12}})_([A-Za-z0-9_-]{{43}})")


def written(token_id: str, secret: str) -> str:
    """Return a token as its holder keeps it."""
    return f"remiss_{token_id}_{secret}"


def split_token(text: str) -> tuple[str, str] | None:
    """Return the id and the secret of a token; None when it is not written like one.

    >>> split_token("remiss_0123456789ab_" + "x" * 43)[0], split_token("remiss_secret")
    ('0123456789ab', None)
    """
    found = _TOKEN.fullmatch(text)
    return None if found is None else (found[1], found[2])


def digest(secret: str) -> str:
    """Return what is kept of a secret."""
    return hashlib.sha256(secret.encode()).hexdigest()


def admits(token: Token, kept: str, secret: str, now: datetime) -> bool:
    """Return whether a secret is that of a token that stands for its person now, which a link's never does."""
    right = hmac.compare_digest(kept, digest(secret))
    return right and not token.once and works(token, now)


def opens(token: Token, kept: str, secret: str, now: datetime) -> bool:
    """Return whether a secret is that of a link that can be used now."""
    right = hmac.compare_digest(kept, digest(secret))
    return right and token.once and token.used is None and works(token, now)


def keeps_open(token: Token, now: datetime) -> bool:
    """Return whether a session that a token opened may go on: until it is revoked, and, where it is no link's, expires."""
    return token.position_to is None and token.used is not None if token.once else works(token, now)


def works(token: Token, now: datetime) -> bool:
    """Return whether a token is neither revoked nor expired."""
    return token.position_to is None and (token.expires is None or now < token.expires)
