"""The JSON Schema of the protocol document, for editors that complete and check while one types."""

from __future__ import annotations

from typing import Any

from remiss.protocol.model import ProtocolModel


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of a protocol document, each key with its description."""
    made = ProtocolModel.model_json_schema(by_alias=True, mode="validation")
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "remiss/protocol@1"}
    return {**made, **head}
