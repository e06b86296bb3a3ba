"""Write `docs/reference/` from the code, or with `--check` say which pages are out of step."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from scripts.reference import documents, faces, http, records

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "reference"

PAGES: dict[str, Callable[[], str]] = {
    "actions.md": faces.actions_page,
    "answers.md": documents.answers_page,
    "commands.md": faces.commands_page,
    "errors.md": records.errors_page,
    "expressions.md": documents.expressions_page,
    "http.md": http.http_page,
    "policy.md": documents.policy_page,
    "protocol.md": documents.protocol_page,
    "query.md": records.query_page,
    "settings.md": records.settings_page,
    "severity.md": documents.severity_page,
    "states.md": records.states_page,
    "taxonomy.md": documents.taxonomy_page,
}


def out_of_step() -> dict[str, str]:
    """The pages whose text is not what the code makes, with what it should be; no text for a page that should go."""
    made = {name: make() for name, make in PAGES.items()}
    there = {path.name: path.read_text("utf-8") for path in FOLDER.glob("*.md")}
    return {name: made.get(name, "") for name in sorted(made.keys() | there.keys()) if made.get(name) != there.get(name)}


def main(arguments: list[str]) -> int:
    """Write or check; 1 when a check finds a page out of step."""
    found = out_of_step()
    for name, text in found.items():
        if "--check" in arguments:
            print(f"docs/reference/{name} is out of step with the code: run `make tidy`")
        elif text:
            (FOLDER / name).write_text(text, "utf-8")
        else:
            (FOLDER / name).unlink()
    return 1 if found and "--check" in arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
