"""Files on cases: which names they are kept under, and what is refused."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remiss.catalog.attachment import MOST_BYTES, NAME_LIMIT, content_of, harmless_name, prepared
from remiss.errors import InputError
from remiss.govern.redaction.written import Gate
from remiss.records.case import Sensitivity

AT = datetime(2026, 6, 1, tzinfo=UTC)
KEY = b"k" * 32


def added(name="shot.png", content=b"x", at=AT):
    return prepared(name, content, Sensitivity.INTERNAL, case="k7m4-qp2x-9w3d", person="ana", at=at, gate=Gate(KEY))


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("shot.png", "shot.png"),
        ("../../etc/passwd", "passwd"),
        (r"C:\Users\ana\shot 1.png", "shot 1.png"),
        ("/", "file"),
        ("", "file"),
        ("...", "file"),
        (".bashrc", "bashrc"),
        ("invoice\u202egnp.exe", "invoice_gnp.exe"),
        ("a\x00b\r\nSet-Cookie: x", "a_b__Set-Cookie_ x"),
        ('q"<script>.html', "q__script_.html"),
        ("nul", "_nul"),
        ("COM1.txt", "_COM1.txt"),
        ("Å.txt", "Å.txt"),
        ("x" * 300 + ".tar.gz", "x" * (NAME_LIMIT - 3) + ".gz"),
    ],
)
def test_a_name_is_one_file_in_every_folder(given, kept):
    assert harmless_name(given) == kept


@given(st.text(max_size=400))
def test_whatever_the_name_it_is_harmless_and_stays_so(name):
    kept = harmless_name(name)
    assert 0 < len(kept) <= NAME_LIMIT + 1
    assert kept.isprintable()
    assert not set(kept) & set('/\\<>:"|?*')
    assert kept not in {".", ".."}
    assert harmless_name(kept) == kept


def test_personal_data_in_a_name_is_replaced():
    assert "ana@example.org" not in added("mail of ana@example.org.txt").name
    assert added("mail of ana@example.org.txt").name.startswith("mail of [email_")


def test_the_content_comes_back_as_it_was_and_lies_apart_each_time():
    content = bytes(range(256)) * 3 + b"\n\n"
    first, second = added(content=content), added(content=content, at=AT.replace(microsecond=1))
    assert content_of(first.kept) == content_of(second.kept) == content
    assert first.kept != second.kept
    assert first.size == len(content)


@pytest.mark.parametrize("content", [b"", b"x" * (MOST_BYTES + 1)])
def test_what_is_empty_or_too_large_is_refused(content):
    with pytest.raises(InputError):
        added(content=content)


def test_the_largest_file_is_taken():
    assert added(content=b"x" * MOST_BYTES).size == MOST_BYTES
