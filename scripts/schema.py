"""The catalog's schema files: writes them, or with --check says whether they are what the migrations make."""

from __future__ import annotations

import sys

from remiss.edges.stores.dialect.schema import rendered


def main(arguments: list[str]) -> int:
    """Write the files, or check them; 1 when one is not current."""
    check = arguments == ["--check"]
    status = 0
    for path, text in rendered().items():
        current = path.exists() and path.read_text("utf-8") == text
        if check and not current:
            print(f"{path.name} is not what the migrations make: run make tidy")
            status = 1
        elif not current:
            path.write_text(text, "utf-8")
            print(f"wrote {path.name}")
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
