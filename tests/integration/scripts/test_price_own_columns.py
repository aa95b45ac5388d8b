"""Tables of nobody's shape, priced by a file that says what their columns mean, and a first such file."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from llmpricing.scripts.cli import main
from tests.commands import Commands, commands_on

TABLE = """\
when,deployment,team,prompt,completion,cached,total_tokens,cost
1795132800,acme/acme-large,search,1000,200,400,1200,0.0035
2026-11-20 10:00:00,acme/acme-large,chat,2000,0,0,2000,0.005
"""


@pytest.fixture
def commands(tmp_path: Path, book_url: str, redis_url: str) -> Commands:
    """Commands on the small price book, beside a table."""
    (tmp_path / "table.tsv").write_text(TABLE.replace(",", "\t"))
    return commands_on(tmp_path, book_url, redis_url)


def test_a_first_map_is_suggested_and_prices_the_table(commands: Commands, tmp_path: Path) -> None:
    suggested = CliRunner().invoke(main, ["formats", "--suggest", str(tmp_path / "table.tsv")])
    assert suggested.exit_code == 0, suggested.output
    assert 'cached = "inside input"  # as total_tokens proves' in suggested.stdout
    (tmp_path / "map.toml").write_text(suggested.stdout)
    found = commands.json("price", str(tmp_path / "table.tsv"), "--columns", str(tmp_path / "map.toml"))
    assert found["priced"] == found["rows"] == 2
    # (600 x 2.5 + 400 x 1.25 + 200 x 10 + 2000 x 2.5) / 1,000,000
    assert found["totals"] == {"USD": "0.009"}
    assert found["charged"] == {"USD": "0.0085"}


def test_caches_may_lie_beside_and_units_be_thousands(commands: Commands, tmp_path: Path) -> None:
    (tmp_path / "map.toml").write_text(
        'model = "deployment"\nat = "when"\ncached = "beside input"\ntokens_per_unit = 1000\n'
        'ignore = ["total_tokens"]\n[counts]\ninput_tokens = "prompt"\noutput_tokens = "completion"\n'
        'cache_read_tokens = "cached"\n'
    )
    found = commands.json("price", str(tmp_path / "table.tsv"), "--columns", str(tmp_path / "map.toml"))
    # 1000 x 2.5 + 400 x 1.25 + 200 x 10 + 2000 x 2.5, in thousands of tokens
    assert found["totals"] == {"USD": "10"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("model = ", "is no TOML"),
        ('model = "deployment"\n[counts]\ninput_tokens = "prompt"', "does not say which column is at"),
        ('model = "deployment"\nat = "when"\n', "counts nothing"),
        ('model = "deployment"\nat = "when"\n[counts]\ninput_token = "prompt"', "did you mean input_tokens?"),
        ('model = "deployment"\nat = "when"\ncached = "outside"\n[counts]\ninput_tokens = "a"', "must be one of"),
        ('model = "deployment"\nat = "when"\ntokens_per_unit = 0\n[counts]\ninput_tokens = "a"', "more than 0"),
        ('modell = "deployment"', "modell is nothing that can be said"),
    ],
)
def test_a_map_that_cannot_be_understood_is_refused(commands: Commands, tmp_path: Path, text: str, message) -> None:
    (tmp_path / "map.toml").write_text(text)
    done = commands.run("price", str(tmp_path / "table.tsv"), "--columns", str(tmp_path / "map.toml"))
    assert (done.exit_code, message in done.output) == (2, True), done.output


def test_a_count_that_the_map_leaves_out_stops_the_file(commands: Commands, tmp_path: Path) -> None:
    (tmp_path / "table.tsv").write_text(TABLE.replace("total_tokens", "thinking_tokens").replace(",", "\t"))
    (tmp_path / "map.toml").write_text(
        'model = "deployment"\nat = "when"\n[counts]\ninput_tokens = "prompt"\noutput_tokens = "completion"\n'
        'cache_read_tokens = "cached"\n'
    )
    done = commands.run("price", str(tmp_path / "table.tsv"), "--columns", str(tmp_path / "map.toml"))
    assert done.exit_code == 2
    assert "thinking_tokens (such as 1200), probably output_reasoning_tokens" in done.output
