"""Clusters: cases that are like one another, what they have in common, and which is which when they are looked for again."""
