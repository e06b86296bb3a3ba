"""One process that a model runs in: started, asked with a limit of time, and killed with all that it started.

Its own prints are read as they come, so that it never waits for a reader, and only their end is kept. What it answers is bounded
before it is read. It gets no setting of remiss and no secret: of the environment only what `KEPT` and its registration name.
"""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import signal
import struct
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Lock
from typing import Any

from remiss.edges.runners.batches import BatchTrouble, in_trouble
from remiss.records.model import ModelLimits, ModelTrouble, TroubleKind

CHILD = Path(__file__).with_name("child.py")
HEAD = struct.Struct(">Q")
MOST_PRINTED = 4096
# How an answer is wrapped, for each row and for all.
WRAPPING = 4096
# How long one that closed its answers may take to end, and how often its end is looked for besides.
ENDING_SECONDS = 1.0
LOOK_SECONDS = 0.2
# What of the environment every model gets, where it is set.
KEPT = (
    *("PATH", "HOME", "LANG", "LANGUAGE", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR", "USER", "LOGNAME"),
    *("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "VIRTUAL_ENV", "PYTHONNOUSERSITE", "CUDA_VISIBLE_DEVICES"),
    *("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """How a model's process is started. `folder` is its working folder, and where its modules are looked for after `path`.

    `saved` says where a saved model is and how it is asked: then `callable` is what `saved_models.py` loads it with. `scratch` is
    a folder for its temporary files, which goes with the runner.
    """

    module: str
    callable: str
    folder: str
    interpreter: str = sys.executable
    path: tuple[str, ...] = ()
    environment: Mapping[str, str]
    limits: ModelLimits
    seed: int = 0
    saved: Mapping[str, Any] | None = None
    scratch: str | None = None

    def request(self) -> dict[str, Any]:
        """Return the first request: what to load, and within which bounds."""
        own = self.interpreter == sys.executable
        return {
            "module": self.module,
            "callable": self.callable,
            "saved": self.saved,
            "path": [*self.path, self.folder],
            # Under the interpreter of remiss a model finds what remiss finds.
            "packages": [each for each in sys.path if each] if own else [],
            "seed": self.seed,
            "memory": self.limits.memory_bytes,
            "output_bytes": self.limits.output_bytes,
        }


def clean(environment: Mapping[str, str], named: Sequence[str], seed: int) -> dict[str, str]:
    """Return the environment of a model.

    >>> clean({"PATH": "/bin", "REMISS_TOKEN": "x", "AWS_SECRET": "y", "A": "1"}, ["A", "REMISS_TOKEN"], 7)
    {'PATH': '/bin', 'A': '1', 'PYTHONHASHSEED': '7', 'PYTHONUNBUFFERED': '1'}
    """
    names = [name for name in (*KEPT, *named) if not name.startswith("REMISS_")]
    kept = {name: environment[name] for name in names if name in environment}
    # What it printed is known even if it is killed the next moment.
    return {**kept, "PYTHONHASHSEED": str(seed % 2**32), "PYTHONUNBUFFERED": "1"}


def _read(content: bytes) -> dict[str, Any]:
    """Return a frame as JSON.

    Raises
    ------
    ValueError, RecursionError : the model itself wrote where its answers go, or it answers what no reader takes
    """
    found = json.loads(content)
    if not isinstance(found, dict):
        raise ValueError("it is no object")  # noqa: TRY004 - what is read is wrong, not a type of ours
    if "trouble" in found:
        trouble_of(found)
    return found


def trouble_of(found: Mapping[str, Any]) -> ModelTrouble:
    """Return the trouble that a frame, or one answer in it, tells.

    Raises
    ------
    ValueError : it tells none
    """
    match found:
        case {"trouble": {"kind": str(kind), "message": str(message)}}:
            return ModelTrouble(kind=TroubleKind(kind), message=message)
        case _:
            raise ValueError("its trouble has no kind or no message")


class ModelProcess:
    """A model's process, started. All that it raises is `BatchTrouble`, after which it is gone where it had to be."""

    def __init__(self, launch: Launch) -> None:
        self._launch = launch
        self._printed = b""
        # Around whatever uses the number of the process, which is another's once it was waited for.
        self._lock = Lock()
        taking, self._requests = os.pipe()
        self._answers, giving = os.pipe()
        watched, self._life = os.pipe()
        self._prints, printing = os.pipe()
        theirs = (taking, giving, watched)
        try:
            self._process: subprocess.Popen[bytes] | None = subprocess.Popen(  # noqa: S603 - the interpreter of a registration
                [launch.interpreter, str(CHILD), *map(str, theirs), *([launch.scratch] if launch.scratch else [])],
                stdin=subprocess.DEVNULL,
                stdout=printing,
                stderr=printing,
                cwd=launch.folder,
                env=dict(launch.environment),
                pass_fds=theirs,
                start_new_session=True,
            )
        except OSError as error:
            self._process = None
            self.kill()
            raise in_trouble(TroubleKind.START, f"{launch.interpreter} cannot be run: {error.strerror}", splits=False) from error
        finally:
            for each in (*theirs, printing):
                os.close(each)
        for each in (self._requests, self._answers, self._prints):
            os.set_blocking(each, False)
        limits = launch.limits
        self._most = limits.batch_size * limits.output_bytes + WRAPPING * (limits.batch_size + 1)
        # What it tells of a saved model once it is loaded.
        self.told = self.ask(launch.request(), limits.start_seconds, TroubleKind.START)

    @property
    def alive(self) -> bool:
        """Whether it can be asked."""
        return self._process is not None

    def ask(self, request: object, seconds: float, kind: TroubleKind = TroubleKind.DIED) -> dict[str, Any]:
        """Send a request and return its answer.

        Parameters
        ----------
        kind : what it is called when the process ends instead

        Raises
        ------
        BatchTrouble : it took too long, ended, answered too much or no JSON, in all of which it is killed; or says itself what
            its trouble is
        """
        content = json.dumps(request, ensure_ascii=False).encode()
        starting = kind is TroubleKind.START
        try:
            found = _read(self._exchange(HEAD.pack(len(content)) + content, time.monotonic() + seconds))
        except TimeoutError as error:
            printed = self.printed
            self.kill()
            late = kind if starting else TroubleKind.TIMEOUT
            raise in_trouble(late, f"it took longer than {seconds:g} s", splits=not starting, printed=printed) from error
        except (OSError, EOFError) as error:
            raise in_trouble(kind, self._ended(), splits=not starting, printed=self.printed) from error
        except (ValueError, RecursionError) as error:
            self.kill()
            raise in_trouble(TroubleKind.TYPE, f"what it answers is no JSON: {error}", splits=True) from error
        if "trouble" in found:
            trouble = replace(trouble_of(found), printed=self.printed)
            if trouble.kind in {TroubleKind.MEMORY, TroubleKind.START}:
                # What is left of it after that is not known.
                self.kill()
            raise BatchTrouble(trouble, splits=trouble.kind is not TroubleKind.START)
        return found

    @property
    def printed(self) -> str:
        """The end of what it printed so far; of one that goes on printing, of a megabyte more."""
        for _ in range(16):
            if not self._drained_more():
                break
        return self._printed.decode("utf-8", "replace").replace("\0", "\N{REPLACEMENT CHARACTER}")

    def _exchange(self, content: bytes, end: float) -> bytes:
        """Write a frame and return the one that answers it, reading what is printed meanwhile.

        Raises
        ------
        TimeoutError, OSError, EOFError
        ValueError : a frame larger than all answers may be
        """
        taken, size = bytearray(), HEAD.size
        with selectors.DefaultSelector() as selector:
            selector.register(self._requests, selectors.EVENT_WRITE)
            selector.register(self._answers, selectors.EVENT_READ)
            selector.register(self._prints, selectors.EVENT_READ)
            while len(taken) < size:
                left = end - time.monotonic()
                if left <= 0:
                    raise TimeoutError
                ready = {key.fd for key, _ in selector.select(min(left, LOOK_SECONDS))}
                if self._prints in ready and not self._drain():
                    selector.unregister(self._prints)
                if self._requests in ready:
                    content = content[os.write(self._requests, content) :]
                    if not content:
                        selector.unregister(self._requests)
                if self._answers in ready:
                    more = os.read(self._answers, min(size - len(taken), 1 << 20))
                    if not more:
                        raise EOFError
                    taken += more
                    if size == HEAD.size and len(taken) == size:
                        size += HEAD.unpack(taken)[0]
                        if size > self._most:
                            raise ValueError(f"it is {size:,} bytes, and the most is {self._most:,}")
                elif self._gone():
                    raise EOFError
        return bytes(taken[HEAD.size :])

    def _drain(self) -> bool:
        """Read some of what was printed; False at its end."""
        try:
            more = os.read(self._prints, 1 << 16)
        except BlockingIOError:
            return True
        self._printed = (self._printed + more)[-MOST_PRINTED:]
        return bool(more)

    def _gone(self) -> bool:
        """Whether the process ended; it is still there to be asked how."""
        assert self._process is not None
        return os.waitid(os.P_PID, self._process.pid, os.WEXITED | os.WNOWAIT | os.WNOHANG) is not None

    def _ended(self) -> str:
        """Wait for the end, clear up, and return in words how it ended."""
        end = time.monotonic() + ENDING_SECONDS
        while not self._gone() and time.monotonic() < end:
            time.sleep(0.005)
        _ = self.printed
        status = self.kill()
        if status == 0:
            return "it ended by itself"
        number = -status if status < 0 else status - 128
        try:
            return f"it died of {signal.Signals(number).name}"
        except ValueError:
            return f"it ended with status {status}"

    def _drained_more(self) -> bool:
        if self._prints < 0:
            return False
        with selectors.DefaultSelector() as selector:
            selector.register(self._prints, selectors.EVENT_READ)
            return bool(selector.select(0)) and self._drain()

    def interrupt(self) -> None:
        """Kill the process and its group; whoever is asking it, in another thread, clears up."""
        with self._lock:
            if self._process is not None:
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.killpg(self._process.pid, signal.SIGKILL)

    def kill(self) -> int:
        """Kill the process and its group, if they are there still, clear up, and return its status."""
        self.interrupt()
        with self._lock:
            status = 0 if self._process is None else self._process.wait()
            self._process = None
        for each in (self._requests, self._answers, self._life, self._prints):
            if each >= 0:
                os.close(each)
        self._requests = self._answers = self._life = self._prints = -1
        return status
