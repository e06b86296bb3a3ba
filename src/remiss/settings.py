"""Settings: one table of every setting, read once at the top and passed down frozen."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from remiss.errors import SettingError

PREFIX = "REMISS_"
# A runner that says three times in a lease that it is alive has to come to it.
SHORTEST_LEASE = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One setting: its name, default as text, and a sentence of help. The environment twin is REMISS_NAME."""

    name: str
    default: str
    help: str

    @property
    def variable(self) -> str:
        return PREFIX + self.name.upper()


TABLE: tuple[Setting, ...] = (
    Setting(
        name="catalog", default="", help="Which catalog: a path, sqlite:///PATH, postgresql://... or a server's http address."
    ),
    Setting(name="token", default="", help="What a server knows you by; better kept in a file (token_file)."),
    Setting(name="token_file", default="", help="File that holds the token of a server; only its owner may read it."),
    Setting(
        name="sources", default="", help="Folder that the sources of protocols posted to a server lie in; default: this one."
    ),
    Setting(name="keys", default="", help="Folder of the catalog's keys; default: CATALOG.keys beside a SQLite catalog."),
    Setting(name="vault", default="", help="Folder of raw evidence; default: CATALOG.vault beside a SQLite catalog."),
    Setting(
        name="models",
        default="",
        help="File of the models that may be run; default: models.yaml beside a SQLite catalog, or here.",
    ),
    Setting(
        name="webhooks",
        default="",
        help="File of the webhooks that alerts are told to; default: webhooks.yaml beside a SQLite catalog, or here.",
    ),
    Setting(
        name="mail",
        default="",
        help="File that says to whom alerts are sent by e-mail; default: mail.yaml beside a SQLite catalog, or here.",
    ),
    Setting(name="memory_limit", default="", help="Most memory the engine may use, for example 700MB; default: the engine's."),
    Setting(name="threads", default="", help="How many threads the engine may use; default: one for each core."),
    Setting(name="temporary", default="", help="Folder for the engine's spill files; default: the system's."),
    Setting(name="temporary_limit", default="", help="Most disk that spill files may use, for example 20GB."),
    Setting(
        name="statement_timeout",
        default="600",
        help="Most seconds that one statement may take that reads the catalog (of `remiss serve` 30 by default); 0 for no limit.",
    ),
    Setting(
        name="job_lease",
        default="60",
        help="Seconds after which another runner takes over a job whose runner has said nothing; 3 or more.",
    ),
    Setting(name="progress", default="auto", help="Progress on stderr: auto (on a terminal), always or never."),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The values in force; empty text means the default that the help names."""

    catalog: str = ""
    token: str = ""
    token_file: str = ""
    sources: str = ""
    keys: str = ""
    vault: str = ""
    models: str = ""
    webhooks: str = ""
    mail: str = ""
    memory_limit: str = ""
    threads: str = ""
    temporary: str = ""
    temporary_limit: str = ""
    statement_timeout: str = "600"
    job_lease: str = "60"
    progress: str = "auto"

    def folder(self, name: str, beside: Path | None) -> Path:
        """Return the folder setting `name`, or its default beside a SQLite catalog.

        Raises
        ------
        SettingError : not set, and there is no file to be beside
        """
        value: str = getattr(self, name)
        if value:
            return Path(value)
        if beside is None:
            raise SettingError(f"no folder for {name} is set", do=f"set {PREFIX}{name.upper()} to a folder outside the database")
        return beside.with_name(f"{beside.name}.{name}")

    def document(self, name: str, beside: Path | None) -> str | None:
        """Return the file that the setting `name` names, or NAME.yaml beside a SQLite catalog or here; None if none is there.

        Raises
        ------
        SettingError : one is named, and is not there
        """
        value: str = getattr(self, name)
        if value:
            if not Path(value).is_file():
                raise SettingError(f"there is no such file of {name}", do=f"set {PREFIX}{name.upper()} to the file of {name}")
            return value
        file = f"{name}.yaml"
        near = [] if beside is None else [beside.with_name(file)]
        return next((str(each) for each in (*near, Path(file)) if each.is_file()), None)


def read(environment: Mapping[str, str], **given: str | None) -> Settings:
    """Return settings: what is given, else the environment, else the defaults.

    Raises
    ------
    SettingError : an unknown REMISS_ variable is not an error; a value that cannot be used is
    """
    values = {setting.name: given.get(setting.name) or environment.get(setting.variable) or setting.default for setting in TABLE}
    if given.get("token_file") and not given.get("token"):
        # A file that the call names says more than a token that lies about in the environment.
        values["token"] = ""
    if values["threads"] and not (values["threads"].isdigit() and int(values["threads"]) > 0):
        raise SettingError(f"threads is {values['threads']!r}", do="give a whole number above 0")
    if not re.fullmatch("[0-9]{1,6}", values["statement_timeout"]):
        raise SettingError(f"statement_timeout is {values['statement_timeout']!r}", do="give whole seconds, 0 for no limit")
    if not re.fullmatch("[0-9]{1,5}", values["job_lease"]) or int(values["job_lease"]) < SHORTEST_LEASE:
        raise SettingError(f"job_lease is {values['job_lease']!r}", do=f"give whole seconds, {SHORTEST_LEASE} or more")
    if values["progress"] not in {"auto", "always", "never"}:
        raise SettingError(f"progress is {values['progress']!r}", do="use auto, always or never")
    return Settings(**values)


def is_server(address: str) -> bool:
    """Return whether an address is a server's rather than a database's."""
    return address.startswith(("http://", "https://"))
