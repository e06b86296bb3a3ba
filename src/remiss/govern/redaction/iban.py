"""Bank accounts: IBANs with the length of their country and right check digits, bare or in groups."""

from __future__ import annotations

import re
from collections.abc import Iterator

from remiss.govern.redaction.identifiers import AFTER, BEFORE

# The registry of ISO 13616: country and length.
LENGTHS = {
    country: length
    for length, countries in {
        15: "NO", 16: "BE", 18: "DK FI FK FO GL NL SD", 19: "MK SI", 20: "AT BA EE KZ LT LU MN XK", 21: "CH HR LI LV",
        22: "BG BH CR DE GB GE IE ME RS VA", 23: "AE GI IL IQ OM TL", 24: "AD CZ ES MD PK RO SA SE SK TN VG",
        25: "LY PT ST", 26: "IS TR", 27: "BI DJ FR GR IT MC MR SM", 28: "AL AZ BY CY DO EG GT HU LB NI PL SV",
        29: "BR PS QA UA", 30: "JO KW MU YE", 31: "MT SC", 32: "LC", 33: "RU",
    }.items()
    for country in countries.split()
}  # fmt: skip
START = re.compile(rf"{BEFORE}(?:{'|'.join(sorted(LENGTHS))})\d\d", re.IGNORECASE)
NEXT = re.compile(r"[ -]?[0-9a-z]", re.IGNORECASE | re.ASCII)
END = re.compile(AFTER)
HINT = r"(?:^|[^0-9A-Za-z])(?i:[A-Z]{2}\d\d(?:[ -]?[0-9A-Z]){11})"


def ibans(text: str) -> Iterator[tuple[int, int, str]]:
    """Find IBANs; the value is without gaps, in upper case.

    >>> [value for _, _, value in ibans("to NL91 ABNA 0417 1643 00, not NL91 ABNA 0417 1643 01")]
    ['NL91ABNA0417164300']
    """
    place = START.search(text)
    while place:
        end = place.start() + 1
        found = _account(text, place.start(), place.end())
        if found:
            end, value = found
            yield place.start(), end, value
        place = START.search(text, end)


def _account(text: str, start: int, at: int) -> tuple[int, str] | None:
    letters = [text[start:at].upper()]
    for _ in range(LENGTHS[letters[0][:2]] - 4):
        following = NEXT.match(text, at)
        if following is None:
            return None
        letters.append(following[0][-1].upper())
        at = following.end()
    value = "".join(letters)
    return (at, value) if END.match(text, at) and checks(value) else None


def checks(iban: str) -> bool:
    """Return whether the check digits are right (ISO 7064, MOD 97-10)."""
    return int("".join(str(int(letter, 36)) for letter in iban[4:] + iban[:4])) % 97 == 1
