"""What redaction finds, what it leaves alone, and what no text may do to it."""

import re
import time
import weakref
from datetime import UTC, datetime

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from remiss.errors import InputError
from remiss.govern.redaction.detectors import DETECTORS
from remiss.govern.redaction.event_fields import redact_event, redact_value
from remiss.govern.redaction.identifiers import luhn
from remiss.govern.redaction.policy import Policy, policy_of
from remiss.govern.redaction.redactor import Redactor, exposed, redact, remembering
from remiss.records.case import Sensitivity
from tests.govern.marks import marked
from tests.tables import each

KEY = b"k" * 32
ALL = policy_of(DETECTORS)
BY = Redactor(ALL, KEY)

PERSONAL = [
    ("email", "ana@example.org"),
    ("email", "o'neil.bob+tag@mail.example.co.uk"),
    ("email", "ana%40example.org"),
    ("email", "ana%2540example.org"),
    ("email", "ana%252540example%2Eorg"),
    ("email", "ana%2Bnews%40example.org"),
    ("email", '"ana maria"@example.org'),
    ("email", "jos\u00e9@m\u00fcnchen.example"),
    ("email", "jose\u0301@example.org"),
    ("email", "\uff41\uff4e\uff41\uff20\uff45\uff58\uff41\uff4d\uff50\uff4c\uff45\uff0e\uff4f\uff52\uff47"),
    ("email", "an\u200da@exam\u00adple.org"),
    ("email", "\u7528\u6237@\u4f8b\u5b50.\u516c\u53f8"),
    ("card", "4111111111111111"),
    ("card", "4111 1111 1111 1111"),
    ("card", "4111-1111-1111-1111"),
    ("card", "4111.1111.1111.1111"),
    ("card", "4111\u00a01111\u20111111\u20111111"),
    ("card", "3782-822463-10005"),
    ("card", "5555555555554444"),
    ("card", "6011 1111 1111 1117"),
    ("card", "4111+1111+1111+1111"),
    ("card", "4111%201111%201111%201111"),
    ("card", "4111%2B1111%2B1111%2B1111"),
    ("card", "4111%25201111%25201111%25201111"),
    ("card", "\uff14111111111111111"),
    ("card", "\u0664\u0661\u0661\u0661\u0661\u0661\u0661\u0661\u0661\u0661\u0661\u0661\u0661\u0661\u0661\u0661"),
    ("ip", "10.0.0.1"),
    ("ip", "1.2.3.4"),
    ("ip", "2001:db8::8a2e:370:7334"),
    ("ip", "2001:0db8:0000:0000:0000:8a2e:0370:7334"),
    ("ip", "::ffff:192.0.2.128"),
    ("ip", "fe80::1ff:fe23:4567:890a%eth0"),
    ("phone", "+1 (212) 555-0123"),
    ("phone", "+12125550123"),
    ("phone", "212-555-0123"),
    ("phone", "(212) 555-0123"),
    ("phone", "212.555.0123"),
    ("phone", "+44 (0)20 7946 0958"),
    ("phone", "+49 30 1234567"),
    ("phone", "+44.20.7946.0958"),
    ("phone", "+30.21.2023.4567"),
    ("phone", "0049 30 1234567"),
    ("phone", "06 12 34 56 78"),
    ("phone", "020 7946 0958"),
    ("phone", "030/1234567"),
]

HARMLESS = [
    "on-time",
    "UA 1545 EWR-IAH",
    "2013-03-01/UA/1545/EWR/1",
    "2013-06-03",
    "03.06.2013 10:30",
    "2013-06-03T10:30:00.123456+00:00",
    "2013-06-03T10:30:00+0000",
    "20130603103000",
    "0530 0815 1200",
    "1370217600",
    "1370217600000",
    "3.14159265358979",
    "0.4111111111111111",
    "-73.778139",
    "+40.6413-073.7781",
    "1000+2000+3000+4000",
    "100%2540",
    "+2 2023-06-03 10:30:00",
    "1,234,567,890.12",
    "12:30:45",
    "v1.2.3.4",
    "version 10.2.0.1",
    "1.2.3",
    "1.2.3.4.5",
    "300.1.1.1",
    "std::vector",
    "::1",
    "aa:bb:cc:dd:ee:ff",
    "550e8400-e29b-41d4-a716-446655440000",
    "d41d8cd98f00b204e9800998ecf8427e",
    "41111111111111111111111111111111",
    "4111111111111112",
    "978-3-16-148410-0",
    "article.pl?sid=02/10/07/1124226",
    "images/dus/0801/20020830-5.gif",
    "arrival-delay@1.2",
    "@app.route",
    "ana at example dot org",
    "remiss:model/weak-slice",
    "[email:3f9a] [card:0000] [ip:beef] [phone:1234]",
]


