"""How remiss came to be installed here, and so by which command somebody adds what they lack: one place for that sentence.

It stands in the environment of its checkout, is a tool of uv, or a package like others, of a wheel or a folder. `remiss[serve]`
alone is right in none of them as long as no index has remiss.
"""

from __future__ import annotations

import json
import re
import shlex
import sys
from importlib.metadata import PackageNotFoundError, distribution
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

# What uv writes into the environment of a tool.
RECEIPT = "uv-receipt.toml"
# How the metadata of remiss say that an extra needs a package.
NEEDED = re.compile(r"(?P<package>[\w.-]+).*;\s*extra\s*==\s*['\"](?P<extra>[\w-]+)['\"]")


def of_extra(name: str) -> str:
    """Return what somebody is to do who lacks an extra of remiss: the command that adds it where this remiss runs."""
    folder, source = checkout(), origin().get("url")
    named = f"remiss[{name}]" if source is None else f"remiss[{name}] @ {source}"
    if folder is not None and Path(sys.prefix) == folder / ".venv":
        # Not uv alone: what the pages are drawn with is no package of Python.
        return _said("make", "-C", str(folder), "install", f"EXTRAS={name}")
    if folder is not None:
        return _said("uv", "pip", "install", "--python", sys.executable, "--editable", f"{folder}[{name}]")
    if Path(sys.prefix, RECEIPT).exists():
        # What is not named is taken away again.
        every = sorted({name, *extras()})
        return _said("uv", "tool", "install", "--force", named.replace(f"[{name}]", f"[{','.join(every)}]"))
    return of_package(named)


def of_package(name: str) -> str:
    """Return the same of a package that no extra names."""
    if find_spec("pip"):
        return _said(sys.executable, "-m", "pip", "install", name)
    return _said("uv", "pip", "install", "--python", sys.executable, name)


def extras() -> frozenset[str]:
    """Return the extras all of whose packages are there."""
    needed = [found for text in distribution("remiss").requires or () if (found := NEEDED.match(text))]
    lacking = {each["extra"] for each in needed if not _there(each["package"])}
    return frozenset(each["extra"] for each in needed) - lacking


def _there(package: str) -> bool:
    try:
        return distribution(package) is not None
    except PackageNotFoundError:
        return False


def checkout() -> Path | None:
    """Return the folder of which each change acts at once; None where a copy is installed."""
    editable = origin().get("dir_info", {}).get("editable", False)
    return Path(unquote(urlsplit(origin()["url"]).path)) if editable else None


def origin() -> dict[str, Any]:
    """Return what the installer wrote down of where remiss is from (PEP 610): nothing where it is from an index."""
    try:
        text = distribution("remiss").read_text("direct_url.json")
    except PackageNotFoundError:
        text = None
    found: dict[str, Any] = json.loads(text or "{}")
    return found


def _said(*words: str) -> str:
    return f"install it: {shlex.join(words)}"
