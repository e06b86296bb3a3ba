"""Many clients of one server at once: nothing is lost, nothing fails but honestly, and health answers all the while."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

import remiss
from remiss.capture.actions import capture
from remiss.catalog import actions as cases
from remiss.govern import access_actions as access
from remiss.govern import people_actions as people
from remiss.records.case import Filing
from tests.stories.logs import MONDAY, small_log

ROLES = ("reader", "verifier", "annotator", "stranger")
HEALTH_S = 0.1
# Of health, then of the link by which the operator signs in.
PORT = re.compile(r"http://127\.0\.0\.1:(\d+)/")
REMISS = (sys.executable, "-m", "remiss")
# For a first look less than the ten minutes are enough.
LONG_S = float(os.environ.get("REMISS_MIXED_SECONDS", "600"))
TITLE = "a case that everybody speaks of"


# Beside another worker it would measure how long one waits for a processor.
LONG = (pytest.mark.soak, pytest.mark.alone)


@pytest.fixture(params=[pytest.param((4, 2.5), id="short"), pytest.param((32, LONG_S), id="long", marks=LONG)])
def size(request):
    """How many clients, for how many seconds."""
    return request.param


@pytest.fixture
def catalog(address, environment, tmp_path, size):
    """An address and settings of a catalog with a captured log, people of all roles with tokens, and cases that they share."""
    log = small_log(tmp_path / "log", weeks=2 if size[0] < 8 else 8, a_week=400)
    settings = {**environment, "REMISS_SOURCES": str(tmp_path / "log")}
    with remiss.open(address, environment=settings) as ws:
        capture(ws, log.protocol)
        tokens = {role: [] for role in ROLES}
        for number in range(size[0]):
            role = ROLES[number % 4]
            name = f"{role}{number // 4}"
            people.add_person(ws, name)
            people.grant(ws, name, "reader" if role == "stranger" else role)
            tokens[role].append(access.create_token(ws, name).text)
        shared = [cases.file(ws, Filing(model="m", at=MONDAY, title=f"{TITLE} {number}")).id for number in range(3)]
    return address, settings, {"tokens": tokens, "cases": shared}


@contextmanager
def serving(address, settings, folder):
    """Run `remiss serve`; give its process, its port, its health port, and what it logs."""
    token = folder / "server.token"
    with (
        (folder / "server.log").open("w") as told,
        subprocess.Popen(
            [*REMISS, "--catalog", address, "--token-file", str(token), "serve", "--port", "0", "--health-port", "0"],
            stdout=told,
            stderr=told,
            env={**os.environ, **settings},
        ) as process,
    ):
        try:
            while len(found := PORT.findall(said := (folder / "server.log").read_text())) < 2:
                assert process.poll() is None, said
                time.sleep(0.05)
            health_port, port = map(int, found)
            yield process, port, health_port, folder / "server.log"
        finally:
            process.terminate()
            process.wait(60)


@contextmanager
def asking_for_health(health_port, port):
    """Have another process ask whether the server lives; give where its answers stand at the end (see `health`)."""
    found = []
    command = [sys.executable, "-m", "tests.faces.health", str(health_port), str(port)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as asking:
        yield found
        found += json.loads(asking.communicate("", timeout=60)[0])


def held(process):
    """What a process holds: megabytes of memory, and open files."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024, len([*Path(f"/proc/{process.pid}/fd").iterdir()])


@pytest.mark.slow(reason="a server of its own is kept busy for seconds")
def test_many_clients_at_once_lose_nothing_and_health_answers_meanwhile(catalog, size, tmp_path):
    address, settings, plan = catalog
    clients, seconds = size
    with serving(address, settings, tmp_path) as (process, port, health_port, log):
        url = f"http://127.0.0.1:{port}"
        command = [sys.executable, "-m", "tests.faces.mixed", url, str(seconds), "1"]
        with (
            asking_for_health(health_port, port) as health,
            subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as working,
        ):
            working.stdin.write(json.dumps(plan))
            working.stdin.close()
            time.sleep(seconds / 3)
            warm = held(process)
            seen = json.loads(working.stdout.read())
        after = held(process)
        count = len(seen["labelled"])
        print(f"{clients} clients for {seconds:g} s: answers {seen['statuses']}, labelled {count}")
        print(f"megabytes and files {warm}, then {after}; health: {in_words(health)}")
        check_nothing_lost(url, plan, seen)
    assert seen["wrong"] == []
    assert count == len(set(seen["labelled"]))
    assert "Traceback" not in log.read_text()
    if clients < 8:
        return  # so early everything is loaded for the first time
    assert count > 0
    assert after[1] <= warm[1] + 8
    assert after[0] <= warm[0] * 1.2 + 20
    assert max(took for _, took, _ in health) < HEALTH_S


def in_words(health):
    """Return how long answers took: at the health port, then at the server itself."""
    told = []
    for which in (1, 2):
        took = sorted(each[which] for each in health)
        told.append(", ".join(f"{took[min(len(took) - 1, int(len(took) * part))]:.3f}" for part in (0.5, 0.99, 0.999, 1)))
    late = ", ".join(f"{took:.2f} s at {at:.0f}" for at, took, _ in health if took >= HEALTH_S)
    shares = "half, 99 %, 99.9 % and all within"
    return f"{len(health)} times, {shares} {told[0]} s; at the server itself {told[1]} s; late: {late or 'none'}"


def check_nothing_lost(url, plan, seen):
    """Every revision and comment that was answered for is there, and no other."""
    headers = {"Authorization": f"Bearer {plan['tokens']['reader'][0]}"}
    with httpx.Client(base_url=url, headers=headers, timeout=60) as reader:
        for case in plan["cases"]:
            history = reader.get(f"/api/v1/cases/{case}/history").json()
            # The queue gives these cases too: what labellers did with them is in between.
            made = [each for each in history["items"] if each["action"] == "case.revise"]
            assert len(made) == seen["revised"].get(case, 0)
            told = [
                each["text"]
                for thread in reader.get(f"/api/v1/cases/{case}/threads").json()["items"]
                for each in thread["comments"]
            ]
            mine = [text for text in told if " says " in text]
            assert sorted(mine) == sorted(seen["commented"].get(case, []))
