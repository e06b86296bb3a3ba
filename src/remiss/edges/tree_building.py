"""Growing the tree of a long log in a process of its own, while this one reads on and hashes the leaves.

Of what verifying a log takes, a quarter goes into the nodes of its tree, and Python hashes short texts on one processor at a
time.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

from remiss.errors import StorageError
from remiss.govern.audit.merkle import HASH_BYTES, BuiltTree, Frontier, LocalTreeBuilder, TreeBuilder

# Shorter logs are verified before another process has started.
LONG = 65_536
AT_ONCE = 4096


@contextmanager
def in_own_process(sizes: Sequence[int]) -> Iterator[TreeBuilder]:
    """Grow a tree here as long as it is small, and then in a process of its own, which ends with the block."""
    builder = _ProcessTreeBuilder(sizes)
    try:
        yield builder
    finally:
        builder.close()


class _ProcessTreeBuilder:
    def __init__(self, sizes: Sequence[int]) -> None:
        self._sizes = sizes
        self._here = LocalTreeBuilder(sizes)
        self._process: subprocess.Popen[bytes] | None = None

    def add(self, leaves: Sequence[bytes]) -> None:
        if self._process is None:
            self._here.add(leaves)
            if self._here.frontier.size >= LONG:
                self._process = self._started(self._here.frontier)
            return
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(b"".join(leaves))
        except OSError as error:
            raise _failed(self._process) from error

    def end(self) -> BuiltTree:
        grown = self._here.end()
        if self._process is None:
            return grown
        answer, _ = self._process.communicate()
        if self._process.returncode:
            raise _failed(self._process)
        (size, roots), *reached = (line.split(" ") for line in answer.decode("ascii").splitlines())
        found = {int(at): bytes.fromhex(root) for at, root in reached}
        return BuiltTree(Frontier.from_bytes(int(size), bytes.fromhex(roots)), {**grown.roots, **found})

    def close(self) -> None:
        """End the process, whatever it was doing."""
        if self._process is not None:
            self._process.kill()
            with suppress(OSError):
                self._process.communicate()

    def _started(self, frontier: Frontier) -> subprocess.Popen[bytes]:
        """Start the process with the tree as it is. An interrupt at the terminal is for this one, which then ends the other."""
        return subprocess.Popen(  # noqa: S603 - this program, with numbers and hashes
            [sys.executable, "-P", "-m", __name__, str(frontier.size), frontier.to_bytes().hex(), *map(str, self._sizes)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,
        )


def _failed(process: subprocess.Popen[bytes]) -> StorageError:
    return StorageError(
        f"the process in which the log's tree grew ended early, with status {process.wait()}",
        do="verify again; if it ends so again, look whether the machine is short of memory",
    )


def main(size: str, roots: str, *sizes: str) -> None:
    """Be that process: grow what comes in, and say the tree and its roots once nothing comes any more."""
    builder = LocalTreeBuilder([int(each) for each in sizes], Frontier.from_bytes(int(size), bytes.fromhex(roots)))
    while content := sys.stdin.buffer.read(AT_ONCE * HASH_BYTES):
        builder.add([content[at : at + HASH_BYTES] for at in range(0, len(content), HASH_BYTES)])
    grown = builder.end()
    told = [(grown.frontier.size, grown.frontier.to_bytes()), *grown.roots.items()]
    sys.stdout.writelines(f"{at} {roots.hex()}\n" for at, roots in told)


if __name__ == "__main__":
    main(*sys.argv[1:])
