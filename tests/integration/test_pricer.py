"""A book's file in a notebook: no database, no network, the same answers."""

from __future__ import annotations

import random
import re
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from hashlib import sha256
from pathlib import Path

import msgspec
import pyarrow as pa
import pytest
from sqlalchemy import create_engine
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from llmpricing import Inquiry, Pricer
from llmpricing.book.file import BookFileError
from llmpricing.domain.quotes.context import ContextError, context
from llmpricing.domain.quotes.notices import RULES
from llmpricing.domain.times import InstantError
from llmpricing.domain.usage.formats import UsageError, read_usage
from llmpricing.services.price_book.export import export_book
from llmpricing.services.quotes.document import quote_document
from llmpricing.services.quotes.quoting import Asked, Quoted, UnknownModel, quote_many
from llmpricing.services.usage_log.columns import LogError
from tests.example_log import EXAMPLE

AT = datetime(2026, 11, 20, 12, tzinfo=UTC)
USAGES = (
    {"input_tokens": 1_000, "output_tokens": 500},
    {"input_tokens": 300_000, "cache_read_tokens": 100_000, "output_tokens": 9},
    {"input_tokens": 50, "input_audio_tokens": 20, "web_searches": 2},
)
DOCS = Path(__file__).parents[2] / "docs"
THIN = Path(__file__).parents[1] / "thin_use.py"
WITHOUT_NETWORK = """
import runpy, socket, sys
def refuse(*_): raise OSError("no network here")
socket.socket.connect = refuse
import llmpricing
brought = {"msgspec", "numpy", "pyarrow", "re2"} & set(sys.modules)
assert not brought, f"import llmpricing loads {brought}"
runpy.run_path(sys.argv[1], run_name="thin")["main"](sys.argv[2], ())
"""
READ_COMMANDS = """
import runpy, sys
brought = ("sqlalchemy", "psycopg2", "alembic", "pyramid", "redis", "zope", "transaction")
for name in brought: sys.modules[name] = None  # importing it fails
from llmpricing.scripts.cli import main
book, table, log, out = sys.argv[1:]
main(["quote", "openai/gpt-4o", "--input", "1000", "--book", book], standalone_mode=False)
main(["price", table, "-o", out, "--book", book], standalone_mode=False)
main(["audit", log, "--tolerance", "100", "--book", book], standalone_mode=False)
"""


@pytest.fixture(scope="module")
def database(full_book_of_module):
    engine = create_engine(full_book_of_module, poolclass=NullPool)
    with Session(engine) as session:
        yield session
    engine.dispose()


@pytest.fixture(scope="module")
def file(database, tmp_path_factory):
    path = tmp_path_factory.mktemp("pricer") / "prices.book"
    export_book(database, path)
    return path


@pytest.fixture(scope="module")
def pricer(file):
    return Pricer.open(file)


@pytest.fixture(scope="module")
def names(database):
    from llmpricing.services.names.resolving import names_of
    from llmpricing.services.price_book import book_state

    return sorted(names_of(database, book_state(database)).offerings)


def told(answer):
    return msgspec.json.encode(quote_document(answer)) if isinstance(answer, Quoted) else repr(answer)


def run(program, *given):
    command = [sys.executable, "-W", "error", "-c", program, *given]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.stderr == ""
    return done.stdout


def test_a_file_answers_alone_without_the_network_or_any_package_but_four(file):
    assert run(WITHOUT_NETWORK, THIN, file).split() == ["0.01125", "0.012", "None"]


def test_commands_that_read_a_file_load_neither_database_nor_server(file, tmp_path):
    table = tmp_path / "log.csv"
    table.write_text("model,input_tokens,output_tokens\nopenai/gpt-4o,1000,10\n")
    told = run(READ_COMMANDS, file, table, EXAMPLE, tmp_path / "priced.csv")
    assert "total: USD 0.0025" in told
    assert "Rows: 1; priced: 1" in told
    assert "Records: 360" in told


