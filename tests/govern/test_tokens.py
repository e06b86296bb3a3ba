"""What is a token, and until when."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from remiss.govern.tokens import admits, digest, split_token, works, written
from remiss.records.person import Token

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SECRET = "s" * 43
TOKEN = Token(id="0123456789ab", person="ana", about=None, expires=NOW + timedelta(days=1), position_from=7)


def test_a_token_is_read_as_it_was_written():
    assert split_token(written("0123456789ab", "_-" + "x" * 41)) == ("0123456789ab", "_-" + "x" * 41)


@pytest.mark.parametrize("text", ["", "remiss__", written("0123456789ab", "short"), written("0123456789AB", SECRET), SECRET])
def test_what_is_written_otherwise_is_none(text):
    assert split_token(text) is None


def test_only_its_own_secret_opens_a_token():
    assert admits(TOKEN, digest(SECRET), SECRET, NOW)
    assert not admits(TOKEN, digest(SECRET), "t" * 43, NOW)


def test_a_token_works_until_it_expires_or_is_revoked():
    assert works(TOKEN, NOW)
    assert not works(TOKEN, NOW + timedelta(days=1))
    assert not works(replace(TOKEN, position_to=9), NOW)
    assert works(replace(TOKEN, expires=None), NOW + timedelta(days=9999))


def test_of_a_secret_only_a_digest_is_kept():
    assert SECRET not in digest(SECRET)
    assert len(digest(SECRET)) == 64
