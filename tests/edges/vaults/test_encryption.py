"""Raw evidence on the disk: what a reader of the disk can do with it, and how keys are rotated and destroyed."""

import concurrent.futures
import hashlib
import hmac
import os
import shutil
import signal
import subprocess
import sys
import threading

import pytest

from remiss.edges.keys import FolderKeys
from remiss.edges.vaults.bundle import ENTRY, PLAIN_MARK, PLAIN_TAIL, destroy
from remiss.edges.vaults.folder import FolderVault
from remiss.errors import NotFound, StorageError

RUN = "run-000000000001"
CONTENTS = [f"the traveller of seat {number} wrote a letter".encode() for number in range(40)]


def silent(stage, done):
    """Tell nobody."""


def never(run):
    return False


def bundled(vault, contents=CONTENTS, run=RUN):
    with vault.bundle(never) as bundle:
        addresses = [bundle.add(content) for content in contents]
        bundle.seal()
        bundle.belong(run)
    return addresses


def plainly_bundled(folder, keys, contents=CONTENTS, run=RUN):
    """Write a bundle as versions without encryption did."""
    key = keys.secret("vault")
    body, entries = PLAIN_MARK, []
    for content in contents:
        entries.append((hmac.digest(key, content, "sha256"), len(body), len(content)))
        body += content
    index = b"".join(ENTRY.pack(*entry) for entry in sorted(entries))
    seal = hmac.new(key, PLAIN_MARK + index, hashlib.sha256).digest()
    (folder / "bundles").mkdir(mode=0o700, exist_ok=True)
    (folder / "bundles" / f"{run}.bundle").write_bytes(body + index + PLAIN_TAIL.pack(len(entries), seal, PLAIN_MARK))
    return [address.hex() for address, _, _ in entries]


def rotate(vault):
    done = vault.renew(silent)
    vault.retire(done)
    return done.pieces, done.resumed


def everything(folder):
    return b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


def wrapping_keys(tmp_path):
    return sorted(path.name for path in (tmp_path / "catalog.keys").glob("wrapping-*"))


def test_nothing_of_a_content_lies_on_the_disk(vault, folder):
    bundled(vault)
    vault.put(b"the traveller's passport")
    assert b"traveller" not in everything(folder)


def test_the_same_content_looks_another_each_time(vault, folder):
    [address] = bundled(vault, [b"x" * 64])
    bundled(vault, [b"x" * 64], "run-000000000002")
    first, second = (path.read_bytes()[16 : 16 + 64] for path in sorted((folder / "bundles").iterdir()))
    assert first != second
    assert vault.get(address) == b"x" * 64


def test_keys_lie_outside_the_vault_and_only_their_owner_may_read_them(vault, folder, tmp_path):
    bundled(vault)
    [name] = wrapping_keys(tmp_path)
    path = tmp_path / "catalog.keys" / name
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.stat().st_size == 32
    assert path.read_bytes() not in everything(folder)
    path.chmod(0o640)
    with pytest.raises(StorageError, match="open to others"):
        FolderVault(folder, FolderKeys(tmp_path / "catalog.keys")).get(bundled(vault)[0])


def test_without_the_key_nothing_can_be_read_and_none_is_made_in_silence(vault, folder, tmp_path):
    [address, *_] = bundled(vault)
    [name] = wrapping_keys(tmp_path)
    (tmp_path / "catalog.keys" / name).unlink()
    another = FolderVault(folder, FolderKeys(tmp_path / "catalog.keys"))
    with pytest.raises(StorageError, match=f"no {name}"):
        another.get(address)
    with pytest.raises(StorageError, match=f"no {name}"):
        another.put(b"more")
    assert wrapping_keys(tmp_path) == []


def test_one_piece_cannot_be_put_in_the_place_of_another(vault, folder):
    first, second = bundled(vault, [b"a" * 50, b"b" * 50])
    path = folder / "bundles" / f"{RUN}.bundle"
    held = path.read_bytes()
    length = 50 + 16
    one, other = held[16 : 16 + length], held[16 + length : 16 + 2 * length]
    path.write_bytes(held[:16] + other + one + held[16 + 2 * length :])
    for address in (first, second):
        with pytest.raises(StorageError, match="was altered"):
            vault.get(address)


def test_evidence_that_an_older_version_kept_is_read_and_a_rotation_encrypts_it(vault, folder, keys):
    addresses = plainly_bundled(folder, keys)
    assert [vault.get(address) for address in addresses] == CONTENTS
    assert vault.state().plain == 1
    assert rotate(vault) == (len(CONTENTS), False)
    assert [vault.get(address) for address in addresses] == CONTENTS
    assert b"traveller" not in everything(folder)
    assert vault.state().plain == 0


