"""Estimates in two phases: from what people labelled to what machines flagged to the whole log."""
