"""A server that looks for garbage: what outlives a search is left out of the next ones, and found all the same in the end."""

from __future__ import annotations

import subprocess
import sys

ASKED = """
import gc, weakref
from remiss import opening

class Node: pass

opening.SEARCHES = 4
with opening.ready_to_serve():
    gc.disable()
    node = Node()
    node.itself = node
    seen = weakref.ref(node)
    gc.collect()
    spared = gc.get_freeze_count()
    del node
    found = [seen() is None for _ in range(4) if gc.collect() is not None]
print(spared > 0, *found, gc.get_freeze_count())
"""


def test_what_outlives_a_search_is_spared_for_some_and_found_by_a_later_one():
    answer = subprocess.run([sys.executable, "-c", ASKED], capture_output=True, text=True, timeout=60, check=True)
    assert answer.stdout.split() == ["True", "False", "False", "True", "True", "0"]
