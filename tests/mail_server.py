"""A real mail server for tests: aiosmtpd in this process on a free port of this machine, which keeps what it gets."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec


@dataclass
class Mailbox:
    """What a server got, and what it says to what comes next; `logins` are the passwords that it was told."""

    got: list[EmailMessage] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)
    to: list[list[str]] = field(default_factory=list)
    logins: list[bytes] = field(default_factory=list)
    on_recipient: list[str] = field(default_factory=list)
    on_data: list[str] = field(default_factory=list)
    port: int = 0
    # Called when a message is taken, before that is answered.
    taken: Callable[[], None] = lambda: None

    async def handle_RCPT(self, server: Any, session: Any, envelope: Envelope, address: str, options: list[str]) -> str:  # noqa: N802
        if self.on_recipient and not (said := self.on_recipient.pop(0)).startswith("2"):
            return said
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Envelope) -> str:  # noqa: N802
        if self.on_data and not (said := self.on_data.pop(0)).startswith("2"):
            return said
        assert isinstance(envelope.content, bytes)
        self.raw.append(envelope.content)
        self.got.append(message_from_bytes(envelope.content, _class=EmailMessage, policy=default))  # type: ignore[call-overload]
        self.to.append(list(envelope.rcpt_tos))
        self.taken()
        return "250 OK"


class _Controller(Controller):
    """One that may be given port 0: it is told which it got before it is asked whether it answers."""

    def _trigger_server(self) -> None:
        self.port = self.server.sockets[0].getsockname()[1]  # type: ignore[union-attr]
        super()._trigger_server()


@contextmanager
def mail_server(
    box: Mailbox | None = None, *, port: int = 0, tls: Path | None = None, implicit: bool = False, password: str | None = None
) -> Iterator[Mailbox]:
    """Serve while the block lasts.

    Parameters
    ----------
    tls : the folder of its certificate and key: it offers STARTTLS and takes nothing without; `implicit` is TLS from the start
    password : what it takes as one; None is to take no login
    """
    box = box or Mailbox()

    def checked(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        box.logins.append(data.password)
        return AuthResult(success=data.password == str(password).encode(), handled=False)

    context = None
    if tls is not None:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(tls / "server.pem", tls / "server.key")
    given: dict[str, Any] = {}
    if context is not None:
        given = {"ssl_context": context} if implicit else {"tls_context": context, "require_starttls": True}
    if password is not None:
        # Of TLS from the start the server knows nothing, and asks for no login where it sees none.
        given |= {"authenticator": checked, "auth_required": not implicit, "auth_require_tls": not implicit}
    controller = _Controller(box, hostname="127.0.0.1", port=port, **given)
    controller.start()
    try:
        box.port = controller.port
        yield box
    finally:
        controller.stop()


def certificate(folder: Path, host: str = "127.0.0.1") -> Path:
    """Write an authority and a certificate for a host into a folder (`ca.pem`, `server.pem`, `server.key`)."""
    folder.mkdir(exist_ok=True)
    now, of_authority, own = datetime.now(UTC), ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    names = [
        x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)]) for name in ("an authority of tests", "a mail server")
    ]
    try:
        alternative: x509.GeneralName = x509.IPAddress(ip_address(host))
    except ValueError:
        alternative = x509.DNSName(host)

    def signed(subject: x509.Name, key: ec.EllipticCurvePrivateKey, *more: tuple[x509.ExtensionType, bool]) -> x509.Certificate:
        made = x509.CertificateBuilder(
            issuer_name=names[0],
            subject_name=subject,
            public_key=key.public_key(),
            serial_number=x509.random_serial_number(),
            not_valid_before=now - timedelta(days=1),
            not_valid_after=now + timedelta(days=1),
        )
        for extension, critical in more:
            made = made.add_extension(extension, critical)
        return made.sign(of_authority, hashes.SHA256())

    usage = x509.KeyUsage(
        digital_signature=True,
        key_cert_sign=True,
        crl_sign=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
    authority = signed(names[0], of_authority, (x509.BasicConstraints(ca=True, path_length=0), True), (usage, True))
    server = signed(names[1], own, (x509.SubjectAlternativeName([alternative]), False))
    pem = serialization.Encoding.PEM
    (folder / "ca.pem").write_bytes(authority.public_bytes(pem))
    (folder / "server.pem").write_bytes(server.public_bytes(pem))
    key = own.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "server.key").write_bytes(key)
    return folder / "ca.pem"
