"""Heatmaps: figures of the same question by two things at once, each as `estimate` gives it."""
