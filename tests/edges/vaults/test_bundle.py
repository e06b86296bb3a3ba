"""Bundles in the folder vault: many pieces of evidence in one file, on a real file system, with real processes."""

import concurrent.futures
import os
import signal
import stat
import subprocess
import sys

import pytest

from remiss.edges.keys import FolderKeys
from remiss.edges.vaults.bundle import MARK, TAIL
from remiss.edges.vaults.folder import FolderVault
from remiss.errors import NotFound, StorageError

CONTENTS = [f"event {number}".encode() * (1 + number % 7) for number in range(500)]


def never(run):
    return False


def bundled(vault, contents, run="run-000000000001", filed=never):
    with vault.bundle(filed) as bundle:
        addresses = [bundle.add(content) for content in contents]
        bundle.seal()
        bundle.belong(run)
    return addresses


def names(folder):
    return sorted(path.name for path in (folder / "bundles").iterdir())


def size(folder):
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_each_content_of_a_bundle_is_got_back_by_its_address(vault):
    addresses = bundled(vault, CONTENTS)
    assert [vault.get(address) for address in addresses] == CONTENTS


def test_a_bundle_is_one_file_that_nobody_else_may_read(vault, folder):
    bundled(vault, CONTENTS)
    assert names(folder) == ["run-000000000001.bundle"]
    assert mode(folder / "bundles") == 0o700
    assert mode(folder / "bundles" / "run-000000000001.bundle") == 0o600


def test_a_bundle_is_closed_to_others_from_its_first_byte(vault, folder):
    with vault.bundle(never) as bundle:
        bundle.add(b"evidence")
        [staged] = (folder / "bundles").iterdir()
        assert mode(staged) == 0o600


def test_an_address_is_the_same_alone_and_in_a_bundle(vault):
    assert bundled(vault, [b"evidence"]) == [vault.put(b"evidence")]


def test_the_same_content_lies_in_a_bundle_once(vault, folder):
    first, second = bundled(vault, [b"evidence" * 100, b"evidence" * 100])
    assert first == second
    assert (folder / "bundles" / "run-000000000001.bundle").stat().st_size < 2 * 800


def test_a_capture_without_evidence_leaves_no_file(vault, folder):
    bundled(vault, [])
    assert names(folder) == []


def test_an_address_before_and_after_all_others_is_not_found(vault):
    bundled(vault, CONTENTS)
    with pytest.raises(NotFound):
        vault.get("0" * 64)
    with pytest.raises(NotFound):
        vault.get("f" * 64)


def test_a_block_that_fails_leaves_nothing(vault, folder):
    def fail():
        with vault.bundle(never) as bundle:
            bundle.add(b"evidence")
            assert len(names(folder)) == 1
            raise ValueError("capture")

    with pytest.raises(ValueError, match="capture"):
        fail()
    assert names(folder) == []


def test_a_bundle_that_belongs_to_a_run_survives_a_commit_of_which_nobody_knows_whether_it_took_place(vault, folder):
    told = []

    def lose():
        with vault.bundle(never) as bundle:
            told.append(bundle.add(b"evidence"))
            bundle.seal()
            bundle.belong("run-000000000001")
            raise ValueError("connection lost")

    with pytest.raises(ValueError, match="connection lost"):
        lose()
    [address] = told
    assert vault.get(address) == b"evidence"
    assert vault.state().left == 1
    bundled(vault, [b"other"], "run-000000000002", filed=lambda run: run == "run-000000000001")
    assert vault.get(address) == b"evidence"
    assert names(folder) == ["run-000000000001.bundle", "run-000000000002.bundle"]


DIES = """
import os, signal, sys
from pathlib import Path
from remiss.edges.keys import FolderKeys
from remiss.edges.vaults.folder import FolderVault
folder = Path(sys.argv[1])
with FolderVault(folder, FolderKeys(folder.parent / "catalog.keys")).bundle(lambda run: False) as bundle:
    for at in range(int(sys.argv[3])):
        print(bundle.add(b"left %d" % at * 100_000), flush=True)
    if sys.argv[2] != "torn":
        bundle.seal()
    if sys.argv[2] == "owned":
        bundle.belong("run-00000000dead")
    os.kill(os.getpid(), signal.SIGKILL)
"""


def die(folder, how, count=3):
    """Let a process be killed while it writes a bundle; return the addresses that it told."""
    done = subprocess.run([sys.executable, "-c", DIES, str(folder), how, str(count)], capture_output=True, text=True)
    assert done.returncode == -signal.SIGKILL, done.stderr
    return done.stdout.split()


@pytest.mark.parametrize("how", ["torn", "sealed", "owned"])
def test_what_a_killed_capture_left_is_removed_by_the_next_one_that_is_filed(vault, folder, how):
    kept = bundled(vault, CONTENTS[:3])
    addresses = die(folder, how)
    assert vault.state().left == 1
    assert vault.get(kept[0]) == CONTENTS[0]
    bundled(vault, [b"new"], "run-000000000002")
    assert names(folder) == ["run-000000000001.bundle", "run-000000000002.bundle"]
    assert vault.state().left == 0
    for address in addresses:
        with pytest.raises(NotFound):
            vault.get(address)


def test_what_a_killed_capture_left_stays_as_long_as_no_capture_is_filed(vault, folder):
    die(folder, "owned")
    with pytest.raises(ValueError, match="refused"), vault.bundle(never):
        raise ValueError("refused")
    assert vault.state().left == 1


