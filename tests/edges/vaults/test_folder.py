"""The folder vault and the folder of the key, on a real file system."""

import concurrent.futures
import signal
import stat
import subprocess
import sys
import threading

import pytest

from remiss.edges.keys import FolderKeys
from remiss.edges.private_files import refused
from remiss.edges.vaults.folder import FolderVault
from remiss.errors import NotFound, StorageError


def files(folder):
    """Return all files but the list of wrapping keys, which every vault has that was ever used."""
    return [path for path in folder.rglob("*") if path.is_file() and path.name != "wrapping"]


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_what_is_put_is_got_back_by_its_address(vault):
    content = b"\x00raw evidence\xff"
    assert vault.get(vault.put(content)) == content


def test_nobody_else_may_read_or_enter(vault, folder):
    vault.put(b"evidence")
    assert {mode(path) for path in files(folder)} == {0o600}
    assert {mode(path) for path in [folder, *folder.rglob("*")] if path.is_dir()} == {0o700}


def test_the_same_content_put_alone_is_stored_once(vault, folder):
    assert vault.put(b"a") == vault.put(b"a") != vault.put(b"b")
    assert len(files(folder)) == 2


def test_an_address_tells_nothing_without_the_key(tmp_path):
    one = FolderVault(tmp_path / "one", FolderKeys(tmp_path / "1", create=True)).put(b"evidence")
    other = FolderVault(tmp_path / "other", FolderKeys(tmp_path / "2", create=True)).put(b"evidence")
    assert one != other


def test_altered_evidence_is_refused(vault, folder):
    address = vault.put(b"evidence")
    (path,) = files(folder)
    held = path.read_bytes()
    for altered in (b"evidence", held[:-1] + bytes([held[-1] ^ 1]), held[:30] + bytes([held[30] ^ 1]) + held[31:]):
        path.write_bytes(altered)
        with pytest.raises(StorageError, match="was altered"):
            vault.get(address)


def test_putting_again_mends_a_damaged_copy(vault, folder):
    address = vault.put(b"evidence")
    files(folder)[0].write_bytes(b"")
    assert vault.put(b"evidence") == address
    assert vault.get(address) == b"evidence"


def test_discarded_evidence_is_gone_and_discarding_again_is_no_error(vault, folder):
    address = vault.put(b"evidence")
    vault.discard(address)
    vault.discard(address)
    assert files(folder) == []
    with pytest.raises(NotFound, match="holds no evidence"):
        vault.get(address)


@pytest.mark.parametrize("address", ["", "../../etc/passwd", "a" * 63, "A" * 64, "a" * 64 + "\n", "/" + "a" * 63])
def test_no_path_is_made_from_what_is_not_an_address(vault, tmp_path, address):
    outside = tmp_path / "etc"
    outside.write_bytes(b"safe")
    with pytest.raises(NotFound):
        vault.get(address)
    vault.discard(address)
    assert outside.read_bytes() == b"safe"


def test_a_folder_that_is_open_to_others_is_refused_with_advice(vault, folder, keys):
    folder.chmod(0o750)
    with pytest.raises(StorageError, match=r"open to others \(mode 0750\)") as refused:
        FolderVault(folder, keys)
    assert "chmod 700" in refused.value.do


def test_a_file_or_a_link_where_the_folder_belongs_is_refused(tmp_path, keys):
    (tmp_path / "file").write_text("")
    (tmp_path / "real").mkdir(mode=0o700)
    (tmp_path / "link").symlink_to(tmp_path / "real")
    for name in ("file", "link"):
        with pytest.raises(StorageError, match="is not a folder"):
            FolderVault(tmp_path / name, keys)


def test_a_write_that_the_system_cuts_short_leaves_nothing_in_part(vault, folder):
    """The limit on the size of files stands in for a full disk: the same call fails at the same place."""
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
    try:
        with pytest.raises(StorageError, match="File too large"):
            vault.put(b"x" * 100_000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, before)
    assert files(folder) == []
    assert vault.get(vault.put(b"x" * 100_000)) == b"x" * 100_000


def test_a_full_disk_is_said_with_what_to_do(folder):
    with pytest.raises(OSError, match="No space left") as full, open("/dev/full", "wb", buffering=0) as device:  # noqa: PTH123
        device.write(b"x")
    error = refused(full.value, folder, setting="REMISS_VAULT")
    assert error.what == f"the disk that holds {folder} is full"
    assert "REMISS_VAULT" in error.do


def test_a_file_that_a_crash_tore_is_mended_by_the_next_put(vault, folder):
    address = vault.put(b"the whole of it")
    [path] = files(folder)
    path.write_bytes(b"the wh")
    with pytest.raises(StorageError, match="altered"):
        vault.get(address)
    assert vault.put(b"the whole of it") == address
    assert vault.get(address) == b"the whole of it"
    assert files(folder) == [path]


def test_a_key_is_made_once_and_always_gives_the_same_secrets(tmp_path):
    made = FolderKeys(tmp_path / "keys", create=True)
    again = FolderKeys(tmp_path / "keys", create=True)
    assert made.secret("vault") == again.secret("vault") == FolderKeys(tmp_path / "keys").secret("vault")
    assert len(made.secret("vault")) == 32
    assert made.secret("vault") != made.secret("redaction")
    assert mode(tmp_path / "keys") == 0o700
    assert [(path.name, mode(path), path.stat().st_size) for path in files(tmp_path / "keys")] == [("catalog.key", 0o600, 32)]


def test_processes_that_race_for_the_first_key_agree_on_one(tmp_path):
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        found = set(pool.map(lambda _: FolderKeys(tmp_path / "keys", create=True).secret("vault"), range(64)))
    assert len(found) == 1
    assert len(files(tmp_path / "keys")) == 1


