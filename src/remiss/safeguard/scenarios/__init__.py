"""Scenarios: what becomes of an event when its inputs are a little, or very, different."""
