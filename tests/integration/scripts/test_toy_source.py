"""docs/add-a-source.md to the letter: a room and a line in the registry are a source that can be imported."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

CHECKOUT = Path(__file__).parents[3]
RECIPE = (CHECKOUT / "docs" / "add-a-source.md").read_text()
ROOM, LINE = re.findall(r"```(?:python|text)\n(.*?)```", RECIPE, re.DOTALL)
LIST = {"bear": {"input": 2.5}, "duck": {"input": "quack"}, "doll": {"input": 0}}


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of the package with what the recipe adds, and nothing else."""
    shutil.copytree(CHECKOUT / "llmpricing", tmp_path / "llmpricing", ignore=shutil.ignore_patterns("__pycache__"))
    sources = tmp_path / "llmpricing" / "sources"
    (sources / "toy_prices.py").write_text(ROOM)
    registry = sources / "registry.py"
    code = registry.read_text()
    last = "            models_dev.SOURCE,\n"
    assert last in code
    code = code.replace("model_prices, models_dev\n", "model_prices, models_dev, toy_prices\n").replace(
        last, last + LINE
    )
    registry.write_text(code)
    return tmp_path


def run(checkout: Path, *command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *command],
        cwd=checkout,
        env=os.environ | {"PYTHONPATH": str(checkout)} | environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_two_places_are_a_source_that_can_be_imported(checkout: Path, empty_book_url: str, redis_url: str) -> None:
    (checkout / "toys.json").write_text(json.dumps(LIST))
    (checkout / "toy.ini").write_text("[app:main]\nuse = egg:llmpricing\nllmpricing.environment = development\n")
    stores = {"LLMPRICING_DATABASE_URL": empty_book_url, "LLMPRICING_REDIS_URL": redis_url}
    command = ["-m", "llmpricing.scripts.cli", "import", "--ini", "toy.ini", "--json", "toy-prices", "toys.json"]
    ended = run(checkout, *command, **stores)
    assert ended.returncode == 0, ended.stderr
    answer = json.loads(ended.stdout)
    assert (answer["outcome"], answer["new"]) == ("imported", 2)
    assert [problem["key"] for problem in answer["problems"]] == ["duck"]
    engine = create_engine(empty_book_url, poolclass=NullPool)
    with engine.connect() as connection:
        found = connection.execute(text("select slug, name, trust_rank, licence from source")).all()
        offerings = connection.scalars(text("select slug from offering order by slug")).all()
    engine.dispose()
    assert [tuple(row) for row in found] == [("toy-prices", "Toy prices", 5, "MIT")]
    assert offerings == ["toys/bear", "toys/doll"]


def test_its_host_may_be_fetched_from(checkout: Path) -> None:
    ended = run(checkout, "-c", "from llmpricing.sources.registry import *; print(fetch_hosts(['sources']))")
    assert "'toys.example'" in ended.stdout, ended.stderr
