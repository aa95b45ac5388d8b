"""Health asks every table that a quote cannot do without: those that a process reads which remembers nothing yet."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from llmpricing.models import Base
from llmpricing.services import schema

# In a process of its own, because this one may remember the names of that price book.
QUOTE = """
import sys
from tests.conftest import running_app
from tests.queries import recorded

with running_app(*sys.argv[1:]) as app, recorded() as queries:
    assert app.get("/api/v1/quote?model=acme/acme-large&input_tokens=10").json["data"]["total"] == "0.000025"
for statement, _ in queries.asked:
    print(" ".join(statement.split()))
"""


@pytest.mark.slow
def test_health_asks_every_table_that_a_first_quote_reads(book_url: str, redis_url: str) -> None:
    asked = subprocess.run(
        [sys.executable, "-c", QUOTE, book_url, redis_url], capture_output=True, text=True, check=False
    )
    assert asked.returncode == 0, asked.stderr
    named = re.findall(r"(?:from|join) (?:only )?\"?(\w+)", asked.stdout, re.IGNORECASE)
    assert set(named) & Base.metadata.tables.keys() == set(schema.expected().read_by_quotes)
