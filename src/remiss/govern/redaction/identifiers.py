"""Detectors: where personal values stand in a text, and the one form that all spellings of a value share.

Each yields (start, end, value) from left to right, not overlapping. They see a `Reading`, so digits are ASCII, dashes are
`-` and spaces are spaces. From each place where a value may begin they look at a bounded stretch only.
"""

from __future__ import annotations

import heapq
import ipaddress
import re
from collections.abc import Iterator

# A number does not continue a word or a number, nor is it the fraction of one; the same behind it. That both ends ask for
# the same keeps redaction whole in one pass: what was found never hid, by touching it, what comes next.
BEFORE = r"(?<![^\W_])(?<!\d\.)"
AFTER = r"(?![^\W_])(?!(?<=\d)\.\d)"

# Addresses stand in addresses of pages, where a sign is its number behind a `%`, once for each time that it was encoded.
AT = re.compile(r"@|%(?:25){0,3}40")
LOCAL = re.compile(r"[\w.+%'-]")
ENCODED = re.compile(r"%(?:25){0,3}(2[BDE]|5F)", re.IGNORECASE)
# It ends at the last label of letters; no condition on what follows, so that nothing beside an address can hide it.
DOT = r"(?:\.|%(?:25){0,3}2E)"
DOMAIN = re.compile(rf"(?:[^\W_](?:[\w-]{{0,61}}[^\W_])?{DOT})+(?:xn--[a-z0-9-]{{2,59}}|[^\W\d_]{{2,63}})", re.IGNORECASE)
LONGEST_QUOTED = 66


def emails(text: str) -> Iterator[tuple[int, int, str]]:
    """Find e-mail addresses, also with `%40` and with letters of any script; the value is in folded case.

    A domain needs a dot and a last label of letters, so `model@1.2` and `ana@localhost` are none.
    """
    done = 0
    for at in AT.finditer(text):
        if at.start() < done:
            continue
        domain = DOMAIN.match(text, at.end())
        if domain is None:
            continue
        start = _local_start(text, done, at.start())
        if start < at.start():
            done = domain.end()
            yield start, done, ENCODED.sub(_sign, f"{text[start : at.start()]}@{domain[0]}").casefold()


def _sign(encoded: re.Match[str]) -> str:
    return chr(int(encoded[1], 16))


def _local_start(text: str, done: int, at: int) -> int:
    """Return where the part before the `@` begins; `at` when there is none."""
    if at > done and text[at - 1] == '"':
        quote = text.rfind('"', max(done, at - LONGEST_QUOTED), at - 1)
        return at if quote < 0 else quote
    start = at
    while start > done and LOCAL.match(text[start - 1]):
        start -= 1
    while start < at and text[start] in ".'%-":
        start += 1
    return start


CARD_START = re.compile(rf"{BEFORE}\d{{4}}")
# In addresses of pages a space is a plus or its number.
GAP = r"(?:[ \t._/+-]|%(?:25){0,3}2[0BDEbde]){1,3}"
CARD_SHAPES = (
    re.compile(rf"\d{{13,19}}(?:(?=\.0{{1,9}}(?!\d))|{AFTER})"),
    re.compile(rf"\d{{4}}(?:{GAP}\d{{4}}){{3}}{GAP}\d{{1,3}}{AFTER}"),
    re.compile(rf"\d{{4}}(?:{GAP}\d{{4}}){{3}}{AFTER}"),
    re.compile(rf"\d{{4}}{GAP}\d{{6}}{GAP}\d{{4,5}}{AFTER}"),
    re.compile(rf"\d{{4}}(?:{GAP}\d{{4}}){{2}}{GAP}\d{{1,3}}{AFTER}"),
)
# Lengths and leading digits of the networks that issue cards (ISO/IEC 7812); Luhn alone lets one number in ten through.
ISSUED = re.compile(
    r"4(?:\d{12}|\d{15}|\d{18})"  # Visa
    r"|(?:5[1-5]\d\d|222[1-9]|22[3-9]\d|2[3-6]\d\d|27[01]\d|2720)\d{12}"  # Mastercard
    r"|3[47]\d{13}"  # American Express
    r"|3(?:0[0-5]|095|[689]\d)\d{11,16}"  # Diners Club
    r"|35(?:2[89]|[3-8]\d)\d{12,15}"  # JCB
    r"|(?:50|5[6-9]|6\d)\d{14}(?:\d{3})?"  # Maestro, Discover, UnionPay, RuPay
)


