"""Write what is made from the declarations of actions: the table of actions, and the stub of each chapter's front.

    python -m scripts.actions [--check]

With --check it only says what is out of step.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import remiss
from remiss.contract.table import FILE
from scripts import declared

ROOT = Path(remiss.__file__).parent


def made() -> Iterator[tuple[Path, str]]:
    """Yield each file that is made, with its text."""
    table = declared.table()
    yield ROOT / "contract" / FILE, json.dumps(table, indent=1, ensure_ascii=False) + "\n"
    chapters: dict[str, list[str]] = {}
    for each in table.values():
        line = f"from {each['module']} import {each['function']} as {each['function']}"
        chapters.setdefault(each["module"].split(".")[1], []).append(line)
    for chapter, lines in chapters.items():
        yield (
            ROOT / chapter / "__init__.pyi",
            "# The verbs of this chapter, written by `make tidy`.\n\n" + "\n".join(sorted(lines)) + "\n",
        )


def main(arguments: list[str]) -> int:
    """Write or check; 1 when a check finds a file out of step."""
    odd = [(path, text) for path, text in made() if not path.exists() or path.read_text("utf-8") != text]
    for path, text in odd:
        if "--check" in arguments:
            print(f"{path.relative_to(ROOT)} is out of step with the declarations of actions: run `make tidy`")
        else:
            path.write_text(text, "utf-8")
    return 1 if odd and "--check" in arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
