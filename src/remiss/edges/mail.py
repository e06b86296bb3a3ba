"""E-mail by which alerts are sent: the server and the recipients of the machine's file of mail, and how a message is sent.

Fulfils `understand.alerts.ports.Mail`. Addresses stand in that file and nowhere else: no call from afar says where something is
sent. The connection is encrypted unless the file says otherwise, and never falls back to one that is not. A message is text, in
headers of which nothing that comes from a protocol can begin another. Neither an address nor what the server answered is told to
others, for whoever may see a job would see them.
"""

from __future__ import annotations

import smtplib
import socket
import ssl
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from email.header import Header
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from remiss.edges.private_files import private_file
from remiss.edges.runners.model_document import Line, Name, Variable, document_in, matching
from remiss.edges.webhooks import Pages, RegisteredReceivers
from remiss.errors import InputError, SettingError, StorageError, Undelivered
from remiss.present.alert_facts import letter_of
from remiss.protocol.shape import Section, Sink
from remiss.records.alert import Alert

STARTTLS, TLS, NONE = "starttls", "tls", "none"
PORTS = {STARTTLS: 587, TLS: 465, NONE: 25}
# What a server refused, by the first that fits.
REFUSED: Sequence[tuple[type[smtplib.SMTPResponseException], str]] = (
    (smtplib.SMTPSenderRefused, "the sender"),
    (smtplib.SMTPAuthenticationError, "the login"),
    (smtplib.SMTPDataError, "the message"),
    (smtplib.SMTPResponseException, "the connection"),
)
# The whole of it may take so many times as long as a single answer.
ANSWERS = 5
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_HOST = rf"(?=.{{1,253}}\Z){_LABEL}(?:\.{_LABEL})*"
_WORD = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_ADDRESS = rf"(?=.{{3,254}}\Z)(?=[^@]{{1,64}}@){_WORD}(?:\.{_WORD})*@{_LABEL}(?:\.{_LABEL})*"
Host = Annotated[str, matching(_HOST, "is not the name of a host", "write it as smtp.example.org, without a port")]
EmailAddress = Annotated[
    str, matching(_ADDRESS, "is not an address of e-mail", "write it as ana@example.org; a domain of other letters as xn--...")
]


class ServerModel(Section):
    host: Host
    """the host that takes the messages"""
    port: Annotated[int, Field(ge=1, le=65_535)] | None = None
    """its port; default: 587, with tls 465, with none 25"""
    security: Literal["starttls", "tls", "none"] = "starttls"
    """starttls, or tls from the first byte; none is for a server of this machine, and takes no login"""
    authorities: Line | None = None
    """a file of the certificates that are trusted, relative to this file; default: those of the system"""
    user: Line | None = None
    """as whom to log in; default: no login"""
    password: Variable | None = None
    """the variable that holds the password"""
    password_file: Line | None = None
    """a file that holds it, in place of `password`, relative to this file; only its owner may read it"""
    seconds: Annotated[float, Field(ge=1, le=600)] = 60.0
    """how long to wait for each of its answers: who waits too short may send a message a second time"""


class RecipientModel(Section):
    name: Name
    """what they are called"""
    address: EmailAddress
    """where messages go"""
    person: Line | None = None
    """the person of the catalog who they are: they get what these may see, as long as they may"""
    teams: list[Name] = Field(default_factory=list)
    """the teams whose alerts they get; default: of a person all; a mailbox that is no person has to have some"""


class MailFile(Section):
    server: ServerModel
    """what sends the messages"""
    sender: EmailAddress
    """the address that they are from"""
    pages: Pages | None = None
    """where people open remiss, for links, for example https://remiss.example.org"""
    recipients: list[RecipientModel]
    """to whom alerts are sent"""


class SmtpMail(RegisteredReceivers[RecipientModel]):
    """The mail of one machine."""

    ONE, FILE = "recipient", "mail"

    def person(self, recipient: str) -> str | None:
        """Return which person of the catalog a recipient is; None for a mailbox."""
        return self._find(recipient).person

    def send(self, recipient: str, alert: Alert, delivery: str, now: datetime) -> None:
        """Send an alert to a recipient, as of a time.

        Raises
        ------
        Undelivered : the mail server cannot be reached now, or says that it takes it later
        SettingError : it refuses, cannot be trusted, or what is needed for it is not there
        """
        of, file = self._find(recipient), self._file
        message = _message(file, of, alert, delivery, now)
        context = None if file.server.security == NONE else self._trusted(file.server)
        password = self._password(file.server)
        with _explained(of, file.server), _connected(file, context) as client:
            if file.server.user is not None:
                client.login(file.server.user, password)
            client.sendmail(file.sender, [of.address], message)
            # It is sent, whatever the server says to the farewell.
            with suppress(OSError):
                client.quit()

    @cached_property
    def _file(self) -> MailFile:
        assert self._where is not None, "whoever is found stands in it"
        return document_in(self._where, MailFile, _judge, SettingError)

    def _entries(self, _: str) -> Sequence[RecipientModel]:
        return self._file.recipients

    def _beside_it(self, path: str) -> Path:
        assert self._where is not None
        return Path(self._where).parent / path

    def _trusted(self, server: ServerModel) -> ssl.SSLContext:
        file = None if server.authorities is None else str(self._beside_it(server.authorities))
        try:
            return ssl.create_default_context(cafile=file)
        except OSError as error:
            raise SettingError(
                "the certificates that the mail server is trusted by cannot be read", do="see `authorities` in the file of mail"
            ) from error

    def _password(self, server: ServerModel) -> str:
        if server.password_file is not None:
            try:
                said = private_file(self._beside_it(server.password_file)).decode("utf-8").strip()
            except (StorageError, UnicodeDecodeError):
                # What hinders it names where it lies.
                raise SettingError(
                    "the file of the mail server's password cannot be used", do="see that it is there, and chmod 600 it"
                ) from None
        else:
            said = "" if server.password is None else self._environment.get(server.password, "").strip()
        if server.user is not None and not (said and said.isascii() and said.isprintable()):
            of = server.password or "the file of the password"
            raise SettingError(f"the mail server needs a password, and {of} holds none that can be sent", do=f"set {of}")
        return said


