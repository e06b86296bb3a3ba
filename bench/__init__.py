"""One script a promise about speed or memory."""
