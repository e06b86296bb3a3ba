"""What people label, in which order they are given it, and what became of it."""
