"""Credentials: what lets its reader in somewhere, so that a log that holds it is a key.

Two kinds. Keys that say by their first letters who issued them are found by that. What stands after a word such as
`password=` or `api_key:` is found by looking like chance, for most of what stands there is a name or a remark.
"""

from __future__ import annotations

import heapq
import math
import re
from collections import Counter
from collections.abc import Iterator

from remiss.govern.redaction.identifiers import BEFORE

USERINFO = re.compile(r"(?<=://)[^\s/?#\"'<>\[\]]{1,300}(?=@)")
URL_HINT = r"://[^\s/?#\"'<>\[\]]+@"
# Who everybody is: names that open nothing.
ANYONE = {"git", "anonymous", "user"}


def url_credentials(text: str) -> Iterator[tuple[int, int, str]]:
    """Find what stands before the `@` of a URL, a password or a token nearly always; the value is as it stands.

    >>> [value for _, _, value in url_credentials("postgresql://ana:s3cret@db/x git+ssh://git@example.org")]
    ['ana:s3cret']
    """
    for found in USERINFO.finditer(text):
        if found[0] not in ANYONE:
            yield found.start(), found.end(), found[0]


# Bounded, so that a text made of nothing but beginnings is read in linear time.
ISSUED = re.compile(
    rf"{BEFORE}(?:"
    r"A(?:KIA|SIA|BIA|CCA)[A-Z2-7]{16}"  # AWS
    r"|gh[pousr]_[A-Za-z0-9]{36,255}|github_pat_[A-Za-z0-9_]{22,255}"  # GitHub
    r"|glpat-[\w-]{20,64}"  # GitLab
    r"|xox[abeoprs]-[A-Za-z0-9-]{10,255}|xapp-\d-[A-Za-z0-9-]{10,255}"  # Slack
    r"|AIza[\w-]{35}|GOCSPX-[\w-]{20,64}|ya29\.[\w-]{20,512}"  # Google
    r"|[rs]k_(?:live|test)_[A-Za-z0-9]{10,255}|whsec_[A-Za-z0-9+/=]{20,255}"  # Stripe
    r"|sk-(?:[a-z]{2,8}-)?[\w-]{20,255}"  # model providers
    r"|hf_[A-Za-z0-9]{30,64}|npm_[A-Za-z0-9]{36}|pypi-[\w-]{50,255}"  # registries
    r"|SG\.[\w-]{16,64}\.[\w-]{16,64}"  # SendGrid
    r"|(?<!-)eyJ[\w-]{8,4096}\.eyJ[\w-]{2,4096}\.[\w-]{0,4096}"  # JWT
    r")",
    re.ASCII,
)
SLACK_HOOK = re.compile(r"(?<=hooks\.slack\.com/services/)[A-Za-z0-9/]{20,100}")
ASSIGNED = re.compile(
    r"(?:(?P<password>passw(?:or)?d|passphrase|pwd)"
    r"|secret|token|(?:api|access|account|private|auth|encryption|signing)[_-]?key|credential)"
    r"[\w-]{0,30}[\"']?[ \t]{0,3}(?:=>|[:=]=?)[ \t]{0,3}[\"']?(?:(?:bearer|basic)[ \t])?"
    r"(?P<value>[^\s\"'`,;&<>\[\](){}]{6,512})"
    r"|(?<![^\W_])(?:bearer|basic)[ \t]{1,3}(?P<bearer>[\w.~+/-]{16,2048}={0,2})",
    re.IGNORECASE | re.ASCII,
)
KEY_HINT = (
    r"A(?:KIA|SIA|BIA|CCA)[A-Z2-7]{16}|gh[pousr]_[A-Za-z0-9]{36}|github_pat_|glpat-|xox[abeoprs]-|xapp-\d|AIza|GOCSPX-|ya29\."
    r"|[rs]k_(?:live|test)_|whsec_|sk-[\w-]{20}|hf_[A-Za-z0-9]{30}|npm_[A-Za-z0-9]{36}|pypi-[\w-]{50}|SG\.[\w-]{16}|eyJ[\w-]{8}"
    r"|hooks\.slack\.com|(?i:passw(?:or)?d|passphrase|pwd|secret|token|key|credential)[\w-]{0,30}[\"']?[ \t]{0,3}[:=]"
    r"|(?i:bearer|basic)[ \t]{1,3}[\w.~+/-]{16}"
)
# Fewer characters, or more alike ones, are words and counters.
LEAST_LENGTH, LEAST_BITS = 16, 3.0


def secrets(text: str) -> Iterator[tuple[int, int, str]]:
    """Find keys and tokens; the value is as it stands. Words that announce one are left standing.

    >>> [value for _, _, value in secrets("password=hunter2 token: unknown AKIAIOSFODNN7EXAMPLE")]
    ['hunter2', 'AKIAIOSFODNN7EXAMPLE']
    """
    done = 0
    for start, end in heapq.merge(_matches(ISSUED, text), _matches(SLACK_HOOK, text), _assigned(text)):
        if start >= done:
            yield start, end, text[start:end]
            done = end


def _matches(pattern: re.Pattern[str], text: str) -> Iterator[tuple[int, int]]:
    return (found.span() for found in pattern.finditer(text))


def _assigned(text: str) -> Iterator[tuple[int, int]]:
    for found in ASSIGNED.finditer(text):
        name = "value" if found["value"] else "bearer"
        value = found[name].rstrip(".:!?")
        if by_chance(value) or (found["password"] and chosen(value)):
            yield found.start(name), found.start(name) + len(value)


def by_chance(value: str) -> bool:
    """Return whether a word looks drawn by chance: long, of letters with digits, and little of it twice.

    >>> by_chance("9f86d081884c7d659a2feaa0c55ad015"), by_chance("aaaaaaaaaaaaaaaaaaa1"), by_chance("authentication-failed")
    (True, False, False)
    """
    if len(value) < LEAST_LENGTH or not re.search(r"\d", value) or not re.search(r"[A-Za-z]", value):
        return False
    counts = Counter(value).values()
    return -sum(count / len(value) * math.log2(count / len(value)) for count in counts) >= LEAST_BITS


def chosen(value: str) -> bool:
    """Return whether a word looks like a password that somebody chose, and not like a remark or a variable's name."""
    return value[0] not in "$%*" and bool(re.search(r"[0-9!@#^*+~|]", value)) and bool(re.search(r"[A-Za-z]", value))


BEGIN = re.compile(r"-----BEGIN (?:[A-Z0-9]{1,20} ){0,3}PRIVATE KEY(?: BLOCK)?-----")
CLOSE = re.compile(r"-----END [A-Z0-9 ]{0,70}-----")
# Base64 with its headers, and line ends as JSON spells them.
BODY = re.compile(r"[A-Za-z0-9+/=\s\\:,.()-]*", re.ASCII)


def private_keys(text: str) -> Iterator[tuple[int, int, str]]:
    """Find private keys in PEM, over lines; of one that is cut off, all that looks like it. The value is as it stands."""
    found = BEGIN.search(text)
    while found:
        end = found.end()
        body = BODY.match(text, end)
        closed = CLOSE.search(text, end, body.end() if body else end)
        end = closed.end() if closed else body.end() if body else end
        yield found.start(), end, text[found.start() : end]
        found = BEGIN.search(text, end)
