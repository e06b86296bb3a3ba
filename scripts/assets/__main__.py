"""Provide the scripts and styles of others that the pages use: `python -m scripts.assets`, or `make assets`.

Does nothing when every file is there and is what the committed manifest says. Otherwise npm installs the committed lock into a
folder that is thrown away, and the files that the manifest names are put into the package, each whole or not at all.

With `--write` the manifest is made anew from the lock; its rows then need `file`, `package` and `path` to be right, and no more.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from remiss.faces.web.assets import FOLDER, MANIFEST, AssetManifest, faults, read_manifest
from scripts.assets import packages

# On the same disk as the folder of the assets, so that a file is moved there in one step.
WORK = Path(__file__).resolve().parents[2] / ".work"


def differences(wanted: AssetManifest, found: AssetManifest) -> list[str]:
    """Return what the lock gives otherwise than the manifest says, each as a sentence."""
    sentences = []
    for row, other in zip(wanted.assets, found.assets, strict=True):
        for name, value in asdict(row).items():
            if (now := asdict(other)[name]) != value:
                sentences.append(f"{row.file}: the manifest says {name} {value or 'nothing'}, the lock gives {now}")
    if wanted.licences_sha256 != found.licences_sha256:
        sentences.append("the licences are not those that the manifest says")
    return sentences


def place(made: Mapping[str, bytes], work: Path, folder: Path) -> None:
    """Make the folder hold these files and no others; a reader never sees half of one."""
    folder.mkdir(exist_ok=True)
    for name, content in made.items():
        (work / name).write_bytes(content)
        (work / name).replace(folder / name)
    for path in folder.iterdir():
        if path.name not in made:
            path.unlink()


def main(arguments: list[str]) -> int:
    """Provide the assets; 1 when npm is missing or gives something else than the manifest says."""
    write = arguments == ["--write"]
    manifest = read_manifest(MANIFEST)
    if not write and not faults(manifest, FOLDER):
        return 0
    WORK.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="assets-", dir=WORK) as name:
        work = Path(name)
        try:
            packages.install(work)
        except packages.Unavailable as error:
            print(f"assets: {error}", file=sys.stderr)
            return 1
        made = packages.contents(work, manifest)
        found = packages.found(work, manifest, made)
        if write:
            MANIFEST.write_text(json.dumps(asdict(found), indent=2) + "\n", "utf-8")
        elif different := differences(manifest, found):
            print("\n".join(f"assets: {sentence}" for sentence in different), file=sys.stderr)
            print("assets: nothing was changed; if the lock is right, run `python -m scripts.assets --write`", file=sys.stderr)
            return 1
        place(made, work, FOLDER)
    print(f"assets: put {len(made)} files into {FOLDER}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
