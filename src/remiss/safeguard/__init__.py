"""Safeguard: cases become tests and decisions about releases."""