def test_evidence_of_an_older_version_that_was_altered_is_recognised_after_a_rotation_too(vault, folder, keys):
    first, second, *_ = plainly_bundled(folder, keys)
    path = folder / "bundles" / f"{RUN}.bundle"
    path.write_bytes(path.read_bytes().replace(b"seat 0 ", b"seat X "))
    rotate(vault)
    with pytest.raises(StorageError, match="was altered"):
        vault.get(first)
    assert vault.get(second) == CONTENTS[1]


def test_a_piece_that_an_older_version_kept_can_be_erased(vault, folder, keys):
    first, second, *_ = plainly_bundled(folder, keys)
    vault.discard(first)
    with pytest.raises(NotFound):
        vault.get(first)
    assert vault.get(second) == CONTENTS[1]
    assert b"traveller" not in everything(folder)


def test_after_a_rotation_everything_is_read_and_the_former_key_is_gone(vault, folder, tmp_path):
    addresses = bundled(vault)
    alone = vault.put(b"alone")
    [before] = wrapping_keys(tmp_path)
    assert rotate(vault) == (len(CONTENTS) + 1, False)
    [after] = wrapping_keys(tmp_path)
    assert after != before
    for reader in (vault, FolderVault(folder, FolderKeys(tmp_path / "catalog.keys"))):
        assert [reader.get(address) for address in addresses] == CONTENTS
        assert reader.get(alone) == b"alone"


def test_a_copy_of_the_vault_from_before_a_rotation_is_read_by_nobody(vault, folder, tmp_path):
    [address, *_] = bundled(vault)
    shutil.copytree(folder, tmp_path / "copy")
    rotate(vault)
    with pytest.raises(StorageError, match="is missing"):
        FolderVault(tmp_path / "copy", FolderKeys(tmp_path / "catalog.keys")).get(address)


def test_another_process_reads_and_writes_on_after_a_rotation(vault, folder, tmp_path):
    other = FolderVault(folder, FolderKeys(tmp_path / "catalog.keys"))
    [address, *_] = bundled(other)
    rotate(vault)
    assert other.get(address) == CONTENTS[0]
    [more] = bundled(other, [b"more"], "run-000000000002")
    assert vault.get(more) == b"more"
    assert len(wrapping_keys(tmp_path)) == 1


def test_vaults_that_share_a_folder_of_keys_do_not_lose_one_anothers(vault, keys, tmp_path):
    neighbour = FolderVault(tmp_path / "neighbour.vault", keys)
    [theirs] = bundled(neighbour, [b"theirs"])
    bundled(vault)
    rotate(vault)
    assert neighbour.get(theirs) == b"theirs"


DIES = """
import os, signal, sys
from pathlib import Path
from remiss.edges.keys import FolderKeys
from remiss.edges.vaults.folder import FolderVault
folder, at = Path(sys.argv[1]), int(sys.argv[2])
seen = []
def progress(stage, done):
    seen.append(done)
    if len(seen) == at:
        os.kill(os.getpid(), signal.SIGKILL)
vault = FolderVault(folder, FolderKeys(folder.parent / "catalog.keys"))
vault.renew(progress)
sys.exit(f"told {len(seen)} times only")
"""


@pytest.mark.parametrize("at", [1, 2, 3, 4, 5])
def test_a_rotation_that_is_killed_leaves_everything_readable_and_the_next_one_finishes_it(vault, folder, tmp_path, at):
    """Killed before each of four files, and after the last one."""
    addresses = [address for run in (1, 2, 3) for address in bundled(vault, CONTENTS[run:30:3], f"run-{run:012}")]
    addresses.append(vault.put(CONTENTS[0]))
    contents = [vault.get(address) for address in addresses]
    done = subprocess.run([sys.executable, "-c", DIES, str(folder), str(at)], capture_output=True, text=True)
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert [vault.get(address) for address in addresses] == contents
    assert vault.state().rotating
    assert len(wrapping_keys(tmp_path)) == 2
    written, resumed = rotate(vault)
    assert resumed
    assert written == sum([1, 10, 10, 9][at - 1 :])
    assert [vault.get(address) for address in addresses] == contents
    assert not vault.state().rotating
    assert len(wrapping_keys(tmp_path)) == 1