def _judge(file: MailFile, add: Sink) -> None:
    """Add what is wrong with keys together."""
    server = file.server
    ways = (server.password is not None) + (server.password_file is not None)
    if ways != (server.user is not None):
        add(("server",), "the login is not whole", "write user with one of password and password_file, or none of them")
    if server.user is not None and server.security == NONE:
        add(("server", "security"), "the password would be sent for all to read", "write starttls or tls")
    seen: set[str] = set()
    for at, each in enumerate(file.recipients):
        if each.name in seen:
            add(("recipients", at), f"{each.name} a second time", "keep one of the two")
        if each.person is None and not each.teams:
            add(("recipients", at), f"{each.name} is no person and has no teams", "write which person, or whose alerts: teams")
        seen.add(each.name)


def _message(file: MailFile, to: RecipientModel, alert: Alert, delivery: str, now: datetime) -> bytes:
    """Return a message as it is sent: lines end with CR LF, and all of it is ASCII."""
    subject, text = letter_of(alert, file.pages)
    domain = file.sender.rpartition("@")[2]
    made = EmailMessage(policy=SMTP)
    made["From"] = Address("remiss", addr_spec=file.sender)
    made["To"] = Address(addr_spec=to.address)
    made["Date"] = format_datetime(now)
    # A mailbox that has it twice can tell.
    made["Message-ID"] = f"<{delivery}@{domain}>"
    # No answer of a machine comes back.
    made["Auto-Submitted"] = "auto-generated"
    made.set_content(text, cte="quoted-printable")
    # Between two encoded words the message itself would lose a space (Python 3.11).
    named = Header(subject, header_name="Subject").encode(linesep="\r\n")
    return f"Subject: {named}\r\n".encode("ascii") + made.as_bytes()


@contextmanager
def _connected(file: MailFile, context: ssl.SSLContext | None) -> Iterator[smtplib.SMTP]:
    """Give a connection to the server, encrypted where it is to be; it ends after a time, whatever is still to come."""
    server, own = file.server, file.sender.rpartition("@")[2]
    client: smtplib.SMTP
    if server.security == TLS:
        client = smtplib.SMTP_SSL(local_hostname=own, timeout=server.seconds, context=context)
    else:
        client = smtplib.SMTP(local_hostname=own, timeout=server.seconds)
    # Made without a host, so as to be there while it connects; whose certificate it wants is known from here alone.
    client._host = server.host  # type: ignore[attr-defined]  # noqa: SLF001
    late = threading.Timer(ANSWERS * server.seconds, _cut, (client,))
    late.daemon = True
    late.start()
    try:
        status, greeting = client.connect(server.host, server.port or PORTS[server.security])
        if status != 220:
            raise smtplib.SMTPConnectError(status, greeting)
        if server.security == STARTTLS:
            client.starttls(context=context)
        yield client
    finally:
        late.cancel()
        client.close()


def _cut(client: smtplib.SMTP) -> None:
    """End a connection under whoever waits for it."""
    if isinstance(client.sock, socket.socket):
        with suppress(OSError):
            # Of an encrypted one, too, only what is below: another thread is at the rest.
            socket.socket.shutdown(client.sock, socket.SHUT_RDWR)


@contextmanager
def _explained(to: RecipientModel, server: ServerModel) -> Iterator[None]:
    """Say in our words what hinders a message, and whether it is tried again; nothing of what the server said is in it."""
    try:
        yield
    except smtplib.SMTPRecipientsRefused as error:
        status = next(iter(error.recipients.values()))[0]
        raise _refused(f"recipient {to.name} is refused by the mail server", status) from error
    except smtplib.SMTPResponseException as error:
        what = next(what for kind, what in REFUSED if isinstance(error, kind))
        raise _refused(f"{what} is refused by the mail server", error.smtp_code) from error
    except smtplib.SMTPServerDisconnected as error:
        raise Undelivered("the mail server ended the connection", do="it is tried again") from error
    except smtplib.SMTPException as error:
        raise SettingError(
            "the mail server offers no encryption, or no login that is known here",
            do="see `security` and `user` in the file of mail",
        ) from error
    except ssl.SSLCertVerificationError as error:
        raise SettingError(
            "the certificate of the mail server is not one to trust",
            do="see `host` in the file of mail, and `authorities` where it has a certificate of your own",
        ) from error
    except TimeoutError as error:
        raise Undelivered(f"the mail server did not answer within {server.seconds:g} s", do="it is tried again") from error
    except OSError as error:
        raise Undelivered("the mail server cannot be reached", do="it is tried again") from error


def _refused(what: str, status: int) -> InputError:
    """Return an error of what a server said: what begins with 5 is meant to last, and anything else is tried again."""
    if 500 <= status < 600:
        return SettingError(f"{what} (status {status})", do="see the file of mail, and the log of that server")
    later = f"{what} for now (status {status})" if 400 <= status < 500 else "the mail server does not answer as one does"
    return Undelivered(later, do="it is tried again")
