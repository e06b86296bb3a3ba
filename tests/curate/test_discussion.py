"""What a comment may be, and whom it mentions."""

from __future__ import annotations

import pytest

from remiss.curate.discussion import COMMENT_LIMIT, check_status, mentions, prepared
from remiss.errors import Conflict, InputError
from remiss.govern.redaction.written import Gate
from remiss.records.discussion import Thread, ThreadStatus

KEY = b"k" * 32


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("@ana look", ("ana",)),
        ("(@Ana), @BO. And @ana again", ("ana", "bo")),
        ("@ana.b-c's", ("ana.b-c",)),
        ("@ünï", ("ünï",)),
        ("ana@example, a/@b, x.@y, @@z", ()),
        ("`@ana` and ``\n@bo", ("bo",)),
        ("```\n@ana\n```\n@bo", ("bo",)),
        ("~~~\n@ana", ()),
        ("@ ana, @-bo", ()),
    ],
)
def test_a_name_behind_an_at_sign_is_mentioned_but_not_in_code_or_addresses(text, named):
    assert mentions(text) == named


def test_a_comment_is_redacted_and_so_mentions_nobody_by_their_address():
    written = prepared("  ask ana@example.org and @bo ", Gate(KEY))
    assert "example.org" not in written
    assert mentions(written) == ("bo",)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (" \n", "empty"),
        ("x" * (COMMENT_LIMIT + 1), "more than 20000"),
        ("a\0b", "no catalog can hold"),
        (" ".join(f"@p{number}" for number in range(21)), "more than 20 people"),
    ],
)
def test_what_is_no_comment_is_refused(text, said):
    with pytest.raises(InputError, match=said):
        prepared(text, Gate(KEY))


def test_what_is_open_cannot_be_opened():
    thread = Thread(id="thread-1", case="c", status=ThreadStatus.OPEN, comments=())
    check_status(thread, ThreadStatus.RESOLVED)
    with pytest.raises(Conflict, match="open already"):
        check_status(thread, ThreadStatus.OPEN)
