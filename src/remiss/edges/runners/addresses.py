"""Which addresses a model may be asked at, and connections that go to the very address that was checked.

A name is resolved once for each connection: all its addresses are checked, and one of them is connected to, so that a name that
changes its mind between check and connection leads nowhere. However an address is spelled (2130706433, 0177.0.0.1, an IPv4 in an
IPv6), what is checked is what the resolver made of it. TLS still asks for the name. A redirect connects anew, and is checked so.

Every read and write ends at the deadline of the request, however slowly bytes drip.
"""

from __future__ import annotations

import ipaddress
import socket
import ssl
import time
from collections.abc import Iterable, Sequence
from contextvars import ContextVar
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any, TypeAlias

import httpcore
import httpx

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network

# Of clouds, where a machine asks for its own secrets, in so far as they are not link-local or private.
METADATA = frozenset({ipaddress.ip_address("168.63.129.16"), ipaddress.ip_address("100.100.100.200")})
# IPv6 networks whose addresses stand for the IPv4 address in their last 32 bits.
_NAT64 = (ipaddress.ip_network("64:ff9b::/96"), ipaddress.ip_network("64:ff9b:1::/48"))

# A wait without an end would never look at the clock.
MOST_SECONDS = 3600.0
# When the request that this thread is at has to be done, by the monotonic clock.
DEADLINE: ContextVar[float] = ContextVar("deadline", default=float("inf"))


class RefusedAddress(Exception):
    """A host has an address that may not be asked."""


def meant(address: Address) -> tuple[Address, ...]:
    """Return an address, and the IPv4 address that it stands for where it is one of IPv6 that does.

    >>> str(meant(ipaddress.ip_address("::ffff:127.0.0.1"))[-1])
    '127.0.0.1'
    """
    if isinstance(address, ipaddress.IPv4Address):
        return (address,)
    inner = address.ipv4_mapped or address.sixtofour
    if inner is None and address.teredo is not None:
        inner = address.teredo[1]
    # IPv4-compatible addresses are deprecated, and some systems still take them.
    if inner is None and (any(address in network for network in _NAT64) or 1 < int(address) < 2**32):
        inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return (address,) if inner is None else (address, inner)


def is_refused(address: Address, allowed: Sequence[Network]) -> bool:
    """Return whether an address may not be asked: one that is not public, of many receivers or for metadata, and is not allowed.

    >>> [is_refused(ipaddress.ip_address(each), ()) for each in ("127.0.0.1", "169.254.169.254", "::", "1.1.1.1")]
    [True, True, True, False]
    >>> is_refused(ipaddress.ip_address("::ffff:10.1.2.3"), [ipaddress.ip_network("10.0.0.0/8")])
    False
    """
    all_ = meant(address)
    if any(each in network for each in all_ for network in allowed if each.version == network.version):
        return False
    # An address that stands for another is judged by that.
    return any(each in METADATA or each.is_multicast or not each.is_global for each in all_[-1:]) or getattr(
        address, "is_site_local", False
    )


def resolved(host: str, port: int, seconds: float) -> list[str]:
    """Return the addresses of a host, within a time, which a resolver does not keep by itself.

    Raises
    ------
    OSError, TimeoutError
    """
    found: SimpleQueue[list[str] | OSError] = SimpleQueue()

    def resolve() -> None:
        try:
            infos = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            found.put(error if isinstance(error, OSError) else OSError(f"{host} is no name of a host"))
        else:
            found.put(list(dict.fromkeys(str(each[4][0]) for each in infos)))

    Thread(target=resolve, daemon=True).start()
    try:
        answer = found.get(timeout=max(seconds, 0))
    except Empty:
        raise TimeoutError(f"{host} was not resolved in time") from None
    if isinstance(answer, OSError):
        raise answer
    return answer