@each(
    "detector, value, around",
    [(*found, around) for around in ["{}", "from {}, again", "({})", "x={};y", "seen: {}."] for found in PERSONAL],
)
def test_personal_values_become_a_mark_in_whatever_shape_they_come(detector, value, around):
    assert marked(redact(around.format(value), BY), detector, around)


@each("text", HARMLESS)
def test_what_is_not_personal_is_left_alone(text):
    assert redact(text, BY) == text
    assert redact(f"got {text}, as planned", BY) == f"got {text}, as planned"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ana@example.org", "ANA%40Example.org"),
        ("ana+x@example.org", "ana%252Bx%2540example%252Eorg"),
        ("4111111111111111", "4111+1111+1111+1111"),
        ("+44 20 7946 0958", "+44.20.7946.0958"),
        ("jos\u00e9@example.org", "jose\u0301@example.org"),
        ("4111111111111111", "4111-1111-1111-1111"),
        ("::ffff:10.0.0.1", "::FFFF:a00:1"),
        ("010.0.0.1", "10.0.0.1"),
        ("+1 212 555 0123", "(212) 555-0123"),
        ("+44 20 7946 0958", "0044 20 7946 0958"),
    ],
)
def test_all_spellings_of_a_value_share_its_mark(one, other):
    assert redact(one, BY) == redact(other, BY)


def test_another_catalog_gives_the_same_value_another_mark():
    marks = {redact("ana@example.org", Redactor(ALL, bytes([n]) * 32)) for n in range(8)}
    assert len(marks) == 8


def test_only_the_detectors_that_are_named_look():
    assert redact("ana@example.org 10.0.0.1", Redactor(policy_of(["ip"]), KEY)).startswith("ana@example.org [ip:")
    assert redact("ana@example.org", Redactor(Policy(), KEY)) == "ana@example.org"


def test_a_bare_number_is_a_telephone_only_where_a_word_says_so():
    assert redact("order 2125550123", BY) == "order 2125550123"
    assert redact("tel: 2125550123", BY).startswith("tel: [phone:")


def test_an_expiry_date_does_not_hide_the_card_before_it():
    assert redact("4111 1111 1111 1111 12/25", BY).endswith("] 12/25")


@pytest.mark.parametrize(
    "text",
    [
        "020 7946 0958 020 7946 0958 020 7946 0958",
        "020 7946 0958/020 7946 0958",
        "+49 30 1234567 3.5 late",
        "030 1234567 2013 2014 2015",
        "(212) 555-0123(212) 555-0124+1 212 555 0125+44 20 7946 0958+44 20 7946 0958",
        "4111111111111111 4111111111111111-4111 1111 1111 1111",
    ],
)
def test_a_number_is_found_whatever_number_stands_beside_it(text):
    redacted = redact(text, BY)
    assert not re.search(r"0958|1234567|555|4111", redacted)


@pytest.mark.parametrize(
    "piece",
    [
        "+44 20 7946 0958",
        "2001:db8::1._",
        "2001:db8::13f.",
        ".3::12",
        "1.2.3.4fe80::",
        "(212) 555-0123",
        "4111111111111111.0.1.2.3",
    ],
)
def test_a_chain_of_neighbours_is_redacted_at_once(piece):
    once = redact(piece * 60, BY)
    assert redact(once, BY) == once


def test_neighbours_do_not_hide_each_other():
    redacted = redact("ana@example.org10.0.0.1 4111111111111111/212-555-0123", BY)
    assert "example" not in redacted
    assert "4111" not in redacted
    assert "0123" not in redacted


@pytest.mark.parametrize("name", ["ssn", "Email", ""])
def test_an_unknown_detector_is_refused_by_name(name):
    with pytest.raises(InputError, match="no detector") as refused:
        policy_of(["email", name])
    assert "card, email" in refused.value.do


def seeds():
    word = st.text("abcdefghijklmnopqrstuvwxyz0123456789", min_size=2, max_size=9)
    letters = st.text("abcdefghijklmnopqrstuvwxyz", min_size=2, max_size=6)
    digits = st.integers(0, 9)
    email = st.builds(lambda local, host, tld: f"{local}@{host}.{tld}", word, word, letters)
    ipv4 = st.builds(lambda *octets: ".".join(map(str, octets)), *[st.integers(0, 255)] * 4)
    ipv6 = st.builds(lambda *parts: ":".join(f"{part:04x}" for part in parts), *[st.integers(0x1000, 0xFFFF)] * 8)
    phone = st.builds(lambda area, end: f"+1 {area} 555-{end:04}", st.integers(200, 999), st.integers(0, 9999))
    card = st.lists(digits, min_size=14, max_size=14).map(with_check_digit)
    return st.one_of(email, ipv4, ipv6, phone, card)


def with_check_digit(body):
    head = "4" + "".join(map(str, body))
    return next(f"{head}{last}" for last in range(10) if luhn(f"{head}{last}"))


