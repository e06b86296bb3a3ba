"""JSON Schemas of what remiss prints, a module for each chapter."""

from remiss.faces.schemas.published import SCHEMAS, names, published

__all__ = ["SCHEMAS", "names", "published"]
