"""The process that a model of Python runs in: a script of the standard library only, for any Python from 3.8.

Called with three descriptors: requests in, answers out, and one whose other end is open as long as remiss is there; and with the
folder that it may fill and that goes with it, if it has one. It splits in two before anything is loaded. One half watches: when
remiss is gone, it kills the group, so that nothing outlives a `kill -9`. The other runs the model, and dies with the first.
Frames are eight bytes of length, then JSON.
"""

import sys

if __name__ == "__main__":
    # A folder of modules of remiss is no place to import from: `http` would be theirs.
    del sys.path[0]

import contextlib
import ctypes
import importlib
import itertools
import json
import os
import random
import resource
import select
import signal
import struct
import time
from typing import Any, Callable, Dict, List, Optional, Tuple

HEAD = struct.Struct(">Q")
MOST_MESSAGE = 500
_PR_SET_PDEATHSIG = 1
# What it ends with when remiss asks for nothing more.
DONE = 0


class Trouble(Exception):
    """Why there is no answer."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.said = {"kind": kind, "message": message[:MOST_MESSAGE]}


def watch(life: int, scratch: Optional[str]) -> None:
    """Split in two and return in the half that runs the model; the other ends with it, or with remiss."""
    watcher = os.getpid()
    model = os.fork()
    if model == 0:
        with contextlib.suppress(OSError, AttributeError):  # only Linux has it
            ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != watcher:
            os._exit(DONE)
        os.close(life)
        return
    woken, waking = os.pipe()
    os.set_blocking(waking, False)
    signal.set_wakeup_fd(waking)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    while True:
        ended, status = os.waitpid(model, os.WNOHANG)
        if ended:
            os._exit(128 + os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status))
        ready, _, _ = select.select([life, woken], [], [])
        if woken in ready:
            os.read(woken, 512)
        if life in ready:
            if scratch is not None:
                os.kill(model, signal.SIGKILL)
                importlib.import_module("shutil").rmtree(scratch, ignore_errors=True)
            os.killpg(0, signal.SIGKILL)


def take(descriptor: int) -> Any:
    """Return the next request; at the end of them the process ends."""
    content = b""
    size = HEAD.size
    while len(content) < size:
        more = os.read(descriptor, min(size - len(content), 1 << 20))
        if not more:
            os._exit(DONE)
        content += more
        if size == HEAD.size and len(content) == size:
            size += HEAD.unpack(content)[0]
    return json.loads(content[HEAD.size :].decode())


def give(descriptor: int, text: str) -> None:
    """Write an answer."""
    content = text.encode()
    content = HEAD.pack(len(content)) + content
    while content:
        content = content[os.write(descriptor, content) :]


def bounded(memory: int) -> None:
    """Have every allocation beyond a limit refused, and no memory written to a disk."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with contextlib.suppress(ValueError, OSError):  # a harder limit is in force already
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))


def load(asked: Dict[str, Any]) -> Tuple[Callable[[List[Any]], Any], Dict[str, Any]]:
    """Return the callable that is named, or that is made of a saved model, and what is told of it."""
    sys.path[:0] = asked["path"]
    sys.path += [each for each in asked["packages"] if each not in sys.path]
    try:
        if asked["saved"] is not None:
            call, told = getattr(beside("saved_models"), asked["callable"])(asked["saved"], Trouble)
            return call, told
        found = importlib.import_module(asked["module"])
        for name in asked["callable"].split("."):
            found = getattr(found, name)
    except Trouble:
        raise
    except BaseException as error:
        raise Trouble("start", said(error)) from error
    if not callable(found):
        raise Trouble("start", "{}:{} is not callable".format(asked["module"], asked["callable"]))
    return found, {}


def beside(name: str) -> Any:
    """Return a module of the folder of this one, which is on no path."""
    util = importlib.import_module("importlib.util")
    spec = util.spec_from_file_location(name, os.path.join(os.path.dirname(os.path.abspath(__file__)), name + ".py"))
    module = util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def said(error: BaseException) -> str:
    """Return an error in a line, with the place in the model's code that raised it."""
    try:
        text = str(error)[:MOST_MESSAGE]
    except Exception:  # one that cannot even be told
        text = "an error that cannot be told"
    frames = importlib.import_module("traceback").extract_tb(error.__traceback__)
    ours = os.path.dirname(os.path.abspath(__file__))
    theirs = (
        each for each in reversed(frames) if each.filename[:1] != "<" and os.path.dirname(os.path.abspath(each.filename)) != ours
    )
    place = next(theirs, None)
    where = "" if place is None else f" ({os.path.basename(place.filename)}:{place.lineno})"
    return f"{type(error).__name__}: {text}{where}"


def seeded(seed: int) -> None:
    """Seed what draws: `random`, and numpy where the model loaded it. Before each batch, so that a batch can be repeated."""
    random.seed(seed)
    numpy = sys.modules.get("numpy")
    if numpy is not None:
        numpy.random.seed(seed % 2**32)


