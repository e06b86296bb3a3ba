"""What tests counted, told at the end of a run: a count that nobody sees may be nothing."""

from __future__ import annotations

import pytest

PROPERTY = "counted"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Tell it, of the tests of all workers."""
    reports = [each for kind in ("passed", "failed") for each in terminalreporter.stats.get(kind, []) if each.when == "call"]
    told = sorted(str(value) for report in reports for name, value in report.user_properties if name == PROPERTY)
    if told:
        terminalreporter.section("counted")
        for each in told:
            terminalreporter.line(each)