PROSE = st.text(st.sampled_from(' ,;()<>\n"abcXYZ\u00e9\u4f8b'), max_size=12)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(PROSE, seeds()), min_size=1, max_size=4))
def test_no_seeded_value_is_left_behind(parts):
    text = "".join(f"{prose} {seed} " for prose, seed in parts)
    redacted = redact(text, BY)
    for _, seed in parts:
        assert seed not in redacted


@settings(max_examples=200, deadline=None)
@given(st.lists(st.one_of(st.text(max_size=6), st.text("0123456789.:@-+/() ve%", max_size=20), seeds()), max_size=6).map("".join))
@example("a@b.com1.2.3.4")
@example("212-555-0123:1:2:3:4:5:6:7:8")
@example("a@b.org@c.org")
@example("[email:3f9a]@c.org")
def test_redacting_twice_changes_nothing(text):
    once = redact(text, BY)
    assert redact(once, BY) == once


HOSTILE = [
    "@",
    "a@",
    "1",
    "4111 ",
    ":",
    "1:",
    "1.",
    "a@a.",
    '"@x.org',
    "%40",
    "+2 ",
    "01 ",
    "tel ",
    "(",
    "1::",
    "\u00e91",
    "a.",
    "2001:db8::1 ",
]


@pytest.mark.parametrize("piece", HOSTILE)
def test_work_grows_with_the_length_of_hostile_text_and_no_faster(piece):
    def seconds(length):
        text = (piece * (length // len(piece) + 1))[:length] + "1@"
        started = time.process_time()
        redact(text, BY)
        return time.process_time() - started

    seconds(1000)
    # a quadratic pattern would need a hundred times and more; wide of any noise of the machine
    assert seconds(100_000) < 40 * (min(seconds(10_000) for _ in range(3)) + 0.005)


def test_values_that_are_not_text_stay_what_they_are():
    moment = datetime(2013, 6, 3, tzinfo=UTC)
    for value in (None, True, 0, 12.5, float("nan"), float("inf"), -3, moment, 1370217600000000):
        assert redact_value(value, BY) is value


def test_a_card_number_in_a_numeric_column_becomes_its_mark():
    mark = redact("4111111111111111", BY)
    assert redact_value(4111111111111111, BY) == mark
    assert redact_value(4111111111111111.0, BY) == mark
    assert redact_value(4111111111111111, Redactor(policy_of(["email"]), KEY)) == 4111111111111111


def test_restricted_and_secret_fields_are_absent_and_not_null():
    fields = {
        "id": "e1",
        "time": datetime(2013, 6, 3, tzinfo=UTC),
        "inputs.name": "Ana",
        "inputs.age": 3,
        "context.airport": "EWR",
    }
    grades = {"inputs.name": Sensitivity.RESTRICTED, "inputs.age": Sensitivity.SECRET, "context.airport": Sensitivity.INTERNAL}
    assert set(redact_event(fields, grades, BY)) == {"id", "time", "context.airport"}


def test_every_field_that_may_be_free_text_is_redacted():
    names = ["output", "label", "status", "inputs.contact", "context.caller", "text"]
    redacted = redact_event(dict.fromkeys(names, "see ana@example.org"), {}, BY)
    assert all(str(value).startswith("see [email:") for value in redacted.values())


def test_names_keep_everything_but_email_addresses():
    fields = {
        "id": "ana@example.org/1",
        "model_version": "1.2.3.4",
        "features": "4111111111111111",
        "trace_id": "ana@example.org",
    }
    redacted = redact_event(fields, {}, BY)
    assert redacted["id"] == "ana@example.org/1"
    assert redacted["model_version"] == "1.2.3.4"
    assert redacted["features"] == "4111111111111111"
    assert str(redacted["trace_id"]).startswith("[email:")


def test_an_id_that_holds_personal_data_is_reported():
    assert exposed("ana@example.org/17", ALL) == ("email",)
    assert exposed("2013-03-01/UA/1545/EWR/1", ALL) == ()
    assert exposed("plain", ALL) == ()


@pytest.mark.parametrize("name", ["id", "time"])
def test_an_event_cannot_be_without_id_and_time(name):
    with pytest.raises(InputError, match=f"field {name} is graded restricted"):
        redact_event({"id": "e1"}, {name: Sensitivity.RESTRICTED}, BY)


class Raw(str):
    """A text of which one can tell whether anything still holds it."""

    __slots__ = ("__weakref__",)


def test_short_raw_values_are_remembered_within_a_capture_and_not_beyond():
    def redacted():
        value = Raw("ana@example.org")
        assert redact(value, BY) == redact("ana@example.org", BY)
        return weakref.ref(value)

    assert redacted()() is None
    with remembering():
        held = redacted()
        assert held() is not None
    assert held() is None