def test_the_evidence_of_a_run_that_was_filed_before_its_process_died_is_kept(vault, folder):
    addresses = die(folder, "owned")
    assert vault.get(addresses[0]) == b"left 0" * 100_000
    bundled(vault, [b"new"], "run-000000000002", filed=lambda run: run == "run-00000000dead")
    assert names(folder) == ["run-000000000002.bundle", "run-00000000dead.bundle"]
    assert vault.get(addresses[2]) == b"left 2" * 100_000


def test_a_capture_under_way_is_no_leftover(vault, folder, keys):
    other = FolderVault(folder, keys)
    with vault.bundle(never) as bundle:
        address = bundle.add(b"mine")
        assert other.state().left == 0
        bundled(other, [b"theirs"], "run-000000000002")
        bundle.seal()
        bundle.belong("run-000000000001")
    assert vault.get(address) == b"mine"
    assert names(folder) == ["run-000000000001.bundle", "run-000000000002.bundle"]


def test_altered_evidence_in_a_bundle_is_refused(vault, folder):
    address, other = bundled(vault, [b"evidence", b"other"])
    path = folder / "bundles" / "run-000000000001.bundle"
    content = bytearray(path.read_bytes())
    content[len(MARK)] ^= 1
    path.write_bytes(content)
    with pytest.raises(StorageError, match="was altered"):
        vault.get(address)
    assert vault.get(other) == b"other"


def test_an_index_from_which_an_entry_was_taken_is_recognised(vault, folder):
    address, _ = bundled(vault, [b"evidence", b"other"])
    path = folder / "bundles" / "run-000000000001.bundle"
    content = path.read_bytes()
    # The entry says another address now, as if the evidence had never been there.
    path.write_bytes(content.replace(bytes.fromhex(address), bytes(32)))
    with pytest.raises(StorageError, match="altered or torn") as told:
        vault.get(address)
    assert told.value.where.file == str(path)


@pytest.mark.parametrize("cut", [1, TAIL.size, 200, 10**9])
def test_a_torn_bundle_is_told_from_evidence_that_is_not_there_and_hides_no_other(vault, folder, cut):
    addresses = bundled(vault, CONTENTS)
    others = bundled(vault, [b"other"], "run-000000000002")
    path = folder / "bundles" / "run-000000000001.bundle"
    path.write_bytes(path.read_bytes()[:-cut])
    with pytest.raises(StorageError, match="altered or torn"):
        vault.get(addresses[0])
    assert vault.get(others[0]) == b"other"


def test_a_bundle_of_another_catalog_is_not_taken_for_ours(vault, folder, tmp_path):
    [address] = bundled(FolderVault(folder, FolderKeys(tmp_path / "other.keys", create=True)), [b"evidence"])
    with pytest.raises(StorageError, match="key of the raw evidence is missing"):
        vault.get(address)


def test_discarding_takes_one_content_out_of_every_bundle_and_leaves_the_rest(vault, folder):
    addresses = bundled(vault, CONTENTS)
    bundled(vault, CONTENTS[100:200], "run-000000000002")
    vault.put(CONTENTS[123])
    before = size(folder)
    vault.discard(addresses[123])
    vault.discard(addresses[123])
    with pytest.raises(NotFound, match="holds no evidence"):
        vault.get(addresses[123])
    assert size(folder) < before - 3 * len(CONTENTS[123])
    for at in (0, 122, 124, 499):
        assert vault.get(addresses[at]) == CONTENTS[at]
    assert names(folder) == ["run-000000000001.bundle", "run-000000000002.bundle"]
    assert {mode(path) for path in (folder / "bundles").iterdir()} == {0o600}


def test_a_bundle_of_which_everything_was_discarded_is_gone(vault, folder):
    for address in bundled(vault, CONTENTS[:3]):
        vault.discard(address)
    assert names(folder) == []


def test_people_who_discard_from_one_bundle_at_the_same_moment_lose_no_erasure(vault, folder, keys):
    addresses = bundled(vault, CONTENTS)
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        list(pool.map(FolderVault(folder, keys).discard, addresses[:40]))
    for address in addresses[:40]:
        with pytest.raises(NotFound):
            vault.get(address)
    assert [vault.get(address) for address in addresses[40:60]] == CONTENTS[40:60]
    assert names(folder) == ["run-000000000001.bundle"]


def test_captures_that_bundle_at_the_same_moment_do_not_disturb_one_another(folder, keys):
    def capture(number):
        return bundled(FolderVault(folder, keys), CONTENTS[:100], f"run-{number:012}")

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        found = set(map(tuple, pool.map(capture, range(32))))
    assert len(found) == 1
    assert len(names(folder)) == 32
    assert all(name.endswith(".bundle") for name in names(folder))


def test_a_disk_that_is_full_in_the_middle_of_a_bundle_is_said_and_leaves_nothing(vault, folder):
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
    try:
        with pytest.raises(StorageError, match="File too large"):
            bundled(vault, [os.urandom(1000) for _ in range(100)])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, before)
    assert names(folder) == []


def test_what_is_too_short_to_be_a_bundle_is_damaged(vault, folder):
    bundled(vault, [b"evidence"])
    (folder / "bundles" / "run-000000000001.bundle").write_bytes(MARK)
    with pytest.raises(StorageError, match="altered or torn"):
        vault.get("0" * 64)
