"""Whatever is done to a log without its key is found, and the first entry that it was done to is named."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from remiss.govern.audit.checkpoint import Checkpoint
from remiss.govern.audit.integrity import check
from remiss.govern.audit.log import Head, append, leaf_of, text_of
from remiss.govern.audit.merkle import Frontier
from tests.govern.tampering import DEEDS, tampered

SECRET = bytes(range(32))


def written(size, start=0):
    """Entries as they are written, and what each returns at its number."""
    return [lambda number, at=at: text_of({"n": number, "actor": f"p{at % 7}", "at": at}) for at in range(start, start + size)]


def log_of(size, groups=(1,)):
    """A log that was appended to in groups: its rows, its head and its root at each size."""
    head, rows, roots = Head().sealed(SECRET), [], {}
    draw = random.Random(size)
    while head.size < size:
        many = min(draw.choice(groups), size - head.size)
        kept, texts, head = append(head, SECRET, written(many, head.size))
        rows += [(each.number, text.encode(), each.leaf, each.seal) for each, text in zip(kept, texts, strict=True)]
        roots[head.size] = head.frontier.root
    return rows, head, roots


def verdict(rows, head, *, secret=SECRET, checkpoints=(), block=16, **options):
    blocks = [rows[at : at + block] for at in range(0, len(rows), block)]
    return check("journal", lambda: blocks, head, secret, checkpoints, **options)


def signed(size, root):
    return Checkpoint(origin="remiss/c1/journal", size=size, root=root)


@pytest.mark.parametrize("size", [0, 1, 2, 15, 16, 17, 200])
def test_a_log_that_was_left_alone_is_sound(size):
    rows, head, roots = log_of(size, groups=(1, 2, 5))
    points = [signed(at, root) for at, root in roots.items()]
    for checkpoints in ((), points[:1], points[-1:], points):
        found = verdict(rows, head, checkpoints=checkpoints, begun=True)
        assert (found.sound, found.entries, found.first, found.root) == (True, size, None, head.frontier.root.hex())
        assert verdict(rows, None, secret=None, checkpoints=checkpoints).sound


def test_in_which_groups_entries_were_appended_changes_nothing():
    assert log_of(50, groups=(1,))[:2] == log_of(50, groups=(3, 9))[:2]


def test_every_deed_is_found_at_its_place():
    draw = random.Random(4)
    rows, head, _ = log_of(200, groups=(1, 3))
    for number in range(1000):
        deed = DEEDS[number % len(DEEDS)]
        changed, changed_head, first = tampered(draw, deed, rows, head)
        found = verdict(changed, changed_head, block=draw.choice((7, 64, 500)))
        assert not found.sound, deed
        assert found.first == first, (deed, found.what)


def test_what_was_done_before_a_checkpoint_is_found_with_its_public_key_alone():
    draw = random.Random(5)
    rows, head, roots = log_of(200)
    points = [signed(size, roots[size]) for size in (50, 120, 200)]
    for number in range(300):
        deed = DEEDS[number % len(DEEDS)]
        changed, changed_head, first = tampered(draw, deed, rows, head, seals=False)
        found = verdict(changed, changed_head, secret=None, checkpoints=points)
        if changed[:200] == rows:
            # What was done was done to the head, or behind the last checkpoint: of that it says nothing.
            assert found.sound
            continue
        assert not found.sound, deed
        assert found.first <= first
        before = max((each.size for each in points if each.size < first), default=0)
        assert found.first > before


def test_who_makes_every_leaf_and_the_head_fit_is_found_by_the_seals():
    """An attacker who knows how this works, and lacks the key alone."""
    rows, head, _ = log_of(40)
    for at in range(40):
        forged, link = [], bytes(32)
        for number, entry, _, seal in rows:
            entry = entry.replace(b'"actor":"p', b'"actor":"q') if number == at + 1 else entry
            leaf = leaf_of(entry, link)
            forged.append((number, entry, leaf, seal))
            link = seal
        end = replace(head, frontier=Frontier().grown([row[2] for row in forged]))
        found = verdict(forged, end)
        assert (found.sound, found.first) == (False, at + 1)


def test_a_shorter_log_with_its_own_older_head_is_found_by_a_checkpoint():
    rows, _, roots = log_of(40)
    older_rows, older, _ = log_of(30)
    assert rows[:30] == older_rows
    assert verdict(rows[:30], older).sound
    found = verdict(rows[:30], older, checkpoints=[signed(40, roots[40])])
    assert (found.sound, found.first) == (False, 31)


def test_a_log_that_was_never_sealed_is_sound_until_it_is_known_to_have_been():
    rows = [(number, written(1)[0](number).encode(), None, None) for number in (1, 2)]
    assert verdict(rows, None).sound
    assert verdict(rows, None, begun=True).first == 1
    assert verdict([], None, begun=True).what == "the end of the log is missing, and with it whatever there was"


def test_a_log_whose_head_is_gone_is_found():
    rows, _, _ = log_of(20)
    found = verdict(rows, None)
    assert (found.sound, found.first) == (False, 21)
    assert "the end of the log is missing" in found.what


def test_another_key_fits_nothing():
    rows, head, _ = log_of(20)
    found = verdict(rows, head, secret=bytes(32))
    assert (found.sound, found.first) == (False, 1)


@pytest.mark.soak
def test_every_deed_is_found_at_its_place_in_a_long_log():
    draw = random.Random(6)
    rows, head, _ = log_of(3_000, groups=(1, 20))
    for number in range(2_500):
        deed = DEEDS[number % len(DEEDS)]
        changed, changed_head, first = tampered(draw, deed, rows, head)
        found = verdict(changed, changed_head, block=1024)
        assert (found.sound, found.first) == (False, first), deed
