"""What alerts need of the catalog: their ledger."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from remiss.capture.ports import Runs
from remiss.govern.ports.actor import Permits
from remiss.govern.ports.jobs import Jobs
from remiss.govern.ports.people import People
from remiss.govern.ports.vault import Keys
from remiss.records.alert import Alert
from remiss.understand.ports import UnderstandWorkspace

# To look at windows, take alerts in hand and put them off.
HANDLE = "alert:handle"


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerEntry:
    """What the ledger holds: of a window that was looked at, or of an act, `of` a series or an alert; the content is JSON."""

    of: str
    content: str
    team: str
    start: datetime | None = None
    position: int = 0


class AlertLedger(Protocol):
    """Windows that were looked at and what people did about alerts, as far as the actor may see them."""

    def looks(self, position: int | None = None) -> Sequence[LedgerEntry]:
        """Return the windows that were looked at until a position, of each series in order of time; None is now."""
        ...

    def acts(self, position: int | None = None) -> Sequence[LedgerEntry]:
        """Return what people did about alerts until a position, in order of time; None is now."""
        ...

    def wait(self) -> int:
        """Have other writers wait from here on; return the position that this transaction will have."""
        ...

    def enter(self, looked: Sequence[LedgerEntry]) -> None:
        """Write windows that were looked at; a window of a series enters once."""
        ...

    def act(self, done: LedgerEntry) -> None:
        """Write what somebody did about an alert."""
        ...


class Receivers(Protocol):
    """Who is told of alerts, by the name that a file of this machine gives them."""

    def names(self) -> Sequence[str]:
        """Return what they are called.

        Raises
        ------
        SettingError : what says so cannot be read
        """
        ...

    def wants(self, name: str, team: str) -> bool:
        """Return whether one is told of the alerts of a team, if they may see them.

        Raises
        ------
        NotFound, SettingError
        """
        ...


class Webhooks(Receivers, Protocol):
    """Whom this machine tells of alerts."""

    def tell(self, webhook: str, alerts: Sequence[Alert], delivery: str, now: datetime) -> None:
        """Tell a webhook of alerts, as of a time; `delivery` is what it may know the message by, if it comes a second time.

        Raises
        ------
        Undelivered : it cannot be reached now
        SettingError : it refuses, or may not be asked
        """
        ...


class Mail(Receivers, Protocol):
    """To whom this machine sends alerts by e-mail."""

    def person(self, recipient: str) -> str | None:
        """Return which person of the catalog a recipient is; None for a mailbox, which sees what the machine's file says.

        Raises
        ------
        NotFound, SettingError
        """
        ...

    def send(self, recipient: str, alert: Alert, delivery: str, now: datetime) -> None:
        """Send an alert to a recipient, as of a time; `delivery` is what the message is known by, if it comes a second time.

        Raises
        ------
        Undelivered : the mail server cannot be reached, or takes it later
        SettingError : it refuses, or may not be used
        """
        ...


class AlertWorkspace(UnderstandWorkspace, Permits, Protocol):
    """The ports that actions on alerts take."""

    @property
    def alerts(self) -> AlertLedger: ...
    @property
    def runs(self) -> Runs: ...
    @property
    def webhooks(self) -> Webhooks: ...
    @property
    def mail(self) -> Mail: ...
    @property
    def people(self) -> People: ...
    @property
    def jobs(self) -> Jobs: ...
    @property
    def keys(self) -> Keys: ...
