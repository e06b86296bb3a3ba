"""Slices: in which parts of the log failures are commoner than elsewhere."""