def luhn(digits: str) -> bool:
    """Return whether the check digit of a number is right (ISO/IEC 7812-1, annex B).

    >>> luhn("4111111111111111"), luhn("4111111111111112")
    (True, False)
    """
    doubled = sum(sum(divmod(2 * int(digit), 10)) for digit in digits[-2::-2])
    return (sum(int(digit) for digit in digits[-1::-2]) + doubled) % 10 == 0


def cards(text: str) -> Iterator[tuple[int, int, str]]:
    """Find payment card numbers, bare or in the groups that cards are printed in; the value is the digits."""
    place = CARD_START.search(text)
    while place:
        end = place.start() + 1
        for shape in CARD_SHAPES:
            shaped = shape.match(text, place.start())
            digits = re.sub(rf"{GAP}|\D", "", shaped[0]) if shaped else ""
            if shaped and ISSUED.fullmatch(digits) and luhn(digits):
                end = shaped.end()
                yield place.start(), end, digits
                break
        place = CARD_START.search(text, end)


NOT_A_VERSION = "".join(rf"(?<!{word})" for word in ("v", "v ", r"v\.", "ver ", r"ver\. ", "version ", "version: ", "release "))
OCTET = r"(?:25[0-5]|2[0-4]\d|[01]?\d?\d)"
IPV4 = re.compile(rf"(?<!\d)(?<!\d\.){NOT_A_VERSION}{OCTET}(?:\.{OCTET}){{3}}{AFTER}", re.IGNORECASE)
COLONS = re.compile(r"(?<![^\W_])(?<!:)(?:(?<!\d\.)|(?!\d))[^\W_]*(?::[^\W_]*){2,}")
IPV4_TAIL = re.compile(rf"(?:\.{OCTET}){{3}}{AFTER}")
ZONE = re.compile(rf"%[0-9a-z]{{1,15}}{AFTER}", re.IGNORECASE)
END = re.compile(AFTER)
HEXTET = re.compile(r"[0-9a-f]{0,4}", re.IGNORECASE)
# Eight hextets, or seven and a `::` at one end, which splits into two empty ones.
MOST_HEXTETS = 9
NOBODY = {"::", "::1"}


def ips(text: str) -> Iterator[tuple[int, int, str]]:
    """Find addresses of IPv4 and IPv6; the value is the address in its shortest form.

    `1.2.3.4` is one unless `v`, `version` or the like stands before it; `::` and `::1` are nobody's.
    """
    shorter = (
        (found.start(), found.end(), ".".join(str(int(octet)) for octet in found[0].split("."))) for found in IPV4.finditer(text)
    )
    done = 0
    for start, end, value in heapq.merge(_ipv6(text), shorter):
        # the tail of `::ffff:10.0.0.1` is found twice
        if start >= done:
            yield start, end, value
            done = end


def _ipv6(text: str) -> Iterator[tuple[int, int, str]]:
    for run in COLONS.finditer(text):
        tail = IPV4_TAIL.match(text, run.end())
        parts = (run[0] + (tail[0] if tail else "")).split(":")
        at = run.start()
        together: list[str] = []
        begin = at
        for index, part in enumerate([*parts, "end"]):
            whole = index == len(parts) - 1 and tail is not None
            if index < len(parts) and (whole or HEXTET.fullmatch(part)):
                together.append(part)
            else:
                if address := _hextets(together):
                    skipped, shown, value = address
                    end = begin + skipped + len(shown)
                    zone = ZONE.match(text, end)
                    if zone or END.match(text, end):
                        yield begin + skipped, zone.end() if zone else end, value
                together, begin = [], at + len(part) + 1
            at += len(part) + 1


def _hextets(parts: list[str]) -> tuple[int, str, str] | None:
    """Return what these parts spell: characters to skip, the address as written and its value; None when nothing."""
    skipped = 0
    if len(parts) > 2 and not parts[0] and parts[1]:
        parts, skipped = parts[1:], 1
    if len(parts) > 2 and not parts[-1] and parts[-2]:
        parts = parts[:-1]
    shown = ":".join(parts)
    if not 3 <= len(parts) <= MOST_HEXTETS or not any(letter.isdigit() for letter in shown):
        return None
    try:
        value = str(ipaddress.IPv6Address(shown))
    except ValueError:
        return None
    return None if value in NOBODY else (skipped, shown, value)


