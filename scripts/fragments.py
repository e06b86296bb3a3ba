"""Changelog fragments: is each one named and written as `changes/README.md` asks?

Fragments are read by users, often years later, so that a release may be made of them without rewriting.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
KINDS = ("feature", "fix", "change", "removal", "security", "docs")
NAME = re.compile(rf"[a-z0-9]+(-[a-z0-9]+)*\.({'|'.join(KINDS)})\.md")
LONGEST = 600
# What stands beside the fragments and is none: what they are about, and what a large step changed on purpose (`scripts/golden`).
OTHERS = frozenset({"README.md", "golden.md"})


def faults(name: str, text: str) -> list[str]:
    r"""Return what is wrong with one fragment, each as a sentence; nothing when it is well-formed.

    >>> faults("capture.feature.md", "Capture draws a sample of known probability.\n")
    []
    >>> faults("Capture.md", "todo")
    ['is not named SLUG.KIND.md with a KIND of feature, fix, change, removal, security, docs', 'is not a full sentence']
    """
    found = []
    if not NAME.fullmatch(name):
        found.append(f"is not named SLUG.KIND.md with a KIND of {', '.join(KINDS)}")
    body = text.strip()
    # Code may begin a sentence, and a full stop inside of it ends none.
    sentence = re.match(r"[A-Z`]", body) and body.endswith(".")
    if not sentence:
        found.append("is not a full sentence")
    if len(re.findall(r"[.!?](?=\s|$)", re.sub(r"`[^`]*`", "", body))) > 2:
        found.append("is longer than two sentences")
    if len(body) > LONGEST or body.startswith("#"):
        found.append("is not one or two plain sentences")
    return found


def main() -> int:
    """Print the faults of every fragment; 1 if there are any."""
    status = 0
    for path in sorted((ROOT / "changes").iterdir()):
        if path.name in OTHERS:
            continue
        for fault in faults(path.name, path.read_text("utf-8")):
            print(f"changes/{path.name}: {fault}")
            status = 1
    return status


if __name__ == "__main__":
    sys.exit(main())