# What the rules answer to the questions below, by the lists that come along: a change of it is one of the rules (then
# raise RULES, and tell of it in docs/notices.md), or one of the lists or of how prices are chosen from them.
ANSWERS = {3: "0db5e3491e7e4d96"}
ASKED = (
    {"input_tokens": 1_000, "output_tokens": 500},
    {"input_tokens": 300_000, "cache_read_tokens": 100_000, "cache_write_tokens": 2_000, "output_tokens": 9},
    {"input_tokens": 50, "input_audio_tokens": 20, "output_tokens": 7, "web_searches": 2, "requests": 3},
)


def test_an_answer_of_a_version_of_the_rules_is_never_another(pricer, names):
    digest = sha256()
    asked = [
        Inquiry(name, usage, "2026-11-20", service_tier=tier, region=region, usage_format="llmpricing")
        for name in names[::7]
        for usage in ASKED
        for tier, region in ((None, None), ("batch", None), ("priority", "us"))
    ]
    for answer in pricer.quote_many(asked):
        said = repr(answer)
        if isinstance(answer, Quoted):
            document = msgspec.to_builtins(quote_document(answer))
            del document["known_at"], document["rules"]
            for line in document["lines"]:
                del line["price_id"]
            said = msgspec.json.encode(document, order="deterministic").decode()
        digest.update(said.encode())
    assert {RULES: digest.hexdigest()[:16]} == ANSWERS


def test_quotes_are_those_of_the_database(database, pricer, names):
    chance = random.Random(9)  # noqa: S311 - the same questions every time
    asks = [
        Inquiry(
            chance.choice(names),
            chance.choice(USAGES),
            AT - timedelta(days=chance.randint(0, 600)),
            service_tier=tier,
            usage_format="llmpricing",
        )
        for tier in (None, "batch")
        for _ in range(300)
    ]
    asked = [
        Asked(one.model, read_usage(one.usage), one.at, context=context(one.service_tier), provider=None)
        for one in asks
    ]
    assert [*map(told, pricer.quote_many(asks))] == [*map(told, quote_many(database, asked))]


@pytest.mark.parametrize(
    ("at", "read"),
    [
        ("2026-11-20", date(2026, 11, 20)),
        (date(2026, 11, 20), date(2026, 11, 20)),
        (datetime(2026, 11, 20, 14, tzinfo=timezone(timedelta(hours=2))), AT),
        ("2026-11-20T14:00:00+02:00", AT),
    ],
)
def test_times_are_taken_as_people_have_them(pricer, at, read):
    quoted = pricer.quote("openai/gpt-4o", {"input_tokens": 1_000}, at=at)
    assert (quoted.at, quoted.total) == (read, Decimal("0.0025"))


def test_what_cannot_be_answered_is_refused_with_the_reason(pricer):
    usage = {"input_tokens": 1}
    for wrong, refusal in (
        (lambda: pricer.quote("openai/gpt-4oo", usage), UnknownModel),
        (lambda: pricer.quote("openai/gpt-4o", {"input_tokens": -1}), UsageError),
        (lambda: pricer.quote("openai/gpt-4o", usage, at=datetime(2026, 1, 1)), InstantError),  # noqa: DTZ001
        (lambda: pricer.quote("openai/gpt-4o", usage, at="yesterday"), InstantError),
        (lambda: pricer.quote("openai/gpt-4o", usage, region="the moon"), ContextError),
        (lambda: pricer.resolve("nobody/nothing"), UnknownModel),
        (lambda: pricer.resolve("gpt-4o", at="yesterday"), InstantError),
    ):
        with pytest.raises(refusal):
            wrong()
    known, refused = pricer.quote_many([Inquiry("openai/gpt-4o", usage), Inquiry("nobody/nothing", usage)])
    assert isinstance(known, Quoted)
    assert isinstance(refused, UnknownModel)
    assert pricer.resolve("gpt-4o", provider="openai").slug == "openai/gpt-4o"