def test_a_missing_key_is_never_replaced_in_silence(tmp_path):
    with pytest.raises(StorageError, match="key of this catalog is missing") as refused:
        FolderKeys(tmp_path / "keys")
    assert "REMISS_KEYS" in refused.value.do
    assert not (tmp_path / "keys").exists()


@pytest.mark.parametrize(("where", "to"), [("keys", 0o755), ("keys/catalog.key", 0o640)])
def test_a_key_that_others_may_read_is_refused(tmp_path, where, to):
    FolderKeys(tmp_path / "keys", create=True)
    (tmp_path / where).chmod(to)
    with pytest.raises(StorageError, match="open to others") as refused:
        FolderKeys(tmp_path / "keys")
    assert "chmod" in refused.value.do


def test_a_damaged_key_is_refused(tmp_path):
    FolderKeys(tmp_path / "keys", create=True)
    (tmp_path / "keys" / "catalog.key").write_bytes(b"short")
    with pytest.raises(StorageError, match="5 bytes where 32 belong"):
        FolderKeys(tmp_path / "keys", create=True)


def test_writers_that_put_the_same_evidence_at_the_same_moment_all_succeed(folder, keys):
    contents = [f"row {at}".encode() for at in range(50)]
    vaults = [FolderVault(folder, keys) for _ in range(4)]
    together = threading.Barrier(len(vaults))

    def put(vault):
        together.wait()
        return tuple(vault.put(content) for content in contents)

    with concurrent.futures.ThreadPoolExecutor(len(vaults)) as pool:
        addresses = set(pool.map(put, vaults))
    assert len(addresses) == 1
    assert len(files(folder)) == len(contents)


def refers(address):
    return True


def never_refers(address):
    return False


def put_and_die(folder):
    """Let a process be killed while the transaction that refers to what it put is under way; return the address."""
    program = """
import os, signal, sys
from pathlib import Path
from remiss.edges.keys import FolderKeys
from remiss.edges.vaults.folder import FolderVault
folder = Path(sys.argv[1])
with FolderVault(folder, FolderKeys(folder.parent / "catalog.keys")).putting(b"left", lambda address: False) as address:
    print(address, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""
    done = subprocess.run([sys.executable, "-c", program, str(folder)], capture_output=True, text=True)
    assert done.returncode == -signal.SIGKILL, done.stderr
    return done.stdout.strip()


def test_what_is_put_around_a_transaction_is_there_in_it_and_afterwards(vault, folder):
    with vault.putting(b"a file", refers) as address:
        assert vault.get(address) == b"a file"
    assert vault.get(address) == b"a file"
    assert len(files(folder)) == 1


def test_what_a_transaction_that_failed_does_not_refer_to_is_removed(vault, folder):
    with pytest.raises(ValueError, match="refused"), vault.putting(b"a file", never_refers):
        raise ValueError("refused")
    with vault.putting(b"another", refers):
        pass
    assert len(files(folder)) == 1


def test_what_a_lost_commit_refers_to_after_all_is_kept(vault):
    told = []

    def lose():
        with vault.putting(b"a file", refers) as address:
            told.append(address)
            raise ValueError("connection lost")

    with pytest.raises(ValueError, match="lost"):
        lose()
    with vault.putting(b"another", refers):
        pass
    assert vault.get(told[0]) == b"a file"


@pytest.mark.parametrize("referred", [True, False])
def test_what_a_killed_process_was_putting_is_kept_if_it_was_referred_to_and_else_removed_by_the_next(vault, folder, referred):
    address = put_and_die(folder)
    assert vault.get(address) == b"left"
    with vault.putting(b"another", lambda asked: referred):
        pass
    assert len(files(folder)) == 1 + referred
    if not referred:
        with pytest.raises(NotFound):
            vault.get(address)


def discard_and_die(folder, address):
    """Let a process be killed in the block around the transaction that lets go of a content, before its end."""
    program = """
import os, signal, sys
from pathlib import Path
from remiss.edges.keys import FolderKeys
from remiss.edges.vaults.folder import FolderVault
folder = Path(sys.argv[1])
with FolderVault(folder, FolderKeys(folder.parent / "catalog.keys")).discarding(sys.argv[2], lambda address: False):
    os.kill(os.getpid(), signal.SIGKILL)
"""
    done = subprocess.run([sys.executable, "-c", program, str(folder), address], capture_output=True, text=True)
    assert done.returncode == -signal.SIGKILL, done.stderr


@pytest.mark.parametrize("referred", [True, False])
@pytest.mark.parametrize("next_is_put", [True, False])
def test_what_a_killed_process_was_discarding_is_kept_if_it_is_referred_to_and_else_removed_by_the_next(
    vault, folder, referred, next_is_put
):
    address, other = vault.put(b"left"), vault.put(b"other")
    discard_and_die(folder, address)
    assert vault.get(address) == b"left"
    with vault.putting(b"another", lambda asked: referred) if next_is_put else vault.discarding(other, lambda asked: referred):
        pass
    assert len(files(folder)) == referred + (2 if next_is_put else 0)
    if not referred:
        with pytest.raises(NotFound):
            vault.get(address)


def test_what_a_transaction_that_failed_still_refers_to_is_not_discarded(vault):
    address = vault.put(b"a file")
    with pytest.raises(ValueError, match="refused"), vault.discarding(address, refers):
        raise ValueError("refused")
    with vault.putting(b"another", refers):
        pass
    assert vault.get(address) == b"a file"


def test_what_another_is_putting_at_this_moment_is_left_alone(vault, folder, keys):
    with FolderVault(folder, keys).putting(b"under way", never_refers) as address:
        with vault.putting(b"another", never_refers):
            pass
        assert vault.get(address) == b"under way"
