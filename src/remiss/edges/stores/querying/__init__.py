"""Queries as SQL: the filter language as conditions, and the access paths by which the cases that match are found."""
