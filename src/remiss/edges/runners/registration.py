"""What is registered of a model besides its specification: how it is reached. And what a text on the command line stands for."""

from __future__ import annotations

import hashlib
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from errno import ENOENT
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from typing import TypeAlias
from urllib.parse import SplitResult, unquote, urlsplit

from remiss.edges.runners import saved_models
from remiss.edges.runners.templates import JsonTemplate, KServe, Template
from remiss.errors import InputError
from remiss.records.model import ModelSpecification

PYTHON, HTTP, MLFLOW, ONNX = "python", "http", "mlflow", "onnx"
# What is to be installed where a saved model is loaded.
PACKAGES: Mapping[str, str] = {MLFLOW: "mlflow", ONNX: "onnxruntime"}
_DOTTED = r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*"
CALLABLE = re.compile(rf"(?P<module>{_DOTTED}):(?P<callable>{_DOTTED})", re.ASCII)
MOST_URL = 2000
VERSION = re.compile(r"models:/(?P<name>[^/@]+)/(?P<version>\d{1,9})", re.ASCII)
# As MLflow's own store finds it.
SOURCE = """SELECT coalesce(nullif(storage_location, ''), source) FROM model_versions
            WHERE name = :name AND version = :version AND current_stage != 'Deleted_Internal'"""
EXAMPLES: Mapping[str, str] = {MLFLOW: "models:/NAME/VERSION, or the path of a saved model", ONNX: "PATH"}


@dataclass(frozen=True, slots=True, kw_only=True)
class PythonTarget:
    """A callable of Python. `environment` names what it gets of the environment, `files` what its digest is made of."""

    module: str
    callable: str
    folder: Path
    interpreter: str = sys.executable
    path: tuple[str, ...] = ()
    environment: tuple[str, ...] = ()
    files: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpTarget:
    """A URL. `headers` and `bearer` name what of the environment is sent, `allow` the networks that it may lead to besides."""

    url: str
    template: Template = field(default_factory=JsonTemplate)
    headers: Mapping[str, str] = field(default_factory=dict)
    bearer: str | None = None
    allow: tuple[str, ...] = ()
    redirects: int = 0
    proxy: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedTarget:
    """A saved model: a pyfunc of MLflow by path or URI, or a file of ONNX by path, both from `folder`.

    `inputs` says of a tensor of ONNX which values of a row it takes, `output` and `confidence` what of an answer they are, and
    `files` of what else than its own file a model of ONNX consists.
    """

    format: str
    uri: str
    folder: Path
    interpreter: str = sys.executable
    environment: tuple[str, ...] = ()
    inputs: Mapping[str, str | Sequence[str]] | None = None
    output: str | None = None
    confidence: str | None = None
    files: tuple[str, ...] = ()


Target: TypeAlias = PythonTarget | HttpTarget | SavedTarget


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """A model that may be run."""

    specification: ModelSpecification
    target: Target


def url_of(text: str) -> SplitResult:
    """Return the parts of a URL that a model may be asked at.

    Raises
    ------
    ValueError : it is none, or holds what does not belong there
    """
    parts = urlsplit(text)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.port == 0:
        raise ValueError("is not an http or https URL")
    if parts.username is not None or parts.password is not None:
        raise ValueError("has a name or password in it, which would be kept and shown")
    if parts.fragment or len(text) > MOST_URL or not text.isprintable() or " " in text:
        raise ValueError("is not a URL that can be asked")
    return parts


def saved_at(format_: str, uri: str) -> None:
    """Go on only if a text can be the path of a saved model, or of MLflow its URI.

    Raises
    ------
    ValueError : it can not
    """
    parts = urlsplit(uri)
    if not uri or len(uri) > MOST_URL or not uri.isprintable():
        raise ValueError("names no saved model")
    if parts.username is not None or parts.password is not None:
        raise ValueError("has a name or password in it, which would be kept and shown")
    if format_ == ONNX and re.match(r"[A-Za-z][A-Za-z0-9+.-]+:", uri):
        raise ValueError("is not a path")


