"""The logs of a catalog: what was changed, and what was looked at, each entry linked to the one before and sealed."""
