"""Curate: people make cases true."""