def test_what_is_captured_while_a_rotation_is_under_way_is_rotated_too(vault, folder, tmp_path, keys):
    """The capture has wrapped its keys under the former one when the rotation begins, which then waits for it."""
    bundled(vault, CONTENTS[:3])
    other = FolderVault(folder, keys)
    renewed, told, renewals = threading.Event(), [], []

    def progress(stage, done):
        told.append(done)
        renewed.set()

    with other.bundle(never) as bundle:
        address = bundle.add(b"under way")
        bundle.seal()
        rotation = threading.Thread(target=lambda: renewals.append(vault.renew(progress)))
        rotation.start()
        assert renewed.wait(20)
        bundle.belong("run-000000000002")
    rotation.join(20)
    assert not rotation.is_alive()
    vault.retire(*renewals)
    assert len(wrapping_keys(tmp_path)) == 1
    assert FolderVault(folder, FolderKeys(tmp_path / "catalog.keys")).get(address) == b"under way"


def test_a_rotation_that_is_overtaken_by_another_destroys_no_key_that_is_needed(vault, folder, tmp_path):
    addresses = bundled(vault)
    slow = vault.renew(silent)
    vault.retire(slow)
    # The next one has put its key first and has not come to any file yet.
    vault._ring.renew()
    vault.retire(slow)
    assert len(wrapping_keys(tmp_path)) == 2
    assert [FolderVault(folder, FolderKeys(tmp_path / "catalog.keys")).get(address) for address in addresses] == CONTENTS
    assert rotate(vault) == (len(CONTENTS), True)


def test_whoever_reads_while_keys_are_rotated_again_and_again_reads_everything(vault, folder, tmp_path):
    addresses = bundled(vault)
    reader = FolderVault(folder, FolderKeys(tmp_path / "catalog.keys"))
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        rotating = pool.submit(lambda: [rotate(vault) for _ in range(15)])
        while not rotating.done():
            assert [reader.get(address) for address in addresses] == CONTENTS
        rotating.result()


def test_rotations_at_the_same_moment_lose_nothing(vault, folder, tmp_path, keys):
    addresses = [address for run in range(6) for address in bundled(vault, CONTENTS[run::6], f"run-{run:012}")]
    contents = [vault.get(address) for address in addresses]
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: rotate(FolderVault(folder, keys)), range(12)))
    assert [vault.get(address) for address in addresses] == contents
    rotate(vault)
    assert len(wrapping_keys(tmp_path)) == 1
    assert [vault.get(address) for address in addresses] == contents


def test_a_rotation_stops_at_what_was_altered_and_keeps_the_former_key(vault, folder, tmp_path):
    [address, *_] = bundled(vault)
    bundled(vault, [b"other"], "run-000000000002")
    path = folder / "bundles" / "run-000000000002.bundle"
    whole = path.read_bytes()
    path.write_bytes(whole[:-20])
    with pytest.raises(StorageError, match="altered or torn") as told:
        vault.renew(silent)
    assert told.value.where.file == str(path)
    assert len(wrapping_keys(tmp_path)) == 2
    assert vault.get(address) == CONTENTS[0]
    path.write_bytes(whole)
    assert rotate(vault)[1]


def test_erasing_destroys_the_key_on_the_very_blocks_of_the_disk(vault, folder, tmp_path, keys):
    """A second name keeps the old blocks, as an undeleted file would."""
    first, second, *_ = bundled(vault)
    alone = vault.put(b"alone")
    old = tmp_path / "old.vault"
    (old / "bundles").mkdir(parents=True, mode=0o700)
    old.chmod(0o700)
    os.link(folder / "bundles" / f"{RUN}.bundle", old / "bundles" / f"{RUN}.bundle")
    (old / alone[:2]).mkdir(mode=0o700)
    os.link(folder / alone[:2] / alone[2:], old / alone[:2] / alone[2:])
    vault.discard(first)
    vault.discard(alone)
    undeleted = FolderVault(old, keys)
    for address in (first, alone):
        with pytest.raises(StorageError, match="was destroyed"):
            undeleted.get(address)
    assert undeleted.get(second) == CONTENTS[1]


def test_erasing_that_was_cut_short_is_said_and_finished_by_erasing_again(vault, folder):
    first, second, *_ = bundled(vault)
    destroy(folder / "bundles" / f"{RUN}.bundle", first)
    with pytest.raises(StorageError, match="erase it again"):
        vault.get(first)
    vault.discard(first)
    with pytest.raises(NotFound):
        vault.get(first)
    assert vault.get(second) == CONTENTS[1]


def test_what_a_killed_writer_left_of_a_piece_is_erased_with_it(vault, folder):
    address = vault.put(b"alone")
    path = folder / address[:2] / address[2:]
    shutil.copy(path, path.with_name(f"{path.name}.0123456789abcdef"))
    vault.discard(address)
    assert list(path.parent.iterdir()) == []
