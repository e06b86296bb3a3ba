"""The one place that turns what actions take and return into published JSON and back, and says its JSON Schema."""

from remiss.codec.answers import Json, from_json, kind_of, listed, parsed, schema_of, to_json
from remiss.codec.kinds import kinds_of, names, published, schemas

__all__ = [
    "Json",
    "from_json",
    "kind_of",
    "kinds_of",
    "listed",
    "names",
    "parsed",
    "published",
    "schema_of",
    "schemas",
    "to_json",
]
