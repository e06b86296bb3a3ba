"""Curate: people make cases true.

Its verbs load on first use; `__init__.pyi` lists them.
"""

from remiss.contract.table import front

__getattr__, __dir__ = front(__name__)
