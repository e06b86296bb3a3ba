"""The audit: logs whose entries are linked and sealed, and what proves that they are whole."""
