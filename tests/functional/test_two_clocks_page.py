"""Every example of docs/two-clocks.md, asked of the book that it tells of."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from functools import reduce
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session
from webtest import TestApp

from llmpricing.services.imports.fetches import ReadList
from llmpricing.services.imports.importing import import_lists
from llmpricing.sources.registry import SOURCES
from tests.conftest import NOW
from tests.lists import small_list

PAGE = (Path(__file__).parents[2] / "docs" / "two-clocks.md").read_text("utf-8")
EXAMPLES = re.findall(r"^GET (\S+)\n((?:    \S+ = .+\n)+)", PAGE, re.MULTILINE)


def test_the_page_is_short_and_every_question_on_it_has_an_answer() -> None:
    assert len(PAGE.splitlines()) < 120
    assert len(EXAMPLES) == PAGE.count("\nGET ") > 5


@pytest.mark.parametrize(("address", "told"), EXAMPLES, ids=[address for address, _ in EXAMPLES])
def test_an_example_answers_what_the_page_says(testapp: TestApp, engine: Engine, address: str, told: str) -> None:
    providers = json.loads(small_list())
    providers[0]["models"][0]["prices"]["input_mtok"] = 3
    with Session(engine) as session, session.begin():
        published, read = datetime(2026, 11, 20, tzinfo=UTC), NOW + timedelta(hours=1)
        reading = ReadList(json.dumps(providers).encode(), published, read, "a test's list")
        import_lists(session, [(SOURCES["genai-prices"], reading)])
    answer: Any = testapp.get(address, status="*").json
    for line in told.splitlines():
        path, value = line.strip().split(" = ")
        assert reduce(lambda found, name: found[name], path.split("."), answer) == json.loads(value)
