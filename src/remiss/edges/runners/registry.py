"""Models that may be run: those of the file of models and, where the caller is on this machine, what they name themselves.

Fulfils `safeguard.ports.Models`. Nothing else makes a model runnable: no case, no pack, no call from afar. A further kind of
runner is a target of its own and a line of `KINDS`.
"""

from __future__ import annotations

import os
import sys
import tempfile
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import cached_property
from importlib import import_module
from importlib.util import find_spec
from ipaddress import ip_network
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from remiss.edges.runners.registration import (
    MLFLOW,
    PACKAGES,
    PYTHON,
    HttpTarget,
    PythonTarget,
    Registration,
    SavedTarget,
    digest_before_loading,
    unregistered,
)
from remiss.edges.runners.templates import reseeded
from remiss.errors import Ambiguous, InputError, ModelError, NotFound, SettingError
from remiss.installing import of_extra
from remiss.records.model import ModelSpecification, ModelTrouble, TroubleKind
from remiss.safeguard.ports import Runner
from remiss.settings import Settings

FILE = "models.yaml"
# By the type of a target, the name of the function here that runs it.
KINDS: Mapping[type, str] = {PythonTarget: "_run_python", HttpTarget: "_run_http", SavedTarget: "_run_saved"}
# Where MLflow finds its registry: models of it get these without being told.
REGISTRY_VARIABLES = ("MLFLOW_TRACKING_URI", "MLFLOW_REGISTRY_URI")
# What they get besides: nobody elsewhere is told that a model was loaded.
QUIET: Mapping[str, str] = {"MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "true"}


@dataclass(frozen=True, slots=True)
class RunningModel:
    """A model that runs until whoever keeps it ends it."""

    registration: Registration
    seed: int
    runner: Runner


class _LeftRunning:
    """A model that runs, which leaving its block does not stop."""

    def __init__(self, runner: Runner) -> None:
        self.answers = runner.answers
        self.environment = runner.environment

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Leave it running."""

    def close(self) -> None:
        """Leave it running."""


class ModelRegistry:
    """The models of one catalog.

    Parameters
    ----------
    beside : the file of a SQLite catalog; the file of models lies beside it unless the setting `models` names another
    registered_only : whether nothing but registered models may be run, as through a server
    running : where models stand that go on running when they are left; who has the list ends them. None is to end each
    """

    def __init__(
        self, settings: Settings, beside: Path | None, *, registered_only: bool, running: list[RunningModel] | None = None
    ) -> None:
        self._settings = settings
        self._beside = beside
        self._registered_only = registered_only
        self._environment: Mapping[str, str] = os.environ
        self._others: list[Registration] = []
        self._running = running

    def _file(self) -> str | None:
        """Return the file of models; None where there is none."""
        if self._settings.models:
            if not Path(self._settings.models).is_file():
                raise SettingError(f"there is no file {self._settings.models}", do="set REMISS_MODELS to the file of models")
            return self._settings.models
        near = [] if self._beside is None else [self._beside.with_name(FILE)]
        return next((str(each) for each in (*near, Path(FILE)) if each.is_file()), None)

    @cached_property
    def _registrations(self) -> tuple[Registration, ...]:
        file = self._file()
        if file is None:
            return ()
        found: tuple[Registration, ...] = import_module("remiss.edges.runners.model_file").registrations(file)
        return found

    def registered(self) -> Sequence[ModelSpecification]:
        """Return the models that are registered, by name and version."""
        return [each.specification for each in self._registrations]

    def find(self, model: str) -> ModelSpecification:
        """Return the model that a text names; see `safeguard.ports.Models`."""
        other = unregistered(model, Path.cwd())
        if other is not None:
            if self._registered_only:
                raise InputError(
                    "through a server only registered models are run",
                    do=f"have {model.partition(':')[0]}: registered in the file of models, and give NAME@VERSION",
                    field="model",
                )
            self._others.append(other)
            return other.specification
        name, _, version = model.partition("@")
        named = [each for each in self.registered() if each.name == name]
        found = [each for each in named if version in {"", each.version}]
        if len(found) == 1:
            return found[0]
        if found:
            versions = ", ".join(str(each) for each in found)
            raise Ambiguous(f"{name} is registered in {len(found)} versions", do=f"name one of {versions}", field="model")
        raise NotFound(f"no model {model} is registered", do=self._near(model, named), field="model")

    def _near(self, model: str, named: Sequence[ModelSpecification]) -> str:
        close = [str(each) for each in named] or get_close_matches(model, [str(each) for each in self.registered()], n=3)
        if close:
            return f"did you mean {' or '.join(close)}?"
        return f"register it in {self._file() or FILE} (docs/how-to/run-models.md); `remiss model list` shows which are"

    def digest(self, model: str) -> str | None:
        """Return the digest of a registered model, of its files as they lie now; see `safeguard.ports.Models`."""
        found = next((each for each in self._registrations if str(each.specification) == model), None)
        if found is None:
            raise NotFound(f"no model {model} is registered", do=self._near(model, ()), field="model")
        return _with_digest(found, self._environment, kept=True).digest

    def open(self, model: ModelSpecification, *, seed: int = 0) -> Runner:
        """Return a model that runs; see `safeguard.ports.Models`."""
        registration = next(each for each in (*self._others, *self._registrations) if each.specification == model)
        run: Callable[[Registration, int], Runner] = getattr(self, KINDS[type(registration.target)])
        if self._running is None:
            return run(registration, seed)
        found = next((each for each in self._running if (each.registration, each.seed) == (registration, seed)), None)
        if found is None:
            found = RunningModel(registration, seed, run(registration, seed))
            self._running.append(found)
        return _LeftRunning(found.runner)

    def _run_python(self, registration: Registration, seed: int) -> Runner:
        process, python = (import_module(f"remiss.edges.runners.{name}") for name in ("process", "python"))
        target, model = registration.target, _with_digest(registration, self._environment)
        assert isinstance(target, PythonTarget)
        launch = process.Launch(
            module=target.module,
            callable=target.callable,
            folder=str(target.folder),
            interpreter=target.interpreter,
            path=target.path,
            environment=process.clean(self._environment, target.environment, seed),
            limits=model.limits,
            seed=seed,
        )
        runner: Runner = python.PythonRunner(model, launch)
        return runner

    def _run_saved(self, registration: Registration, seed: int) -> Runner:
        process, python = (import_module(f"remiss.edges.runners.{name}") for name in ("process", "python"))
        target, model = registration.target, registration.specification
        assert isinstance(target, SavedTarget)
        _check_installed(target, model)
        asked = {name: getattr(target, name) for name in ("uri", "inputs", "output", "confidence", "files")}
        of_mlflow = target.format == MLFLOW
        environment = process.clean(self._environment, (*(REGISTRY_VARIABLES if of_mlflow else ()), *target.environment), seed)
        # What is fetched from a registry lies there, and goes with the runner.
        scratch = tempfile.mkdtemp(prefix="remiss-model-") if of_mlflow else None
        launch = process.Launch(
            module="",
            callable=target.format,
            folder=str(target.folder),
            interpreter=target.interpreter,
            environment={**environment, **(QUIET if of_mlflow else {}), **({"TMPDIR": scratch} if scratch else {})},
            limits=model.limits,
            seed=seed,
            saved={**asked, "digest": model.digest},
            scratch=scratch,
        )
        runner: Runner = python.PythonRunner(model, launch)
        return runner

    def _run_http(self, registration: Registration, seed: int) -> Runner:
        http = import_module("remiss.edges.runners.http")
        target, model = registration.target, registration.specification
        assert isinstance(target, HttpTarget)
        endpoint = http.Endpoint(
            url=target.url,
            template=reseeded(target.template, seed),
            headers=self._headers(target, model),
            allowed=tuple(ip_network(each) for each in target.allow),
            redirects=target.redirects,
            proxy=_proxy(target.url) if target.proxy else None,
        )
        runner: Runner = http.HttpRunner(model, endpoint, seed=seed)
        return runner

    def _headers(self, target: HttpTarget, model: ModelSpecification) -> dict[str, str]:
        """Return the headers that a model is asked with, as the environment has them.

        Raises
        ------
        ModelError : it has one of them not, or as nothing that a header can be
        """
        named = {**target.headers, **({} if target.bearer is None else {"Authorization": target.bearer})}
        found = {}
        for header, variable in named.items():
            value = self._environment.get(variable, "").strip()
            if not value or not value.isascii() or not value.isprintable():
                why = "cannot stand in a header: it has a line break or a letter beyond ASCII" if value else "is not set"
                what = f"{model} is asked with the header {header} from the variable {variable}, which {why}"
                raise ModelError(what, do=f"set {variable} where remiss runs")
            found[header] = f"Bearer {value}" if variable == target.bearer and header == "Authorization" else value
        return found


def _check_installed(target: SavedTarget, model: ModelSpecification) -> None:
    """Go on only if what a saved model is loaded with is there, as far as can be told.

    Raises
    ------
    ModelError
    """
    package = PACKAGES[target.format]
    if target.interpreter == sys.executable and find_spec(package) is None:
        failed = ModelError(f"{model} is loaded with {package}, which is not installed", do=of_extra(target.format))
        failed.trouble = ModelTrouble(kind=TroubleKind.START, message=f"{package} is not installed; {failed.do}")
        raise failed


def _with_digest(registration: Registration, environment: Mapping[str, str], *, kept: bool = False) -> ModelSpecification:
    """Return a model with the digest of its files, as far as they lie here; of others it is known once they are loaded.

    Parameters
    ----------
    kept : whether the digest is taken that was made last, where no file was written since

    Raises
    ------
    ModelError : a file cannot be read, or they are not those that were registered
    """
    target, model = registration.target, registration.specification
    try:
        digest = digest_before_loading(target, environment, kept=kept)
    except OSError as error:
        do = f"put it back, or mend `{'files' if model.runner == PYTHON else model.runner}` of the model"
        raise ModelError(f"{error.filename} of {model} cannot be read: {error.strerror}", do=do) from error
    if digest is None:
        return model
    if model.digest not in {None, digest}:
        raise ModelError(
            f"the files of {model} have another digest than is registered: {digest}",
            do="register what is there now as a version of its own, or put back what was",
        )
    return replace(model, digest=digest)


def _proxy(url: str) -> str | None:
    """Return the proxy that the environment names for a URL, if it names one."""
    parts = urlsplit(url)
    if urllib.request.proxy_bypass(parts.hostname or ""):
        return None
    return urllib.request.getproxies().get(parts.scheme)
