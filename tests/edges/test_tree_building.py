"""The tree of a long log grows in another process as it does here, and that process is gone afterwards."""

from __future__ import annotations

import hashlib
import os
import signal
from pathlib import Path

import pytest

from remiss.edges.tree_building import LONG, in_own_process
from remiss.errors import StorageError
from remiss.govern.audit.merkle import here

LEAVES = [hashlib.sha256(str(at).encode()).digest() for at in range(LONG + 10_000)]


def children():
    return {int(each) for each in Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()}


def grown(grow, sizes, count, step=4096):
    with grow(sizes) as grower:
        for at in range(0, count, step):
            grower.add(LEAVES[at : min(at + step, count)])
        return grower.end()


@pytest.mark.parametrize("count", [0, 1, LONG - 1, LONG, LONG + 1, len(LEAVES)])
def test_it_grows_as_it_does_here(count):
    sizes = [0, 1, 7, LONG - 1, LONG, LONG + 5000, LONG + 9999, LONG * 2]
    assert grown(in_own_process, sizes, count) == grown(here, sizes, count)


def test_only_a_long_log_is_worth_another_process():
    before = children()
    with in_own_process([]) as grower:
        grower.add(LEAVES[: LONG - 1])
        assert children() == before
        grower.add(LEAVES[LONG - 1 : LONG])
        assert len(children() - before) == 1
    assert children() == before


def test_a_process_that_ends_early_is_told_and_not_taken_for_the_end_of_the_log():
    before = children()
    with pytest.raises(StorageError, match="ended early, with status -9"), in_own_process([]) as grower:  # noqa: PT012
        grower.add(LEAVES[:LONG])
        (child,) = children() - before
        os.kill(child, signal.SIGKILL)
        grower.add(LEAVES[LONG:])
        grower.end()


def test_what_lies_in_the_folder_where_one_stands_is_not_run(tmp_path, monkeypatch):
    (tmp_path / "hashlib.py").write_text("raise SystemExit('not this one')\n")
    monkeypatch.chdir(tmp_path)
    assert grown(in_own_process, [], len(LEAVES)) == grown(here, [], len(LEAVES))
