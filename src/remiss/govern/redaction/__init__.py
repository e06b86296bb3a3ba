"""Redaction: personal data found in texts, and taken out of them."""
