"""The floor plan: few doors in a corridor, one type a name, a line about every room."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Container, Iterator
from pathlib import Path

import pytest
from setuptools import find_packages
from setuptools.config.setupcfg import read_configuration

ROOT = Path(__file__).parents[2]
HOUSE = ROOT / "llmpricing"
MODULES = sorted(HOUSE.rglob("*.py"))
MOST_DOORS = 14
BESIDE = ("llmpricing.docs", "llmpricing.migrations")  # folders that lie beside the package in a checkout


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


def test_every_file_says_what_lies_there():
    silent = [module for module in MODULES if not ast.get_docstring(ast.parse(module.read_text("utf-8")))]
    assert silent == [], "say in one line what each holds"


def test_every_room_is_part_of_the_installation():
    listed = read_configuration(ROOT / "setup.cfg")["options"]["packages"]
    found = find_packages(str(ROOT), include=["llmpricing", "llmpricing.*"])
    assert {name for name in listed if not name.startswith(BESIDE)} == set(found)


def test_no_modules_import_each_other_in_a_circle_not_even_for_types():
    named = ((".".join(module.relative_to(ROOT).with_suffix("").parts), module) for module in MODULES)
    by_name = {name.removesuffix(".__init__"): module for name, module in named}
    imported = {name: set(imports_of(module, by_name)) for name, module in by_name.items()}
    while free := {name for name, others in imported.items() if others.isdisjoint(imported)}:
        imported = {name: others for name, others in imported.items() if name not in free}
    assert sorted(imported) == []


def imports_of(module: Path, known: Container[str]) -> Iterator[str]:
    for node in ast.walk(ast.parse(module.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            for name in node.names:
                inner = f"{node.module}.{name.name}"
                yield inner if inner in known else node.module
        elif isinstance(node, ast.Import):
            yield from (name.name for name in node.names)


def test_no_thread_of_arrows_reads_what_python_holds():
    """One that is to free it while the interpreter ends stops the process: "terminate called without an active
    exception", after all was done.
    """
    calls = [
        ast.unparse(node)
        for module in MODULES
        for node in ast.walk(ast.parse(module.read_text("utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith(".ReadOptions")
    ]
    assert calls
    assert [call for call in calls if "use_threads=False" not in call] == []


CORE = ("domain", "book", "sources", "models", "exports", "services", "engines", "pricer.py")
_OPTION, _PROGRAM = re.compile(r"(?<![\w-])--[a-z]"), re.compile(r"\b(?:llmpricing \w|ccusage\b|aws )")


def test_no_message_of_the_core_names_an_option_but_in_a_whole_command():
    """The library and the API have none: a message names a parameter, and each surface calls it what it is there."""
    found = [
        f"{module.relative_to(HOUSE)}: {text}"
        for module in MODULES
        if module.relative_to(HOUSE).parts[0] in CORE
        for text in texts_of(ast.parse(module.read_text("utf-8")))
        if (option := _OPTION.search(text)) and not _PROGRAM.search(text[: option.start()])
    ]
    assert found == []


def texts_of(module: ast.Module) -> Iterator[str]:
    """All texts but docstrings, those with fields whole."""
    inner = {id(part) for node in ast.walk(module) if isinstance(node, ast.JoinedStr) for part in ast.walk(node)}
    bare = {id(node.value) for node in ast.walk(module) if isinstance(node, ast.Expr)}
    for node in ast.walk(module):
        if isinstance(node, ast.JoinedStr):
            yield ast.unparse(node)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in inner | bare:
            yield node.value
