"""Checkpoints are signed notes that others can read, and whatever is changed of one is noticed."""

from __future__ import annotations

import base64

import pytest

from remiss.errors import InputError
from remiss.govern.audit.checkpoint import Checkpoint, Signer, Verifier, origin_of, read_notes

# The key and the note of the documentation of golang.org/x/mod/sumdb/note.
KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
SECRET = base64.b64decode("AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz")[1:]
TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
SIGNATURE = "\u2014 PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
OURS = Signer("remiss/c1", bytes(range(32)))


def checkpoint(size=3, log="journal"):
    return Checkpoint(origin=origin_of("c1", log), size=size, root=bytes([size]) * 32)


def test_a_note_is_signed_as_others_sign_it():
    signer = Signer("PeterNeumann", SECRET)
    assert signer.verifier.text == KEY
    assert signer.note(TEXT) == f"{TEXT}\n{SIGNATURE}"


def test_a_public_key_is_read_as_others_write_it():
    assert Verifier.of(KEY).text == KEY
    assert Verifier.of(KEY + "\n").name == "PeterNeumann"


def test_a_checkpoint_says_whose_log_how_long_and_which_root():
    note = OURS.note(checkpoint().text)
    assert note.splitlines()[:3] == ["remiss/c1/journal", "3", base64.b64encode(b"\x03" * 32).decode()]
    assert read_notes(note, OURS.verifier) == (checkpoint(),)


def test_a_file_may_hold_many_checkpoints():
    notes = [checkpoint(3), checkpoint(9), checkpoint(5, "views")]
    for between in ("", "\n"):
        text = between.join(OURS.note(each.text) for each in notes)
        assert read_notes(text, OURS.verifier) == tuple(notes)
        assert read_notes(text.replace("\n", "\r\n"), OURS.verifier) == tuple(notes)
    assert [each.log for each in notes] == ["journal", "journal", "views"]


def test_whatever_is_changed_of_a_checkpoint_is_noticed():
    note = OURS.note(checkpoint().text)
    for at, character in enumerate(note.rstrip("\n")):
        changed = note[:at] + ("A" if character != "A" else "B") + note[at + 1 :]
        with pytest.raises(InputError):
            read_notes(changed, OURS.verifier)


def test_a_checkpoint_signed_by_another_proves_nothing():
    note = Signer("remiss/c1", bytes(32)).note(checkpoint().text)
    with pytest.raises(InputError, match=r"not signed by remiss/c1"):
        read_notes(note, OURS.verifier)


@pytest.mark.parametrize("text", ["", "\n", "remiss/c1/journal\n3\n", "words\n"])
def test_a_file_without_a_signed_checkpoint_is_refused(text):
    with pytest.raises(InputError, match=r"no checkpoint|not a checkpoint|no signature"):
        read_notes(text, OURS.verifier)


def test_a_signed_note_that_is_no_checkpoint_is_refused():
    with pytest.raises(InputError, match="is not a checkpoint"):
        read_notes(OURS.note("remiss/c1/journal\nthree\nAAAA\n"), OURS.verifier)


@pytest.mark.parametrize("text", ["", "x", KEY[:-4], KEY.replace("c74f20a3", "c74f20a4"), KEY.replace("+AR", "+CR")])
def test_what_is_no_public_key_is_refused(text):
    with pytest.raises(InputError):
        Verifier.of(text)


def test_of_two_signatures_in_our_name_none_may_be_wrong():
    # The wrong one was passed over, so that a note said of itself that it holds twice, and once it did not.
    note = OURS.note(checkpoint().text)
    (mine,) = (line for line in note.splitlines() if line.startswith("\u2014"))
    name, encoded = mine.rsplit(" ", 1)
    forged = base64.b64encode(base64.b64decode(encoded)[:-1] + b"\x00").decode()
    for wrong in (forged, "not base64", base64.b64encode(bytes(68)).decode()):
        for text in (f"{note}{name} {wrong}\n", note.replace(mine, f"{name} {wrong}\n{mine}")):
            with pytest.raises(InputError, match="is not signed by remiss/c1"):
                read_notes(text, OURS.verifier)
    # What somebody else signed beside it is theirs.
    assert read_notes(f"{note}{SIGNATURE}", OURS.verifier) == (checkpoint(),)
