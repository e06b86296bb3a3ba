"""The SQL of a capture: what each statement asks, in the DuckDB dialect."""
