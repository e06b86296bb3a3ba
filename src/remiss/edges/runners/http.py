"""Models behind HTTP: a request for each batch, within limits of time and size, with retries, at checked addresses only."""

from __future__ import annotations

import json
import time
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import partial
from threading import Event, Lock
from typing import Any, Self
from urllib.parse import urljoin

import httpx

from remiss.edges.runners.addresses import DEADLINE, CheckedTransport, Network, RefusedAddress, check_written
from remiss.edges.runners.batches import BatchTrouble, Fuse, Search, in_trouble, spread
from remiss.edges.runners.templates import Template, reseeded
from remiss.records.model import ModelAnswer, ModelEnvironment, ModelRow, ModelSpecification, ModelTrouble, TroubleKind
from remiss.version import __version__

WRAPPING = 64 << 10
MOST_SHOWN = 200
FIRST_WAIT, MOST_WAIT = 0.2, 10.0
# What may be better in a moment; of the rest another try says the same.
BUSY = frozenset({429, 503})
PASSING = BUSY | {408, 500, 502, 504}
# What one row of a batch may have done: fewer are tried.
OF_ROWS = frozenset({400, 413, 422, 500})
# The redirects that keep method and body.
KEEPING = frozenset({307, 308})


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """Where a model is asked, and how. `headers` are secret."""

    url: str
    template: Template
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    allowed: tuple[Network, ...] = ()
    redirects: int = 0
    proxy: str | None = None


class _Pace:
    """Lets so many requests go in a second."""

    def __init__(self, rate: float | None) -> None:
        self._gap = 0.0 if not rate else 1 / rate
        self._next = 0.0
        self._lock = Lock()

    def turn(self, stopped: Event) -> None:
        """Wait for one's turn."""
        if self._gap:
            with self._lock:
                now = time.monotonic()
                at = max(now, self._next)
                self._next = at + self._gap
            stopped.wait(at - now)


class _Passing(Exception):
    """Something that may be better in a moment; `wait` is in how many seconds, where the server says it."""

    def __init__(self, trouble: BatchTrouble, wait: float | None = None) -> None:
        super().__init__(str(trouble))
        self.trouble = trouble
        self.wait = wait


