"""A job on a full disk: it waits, with the reason, and goes on when there is room; nothing of it is lost or done twice.

The disk is a real one, in memory, of a size of its own: it is mounted in a namespace that a process of the test makes for itself.
"""

from __future__ import annotations

import ctypes
import json
import os
import subprocess
from pathlib import Path

import pytest

import remiss
from remiss import capture, runner
from remiss.capture import job_actions as capturing
from remiss.errors import StorageError
from remiss.govern import job_actions as jobs
from tests.conftest import DATABASES
from tests.edges.stores.jobs_at_work import end_leases
from tests.forks import start
from tests.stories.logs import MONDAY, WEEK, small_log

FILLED = "filled"
CLONE_NEWNS, CLONE_NEWUSER = 0x00020000, 0x10000000  # as sched.h has them


@pytest.fixture(params=DATABASES)
def database(request):
    """A job is run by whoever has the database itself."""
    return request.param


@pytest.fixture
def log(tmp_path):
    return small_log(tmp_path / "log", weeks=1, a_week=40)


def on_a_small_disk(work, folder, *arguments, **environment):
    """Do a work of this module where `folder` is a disk of 4 MB, and return what it told."""
    words = (work, str(folder), *map(str, arguments))
    return json.loads(start(__name__, "small disk", *words, environment=environment).finish(within=300))


def with_a_small_disk(work: str, disk: str, *arguments: str) -> object:
    """Mount a small disk that no other process sees, and do a work on it."""
    root, owners = os.geteuid() == 0, (os.geteuid(), os.getegid())
    if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNS | (0 if root else CLONE_NEWUSER)):
        raise OSError(ctypes.get_errno(), "this process is given no mounts of its own")
    if not root:
        for name, said in (("setgroups", "deny"), ("uid_map", f"0 {owners[0]} 1"), ("gid_map", f"0 {owners[1]} 1")):
            Path(f"/proc/self/{name}").write_text(said)
    subprocess.run(["mount", "--make-rprivate", "/"], check=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m,mode=700", "remiss", disk], check=True)
    return {"vault": vault, "catalog": catalog, "opening": opening}[work](disk, *arguments)


def fill(disk):
    """Write to a disk until it takes nothing more."""
    with (Path(disk) / FILLED).open("wb", buffering=0) as file:
        for size in (65536, 1):
            try:
                while file.write(bytes(size)):
                    pass
            except OSError:
                continue


def vault(disk: str, address: str, protocol: str) -> list[object]:
    """Run a job while the disk of the raw evidence is full, and again when there is room."""
    with remiss.open(address) as ws:
        with ws.vault.bundle(ws.runs.filed):
            job = capturing.capture_job(ws, protocol, since=MONDAY, until=MONDAY + WEEK)
        fill(disk)
        runner.work_off(ws)
        full, runs = jobs.show_job(ws, job.id), len(capture.list_runs(ws))
        (Path(disk) / FILLED).unlink()
        # Nobody takes it up before its time, which is here over.
        early = runner.work_off(ws)
        end_leases(address)
        runner.work_off(ws)
        done = jobs.show_job(ws, job.id)
        files = sorted(path.name for path in (Path(disk) / "vault" / "bundles").iterdir())
        return [
            [full.state, full.reason, full.done, full.retry_at is not None, runs],
            early,
            [done.state, done.done, done.reason],
            files == sorted(f"{each['run']}.bundle" for each in capture.list_runs(ws)),
        ]


def catalog(disk: str, protocol: str) -> list[object]:
    """Run a job while the disk of the catalog itself is full, and again when there is room."""
    address = str(Path(disk) / "remiss.db")
    remiss.open(address, create=True).close()
    with remiss.open(address) as ws:
        job = capturing.capture_job(ws, protocol, since=MONDAY, until=MONDAY + WEEK)
        fill(disk)
        try:
            runner.work_off(ws)
            told = ""
        except StorageError as error:
            told = error.what
        full = jobs.show_job(ws, job.id)
        (Path(disk) / FILLED).unlink()
        end_leases(address)
        runner.work_off(ws)
        done = jobs.show_job(ws, job.id)
        return [[told.replace(disk, "DISK"), full.state, full.done], [done.state, done.done], len(capture.list_runs(ws))]


def opening(disk: str) -> str:
    """Open a catalog whose disk became full since it was closed."""
    address = str(Path(disk) / "remiss.db")
    remiss.open(address, create=True).close()
    fill(disk)
    try:
        remiss.open(address).close()
    except StorageError as error:
        return error.what.replace(disk, "DISK")
    return "opened"


def test_a_catalog_that_has_no_room_to_be_opened_says_so_and_not_that_the_disk_failed(tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    assert on_a_small_disk("opening", disk) == "there is no room left for DISK/remiss.db; nothing was written"


@pytest.mark.postgresql_in_soak("the disk that is full holds the vault, and jobs that wait are on both databases elsewhere")
def test_a_job_whose_raw_evidence_has_no_room_waits_with_the_reason(address, environment, log, tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    settings = {**environment, "REMISS_VAULT": str(disk / "vault"), "REMISS_SOURCES": str(log.folder)}
    full, early, done, whole = on_a_small_disk("vault", disk, address, log.protocol, **settings)
    state, reason, *others = full
    assert (state, others) == ("waiting", [0, True, 0])
    assert reason.startswith(f"the disk that holds {disk}/vault/bundles is full; no runner is at work since ")
    assert early == 0
    assert done == ["done", 1, ""]
    assert whole


def test_a_job_of_a_catalog_that_has_no_room_is_not_lost(log, tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    full, done, runs = on_a_small_disk("catalog", disk, log.protocol, REMISS_SOURCES=str(log.folder))
    assert full == ["there is no room left for DISK/remiss.db; nothing was written", "waiting", 0]
    assert done == ["done", 1]
    assert runs == 1


WORK = {"small disk": with_a_small_disk}