def unregistered(text: str, folder: Path) -> Registration | None:
    """Return the model that `python:MODULE:CALLABLE`, `mlflow:URI`, `onnx:PATH` or a URL stands for; None of any other text.

    >>> unregistered("mlflow:models:/delay/3", Path(".")).target.uri
    'models:/delay/3'
    >>> found = unregistered("python:delays.model:predict", Path("."))
    >>> found.target.module, found.target.callable, str(found.specification)
    ('delays.model', 'predict', 'delays.model:predict')

    Raises
    ------
    InputError : it begins like one and is none
    """
    if text.startswith("python:"):
        target = text.removeprefix("python:")
        named = CALLABLE.fullmatch(target)
        if named is None:
            raise InputError(f"{text} names no callable", do="write it as python:package.module:callable", field="model")
        specification = ModelSpecification(name=target, version="", runner=PYTHON, target=target)
        here = PythonTarget(module=named["module"], callable=named["callable"], folder=folder)
        return Registration(specification=specification, target=here)
    format_, _, uri = text.partition(":")
    if format_ in PACKAGES:
        try:
            saved_at(format_, uri)
        except ValueError as error:
            raise InputError(f"{text} {error}", do=f"write it as {format_}:{EXAMPLES[format_]}", field="model") from error
        specification = ModelSpecification(name=uri, version="", runner=format_, target=uri)
        return Registration(specification=specification, target=SavedTarget(format=format_, uri=uri, folder=folder))
    if text.startswith(("http:", "https:")):
        url = text if text.startswith(("http://", "https://")) else text.removeprefix("http:")
        try:
            path = url_of(url).path
        except ValueError as error:
            raise InputError(f"{text} {error}", do="write it as https://HOST/PATH", field="model") from error
        known = re.search(r"/v2/models/([^/]+)(?:/versions/[^/]+)?/infer$", path)
        template: Template = KServe(model=known[1]) if known else JsonTemplate()
        specification = ModelSpecification(name=url, version="", runner=HTTP, target=url)
        return Registration(specification=specification, target=HttpTarget(url=url, template=template))
    return None


def digest_of(folder: Path, files: Sequence[str]) -> str:
    """Return the digest of files by name and content, whatever their order.

    Raises
    ------
    OSError : one of them cannot be read
    """
    lines = []
    for name in sorted(files):
        with (folder / name).open("rb") as opened:
            lines.append(f"{name}\0{hashlib.file_digest(opened, 'sha256').hexdigest()}\n")
    return f"sha256:{hashlib.sha256(''.join(lines).encode()).hexdigest()}"


def digest_before_loading(target: Target, environment: Mapping[str, str], *, kept: bool = False) -> str | None:
    """Return the digest of a model by its files, the same that it has once it is loaded; None where they do not lie here.

    Parameters
    ----------
    environment : says where a registry of MLflow is
    kept : whether the digest is taken that was made last, where no file was written since

    Raises
    ------
    OSError : one of them cannot be read
    """
    found = _files_of(target, environment)
    if found is None:
        return None
    folder, files = found
    alone = isinstance(target, SavedTarget) and target.format == ONNX and len(files) == 1
    if not kept:
        return _digest(folder, files, alone)
    those = [(folder / name).stat() for name in files]
    return _unchanged(
        folder, files, alone, tuple((each.st_ino, each.st_size, each.st_mtime_ns, each.st_ctime_ns) for each in those)
    )


def _files_of(target: Target, environment: Mapping[str, str]) -> tuple[Path, tuple[str, ...]] | None:
    """Return the files that the digest of a model is made of, by their folder."""
    match target:
        case PythonTarget(files=files) if files:
            return target.folder, files
        case SavedTarget(format=format_) if format_ == ONNX:
            return target.folder, (target.uri, *target.files)
        case SavedTarget() if (path := saved_models.path_of(target.uri)) is not None:
            at = target.folder / path
            if not at.is_dir():
                raise FileNotFoundError(ENOENT, "there is no saved model", str(at))
            return at, tuple(sorted(saved_models.files_in(str(at))))
        case SavedTarget() if (source := _registered_at(target, environment)) is not None:
            return source, tuple(sorted(saved_models.files_in(str(source))))
        case _:
            return None


def _registered_at(target: SavedTarget, environment: Mapping[str, str]) -> Path | None:
    """Return the folder that MLflow takes a version from, where its registry is a database in a file and the folder lies here.

    MLflow itself would tell of any registry, and takes seconds to be loaded, which who asks for a flag does not have. What
    cannot be read like this is as unknown as it would be anyway: the process that loads the model makes the digest.
    """
    named = VERSION.fullmatch(target.uri)
    if named is None:
        return None
    sql = import_module("sqlalchemy")
    try:
        url = sql.make_url(environment.get("MLFLOW_REGISTRY_URI") or environment.get("MLFLOW_TRACKING_URI") or "")
        file = (target.folder / (url.database or "")).absolute()
        if url.host is not None or not file.is_file():
            return None
        with sql.create_engine(url.set(database=str(file)), poolclass=sql.NullPool).connect() as connection:
            asked = {"name": unquote(named["name"]), "version": int(named["version"])}
            found = connection.execute(sql.text(SOURCE), asked).scalars().all()
    except sql.exc.SQLAlchemyError:
        return None
    # Several are of workspaces of MLflow, of which the process that loads it knows its own.
    path = saved_models.path_of(found[0] or "") if len(found) == 1 else None
    return Path(path) if path and Path(path).is_absolute() and Path(path).is_dir() else None


def _digest(folder: Path, files: tuple[str, ...], alone: bool) -> str:  # noqa: FBT001 - a key of what is kept
    # Of one file of ONNX its own digest, which other programs tell, too.
    return f"sha256:{saved_models.sha256(str(folder / files[0]))}" if alone else digest_of(folder, files)


@lru_cache(64)
def _unchanged(folder: Path, files: tuple[str, ...], alone: bool, _: tuple[tuple[int, ...], ...]) -> str:  # noqa: FBT001
    return _digest(folder, files, alone)
