"""How soon `remiss --help` answers."""

from __future__ import annotations

from bench import results
from bench.results import Figure


def measure() -> list[Figure]:
    """Measure both sides and return the figures."""
    helped, empty = results.alternate(lambda: results.child("-m", "remiss", "--help"), lambda: results.child("-c", "pass"))
    seconds = results.seconds(helped)
    return [
        Figure(
            "remiss --help",
            f"{seconds * 1000:.0f} ms; an empty process {results.seconds(empty) * 1000:.0f} ms",
            "200 ms",
            seconds < 0.2,
        )
    ]
