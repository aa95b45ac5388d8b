"""README and the list of settings keep up with the code."""

from __future__ import annotations

import re
from pathlib import Path

from llmpricing.settings import describe

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text("utf-8")
SETTINGS = (ROOT / "docs/settings.md").read_text("utf-8")
READ_IN_THREE_MINUTES = 250  # lines


def settings_table() -> str:
    """The table of settings as the code describes them; paste it into docs/settings.md when this test asks for it."""
    rows = [f"| `{key}` | `{name}` | {f'`{d}`' if d else 'none'} | {means} |" for key, name, d, means in describe()]
    return "\n".join(["| ini | environment | default | meaning |", "|---|---|---|---|", *rows])


def test_every_setting_is_shown_with_its_default() -> None:
    found = re.search(r"<!-- settings -->\n(.*)\n<!-- /settings -->", SETTINGS, re.DOTALL)
    assert found is not None
    assert found[1] == settings_table()


def test_every_path_of_the_map_exists() -> None:
    block = README.split("## Map")[1].split("```")[1]
    paths = re.findall(r"(?:^|  )((?:llmpricing|tests|alembic|benchmarks)/[\w./]*)", block, re.MULTILINE)
    assert len(paths) >= 10
    assert [path for path in paths if not (ROOT / path).exists()] == []


def test_readme_is_short() -> None:
    assert len(README.splitlines()) <= READ_IN_THREE_MINUTES
