"""Write the table of actions from their declarations; with --check, only say whether it is in step.

    python -m scripts.actions [--check]
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from remiss.contract import declared
from remiss.contract.table import FILE

TABLE = Path(declared.__file__).with_name(FILE)


def main(arguments: list[str]) -> int:
    text = json.dumps(declared.table(), indent=1, ensure_ascii=False) + "\n"
    if arguments == ["--check"]:
        if TABLE.exists() and TABLE.read_text("utf-8") == text:
            return 0
        print(f"{TABLE.name} is not what the declarations of actions make; run make tidy", file=sys.stderr)
        return 1
    TABLE.write_text(text, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
