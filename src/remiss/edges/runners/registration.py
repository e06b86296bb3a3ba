"""What is registered of a model besides its specification: how it is reached. And what a text on the command line stands for."""

from __future__ import annotations

import hashlib
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias
from urllib.parse import SplitResult, urlsplit

from remiss.edges.runners.templates import JsonTemplate, KServe, Template
from remiss.errors import InputError
from remiss.records.model import ModelSpecification

PYTHON, HTTP = "python", "http"
_DOTTED = r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*"
CALLABLE = re.compile(rf"(?P<module>{_DOTTED}):(?P<callable>{_DOTTED})", re.ASCII)
MOST_URL = 2000


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


Target: TypeAlias = PythonTarget | HttpTarget


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


def unregistered(text: str, folder: Path) -> Registration | None:
    """Return the model that `python:MODULE:CALLABLE` or a URL stands for; None of any other text.

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
