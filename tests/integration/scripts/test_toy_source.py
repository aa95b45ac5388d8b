"""docs/add-a-source.md and add-a-meter.md to the letter: what they say to add is enough to import and to quote."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

CHECKOUT = Path(__file__).parents[3]
RECIPE = (CHECKOUT / "docs" / "add-a-source.md").read_text()
ROOM, LINE = re.findall(r"```(?:python|text)\n(.*?)```", RECIPE, re.DOTALL)
(PLACE,) = re.findall(r"`(if source in .*:)`", RECIPE)
(METER,) = re.findall(r"```text\n(.*?)```", (CHECKOUT / "docs" / "add-a-meter.md").read_text(), re.DOTALL)
LIST = {"bear": {"input": 2.5}, "duck": {"input": "quack"}, "doll": {"input": 0}, "yoyo": {"string": 1}}


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of the package, and an ini."""
    shutil.copytree(CHECKOUT / "llmpricing", tmp_path / "llmpricing", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "toy.ini").write_text("[app:main]\nuse = egg:llmpricing\nllmpricing.environment = development\n")
    return tmp_path


@pytest.fixture
def with_source(checkout: Path) -> Path:
    """The copy with what the recipe for a source adds, and nothing else."""
    (checkout / "llmpricing/sources/toy_prices.py").write_text(ROOM)
    registry = checkout / "llmpricing/sources/registry.py"
    insert(registry, "model_prices, models_dev", ", toy_prices")
    insert(registry, "            models_dev.SOURCE,\n", LINE)
    return checkout


@pytest.fixture
def with_meter(checkout: Path) -> Path:
    """The copy with what the recipe for a meter adds, and nothing else."""
    insert(checkout / "llmpricing/domain/meters.py", '    ("requests", 1000, "requests", {}),\n', METER)
    return checkout


def insert(file: Path, after: str, added: str) -> None:
    code = file.read_text()
    assert code.count(after) == 1
    file.write_text(code.replace(after, after + added))


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


def command(checkout: Path, *words: str, **environment: str) -> Any:
    """What a command answers as JSON."""
    ended = run(checkout, "-m", "llmpricing.scripts.cli", *words, "--ini", "toy.ini", "--json", **environment)
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout)


@pytest.fixture
def stores(empty_book_url: str, redis_url: str) -> dict[str, str]:
    return {"LLMPRICING_DATABASE_URL": empty_book_url, "LLMPRICING_REDIS_URL": redis_url}


def test_two_places_are_a_source_that_can_be_imported(with_source: Path, stores: dict[str, str]) -> None:
    (with_source / "toys.json").write_text(json.dumps(LIST))
    answer = command(with_source, "import", "toy-prices", "toys.json", **stores)
    assert (answer["outcome"], answer["new"]) == ("imported", 2)
    assert [problem["key"] for problem in answer["problems"]] == ["duck"]
    assert answer["unknown_keys"] == {"string": 1}
    engine = create_engine(stores["LLMPRICING_DATABASE_URL"], poolclass=NullPool)
    with engine.connect() as connection:
        found = connection.execute(text("select slug, name, trust_rank, licence from source")).all()
        offerings = connection.scalars(text("select slug from offering order by slug")).all()
    engine.dispose()
    assert [tuple(row) for row in found] == [("toy-prices", "Toy prices", 5, "MIT")]
    assert offerings == ["toys/bear", "toys/doll", "toys/yoyo"]  # the last without a price


@pytest.mark.slow
def test_a_sample_and_where_its_entries_lie_put_it_under_the_contract_of_all_parsers(with_source: Path) -> None:
    shutil.copytree(CHECKOUT / "tests", with_source / "tests", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(CHECKOUT / "setup.cfg", with_source)
    sample = with_source / "tests/fixtures/toy-prices/sample.json"
    sample.parent.mkdir()
    sample.write_text(json.dumps(LIST | {"ball": {"input": 1}, "kite": 3}))
    documents = with_source / "tests/unit/sources/documents.py"
    where = 'if source == "litellm":'
    assert documents.read_text().count(where) == 1
    documents.write_text(documents.read_text().replace(where, PLACE))
    suite = run(with_source, "-m", "pytest", "tests/unit/sources/test_parser_contract.py", "-k", "toy-prices")
    assert suite.returncode == 0, suite.stdout
    assert " passed" in suite.stdout


def test_its_host_may_be_fetched_from(with_source: Path) -> None:
    ended = run(with_source, "-c", "from llmpricing.sources.registry import *; print(fetch_hosts(['sources']))")
    assert "'toys.example'" in ended.stdout, ended.stderr


def test_one_line_is_a_meter_that_can_be_imported_and_quoted(with_meter: Path, stores: dict[str, str]) -> None:
    model = {"id": "maker", "prices": {"input_mtok": 1, "output_mtok": 2, "toy_boxes_kcount": 4}}
    (with_meter / "list.json").write_text(json.dumps([{"id": "toys", "models": [model]}]))
    answer = command(with_meter, "import", "genai-prices", "list.json", **stores)
    assert (answer["new"], answer["unknown_keys"]) == (3, {})
    quote = command(with_meter, "quote", "toys/maker", "--meter", "toy_boxes=2500", **stores)
    assert (quote["total"], [line["meter"] for line in quote["lines"]]) == ("10", ["toy_boxes"])
