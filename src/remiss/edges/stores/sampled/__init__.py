"""Sampling facts as they stood at a position: what estimates are made from."""
