"""What stands in a text where a value was redacted."""

from __future__ import annotations


def marked(redacted: str, detector: str, around: str) -> bool:
    """Return whether a mark of the detector is all that stands in the place of `{}`."""
    head, tail = around.split("{}")
    mark = redacted.removeprefix(head).removesuffix(tail)
    return redacted == f"{head}{mark}{tail}" and mark.startswith(f"[{detector}:") and len(mark) == len(f"[{detector}:0000]")
