"""Interrupting what an engine does, in a process of its own."""

from __future__ import annotations

import subprocess
import sys

import duckdb
import pytest

from remiss.edges.engines.statements import interruptible

ENDLESS = "SELECT COUNT(*) FROM range(1000000) a, range(1000000) b WHERE a.range < b.range"


def stopped(before: str) -> str:
    """Return what a process says that is interrupted after 0.3 s; its work goes on with an endless statement after `before`."""
    program = (
        "import _thread, signal, threading, time\n"
        "import duckdb\n"
        "from remiss.edges.engines.statements import interruptible\n"
        # Whoever runs tests in the background may have it ignored.
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "connection = duckdb.connect()\n"
        "def work():\n"
        f"    {before}\n"
        f"    return connection.execute('{ENDLESS}').fetchall()\n"
        "threading.Timer(0.3, _thread.interrupt_main).start()\n"
        "try:\n"
        "    interruptible(connection, work)\n"
        "except KeyboardInterrupt:\n"
        "    print('stopped', connection.execute('SELECT 1').fetchone())\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=30)
    return done.stdout or done.stderr


def test_an_interruption_ends_a_statement_and_leaves_the_connection_usable():
    assert stopped("pass") == "stopped (1,)\n"


def test_an_interruption_between_two_statements_ends_the_second():
    assert stopped("time.sleep(1)") == "stopped (1,)\n"


def test_what_the_work_raises_is_raised():
    with duckdb.connect() as connection, pytest.raises(duckdb.CatalogException):
        interruptible(connection, lambda: connection.execute("SELECT * FROM nothing"))