def answers(call: Callable[[List[Any]], Any], rows: List[Any], most: int) -> str:
    """Return what a batch came to, as JSON."""
    begun = time.perf_counter()
    try:
        values = listed(call(rows), len(rows))
    except Trouble:
        raise
    except MemoryError as error:
        raise Trouble("memory", said(error)) from error
    except BaseException as error:
        raise Trouble("raised", said(error)) from error
    took = (time.perf_counter() - begun) * 1000
    return '{{"ms":{},"answers":[{}]}}'.format(took, ",".join(answer(each, most) for each in values))


def listed(found: Any, count: int) -> List[Any]:
    """Return the answers to so many rows.

    Raises
    ------
    Trouble : not a list, or not as many
    """
    found = found.tolist() if hasattr(found, "tolist") else found
    if isinstance(found, (str, bytes, dict)) or not hasattr(found, "__iter__"):
        raise Trouble("count", f"it returned {type(found).__name__}, not a list of {count}")
    values = list(itertools.islice(iter(found), count + 1))
    if len(values) != count:
        amount = str(len(values)) if len(values) < count else "more"
        raise Trouble("count", f"it returned {amount} answers to {count} rows")
    return values


def answer(value: Any, most: int) -> str:
    """Return the answer to one row as JSON, or its trouble."""
    confidence: Any = None
    if isinstance(value, dict) and "output" in value and value.keys() <= {"output", "confidence"}:
        value, confidence = value["output"], value.get("confidence")
    try:
        if hasattr(confidence, "item"):
            confidence = confidence.item()
        if not (confidence is None or isinstance(confidence, (int, float))):
            raise Trouble("type", f"its confidence is {type(confidence).__name__}, not a number")
        parts = [as_json(value), as_json(confidence)]
        if len(parts[0].encode()) > most:
            raise Trouble("too-large", f"an answer of {len(parts[0].encode()):,} bytes, and the most is {most:,}")
        return '{{"output":{},"confidence":{}}}'.format(*parts)
    except Trouble as trouble:
        return json.dumps({"trouble": trouble.said})


def as_json(value: Any) -> str:
    """Return a value as JSON.

    Raises
    ------
    Trouble : JSON cannot hold it
    """
    try:
        text = ENCODER.encode(value)
        text.encode()
    except TypeError as error:
        raise Trouble("type", f"an answer that JSON cannot hold: {error}") from error
    except UnicodeEncodeError as error:
        raise Trouble("type", "an answer with half a surrogate pair") from error
    except MemoryError as error:
        raise Trouble("memory", "an answer that does not fit into memory as JSON") from error
    except RecursionError as error:
        raise Trouble("type", "an answer that is nested too deeply") from error
    except ValueError as error:
        if "Out of range float" in str(error):
            raise Trouble("not-a-number", "an answer that is not a finite number") from error
        what = "contains itself" if "ircular" in str(error) else f"JSON cannot hold: {error}"
        raise Trouble("type", f"an answer that {what}") from error
    return text


def plain(value: Any) -> Any:
    """Return a number or an array of numpy and the like as what JSON has."""
    for name in ("tolist", "item"):
        if callable(getattr(value, name, None)):
            return getattr(value, name)()
    raise TypeError(type(value).__name__)


# Made once: to make one takes as long as to write an answer.
ENCODER = json.JSONEncoder(allow_nan=False, ensure_ascii=False, default=plain)


def environment() -> str:
    """Return where this runs, as JSON."""
    packages: Dict[str, str] = {}
    platform = importlib.import_module("platform")
    for each in importlib.import_module("importlib.metadata").distributions():
        name: Optional[str] = each.metadata["Name"]
        if name:
            packages.setdefault(name, each.version)
    return json.dumps({"python": platform.python_version(), "platform": platform.platform(), "packages": packages})


def main() -> None:
    """Load a model, then answer batches until there are no more."""
    requests, out, life = (int(each) for each in sys.argv[1:4])
    for each in (requests, out, life):
        os.set_inheritable(each, False)
    watch(life, next(iter(sys.argv[4:]), None))
    first = take(requests)
    bounded(first["memory"])
    try:
        random.seed(first["seed"])
        call, told = load(first)
        give(out, json.dumps({"ready": True, **told}))
    except Trouble as trouble:
        give(out, json.dumps({"trouble": trouble.said}))
        return
    while True:
        asked = take(requests)
        try:
            if "rows" not in asked:
                give(out, environment())
                continue
            seeded(asked["seed"])
            give(out, answers(call, asked["rows"], first["output_bytes"]))
        except Trouble as trouble:
            give(out, json.dumps({"trouble": trouble.said}))
        except MemoryError:
            give(out, '{"trouble":{"kind":"memory","message":"it used up its memory"}}')


if __name__ == "__main__":
    main()
