"""The commented protocol that `remiss protocol new` writes: a whole, valid document to be changed line by line."""

from __future__ import annotations

import re
from importlib.resources import files


def template(name: str) -> str:
    """Return the template with the protocol's name filled in, made a slug."""
    slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:64].strip("-") or "my-protocol"
    # A name like 2026 or `no` would be read as another thing by YAML.
    quoted = slug if re.match(r"[a-z]{4}", slug) else f'"{slug}"'
    text = files("remiss.protocol").joinpath("builtin/template.yaml").read_text(encoding="utf-8")
    # The comment stays in its column, where the name leaves room.
    return re.sub(r"^protocol: my-protocol +", lambda old: f"protocol: {quoted} ".ljust(len(old[0])), text, flags=re.MULTILINE)
