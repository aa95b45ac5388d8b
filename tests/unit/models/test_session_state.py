"""No statement leaves anything behind in its session: behind a transaction pooler the next client would have it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
# Its own servers are reached without a pooler, over their socket.
ADMINISTERS = ROOT / "llmpricing/local_stores"
OF_A_SESSION = re.compile(
    r"""pg_(?:try_)?advisory_(?:un)?lock
      | set_config\([^)]*,\s*false\)
      | (?:^|;)\s*set\s+(?!local\b)(?:session\s+)?[a-z_.]+\s*(?:\bto\b|=)
      | (?:^|;)\s*set\s+(?:session|role)\b
      | (?:^|;)\s*(?:listen|unlisten|notify|deallocate|discard|load)\s+\w+\s*(?:;|$)
      | (?:^|;)\s*prepare\s+\w+.*\bas\b
      | \bcreate\s+(?:global\s+|local\s+)?temp
      | \bwith\s+hold\b
    """,
    re.VERBOSE | re.IGNORECASE,
)
# PgBouncer keeps this one, with client_encoding, DateStyle and application_name, for the client that said it.
KEPT = {"set timezone to 'UTC'"}


def texts(code: str) -> Iterator[str]:
    """Every string of a module but its docstrings; what a formatted one fills in is left out."""
    tree = ast.parse(code)
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else "x" for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            yield node.value


def test_no_statement_of_ours_changes_its_session() -> None:
    found = set()
    for folder in ("llmpricing", "alembic"):
        for path in (ROOT / folder).rglob("*.py"):
            if not path.is_relative_to(ADMINISTERS):
                found |= {text for text in texts(path.read_text("utf-8")) if OF_A_SESSION.search(text)}
    assert found == KEPT


@pytest.mark.parametrize(
    "statement",
    [
        "select pg_advisory_lock(1)",
        "select pg_try_advisory_lock(1)",
        "select set_config('lock_timeout', '1s', false)",
        "set lock_timeout = '1s'",
        "SET SESSION statement_timeout TO '1s'",
        "set role somebody",
        "listen prices",
        "prepare one as select 1",
        "create temporary table x (y int)",
        "create temp table x (y int)",
        "declare c cursor with hold for select 1",
    ],
)
def test_each_such_statement_would_be_found(statement: str) -> None:
    asked = f'ask("""{statement}""")\n    ask(f"{statement} {{more}}")'
    code = f'def run():\n    """set x = 1, in a docstring."""\n    {asked}\n'
    found = [text for text in texts(code) if OF_A_SESSION.search(text)]
    assert found[0] == statement
    assert not any("docstring" in text for text in found)


@pytest.mark.parametrize(
    "statement",
    [
        "select pg_advisory_xact_lock(1)",
        "set local lock_timeout = '1s'",
        "select set_config('lock_timeout', '1s', true)",
    ],
)
def test_what_ends_with_its_transaction_may_be_said(statement: str) -> None:
    assert not OF_A_SESSION.search(statement)
