"""National identity numbers of countries that give them check digits: what has the form and not the check is none.

Bare digits with one check digit are right by chance once in ten; who names such a detector wants them found nevertheless.

Bank accounts: IBANs with the length of their country and right check digits, bare or in groups.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterator

from remiss.govern.redaction.identifiers import AFTER, BEFORE, luhn

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


Check = Callable[[str], bool]


def _weighed(digits: str, *weights: int) -> int:
    return sum(int(digit) * weight for digit, weight in zip(digits, weights, strict=False))


def _date(month: int, day: int) -> bool:
    return 1 <= month <= 12 and 1 <= day <= 31


def nl_bsn(value: str) -> bool:
    """Netherlands: the eleven test. All zeros pass it and are nobody.

    >>> nl_bsn("111222333"), nl_bsn("111222334")
    (True, False)
    """
    return (_weighed(value, 9, 8, 7, 6, 5, 4, 3, 2) - int(value[8])) % 11 == 0 and value != "0" * 9


def es_dni(value: str) -> bool:
    """Spain, DNI and NIE: the letter is the number modulo 23.

    >>> es_dni("12345678Z"), es_dni("X1234567L"), es_dni("12345678A")
    (True, True, False)
    """
    number = int(value[:-1].translate(str.maketrans("XYZ", "012")))
    return "TRWAGMYFPDXBNJZSQVHLCKE"[number % 23] == value[-1]


# Digits count as the first ten letters do.
_ODD_LETTERS = (1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23)
_ODD = dict(zip("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", _ODD_LETTERS + _ODD_LETTERS[:10], strict=True))


def it_codice_fiscale(value: str) -> bool:
    """Italy: letters in odd places by a table, in even places by their order (decree of 12 March 1974).

    >>> it_codice_fiscale("RSSMRA85T10A562S"), it_codice_fiscale("RSSMRA85T10A562T")
    (True, False)
    """
    even = sum(int(letter) if letter.isdigit() else ord(letter) - 65 for letter in value[1:15:2])
    return chr(65 + (even + sum(_ODD[letter] for letter in value[:15:2])) % 26) == value[15]


def pl_pesel(value: str) -> bool:
    """Poland: weights 1, 3, 7, 9; the month carries the century.

    >>> pl_pesel("44051401359"), pl_pesel("44051401358")
    (True, False)
    """
    check = -_weighed(value, 1, 3, 7, 9, 1, 3, 7, 9, 1, 3) % 10
    return check == int(value[10]) and _date(int(value[2:4]) % 20, int(value[4:6]))


def fi_hetu(value: str) -> bool:
    """Finland: date and number modulo 31.

    >>> fi_hetu("131052-308T"), fi_hetu("131052-308U")
    (True, False)
    """
    check = "0123456789ABCDEFHJKLMNPRSTUVWXY"[int(value[:6] + value[7:10]) % 31]
    return check == value[10] and _date(int(value[2:4]), int(value[:2]))


def br_cpf(value: str) -> bool:
    """Brazil: two check digits modulo 11. Eleven times the same digit passes and is nobody's.

    >>> br_cpf("52998224725"), br_cpf("52998224724"), br_cpf("11111111111")
    (True, False, False)
    """
    first = _weighed(value, 10, 9, 8, 7, 6, 5, 4, 3, 2) * 10 % 11 % 10
    second = _weighed(value, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2) * 10 % 11 % 10
    return value[9:] == f"{first}{second}" and len(set(value)) > 1


def fr_nir(value: str) -> bool:
    """France: 97 less the number modulo 97; Corsica's departments count as 19 and 18.

    >>> fr_nir("295109912611193"), fr_nir("295109912611194")
    (True, False)
    """
    month = int(value[3:5])
    number = int(value[:13].replace("2A", "19").replace("2B", "18"))
    return int(value[13:]) == 97 - number % 97 and (1 <= month <= 12 or 20 <= month <= 42 or month >= 50)


def be_nn(value: str) -> bool:
    """Belgium: 97 less the number modulo 97, with a 2 before it for those born since 2000.

    >>> be_nn("85073003328"), be_nn("17073003384"), be_nn("85073003329")
    (True, True, False)
    """
    checks = {97 - int(century + value[:9]) % 97 for century in ("", "2")}
    # 20 and 40 are added for people who are not in the register; month and day may be unknown
    return int(value[9:]) in checks and int(value[2:4]) % 20 <= 12 and int(value[4:6]) <= 31


def se_personnummer(value: str) -> bool:
    """Sweden: Luhn over the last ten digits; 60 is added to the day of people who are not in the register.

    >>> se_personnummer("8112189876"), se_personnummer("8112189875")
    (True, False)
    """
    last = value[-10:]
    return luhn(last) and _date(int(last[2:4]), int(last[4:6]) % 60)


def in_aadhaar(value: str) -> bool:
    """India: the check digit of Verhoeff; a time to the minute, of this century, is none.

    >>> in_aadhaar("234123412346"), in_aadhaar("200209080247")
    (True, False)
    """
    stamp = value.startswith("20") and _date(int(value[4:6]), int(value[6:8])) and value[8:10] < "24" and value[10:] < "60"
    return verhoeff(value) and not stamp


_PERMUTED = ("0123456789", "1576283094", "5803796142", "8916043527", "9453126870", "4286573901", "2793806415", "7046913258")


def _dihedral(left: int, right: int) -> int:
    """Multiply in the group of the symmetries of a pentagon, 0 to 4 rotations and 5 to 9 reflections."""
    if left < 5:
        return (left + right) % 5 + (5 if right >= 5 else 0)
    return (left - right) % 5 + (0 if right >= 5 else 5)


def verhoeff(digits: str) -> bool:
    """Return whether the last digit checks (J. Verhoeff, Error detecting decimal codes, 1969).

    >>> verhoeff("2363"), verhoeff("2364")
    (True, False)
    """
    permuted = (int(_PERMUTED[place % 8][int(digit)]) for place, digit in enumerate(reversed(digits)))
    return functools.reduce(_dihedral, permuted, 0) == 0


def _found(shape: str, check: Check) -> Callable[[str], Iterator[tuple[int, int, str]]]:
    pattern = re.compile(rf"{BEFORE}(?:{shape}){AFTER}", re.IGNORECASE)

    def find(text: str) -> Iterator[tuple[int, int, str]]:
        for found in pattern.finditer(text):
            value = re.sub(r"[ .-]", "", found[0]).upper()
            if check(value):
                yield found.start(), found.end(), value

    return find


def _hetu(text: str) -> Iterator[tuple[int, int, str]]:
    for found in _HETU.finditer(text):
        if fi_hetu(found[0].upper()):
            yield found.start(), found.end(), found[0].upper()


_HETU = re.compile(rf"{BEFORE}\d{{6}}[-+A-FU-Y]\d{{3}}[0-9A-FHJ-NPR-Y]{AFTER}", re.IGNORECASE | re.ASCII)
_CODICE = r"[A-Z]{3} ?[A-Z]{3} ?[0-9LMNP-V]{2}[A-EHLMPRST][0-9LMNP-V]{2} ?[A-Z][0-9LMNP-V]{3} ?[A-Z]"
_BELGIAN = r"\d\d\.?\d\d\.?\d\d[- ]?\d{3}[. ]?\d\d"
_NIR = r"[1-478] ?\d\d ?\d\d ?(?:\d\d|2[AB]) ?\d{3} ?\d{3} ?\d\d"

# Name, how it is found, and in RE2 where it may be.
NATIONAL_IDS = {
    "be-nn": (_found(_BELGIAN, be_nn), _BELGIAN),
    "br-cpf": (_found(r"\d{3}\.?\d{3}\.?\d{3}-?\d\d", br_cpf), r"\d{3}\.?\d{3}\.?\d{3}-?\d\d"),
    "es-dni": (
        _found(r"(?:\d{8}|\d\d\.\d{3}\.\d{3}|[XYZ][ -]?\d{7})[ -]?[A-HJ-NP-TV-Z]", es_dni),
        r"(?i:(?:\d{8}|\d\d\.\d{3}\.\d{3}|[XYZ][ -]?\d{7})[ -]?[A-Z])",
    ),
    "fi-hetu": (_hetu, r"(?i:\d{6}[-+A-FU-Y]\d{3}[0-9A-Y])"),
    "fr-nir": (_found(_NIR, fr_nir), f"(?i:{_NIR})"),
    "in-aadhaar": (_found(r"[2-9]\d{3}[ -]?\d{4}[ -]?\d{4}", in_aadhaar), r"[2-9]\d{3}[ -]?\d{4}[ -]?\d{4}"),
    "it-codice-fiscale": (_found(_CODICE, it_codice_fiscale), f"(?i:{_CODICE})"),
    "nl-bsn": (_found(r"\d{9}|\d{4}[. ]\d\d[. ]\d{3}", nl_bsn), r"\d{9}|\d{4}[. ]\d\d[. ]\d{3}"),
    "pl-pesel": (_found(r"\d{11}", pl_pesel), r"\d{11}"),
    "se-personnummer": (
        _found(r"(?:19|20)?\d{6}[-+]?\d{4}", se_personnummer),
        r"(?:19|20)?\d\d(?:0[1-9]|1[0-2])[0-36-9]\d[-+]?\d{4}",
    ),
}
