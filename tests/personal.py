"""Made-up personal values of every built-in kind: right in form and check digits, drawn from a seed, and nobody's."""

from __future__ import annotations

import random
import string
from collections.abc import Callable, Mapping

from remiss.govern.redaction import national_ids as ids
from remiss.govern.redaction.identifiers import luhn
from remiss.govern.redaction.national_ids import LENGTHS, checks

WORDS = string.ascii_letters + string.digits
LETTERS = string.ascii_uppercase


def digits(draw: random.Random, length: int) -> str:
    return "".join(draw.choices(string.digits, k=length))


def word(draw: random.Random, length: int, letters: str = WORDS) -> str:
    return "".join(draw.choices(letters, k=length))


def until(check: Callable[[str], bool], make: Callable[[], str]) -> str:
    """Draw until it checks."""
    while not check(value := make()):
        pass
    return value


def date(draw: random.Random) -> tuple[str, str, str]:
    return f"{draw.randrange(100):02}", f"{draw.randrange(1, 13):02}", f"{draw.randrange(1, 29):02}"


def email(draw: random.Random) -> str:
    return f"{word(draw, 9).lower()}@{word(draw, 7, string.ascii_lowercase)}.example.org"


def phone(draw: random.Random) -> str:
    return f"+1 {draw.randrange(201, 990)} 555-{digits(draw, 4)}"


def card(draw: random.Random) -> str:
    return until(luhn, lambda: "4" + digits(draw, 15))


def ip(draw: random.Random) -> str:
    return ".".join(str(draw.randrange(11, 256)) for _ in range(4))


def iban(draw: random.Random) -> str:
    country = draw.choice(sorted(LENGTHS))
    return until(checks, lambda: country + digits(draw, LENGTHS[country] - 2))


def url_credentials(draw: random.Random) -> str:
    return f"https://{word(draw, 8)}:{word(draw, 12)}@intranet/report"


def secret(draw: random.Random) -> str:
    return draw.choice([
        "AKIA" + word(draw, 16, string.ascii_uppercase + "234567"),
        "ghp_" + word(draw, 36),
        f"xoxb-{digits(draw, 11)}-{word(draw, 24)}",
        "AIza" + word(draw, 35),
        "sk_live_" + word(draw, 24),
        f"eyJ{word(draw, 30)}.eyJ{word(draw, 40)}.{word(draw, 43)}",
    ])  # fmt: skip


def _codice(draw: random.Random) -> str:
    year, _, day = date(draw)
    born = year + draw.choice("ABCDEHLMPRST") + day
    return word(draw, 6, LETTERS) + born + word(draw, 1, LETTERS) + digits(draw, 3) + word(draw, 1, LETTERS)


def _hetu(draw: random.Random) -> str:
    year, month, day = date(draw)
    return f"{day}{month}{year}-{digits(draw, 3)}{draw.choice('0123456789ABCDEFHJKLMNPRSTUVWXY')}"


def _nir(draw: random.Random) -> str:
    year, month, _ = date(draw)
    return f"{draw.choice('12')}{year}{month}{draw.randrange(1, 96):02}{digits(draw, 8)}"


# The number as it is without gaps, by detector; wrong ones are made by changing what checks.
BODIES: Mapping[str, tuple[Callable[[str], bool], Callable[[random.Random], str]]] = {
    "be-nn": (ids.be_nn, lambda draw: "".join(date(draw)) + digits(draw, 5)),
    "br-cpf": (ids.br_cpf, lambda draw: digits(draw, 11)),
    "es-dni": (ids.es_dni, lambda draw: digits(draw, 8) + draw.choice("TRWAGMYFPDXBNJZSQVHLCKE")),
    "fi-hetu": (ids.fi_hetu, _hetu),
    "fr-nir": (ids.fr_nir, _nir),
    "in-aadhaar": (ids.in_aadhaar, lambda draw: draw.choice("23456789") + digits(draw, 11)),
    "it-codice-fiscale": (ids.it_codice_fiscale, _codice),
    "nl-bsn": (ids.nl_bsn, lambda draw: digits(draw, 9)),
    "pl-pesel": (ids.pl_pesel, lambda draw: "".join(date(draw)) + digits(draw, 5)),
    "se-personnummer": (ids.se_personnummer, lambda draw: "".join(date(draw)) + digits(draw, 4)),
}  # fmt: skip


def national_id(name: str, *, right: bool = True) -> Callable[[random.Random], str]:
    """Return what draws an id of that detector, with right check digits or with wrong ones."""
    check, make = BODIES[name]
    return lambda draw: until(lambda value: check(value) is right, lambda: make(draw))


VALUES: Mapping[str, Callable[[random.Random], str]] = {
    "email": email,
    "phone": phone,
    "card": card,
    "ip": ip,
    "iban": iban,
    "url-credentials": url_credentials,
    "secret": secret,
    **{name: national_id(name) for name in BODIES},
}


def hidden(detector: str, value: str) -> str:
    """Return the part of a value that nobody may see: of a URL, what stands before its host."""
    return value.split("//")[1].split("@", maxsplit=1)[0] if detector == "url-credentials" else value
