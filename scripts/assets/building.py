"""What hatch does before it builds: provide the assets, and take along the docs, without which the pages had no help."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

# What src/remiss/documentation.py shows, which cannot be asked before what it needs is installed.
DOCS = (
    "index.md",
    "how-to/*.md",
    "explanation/*.md",
    *(f"reference/{name}.md" for name in ("protocol", "expressions", "query", "states", "severity", "taxonomy")),
    "glossary.md",
)


class AssetsAreThere(BuildHookInterface):  # type: ignore[type-arg]  # hatch gives the configuration of any target
    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Have npm provide what is missing or not what the manifest says, and stop the build where that cannot be had."""
        # The environment of developers points at the checkout, where `make setup` provides the assets afterwards.
        if version == "editable":
            return
        # They are found only since these lines.
        sys.path[:0] = [self.root, str(Path(self.root) / "src")]
        from remiss.faces.web.assets import faults, read_manifest  # noqa: PLC0415
        from scripts.assets.__main__ import main  # noqa: PLC0415

        if found := faults(read_manifest()):
            main([])
            if faults(read_manifest()):
                self.app.abort(f"assets: {'; '.join(found)}: run `make assets` in a checkout, then build again")
        if self.target_name == "wheel":
            docs = (path for pattern in DOCS for path in Path(self.root, "docs").glob(pattern))
            build_data["force_include"] |= {str(path): f"remiss/{path.relative_to(self.root)}" for path in docs}
