"""What hatch asks before it builds: are the assets there? A wheel without them would serve pages without style and charts."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class AssetsAreThere(BuildHookInterface):  # type: ignore[type-arg]  # hatch gives the configuration of any target
    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Stop the build when an asset is missing or is not what the manifest says."""
        # The environment of developers points at the checkout, where `make setup` provides the assets afterwards.
        if version == "editable":
            return
        sys.path.insert(0, str(Path(self.root) / "src"))
        from remiss.faces.web.assets import faults, read_manifest  # noqa: PLC0415  (found only since the line above)

        if found := faults(read_manifest()):
            self.app.abort(f"assets: {'; '.join(found)}: run `make assets` in a checkout, then build again")
