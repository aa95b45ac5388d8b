"""The floor plan: few doors in a corridor, one type a name, a line about every room."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from setuptools import find_packages
from setuptools.config.setupcfg import read_configuration

ROOT = Path(__file__).parents[2]
HOUSE = ROOT / "llmpricing"
MODULES = sorted(HOUSE.rglob("*.py"))
MOST_DOORS = 12


def doors(room: Path) -> list[str]:
    """What one meets on opening the folder: its rooms and files."""
    rooms = [inner.name for inner in room.iterdir() if (inner / "__init__.py").exists()]
    return sorted(rooms + [file.stem for file in room.glob("*.py") if file.stem != "__init__"])


@pytest.mark.parametrize("room", ["services", "domain"])
def test_the_corridor_has_few_doors(room):
    assert len(doors(HOUSE / room)) <= MOST_DOORS, doors(HOUSE / room)


def test_no_class_name_is_given_twice_private_or_not():
    names = Counter(
        node.name.lstrip("_")
        for module in MODULES
        for node in ast.walk(ast.parse(module.read_text("utf-8")))
        if isinstance(node, ast.ClassDef)
    )
    assert [name for name, count in names.items() if count > 1] == []


def test_no_name_of_a_type_is_given_twice_private_or_not():
    """Neither a class nor what a type is called for short; type variables mean whatever is put in."""
    names = Counter(name.lstrip("_") for module in MODULES for name in types_of(ast.parse(module.read_text("utf-8"))))
    assert [name for name, count in names.items() if count > 1] == []


def types_of(module: ast.Module) -> Iterator[str]:
    for node in module.body:
        if isinstance(node, ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            name, value = node.targets[0].id, ast.unparse(node.value)
            if re.fullmatch(r"_*[A-Z]\w*[a-z]\w*", name) and not value.startswith("TypeVar("):
                yield name


def test_no_two_modules_import_each_other_by_whatever_way():
    imported = {name(module): set(imports_of(module)) for module in MODULES}
    loaded: set[str] = set()
    while ready := {one for one, others in imported.items() if one not in loaded and others <= loaded}:
        loaded |= ready
    assert sorted(imported.keys() - loaded) == [], "each of them waits for another to be loaded"


def name(module: Path) -> str:
    return ".".join(module.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def imports_of(module: Path) -> Iterator[str]:
    """The modules of ours that it imports, wherever it does, but for what only type checkers read."""
    known = {name(one) for one in MODULES}
    tree = ast.parse(module.read_text("utf-8"))
    body = [part for part in tree.body if not (isinstance(part, ast.If) and "TYPE_CHECKING" in ast.unparse(part.test))]
    for node in (inner for part in body for inner in ast.walk(part)):
        if isinstance(node, ast.Import):
            found = {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found = {inner if (inner := f"{node.module}.{one.name}") in known else node.module for one in node.names}
        else:
            continue
        yield from (found & known) - {name(module)}


def test_every_file_says_what_lies_there():
    silent = [module for module in MODULES if not ast.get_docstring(ast.parse(module.read_text("utf-8")))]
    assert silent == [], "say in one line what each holds"


def test_every_room_is_part_of_the_installation():
    listed = read_configuration(ROOT / "setup.cfg")["options"]["packages"]
    found = find_packages(str(ROOT), include=["llmpricing", "llmpricing.*"])
    assert {name for name in listed if not name.startswith("llmpricing.migrations")} == set(found)
