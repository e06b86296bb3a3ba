"""What fulfils the ports is found at run time where a checker of types finds it."""

from __future__ import annotations

import ast
from importlib import import_module
from pathlib import Path

from remiss import adapters


def test_the_table_says_of_each_adapter_what_a_checker_of_types_is_told():
    tree = ast.parse(Path(adapters.__file__).read_text("utf-8"))
    told = {
        alias.name: node.module
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("remiss.edges.")
        for alias in node.names
    }
    assert {name: f"remiss.edges.{home}" for name, home in adapters.HOMES.items()} == told


def test_each_adapter_is_loaded_by_its_name():
    for name, home in adapters.HOMES.items():
        assert getattr(adapters, name) is getattr(import_module(f"remiss.edges.{home}"), name)
