"""Receivers of alerts that a file of the machine registers; webhooks, which are some of them, and how one is told.

Fulfils `understand.alerts.ports.Webhooks`. Where they are stands in that file or in a variable of the environment, and nowhere
else: no call from afar says where something is sent. An address is checked as a model's is (`runners/addresses.py`), and so is
each that a redirect leads to. Nothing of an address is told to others, for whoever knows one can write there.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cached_property
from importlib import import_module
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, ClassVar, Generic, Literal, Protocol, TypeVar
from urllib.parse import urljoin, urlsplit

from pydantic import AfterValidator, Field

from remiss.edges.runners.model_document import Name, NetworkName, Url, Variable, document_in
from remiss.edges.runners.registration import url_of
from remiss.errors import NotFound, SettingError, Undelivered
from remiss.present.alert_facts import JSON, body_of
from remiss.protocol.shape import Section, Sink, wrong
from remiss.records.alert import Alert
from remiss.settings import Settings
from remiss.version import __version__

# For the whole of it, redirects as well.
SECONDS = 10.0
# What may be better later; of the rest another try says the same.
PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})
# The redirects that keep method and body.
KEEPING = frozenset({307, 308})


def _pages(value: str) -> str:
    if urlsplit(value).query:
        raise wrong("has a query", "write where people open remiss, for example https://remiss.example.org")
    return value.rstrip("/")


Pages = Annotated[Url, AfterValidator(_pages)]


class WebhookModel(Section):
    name: Name
    """what it is called"""
    url: Url | None = None
    """where it is"""
    variable: Variable | None = None
    """the variable of the environment that says where it is, in place of `url`: with Slack and Teams that is a secret"""
    body: Literal["json", "slack", "teams"] = "json"
    """what is sent: every figure as JSON, or what Slack or Teams shows"""
    secret: Variable | None = None
    """the variable that holds the secret with which requests are signed; json has to have one"""
    teams: list[Name] = Field(default_factory=list)
    """the teams whose alerts it is told; default: those of all"""
    pages: Pages | None = None
    """where people open remiss, for links, for example https://remiss.example.org"""
    allow: list[NetworkName] = Field(default_factory=list)
    """addresses that are not public and may be asked, for example 127.0.0.1 or 10.1.0.0/16"""
    redirects: Annotated[int, Field(ge=0, le=5)] = 0
    """how many redirects are followed"""


class WebhooksFile(Section):
    webhooks: list[WebhookModel]
    """whom alerts are told"""


def signature(secret: str, timestamp: int, body: bytes) -> str:
    """Return how a request is signed: HMAC-SHA256 over the time in seconds, a full stop and the body, in hexadecimal digits.

    >>> signature("s3cret", 1767225600, b"{}")[:12]
    '29ee05578fef'
    """
    return hmac.new(secret.encode(), f"{timestamp}.".encode() + body, hashlib.sha256).hexdigest()


class Registered(Protocol):
    """One receiver as a file registers it."""

    @property
    def name(self) -> str: ...
    @property
    def teams(self) -> Sequence[str]: ...


R = TypeVar("R", bound=Registered)


class RegisteredReceivers(ABC, Generic[R]):
    """Receivers of alerts that a file of this machine registers.

    Parameters
    ----------
    beside : the file of a SQLite catalog, beside which that file may be; None where there is none
    """

    ONE: ClassVar[str]  # what one of them is called
    FILE: ClassVar[str]  # the setting that names the file

    def __init__(self, settings: Settings, beside: Path | None) -> None:
        self._settings = settings
        self._beside = beside
        self._environment: Mapping[str, str] = os.environ

    def names(self) -> Sequence[str]:
        """Return what they are called; raises SettingError where their file cannot be used."""
        return tuple(self._registered)

    def wants(self, name: str, team: str) -> bool:
        """Return whether one gets the alerts of a team; raises NotFound of one that is not there."""
        wanted = self._find(name).teams
        return not wanted or team in wanted

    @abstractmethod
    def _entries(self, file: str) -> Sequence[R]:
        """Return what a file registers; raises SettingError where it cannot be used."""

    @cached_property
    def _where(self) -> str | None:
        return self._settings.document(self.FILE, self._beside)

    @cached_property
    def _registered(self) -> Mapping[str, R]:
        return {} if self._where is None else {each.name: each for each in self._entries(self._where)}

    def _find(self, name: str) -> R:
        found = self._registered.get(name)
        if found is None:
            known = ", ".join(self._registered) or "none"
            raise NotFound(f"there is no {self.ONE} {name[:80]}", do=f"the file of {self.FILE} has {known}", field=self.ONE)
        return found


