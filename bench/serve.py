"""How soon `remiss serve` answers, and how much memory it takes when nobody asks."""

from __future__ import annotations

import http.client
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench import results
from bench.results import KEYS, Figure
from bench.serving import TOKEN, free_port

MOST_SECONDS = 1.0
MOST_MB = 150
# The least that answers with what a catalog holds on the same framework: no door, no pages, one route.
BARE = """
import sys
import uvicorn
from fastapi import FastAPI
from sqlalchemy import create_engine, text

app = FastAPI()
engine = create_engine(f"sqlite:///{sys.argv[1]}")

@app.get("/api/v1/cases")
def cases():
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text("SELECT id FROM cases LIMIT 50"))]

uvicorn.run(app, port=int(sys.argv[2]), log_config=None, http="h11")
"""


@dataclass(frozen=True)
class Started:
    """How one server started: seconds to the first answer, resident MB when it had been idle for a second."""

    seconds: float
    resident_mb: float


def measure() -> list[Figure]:
    """Measure both sides and return the figures."""
    folder = results.WORK / "serve"
    folder.mkdir(parents=True, exist_ok=True)
    catalog = folder / "remiss.db"
    if not catalog.exists():
        subprocess.run([sys.executable, "-m", "remiss", "init", str(catalog)], check=True, stderr=subprocess.DEVNULL)
    ours: list[Started] = []
    bare: list[Started] = []
    for _ in range(results.REPEATS + 1):
        port = free_port()
        ours.append(_start(["-m", "remiss", "--catalog", str(catalog), "serve", "--port", str(port)], port))
        port = free_port()
        bare.append(_start(["-c", BARE, str(catalog), str(port)], port))
    # The first round brings files into memory.
    seconds, beside = (statistics.median(each.seconds for each in side[1:]) for side in (ours, bare))
    resident, least = (statistics.median(each.resident_mb for each in side[1:]) for side in (ours, bare))
    return [
        Figure(
            "remiss serve: start to first page of cases",
            f"{seconds:.2f} s; a bare application {beside:.2f} s",
            f"{MOST_SECONDS:.0f} s",
            seconds < MOST_SECONDS,
        ),
        Figure(
            "remiss serve: idle", f"{resident:.0f} MB; a bare application {least:.0f} MB", f"{MOST_MB} MB", resident < MOST_MB
        ),
    ]


def _start(arguments: Sequence[str], port: int) -> Started:
    begun = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, *arguments],
        env=os.environ | {"REMISS_TOKEN": TOKEN, "REMISS_KEYS": str(KEYS)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        while not _answers(port):
            if process.poll() is not None:
                sys.exit(f"{' '.join(arguments[:4])} ended with {process.returncode}")
            time.sleep(0.005)
        seconds = time.perf_counter() - begun
        time.sleep(1)
        return Started(seconds, _resident_mb(process.pid))
    finally:
        process.terminate()
        process.wait()


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("GET", "/api/v1/cases", headers={"Authorization": f"Bearer {TOKEN}"})
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def _resident_mb(pid: int) -> float:
    lines = Path(f"/proc/{pid}/status").read_text("ascii").splitlines()
    [resident] = (int(line.split()[1]) for line in lines if line.startswith("VmRSS"))
    return resident / 1024