class HttpRunner:
    """A model behind HTTP."""

    def __init__(self, model: ModelSpecification, endpoint: Endpoint, *, seed: int = 0) -> None:
        self._model = model
        self._limits = model.limits
        self._endpoint = endpoint
        self._seed = seed
        self._url = endpoint.template.url(endpoint.url)
        self._stopped = Event()
        self._pace = _Pace(model.limits.rate)
        transport = CheckedTransport(endpoint.allowed, model.limits.concurrency, endpoint.proxy)
        self._client = httpx.Client(transport=transport, trust_env=False, follow_redirects=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def answers(self, rows: Iterable[ModelRow], *, repeat: int = 0) -> Iterator[ModelAnswer]:
        """Yield one answer for each row, in their order."""
        template = self._endpoint.template
        size = self._limits.batch_size if template.batches else 1
        return spread(rows, size, self._limits.concurrency, Fuse(partial(self._batch, reseeded(template, repeat))))

    def _batch(self, template: Template, rows: Sequence[ModelRow]) -> Sequence[ModelAnswer]:
        return Search(ask=partial(self._ask, template), seconds=self._limits.seconds, whole=self._limits.total_seconds).answers(
            rows
        )

    def environment(self) -> ModelEnvironment:
        """Return what is known of where the model runs: nothing but what was asked for."""
        return ModelEnvironment(digest=self._model.digest, seed=self._seed)

    def close(self) -> None:
        """Close all connections; who waits for another try waits no longer."""
        self._stopped.set()
        self._client.close()

    def _ask(self, template: Template, rows: Sequence[ModelRow], seconds: float, again: bool) -> Sequence[ModelAnswer]:  # noqa: FBT001
        """Return the answers to rows, trying again what may be better in a moment; with its template it is an `Ask`."""
        body = json.dumps(template.request(rows), ensure_ascii=False, allow_nan=False).encode()
        end = time.monotonic() + self._limits.total_seconds
        tries = 0
        while True:
            self._pace.turn(self._stopped)
            if self._stopped.is_set():
                raise in_trouble(TroubleKind.CONNECTION, "it was stopped", splits=False)
            try:
                begun = time.perf_counter()
                found = self._posted(body, len(rows), min(seconds, max(end - time.monotonic(), 0)))
                share = (time.perf_counter() - begun) * 1000 / len(rows)
                outputs = template.outputs(found, len(rows))
                return [self._answer(output, confidence, share) for output, confidence in outputs]
            except _Passing as error:
                wait = min(FIRST_WAIT * 2**tries, MOST_WAIT) if error.wait is None else error.wait
                tries += 1
                # A part of a batch that failed is looked at for the row that did it, which no further try would tell.
                hopeless = again and error.trouble.splits
                if hopeless or tries > self._limits.retries or time.monotonic() + wait >= end or self._stopped.wait(wait):
                    raise error.trouble from error

    def _answer(self, output: Any, confidence: float | None, latency_ms: float) -> ModelAnswer:
        size, most = len(json.dumps(output, ensure_ascii=False).encode("utf-8", "replace")), self._limits.output_bytes
        if size > most:
            message = f"an answer of {size:,} bytes, and the most is {most:,}"
            return ModelAnswer(trouble=ModelTrouble(kind=TroubleKind.TOO_LARGE, message=message), latency_ms=latency_ms)
        return ModelAnswer(output=output, confidence=confidence, latency_ms=latency_ms)

    def _posted(self, body: bytes, count: int, seconds: float) -> Any:
        """Return the JSON that answers a body within so many seconds.

        Raises
        ------
        _Passing, BatchTrouble
        """
        token = DEADLINE.set(time.monotonic() + seconds)
        try:
            status, headers, content = self._followed(body, self._limits.output_bytes * count + WRAPPING, seconds)
        except RefusedAddress as error:
            raise in_trouble(TroubleKind.ADDRESS, str(error), splits=False) from error
        except RuntimeError as error:
            # The client was closed a moment ago.
            if not self._stopped.is_set():
                raise
            raise in_trouble(TroubleKind.CONNECTION, "it was stopped", splits=False) from error
        except httpx.InvalidURL as error:
            raise in_trouble(TroubleKind.ADDRESS, self._shown(str(error)), splits=False) from error
        except httpx.ConnectTimeout as error:
            raise _Passing(in_trouble(TroubleKind.CONNECTION, f"no connection within {seconds:g} s", splits=False)) from error
        except httpx.TimeoutException as error:
            raise in_trouble(TroubleKind.TIMEOUT, f"it took longer than {seconds:g} s", splits=True) from error
        except httpx.RequestError as error:
            said = self._shown(str(error) or type(error).__name__)
            raise _Passing(in_trouble(TroubleKind.CONNECTION, said, splits=False)) from error
        finally:
            DEADLINE.reset(token)
        if not 200 <= status < 300:
            shown = self._shown(content[: 4 * MOST_SHOWN].decode("utf-8", "replace"))
            trouble = in_trouble(TroubleKind.STATUS, f"status {status}: {shown}", splits=status in OF_ROWS)
            raise _Passing(trouble, _retry_after(headers)) if status in PASSING else trouble
        try:
            return json.loads(content, parse_constant=_no_constant)
        except _Constant as error:
            raise in_trouble(TroubleKind.NOT_A_NUMBER, f"its answer has {error}", splits=True) from error
        except (ValueError, RecursionError) as error:
            raise in_trouble(TroubleKind.TYPE, "its answer is no JSON", splits=True) from error

    def _followed(self, body: bytes, most: int, seconds: float) -> tuple[int, httpx.Headers, bytes]:
        """Post a body, to where redirects lead if they may; return status, headers and content of the answer.

        Raises
        ------
        BatchTrouble, RefusedAddress, httpx.RequestError
        """
        url, left = self._url, self._endpoint.redirects
        plain = {
            "Content-Type": "application/json",
            "Accept": "application/json",
            "Accept-Encoding": "identity",
            "User-Agent": f"remiss/{__version__}",
        }
        while True:
            if self._endpoint.proxy is not None:
                check_written(httpx.URL(url).host, self._endpoint.allowed)
            # Whoever a redirect leads to is told no secret, unless it is the same server.
            headers = {**plain, **self._endpoint.headers} if _origin(url) == _origin(self._url) else plain
            with self._client.stream("POST", url, content=body, headers=headers, timeout=seconds) as answer:
                if not 300 <= answer.status_code < 400:
                    return answer.status_code, answer.headers, _content(answer, most)
                leads = self._shown(answer.headers.get("location", "nowhere"))
                following = urljoin(url, answer.headers.get("location", ""))
                downgrade = url.startswith("https:") and not following.startswith("https:")
                kept = answer.status_code in KEEPING and following.startswith(("http://", "https://")) and not downgrade
                if left == 0 or not kept:
                    raise in_trouble(TroubleKind.REDIRECT, f"it leads to {leads} (status {answer.status_code})", splits=False)
            url, left = following, left - 1

    def _shown(self, text: str) -> str:
        """Return what somebody else wrote, short, in a line, and without our secrets."""
        for secret in self._endpoint.headers.values():
            text = text.replace(secret, "***").replace(secret.rpartition(" ")[2], "***")
        return " ".join("".join(each if each.isprintable() else " " for each in text).split())[:MOST_SHOWN]


class _Constant(ValueError):
    """NaN or an infinity, which is no JSON."""


def _no_constant(name: str) -> None:
    raise _Constant(name)


def _origin(url: str) -> tuple[str, str, int | None]:
    parts = httpx.URL(url)
    return parts.scheme, parts.host, parts.port


def _content(answer: httpx.Response, most: int) -> bytes:
    """Return the body of an answer, read and unpacked no further than it may be.

    Raises
    ------
    BatchTrouble : it is longer, or packed in a way that was not asked for
    """
    coding = answer.headers.get("content-encoding", "identity").strip().lower()
    if coding not in {"identity", "gzip", "deflate"}:
        raise in_trouble(TroubleKind.TYPE, f"its answer is packed as {coding[:20]}, which was not asked for", splits=False)
    unpacking = None if coding == "identity" else zlib.decompressobj(zlib.MAX_WBITS | 32)
    content = bytearray()
    try:
        for chunk in answer.iter_raw(1 << 16):
            content += chunk if unpacking is None else unpacking.decompress(chunk, most + 1 - len(content))
            if len(content) > most:
                said = f"an answer of more than {most:,} bytes"
                raise in_trouble(TroubleKind.TOO_LARGE, said, splits=True)
    except zlib.error as error:
        raise in_trouble(TroubleKind.TYPE, f"its answer is not {coding}", splits=False) from error
    return bytes(content)


def _retry_after(headers: httpx.Headers) -> float | None:
    """Return in how many seconds a server wants to be asked again, where it says so."""
    said = headers.get("retry-after", "").strip()
    if said.isdigit() and len(said) < 9:
        return float(said)
    try:
        at = parsedate_to_datetime(said)
    except ValueError:
        return None
    return max((at.replace(tzinfo=at.tzinfo or UTC) - datetime.now(UTC)).total_seconds(), 0.0)