def checked(host: str, addresses: Iterable[str], allowed: Sequence[Network]) -> list[str]:
    """Return the addresses of a host, all of which may be asked.

    Raises
    ------
    RefusedAddress : one of them may not
    """
    found = list(addresses)
    for each in found:
        address = ipaddress.ip_address(each.partition("%")[0])
        if is_refused(address, allowed):
            said = host if host == str(address) else f"{host} is {address}, which"
            raise RefusedAddress(f"{said} is not a public address, and is not among those that are allowed")
    return found


def check_written(host: str, allowed: Sequence[Network]) -> None:
    """Go on only if a host is a name, or an address that may be asked: all that can be told where a proxy resolves names.

    Raises
    ------
    RefusedAddress
    """
    if host.lower().rstrip(".").endswith("localhost"):
        raise RefusedAddress(f"{host} is this machine, as a proxy would understand it")
    try:
        infos = socket.getaddrinfo(host.strip("[]"), None, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
    except (OSError, UnicodeError):
        return
    checked(host, [str(each[4][0]) for each in infos], allowed)


class CheckedBackend(httpcore.NetworkBackend):
    """Connects to addresses that were checked, within the deadline of the request."""

    def __init__(self, allowed: Sequence[Network]) -> None:
        self._allowed = allowed
        self._inner = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect to a host.

        Raises
        ------
        RefusedAddress, httpcore.ConnectError, httpcore.ConnectTimeout
        """
        options = None if socket_options is None else list(socket_options)
        try:
            found = resolved(host.strip("[]"), port, _left(timeout, httpcore.ConnectTimeout))
        except TimeoutError as error:
            raise httpcore.ConnectTimeout(str(error)) from error
        except OSError as error:
            raise httpcore.ConnectError(f"{host} has no address: {error}") from error
        addresses = checked(host, found, self._allowed)
        for at, address in enumerate(addresses):
            try:
                left = _left(timeout, httpcore.ConnectTimeout)
                return _Bounded(self._inner.connect_tcp(address, port, left, local_address, options))
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                if at + 1 == len(addresses):
                    raise
        raise httpcore.ConnectError(f"{host} has no address")

    def connect_unix_socket(self, *_: Any, **__: Any) -> httpcore.NetworkStream:
        """Refuse: a path is no address of a model."""
        raise RefusedAddress("a socket of this machine")

    def sleep(self, seconds: float) -> None:
        """Wait between two tries to connect."""
        time.sleep(min(seconds, _left(None, httpcore.ConnectTimeout)))


def _left(timeout: float | None, late: type[Exception]) -> float:
    """Return how long the next step may take.

    Raises
    ------
    late : it may not take any time
    """
    left = DEADLINE.get() - time.monotonic()
    if left <= 0:
        raise late("the time is up")
    return min(left, MOST_SECONDS if timeout is None else timeout)


class _Bounded(httpcore.NetworkStream):
    """A connection whose every step ends at the deadline."""

    def __init__(self, inner: httpcore.NetworkStream) -> None:
        self._inner = inner

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, _left(timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, _left(timeout, httpcore.WriteTimeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        left = _left(timeout, httpcore.ConnectTimeout)
        return _Bounded(self._inner.start_tls(ssl_context, server_hostname, left))

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


class CheckedTransport(httpx.HTTPTransport):
    """The transport of httpx over checked addresses, directly or by a proxy, whose address is checked then instead."""

    def __init__(self, allowed: Sequence[Network], connections: int, proxy: str | None = None) -> None:
        context = httpx.create_ssl_context()
        super().__init__(verify=context, trust_env=False)
        backend = CheckedBackend(allowed)
        if proxy is None:
            self._pool = httpcore.ConnectionPool(
                ssl_context=context, max_connections=connections, keepalive_expiry=30.0, network_backend=backend
            )
        else:
            parts = httpx.Proxy(proxy)
            self._pool = httpcore.HTTPProxy(
                str(parts.url),
                proxy_auth=parts.raw_auth,
                ssl_context=context,
                max_connections=connections,
                keepalive_expiry=30.0,
                network_backend=backend,
            )
