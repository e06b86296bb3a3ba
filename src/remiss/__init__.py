"""The catalog of what your machine-learning models got wrong.

    import remiss

    with remiss.open("failures.db") as ws:
        run = remiss.capture.capture(ws, "arrival-delay.yaml")

`open` gives a workspace; the chapters, `backup`, `sample` and `suite_folder` hold the verbs and load on first use. What somebody
says of a case is a `Judgement`. Errors are `RemissError`s.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from remiss.errors import AnswerNo, Conflict, Denied, InputError, NotFound, RemissError, Undecided
from remiss.version import __version__

if TYPE_CHECKING:
    from remiss import backup, capture, catalog, curate, govern, protocol, safeguard, sample, suite_folder, understand
    from remiss.opening import open_workspace as open  # noqa: A004  (the front's word is open)
    from remiss.records.labelling import Judgement
    from remiss.workspace import Workspace

__all__ = [
    "AnswerNo",
    "Conflict",
    "Denied",
    "InputError",
    "Judgement",
    "NotFound",
    "RemissError",
    "Undecided",
    "Workspace",
    "__version__",
    "backup",
    "capture",
    "catalog",
    "curate",
    "govern",
    "open",
    "protocol",
    "safeguard",
    "sample",
    "suite_folder",
    "understand",
]

_LOADED = {"backup", "capture", "catalog", "curate", "govern", "protocol", "safeguard", "sample", "suite_folder", "understand"}


def __getattr__(name: str) -> Any:
    if name in _LOADED:
        return import_module(f"remiss.{name}")
    if name == "Judgement":
        return import_module("remiss.records.labelling").Judgement
    if name == "Workspace":
        return import_module("remiss.workspace").Workspace
    if name == "open":
        return import_module("remiss.opening").open_workspace
    raise AttributeError(f"module 'remiss' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
