"""The detectors of accounts, credentials and national ids: what they find, and what has the form and is none."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from remiss.govern.redaction.detectors import DETECTORS, hints
from remiss.govern.redaction.event_fields import redact_value
from remiss.govern.redaction.national_ids import LENGTHS
from remiss.govern.redaction.normalise import normalised
from remiss.govern.redaction.policy import policy_of
from remiss.govern.redaction.redactor import Redactor, redact
from tests.govern.marks import marked
from tests.personal import BODIES, VALUES, hidden, iban, national_id
from tests.tables import each

KEY = b"k" * 32
BY = Redactor(policy_of(DETECTORS), KEY)

FOUND = [
    ("iban", "DE89370400440532013000"),
    ("iban", "GB29 NWBK 6016 1331 9268 19"),
    ("iban", "nl91abna0417164300"),
    ("iban", "MT84 MALT 0110 0001 2345 MTLC AST0 01S"),
    ("iban", "FR14-2004-1010-0505-0001-3M02-606"),
    ("secret", "AKIAIOSFODNN7EXAMPLE"),
    ("secret", "ghp_16C7e42F292c6912E7710c838347Ae178B4a"),
    ("secret", "github_pat_11ABCDEFG0abcdefghijkl_mnopqrstuvwxyz0123456789"),
    ("secret", "xoxb-2345678901-2345678901-abcdefGHIJKL"),
    ("secret", "AIzaSyA1234567890abcdefghijklmnopqrstuv"),
    ("secret", "rk_test_abcdefghijklmnop"),
    ("secret", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U"),
    ("secret", "-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA7\nab+/=\n-----END RSA PRIVATE KEY-----"),
    ("secret", r"-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBg\n-----END PRIVATE KEY-----"),
    ("es-dni", "12345678Z"),
    ("es-dni", "12.345.678-Z"),
    ("es-dni", "X-1234567-L"),
    ("it-codice-fiscale", "RSSMRA85T10A562S"),
    ("it-codice-fiscale", "RSS MRA 85T10 A562S"),
    ("pl-pesel", "44051401359"),
    ("fi-hetu", "131052-308T"),
    ("br-cpf", "529.982.247-25"),
    ("fr-nir", "2 95 10 99 126 111 93"),
    ("be-nn", "85.07.30-033.28"),
    ("se-personnummer", "811218-9876"),
    ("se-personnummer", "19811218-9876"),
    ("nl-bsn", "1112.22.333"),
    ("nl-bsn", "\uff11\uff11\uff11222333"),
    ("in-aadhaar", "2341 2341 2346"),
]

HARMLESS = [
    "DE89370400440532013001",
    "GB29 NWBK 6016 1331 9268 18",
    "XX89370400440532013000",
    "https://example.org/a@b",
    "https://example.org:8080/path",
    "AKIA is a prefix",
    "sk-learn and scikit-learn",
    "risk-free-of-charge-and-more",
    "password: required",
    "password=[secret:3f9a]",
    "tokens=4096, max_tokens: 8192",
    "token: authentication-failed-again",
    "secret=${VAULT_SECRET_17}",
    "api_key: null",
    "the bearer of this letter",
    "eyJ.eyJ.x",
    "-----BEGIN CERTIFICATE-----",
    "12345678A",
    "RSSMRA85T10A562T",
    "44051401358",
    "131052-308U",
    "529.982.247-26",
    "111.111.111-11",
    "85.07.30-033.29",
    "811218-9875",
    "000000000",
    "111222334",
    "0.111222333",
]


@each(
    "detector, value, around",
    [(*found, around) for around in ["{}", "from {}, again", "({})", 'x="{}";y', "seen: {}."] for found in FOUND],
)
def test_what_is_found_becomes_a_mark(detector, value, around):
    assert marked(redact(around.format(value), BY), detector, around)


@each("text", HARMLESS)
def test_what_only_looks_like_it_is_left_alone(text):
    assert redact(text, BY) == text
    assert redact(f"got {text}, as planned", BY) == f"got {text}, as planned"


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("postgresql://ana:s3cret@db.example.org/x", "postgresql://[url-credentials:"),
        ("https://ghp_token@github.example/x", "https://[url-credentials:"),
        ("https://ana:p@ss@example.org", "https://[url-credentials:"),
        ("password=hunter2", "password=[secret:"),
        ('"db_password": "correct-horse-7"', '"db_password": "[secret:'),
        ("API_KEY: 9f86d081884c7d659a2feaa0c55ad015", "API_KEY: [secret:"),
        ("?access_token=ya29x8s7d6f5g4h3j2k1l0&x=1", "?access_token=[secret:"),
        ("Authorization: Bearer 9f86d081884c7d659a2f", "Authorization: Bearer [secret:"),
        ("client_secret => 'a1b2c3d4e5f6g7h8i9'", "client_secret => '[secret:"),
        ("https://hooks.slack.com/services/T00000000/B00000000/XXXXXXXXXXXX", "https://hooks.slack.com/services/[secret:"),
    ],
)
def test_what_announces_a_credential_is_left_standing(text, left):
    redacted = redact(text, BY)
    assert redacted.startswith(left)
    assert redact(redacted, BY) == redacted


def test_a_name_that_opens_nothing_is_no_credential():
    by = Redactor(policy_of(["url-credentials"]), KEY)
    assert redact("git+ssh://git@example.org/repo", by) == "git+ssh://git@example.org/repo"


def test_a_private_key_that_is_cut_off_is_hidden_to_its_end():
    redacted = redact("before -----BEGIN EC PRIVATE KEY-----\nMHcCAQEEIIGlRH\nBzKn7eb9", BY)
    assert redacted.startswith("before [secret:")
    assert redacted.endswith("]")


@pytest.mark.parametrize("country", sorted(LENGTHS))
def test_an_iban_of_every_country_is_found_in_groups_too(country):
    value = next(value for seed in range(10_000) if (value := iban(random.Random(seed))).startswith(country))
    grouped = " ".join(value[at : at + 4] for at in range(0, len(value), 4))
    assert redact(grouped, BY) == redact(value, BY) == redact(value.lower(), BY)
    assert redact(value, BY).startswith("[iban:")


@pytest.mark.parametrize("detector", sorted(VALUES))
def test_fifty_values_of_every_kind_leave_nothing_behind(detector):
    by = Redactor(policy_of([detector]), KEY)
    for seed in range(50):
        value = VALUES[detector](random.Random(seed))
        redacted = redact(f"row 7, user said {value} and left", by)
        assert hidden(detector, value) not in redacted
        assert f"[{detector}:" in redacted


@pytest.mark.parametrize("detector", sorted(BODIES))
@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 1 << 32))
def test_an_id_with_wrong_check_digits_is_none(detector, seed):
    wrong = national_id(detector, right=False)(random.Random(seed))
    assert redact(wrong, Redactor(policy_of([detector]), KEY)) == wrong


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 1 << 32))
def test_an_iban_with_wrong_check_digits_is_none(seed):
    right = iban(random.Random(seed))
    wrong = right[:2] + f"{(int(right[2:4]) + 1 + seed % 95) % 100:02}" + right[4:]
    by = Redactor(policy_of(["iban"]), KEY)
    # three pairs of check digits are alike modulo 97
    assert redact(wrong, by) == wrong or abs(int(wrong[2:4]) - int(right[2:4])) == 97


def test_an_id_in_a_numeric_column_becomes_its_mark():
    assert redact_value(44051401359, BY) == redact("44051401359", BY)
    assert redact_value(44051401359.0, Redactor(policy_of(["pl-pesel"]), KEY)) == redact("44051401359", BY)
    assert redact_value(44051401358, Redactor(policy_of(["pl-pesel"]), KEY)) == 44051401358


def test_national_id_stands_for_those_of_every_country():
    assert set(policy_of(["national-id"]).detectors) == set(BODIES)


def pieces():
    values = st.builds(
        lambda name, seed: VALUES[name](random.Random(seed)), st.sampled_from(sorted(VALUES)), st.integers(0, 9999)
    )
    noise = st.text("0123456789.:@-+/() ve%\nAZaz_=\"'\u00e9\uff11\u200d", max_size=16)
    known = st.sampled_from([value for _, value in FOUND])
    return st.lists(st.one_of(values, noise, known, st.text(max_size=5)), max_size=7).map("".join)


@settings(max_examples=300, deadline=None)
@given(pieces())
def test_hints_miss_nothing_that_a_detector_finds(text):
    for line in text.split("\n"):
        seen = normalised(line).text
        may = hints(BY.policy.built_in).at(seen.encode("ascii", "replace"))
        for name, detector in DETECTORS.items():
            assert name in may or not list(detector.find(seen))


@settings(max_examples=150, deadline=None)
@given(pieces())
def test_redacting_twice_changes_nothing(text):
    once = redact(text, BY)
    assert redact(once, BY) == once


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from([" and ", "\n", ", ", " (", "; caf\u00e9 "]), st.sampled_from(sorted(VALUES)), st.integers(0, 9999)
        ),
        min_size=1,
        max_size=5,
    )
)
def test_no_value_is_left_behind_beside_others(parts):
    values = [(before, name, VALUES[name](random.Random(seed))) for before, name, seed in parts]
    redacted = redact("".join(before + value for before, _, value in values), BY)
    for _, name, value in values:
        assert hidden(name, value) not in redacted


@pytest.mark.parametrize("value", ["CRMSYF57H04R832V", "HR5330315006925999494"])
def test_a_value_is_found_where_it_begins_a_stretch(value):
    # Between the first number and the last clause are 120 characters: there the stretch around it ends.
    before = "(4453578559440267 and https://ana:geheim@intranet/" + "a" * 80 + "/report, "
    assert value not in redact(before + value, BY)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(sorted(VALUES)), st.integers(0, 9999), st.integers(0, 40)), min_size=1, max_size=4))
def test_a_long_line_is_read_like_a_short_one(parts):
    values = [(VALUES[name](random.Random(seed)), "It began well, we said. " * words) for name, seed, words in parts]
    in_one = redact("".join(f"{prose}They wrote {value}, then. " for value, prose in values), BY)
    apart = "".join(f"{prose}They wrote {redact(value, BY)}, then. " for value, prose in values)
    assert in_one == apart
