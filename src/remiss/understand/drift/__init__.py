"""Drift: whether what a model is asked in a window differs from reference windows by more than these differ among themselves."""
