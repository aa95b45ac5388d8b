"""The pages hold: words are defined where the glossary says, links and paths lead somewhere."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HOUSE = ROOT / "llmpricing"
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), ROOT / "benchmarks" / "README.md"])
WORDS = re.findall(
    r"^\| \*\*(.+?)\*\* \| .+ \| `(.+?): (\w+)` \|$", (ROOT / "docs/glossary.md").read_text(), re.MULTILINE
)


def defined_in(module: Path) -> set[str]:
    """Names of the classes and functions that the module itself defines."""
    kinds = (ast.ClassDef, ast.FunctionDef)
    return {node.name for node in ast.parse(module.read_text("utf-8")).body if isinstance(node, kinds)}


def test_the_glossary_defines_26_words_of_the_code_once_each():
    _, of_code = (ROOT / "docs/glossary.md").read_text().split("## Words of the code and the API")
    rows = [line for line in of_code.splitlines() if line.startswith("| **")]
    assert len(rows) == len(WORDS) == len({word for word, _, _ in WORDS}) == 26


@pytest.mark.parametrize(
    "word",
    ["QAPS", "frontier", "tier", "blend", "seller", "lab", "offering", "list price", "contract price", "contract rate",
     "cache read", "effective price", "coverage", "quality", "weight", "variant", "base price", "my month", "per M"],
)  # fmt: skip
def test_a_word_of_the_trade_has_an_entry(word):
    assert re.search(rf"^\|[^|]*\*\*{word}\*\*", (ROOT / "docs/glossary.md").read_text(), re.MULTILINE)


@pytest.mark.parametrize(("word", "module", "name"), WORDS)
def test_a_word_is_defined_where_the_glossary_says(word, module, name):
    assert name in defined_in(HOUSE / module), f"{word}: {module} defines no {name}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_between_pages_lead_somewhere(page):
    links = re.findall(r"\]\((?!https?://|#)([^)#]+)", page.read_text("utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []


@pytest.mark.parametrize("page", sorted(ROOT.glob("docs/decisions/[0-9]*.md")), ids=lambda page: page.stem)
def test_a_decision_names_files_that_exist_and_what_they_define(page):
    where = page.read_text("utf-8").split("**Where.**")[1]
    found = re.findall(r"`([\w./]+(?:/|\.py|\.ci/\w+))`(?: \(`(\w+)`\))?", where)
    assert found, f"{page.name} names no file"
    for path, name in found:
        target = next((base / path for base in (ROOT, HOUSE) if (base / path).exists()), None)
        assert target, f"{page.name}: there is no {path}"
        assert not name or name in defined_in(target), f"{page.name}: {path} defines no {name}"


def test_every_decision_is_listed_and_fits_a_page():
    pages = {page.name: page.read_text("utf-8") for page in ROOT.glob("docs/decisions/[0-9]*.md")}
    listed = re.findall(r"\]\((\d\d-[\w-]+\.md)\)", (ROOT / "docs/decisions/README.md").read_text("utf-8"))
    assert sorted(pages) == listed
    assert all(len(text.splitlines()) <= 50 for text in pages.values())


def test_the_page_of_notices_tells_the_codes_that_quotes_bear_and_no_others():
    used = set()
    for module in HOUSE.glob("**/*.py"):
        if module.name != "notices.py":
            used |= set(re.findall(r"\bCode\.([A-Z_]+)", module.read_text("utf-8")))
    told = re.findall(r"^\| `([A-Z_]+)` \|", (ROOT / "docs/notices.md").read_text("utf-8"), re.MULTILINE)
    assert sorted(told) == sorted(used)


def test_the_readme_maps_every_room():
    shown = (ROOT / "README.md").read_text("utf-8").split("## Map")[1]
    rooms = [room for room in HOUSE.rglob("*/") if (room / "__init__.py").exists()]
    near = [room for room in rooms if room.parent == HOUSE or room.parent.name in ("domain", "services")]
    assert [room.name for room in near if f"{room.name}/" not in shown] == []
