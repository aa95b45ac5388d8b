"""`llmpricing import-benchmarks`: valid rows in, the others to a file with reasons, and nothing on a trial."""

from __future__ import annotations

import csv
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from llmpricing.models import Model, ScoreRow
from tests.commands import Commands, commands_on

URL = "https://example.com/scores"
FILE = f"""model,benchmark,score,measured_on,source_url
acme-large,mmlu,88.7,2026-05-13,{URL}
acme/acme-small,mmlu,101,,{URL}
acme-large,arena_elo,1342.5,,{URL}
nobodys-model,mmlu,50,,{URL}
acme/acme-large,mmlu,12,,{URL}
=1+1,nope,1,,{URL}
"""


@pytest.fixture
def commands(tmp_path: Path, book_url: str, redis_url: str) -> Commands:
    (tmp_path / "scores.csv").write_text(FILE)
    return commands_on(tmp_path, book_url, redis_url)


def current(session: Session) -> dict[tuple[str, str], tuple[Decimal, date | None]]:
    query = select(Model.slug, ScoreRow).join(Model, Model.id == ScoreRow.model_id).where(ScoreRow.current())
    return {(slug, row.benchmark): (row.score, row.measured_on) for slug, row in session.execute(query)}


def test_valid_rows_come_in_and_the_others_are_told_with_reasons(
    commands: Commands, session: Session, tmp_path: Path
) -> None:
    done = commands.run("import-benchmarks", str(tmp_path / "scores.csv"), "--as", "ada")
    assert done.exit_code == 0, done.output
    assert done.output.splitlines() == [
        "3 new scores came in, 0 changed ones; 0 were known.",
        "Look: acme/acme-small has 101 at MMLU, beyond 0 to 100.",
        f"3 rows were left out: mend what is in {tmp_path / 'scores.csv.failed.csv'} and import that file.",
    ]
    assert current(session) == {
        ("acme-large", "mmlu"): (Decimal("88.7"), date(2026, 5, 13)),
        ("acme-small", "mmlu"): (Decimal(101), None),
        ("acme-large", "arena_elo"): (Decimal("1342.5"), None),
    }
    left_out = list(csv.DictReader((tmp_path / "scores.csv.failed.csv").read_text().splitlines()))
    assert [(row["model"], row["line"]) for row in left_out] == [
        ("nobodys-model", "5"),
        ("acme/acme-large", "6"),
        ("'=1+1", "7"),
    ]
    assert left_out[0]["reason"].startswith("No offering is called nobodys-model.")
    assert left_out[1]["reason"] == "an earlier row has a score of this model and benchmark, under another name"
    ((event),) = commands.json("decisions log", "--action", "scores_imported")["decisions"]
    assert (event["actor"], event["details"]["new"]) == ("ada", 3)


def test_a_trial_keeps_nothing(commands: Commands, session: Session, tmp_path: Path) -> None:
    done = commands.run("import-benchmarks", str(tmp_path / "scores.csv"), "--dry-run")
    assert done.output.startswith("3 new scores would come in")
    assert current(session) == {}


def test_a_new_value_replaces_the_old_one_which_stays_known(
    commands: Commands, session: Session, tmp_path: Path
) -> None:
    commands.run("import-benchmarks", str(tmp_path / "scores.csv"))
    assert commands.run("import-benchmarks", str(tmp_path / "scores.csv")).output.startswith(
        "0 new scores came in, 0 changed ones; 3 were known."
    )
    (tmp_path / "scores.csv").write_text(FILE.replace("88.7", "89.9"))
    assert "1 changed ones; 2 were known" in commands.run("import-benchmarks", str(tmp_path / "scores.csv")).output
    rows = session.scalars(select(ScoreRow).where(ScoreRow.benchmark == "mmlu").order_by(ScoreRow.id)).all()
    assert [(row.score, row.recorded.upper is None) for row in rows] == [
        (Decimal("88.7"), False),
        (Decimal(101), True),
        (Decimal("89.9"), True),
    ]
    assert rows[0].recorded.upper == rows[2].recorded.lower


def test_a_file_of_another_shape_is_read_by_its_own_columns(
    commands: Commands, session: Session, tmp_path: Path
) -> None:
    file = tmp_path / "gpqa.csv"
    file.write_text("Model version,mean_score\nacme-large,0.5\n")
    words = ("--benchmark", "gpqa_diamond", "--factor", "100", "--source", URL)
    done = commands.run(
        "import-benchmarks", str(file), *words, "--column", "model=Model version", "--column", "score=mean_score"
    )
    assert done.exit_code == 0, done.output
    assert current(session) == {("acme-large", "gpqa_diamond"): (Decimal("50"), None)}


def test_a_score_may_be_the_mean_of_several_columns(commands: Commands, session: Session, tmp_path: Path) -> None:
    file = tmp_path / "table.csv"
    file.write_text("model,write,complete\nacme-large,76.056,76.087\nacme-small,70,\n")
    words = ("--benchmark", "livebench_coding", "--mean", "write", "--mean", "complete", "--source", URL)
    done = commands.run("import-benchmarks", str(file), *words)
    assert done.exit_code == 0, done.output
    assert current(session) == {("acme-large", "livebench_coding"): (Decimal("76.072"), None)}  # half to even
    assert "score '' is no number" in file.with_name("table.csv.failed.csv").read_text()
    refused = commands.run("import-benchmarks", str(file), *words, "--mean", "mend", "--dry-run")
    assert "it has no column mend." in " ".join(refused.output.split())


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"\xff", "line 1 is no text in UTF-8. Save it as CSV in UTF-8, and import that."),
        (b"model,score\nacme,1\nacm\xe9,2\n", "line 3 is no text in UTF-8."),
        (b"a,b\n1,2\n", "it has no column model"),
    ],
)
def test_a_file_that_is_no_list_of_scores_is_refused(
    commands: Commands, tmp_path: Path, content: bytes, reason: str
) -> None:
    (tmp_path / "scores.csv").write_bytes(content)
    done = commands.run("import-benchmarks", str(tmp_path / "scores.csv"))
    assert done.exit_code == 1
    assert f"scores.csv cannot be read: {reason}" in " ".join(done.output.split())
    assert "codec" not in done.output
