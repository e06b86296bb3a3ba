"""Citing what a finding rests on: runs, tests, notebooks, tickets and pull requests, by address."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from remiss.errors import InputError
from remiss.govern.redaction.policy import policy_of
from remiss.govern.redaction.redactor import exposed
from remiss.records.investigation import Citation

CITATIONS_LIMIT = 20
ADDRESS_LIMIT = 2_000
# What no address of a citation may show: it is kept as it is, so that it leads somewhere.
_EXPOSING = policy_of(["email", "url-credentials", "secret"])


def checked(citations: Sequence[Citation]) -> Iterator[Citation]:
    """Yield citations, each once.

    Raises
    ------
    InputError : too many, no address, or one that shows what nobody should read
    """
    if len(citations) > CITATIONS_LIMIT:
        raise InputError(f"{len(citations)} citations are more than {CITATIONS_LIMIT}", do="cite what the result rests on")
    for each in dict.fromkeys(citations):
        address = each.address.strip()
        if not address or len(address) > ADDRESS_LIMIT or not address.isprintable() or " " in address:
            raise InputError(f"{address[:80]!r} is no address", do="give a URL, or a name without spaces, such as REM-17")
        if exposed(address, _EXPOSING):
            raise InputError("the address of a citation shows an e-mail address or a password", do="give one that does not")
        yield replace(each, address=address)
