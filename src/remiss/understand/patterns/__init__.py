"""Patterns that people named: what became of each, and of those that were merged or split."""
