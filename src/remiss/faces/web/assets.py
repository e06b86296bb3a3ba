"""The scripts and styles of others that the pages use: which they are, and is each what the manifest says?

None of their code is in the repository. `make assets` puts it into `assets/`, beside the manifest `assets.json`, and wheels carry
both. The build of a wheel asks this module before anything is installed, so it imports nothing but the standard library.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

MANIFEST = Path(__file__).with_name("assets.json")
FOLDER = Path(__file__).with_name("assets")
LICENCES = "LICENSES.txt"


@dataclass(frozen=True, slots=True)
class Asset:
    """One file: what the pages call it, where it stands in which npm package, and what it must be."""

    file: str
    package: str
    path: str
    version: str
    licence: str
    sha256: str


@dataclass(frozen=True, slots=True)
class AssetManifest:
    """Every asset, and the digest of the text that holds the licences of all code in them."""

    assets: tuple[Asset, ...]
    licences_sha256: str

    def digests(self) -> dict[str, str]:
        """The sha256 of every file that belongs into the folder, by its name."""
        return {asset.file: asset.sha256 for asset in self.assets} | {LICENCES: self.licences_sha256}


def read_manifest(path: Path = MANIFEST) -> AssetManifest:
    """The manifest as it is committed."""
    document = json.loads(path.read_text("utf-8"))
    return AssetManifest(tuple(Asset(**row) for row in document["assets"]), document["licences_sha256"])


def faults(manifest: AssetManifest, folder: Path = FOLDER) -> list[str]:
    """What is wrong with the files in the folder, each as a sentence; nothing when they are what the manifest says."""
    wanted = manifest.digests()
    there = {path.name for path in folder.iterdir()} if folder.is_dir() else set()
    found = [f"{name} is missing" for name in sorted(wanted.keys() - there)]
    found += [f"{name} does not belong there" for name in sorted(there - wanted.keys())]
    for name in sorted(wanted.keys() & there):
        if hashlib.sha256((folder / name).read_bytes()).hexdigest() != wanted[name]:
            found.append(f"{name} is not what the manifest says")
    return found