class SignedWebhooks(RegisteredReceivers[WebhookModel]):
    """The webhooks of one machine."""

    ONE, FILE = "webhook", "webhooks"

    def tell(self, webhook: str, alerts: Sequence[Alert], delivery: str, now: datetime) -> None:
        """Tell a webhook of alerts, signed as of a time.

        Raises
        ------
        Undelivered : it cannot be reached now, or is too busy
        SettingError : it refuses, may not be asked, or has no address or secret
        """
        of = self._find(webhook)
        body = json.dumps(body_of(of.body, alerts, delivery, of.pages), ensure_ascii=False, allow_nan=False).encode()
        url, seconds = self._address(of), int(now.timestamp())
        headers = {"X-Remiss-Delivery": delivery, "X-Remiss-Timestamp": str(seconds)}
        if of.secret is not None:
            headers["X-Remiss-Signature"] = f"sha256={signature(self._variable(of, of.secret), seconds, body)}"
        status = _posted(of, url, body, headers)
        if status in PASSING:
            raise Undelivered(f"webhook {webhook} answered with status {status}", do="it is tried again")
        if not 200 <= status < 300:
            raise SettingError(f"webhook {webhook} answered with status {status}", do="see whether its address is still right")

    def _entries(self, file: str) -> Sequence[WebhookModel]:
        return document_in(file, WebhooksFile, _judge, SettingError).webhooks

    def _address(self, of: WebhookModel) -> str:
        if of.url is not None:
            return of.url
        assert of.variable is not None
        url = self._variable(of, of.variable)
        try:
            url_of(url)
        except ValueError as error:
            raise SettingError(
                f"the address of webhook {of.name}, from {of.variable}, {error}", do=f"set {of.variable}"
            ) from None
        return url

    def _variable(self, of: WebhookModel, variable: str) -> str:
        value = self._environment.get(variable, "").strip()
        if not value:
            raise SettingError(f"webhook {of.name} needs the variable {variable}, which is not set", do=f"set {variable}")
        return value


def _judge(file: WebhooksFile, add: Sink) -> None:
    """Add what is wrong with keys together."""
    seen: set[str] = set()
    for at, each in enumerate(file.webhooks):
        if each.name in seen:
            add(("webhooks", at), f"{each.name} a second time", "keep one of the two")
        if (each.url is None) == (each.variable is None):
            add(("webhooks", at), f"{each.name} has not one of url and variable", "write one of them")
        if each.body == JSON and each.secret is None:
            add(("webhooks", at), f"{each.name} has no secret", "name the variable that holds it: secret: NAME")
        seen.add(each.name)


def _posted(of: WebhookModel, url: str, body: bytes, own: Mapping[str, str]) -> int:
    """Post a body, to where redirects lead if they may, and return the status of the answer, of which nothing else is read."""
    # Loaded by who tells somebody: whoever asks only which webhooks there are needs none of it.
    httpx = import_module("httpx")
    addresses = import_module("remiss.edges.runners.addresses")
    plain = {"Content-Type": "application/json; charset=utf-8", "User-Agent": f"remiss/{__version__}"}
    first, left = url, of.redirects
    token = addresses.DEADLINE.set(time.monotonic() + SECONDS)
    transport = addresses.CheckedTransport(tuple(ip_network(each) for each in of.allow), 1)
    try:
        with httpx.Client(transport=transport, trust_env=False, follow_redirects=False) as client:
            while True:
                # Whoever a redirect leads to gets no signature, unless it is the same server.
                headers = {**plain, **(own if urlsplit(url)[:2] == urlsplit(first)[:2] else {})}
                with client.stream("POST", url, content=body, headers=headers, timeout=SECONDS) as answer:
                    status, location = int(answer.status_code), answer.headers.get("location", "")
                if not 300 <= status < 400:
                    return status
                following = urljoin(url, location)
                downgrade = url.startswith("https:") and not following.startswith("https:")
                if left == 0 or status not in KEEPING or downgrade or not following.startswith(("http://", "https://")):
                    raise SettingError(
                        f"webhook {of.name} leads elsewhere (status {status})", do="write where it leads to, or raise `redirects`"
                    )
                url, left = following, left - 1
    except addresses.RefusedAddress as error:
        raise SettingError(
            f"webhook {of.name} has an address that is not public, and is not among those that are allowed",
            do="allow it in the file of webhooks, if it is meant",
        ) from error
    except httpx.InvalidURL as error:
        raise SettingError(f"webhook {of.name} has no address that can be asked", do="see the file of webhooks") from error
    except httpx.TimeoutException as error:
        raise Undelivered(f"webhook {of.name} did not answer within {SECONDS:g} s", do="it is tried again") from error
    except httpx.RequestError as error:
        raise Undelivered(f"webhook {of.name} cannot be reached", do="it is tried again") from error
    finally:
        addresses.DEADLINE.reset(token)