def test_a_file_that_is_none_is_refused_with_the_next_step(tmp_path, file):
    with pytest.raises(BookFileError):
        Pricer.open(tmp_path / "nothing.book")
    whole = bytearray(file.read_bytes())
    whole[len(whole) // 2] ^= 1
    flipped = tmp_path / "flipped.book"
    flipped.write_bytes(whole)
    with pytest.raises(BookFileError, match="llmpricing book export"):
        Pricer.open(flipped)


def test_batches_of_a_log_bear_the_quotes_of_their_rows(pricer):
    rows = [
        {
            "model": name,
            "at": AT - timedelta(days=day),
            "input_tokens": 1_000 + day,
            "output_tokens": 7,
            "note": str(day),
        }
        for day in range(0, 400, 40)
        for name in ("openai/gpt-4o", "anthropic/claude-sonnet-4-5", "gpt-4.1-mini", "nobody/nothing")
    ]
    counts = [(name, pa.int64()) for name in ("input_tokens", "output_tokens")]
    schema = pa.schema([("model", pa.string()), ("at", pa.timestamp("us", "UTC")), *counts, ("note", pa.string())])
    whole = pa.RecordBatch.from_pylist(rows, schema)
    pieces = [whole.slice(0, 7), whole.slice(7, 0), whole.slice(7, 1), whole.slice(8)]
    priced = list(pricer.price_batches(pieces))
    assert [batch.num_rows for batch in priced] == [7, 1, whole.num_rows - 8]  # as they came
    found = pa.Table.from_batches(priced).to_pylist()
    assert [{name: row[name] for name in rows[0]} for row in found] == rows
    for row, answer in zip(
        found,
        pricer.quote_many(
            Inquiry(row["model"], {name: row[name] for name in ("input_tokens", "output_tokens")}, row["at"])
            for row in rows
        ),
        strict=True,
    ):
        quoted = answer.total if isinstance(answer, Quoted) else None
        assert row["cost"] == quoted
        assert (row["reason"] is None) == (quoted is not None)
        assert row["book"] == pricer.digest
    assert {row["offering"] for row in found} >= {"openai/gpt-4o", "openai/gpt-4.1-mini"}
    at_once = pa.Table.from_batches(pricer.price_batches([whole])).to_pylist()
    assert at_once == found


def test_batches_of_other_columns_and_of_many_rows_are_priced_as_they_come(pricer):
    one = pa.RecordBatch.from_pydict({"model": ["openai/gpt-4o"], "input_tokens": [1_000_000]})
    noted = pa.RecordBatch.from_pydict({"model": ["openai/gpt-4o"], "input_tokens": [3_000_000], "note": ["x"]})
    many = pa.RecordBatch.from_pydict({"model": ["openai/gpt-4o"] * 60_000, "input_tokens": [2_000_000] * 60_000})
    priced = list(pricer.price_batches([one, many, many, noted.select(["model", "input_tokens"]), one]))
    assert [batch.num_rows for batch in priced] == [1, 60_000, 60_000, 1, 1]
    (unit,) = priced[0].column("cost").to_pylist()
    assert unit > 0
    assert [set(batch.column("cost").to_pylist()) for batch in priced] == [
        {unit}, {2 * unit}, {2 * unit}, {3 * unit}, {unit}
    ]  # fmt: skip


def test_the_example_of_the_docs_prices_a_table_in_memory(file, monkeypatch, capsys):
    (example,) = re.findall(r"```python\n(.+?)```", (DOCS / "commands.md").read_text("utf-8"), re.DOTALL)
    monkeypatch.chdir(file.parent)
    exec(example, {})  # noqa: S102 - what the page prints
    known, unknown = capsys.readouterr().out.splitlines()
    assert known == "search gpt-4o 0.006400000000 None"
    assert unknown.startswith("search our-own None no offering is called our-own")


def test_a_refusal_names_the_arguments_that_there_are(pricer):
    batch = pa.RecordBatch.from_pydict({"model": ["gpt-4o"], "used": ["x"], "total_tokens": [1], "input_tokens": [1]})
    with pytest.raises(LogError) as refused:
        next(pricer.price_batches([batch]))
    assert 'say columns={"ignored": ["total_tokens"]}' in str(refused.value)
    assert "--" not in str(refused.value)
    with pytest.raises(LogError, match=r'name another with columns=\{"model": \.\.\.\}'):
        next(pricer.price_batches([batch.select(["used", "input_tokens"])]))


def test_columns_that_do_not_tell_what_to_price_stop_the_first_batch(pricer):
    for columns in ({"name": ["a"], "input_tokens": [1]}, {"model": ["a"], "input_tokens": [[1]]}):
        with pytest.raises(LogError):
            next(pricer.price_batches([pa.RecordBatch.from_pydict(columns)]))
