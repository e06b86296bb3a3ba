"""The filter language: as a value, as text, and as what may stand in it."""
