"""What the lock file may hold."""

from __future__ import annotations

import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LOCK = tomllib.loads((ROOT / "uv.lock").read_text("utf-8"))


def test_torch_is_not_in_the_lock():
    names = {package["name"] for package in LOCK["package"]}
    assert not {name for name in names if name.startswith(("torch", "nvidia-", "triton"))}


def test_every_package_but_this_one_comes_from_one_index():
    sources = {tuple(package["source"].items()) for package in LOCK["package"] if package["name"] != "remiss"}
    [((kind, address),)] = sources
    assert kind == "registry"
    assert address.startswith("https://")