# A plus or a bracket begins a number wherever it stands.
START = rf"(?:(?=[+(])|{BEFORE})"
BETWEEN = r"[ ./()-]{0,3}"
PHONE = re.compile(
    # North America: 3-3-4, where spaces alone are trusted only in numbers that its plan allows
    rf"{START}(?P<america>\+1{BETWEEN}[2-9]\d\d{BETWEEN}\d{{3}}{BETWEEN}\d{{4}}"
    r"|(?:1[ .-])?(?:\([1-9]\d\d\)[ .-]?\d{3}[ .-]|[1-9]\d\d-\d{3}-|[1-9]\d\d\.\d{3}\.|[2-9]\d\d [2-9]\d\d )\d{4}"
    rf"){AFTER}"
    # anywhere else, with its country code (ITU-T E.164)
    rf"|{START}(?P<abroad>\+[2-9]\d{{0,2}}(?:{BETWEEN}\d){{7,13}}"
    rf"|(?<!-)00[2-9]\d{{0,2}}[ ./-](?:{BETWEEN}\d){{6,12}}){AFTER}"
    # within a country, after a trunk 0: pairs, or an area code and the subscriber's number; not a part of a path
    rf"|{START}(?<![+-])(?<![^\W_]/)(?P<trunk>0[1-9](?:([ .-])\d\d)(?:\4\d\d){{3}}"
    rf"|(?:\(0[1-9]\d{{0,4}}\)|0[1-9]\d{{0,4}})[ /-]{{1,3}}\d{{3,8}}(?:[ -]\d{{2,8}}){{0,2}}){AFTER}"
    # bare digits only where a word says what they are
    r"|(?<![^\W_])(?:telephone|tel|phone|mobile|cell|fax|whatsapp|sms)[\"']?[ ]?[.:=#]{0,2}[ ]?[\"']?"
    rf"(?P<said>\d(?:{BETWEEN}\d){{6,14}}){AFTER}",
    re.IGNORECASE,
)
DATE = re.compile(r"(?<!\d)(?:\d{4}([-/.])\d{1,2}\1\d{1,2}|\d{1,2}([-/.])\d{1,2}\2\d{4})(?!\d)")
HOURS = re.compile(r"(?:[01]\d|2[0-3])[0-5]\d(?:[ /-]+(?:[01]\d|2[0-3])[0-5]\d)*")
LAST_GROUP = re.compile(r"[ ./()-]{1,3}\d+$")
DIGITS = {"abroad": range(8, 16), "trunk": range(9, 13), "said": range(7, 16)}


def phones(text: str) -> Iterator[tuple[int, int, str]]:
    """Find telephone numbers that are written as such; the value is the digits, with the country where it is known.

    Bare digits are none unless a word such as `tel` stands before them; dates, hours and decimal numbers are none.
    """
    found = PHONE.search(text)
    while found:
        name = str(found.lastgroup)
        start, shown = found.start(name), found[name]
        value = _phone(name, shown)
        # what looked like its end may be a number of its own, a year say
        while value is None and (cut := LAST_GROUP.search(shown)):
            shown = shown[: cut.start()]
            value = _phone(name, shown) if END.match(text, start + len(shown)) else None
        if value is None:
            found = PHONE.search(text, start + 1)
        else:
            end = start + len(shown)
            yield start, end, value
            found = PHONE.search(text, end)


def _phone(plan: str, shown: str) -> str | None:
    digits = re.sub(r"\D", "", shown.replace("(0)", ""))
    if plan == "america":
        return digits if len(digits) == 11 else f"1{digits}" if len(digits) == 10 else None
    # What a plus begins is no date, though its groups may look like one's.
    date = DATE.search(shown)
    if (date and not (shown.startswith("+") and date.start() == 1)) or HOURS.fullmatch(shown) or _decimal(shown):
        return None
    digits = digits.removeprefix("00")
    return digits if len(digits) in DIGITS[plan] else None


def _decimal(shown: str) -> bool:
    """Return whether the dots in it are those of decimal numbers: a telephone's dots are all its gaps, or none."""
    return "." in shown and (shown.count(".") == 1 or bool(re.search(r"[ /()-]", shown)))
