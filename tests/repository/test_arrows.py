"""Chapters touch no clock, environment or randomness of the process; that imports point down, `make arrows` checks."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from scripts.shape import sources
from tests.tables import each

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "remiss"
CHAPTERS = ("records", "govern", "protocol", "catalog", "capture", "curate", "understand")
PURE = sorted(path for chapter in CHAPTERS for path in (SOURCE / chapter).rglob("*.py"))
# What reads the world behind an argument's back; a chapter takes it as an argument instead.
WORLD = {"datetime.now", "datetime.today", "date.today", "os.environ", "os.getenv", "time.time", "random.random", "uuid.uuid4"}
ENGINES_OF_CHANCE = {"random", "secrets", "socket", "subprocess", "threading", "tempfile", "time", "uuid"}


@each("path", PURE, ids=lambda path: str(path.relative_to(SOURCE)))
def test_a_chapter_takes_the_world_as_an_argument(path):
    assert not sorted(set(touched(ast.parse(path.read_text("utf-8")))))


def test_packages_hold_a_front_and_no_code():
    odd = {
        str(path.relative_to(SOURCE)): ast.unparse(node).partition("\n")[0]
        for path in SOURCE.rglob("__init__.py")
        for node in ast.parse(path.read_text("utf-8")).body
        if not belongs_to_a_front(node)
    }
    assert odd == {}


def belongs_to_a_front(node: ast.stmt) -> bool:
    match node:
        case ast.FunctionDef(name=name):
            return name in {"__getattr__", "__dir__"}
        case ast.If(test=ast.Name(id=name)):
            return name == "TYPE_CHECKING"
        case ast.Expr(value=ast.Constant()) | ast.Import() | ast.ImportFrom() | ast.Assign():
            return True
        case _:
            return False


def touched(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(value=ast.Name(id=owner), attr=name) if f"{owner}.{name}" in WORLD:
                yield f"line {node.lineno}: {owner}.{name}"
            case ast.Import(names=names):
                yield from (f"line {node.lineno}: {name.name}" for name in names if name.name in ENGINES_OF_CHANCE)
            case ast.ImportFrom(module=module) if module in ENGINES_OF_CHANCE:
                yield f"line {node.lineno}: {module}"


def test_no_two_modules_need_each_other_not_even_for_types():
    texts = sources()
    needs = {name: _named_in(text, texts) for name, text in texts.items()}
    assert [(one, other) for one in needs for other in needs[one] if one < other and one in needs[other]] == []


def _named_in(text, known):
    """Return the modules that a module imports, wherever it does."""
    found = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ImportFrom) and node.module:
            found |= {name if (name := f"{node.module}.{one.name}") in known else node.module for one in node.names}
    return found & known.keys()
