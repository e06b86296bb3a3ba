"""A model that answers with numpy, as most do. It runs in a process of its own."""

from __future__ import annotations

from typing import Any

import numpy as np


def array(rows: list[dict[str, Any]]) -> Any:
    """Answer with an array."""
    return np.array([row["x"] for row in rows], dtype=np.float32)


def numbers(rows: list[dict[str, Any]]) -> Any:
    """Answer with numbers, and with what the old generator draws, which is what is seeded."""
    drawn = np.random.random()  # noqa: NPY002 - models draw by it
    return [{"output": np.int64(row["x"]), "confidence": np.float32(0.5)} for row in rows[:-1]] + [drawn]
