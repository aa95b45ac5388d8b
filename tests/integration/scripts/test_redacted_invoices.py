"""`llmpricing audit --charged --redact`: no word of the invoice's own is told."""

from __future__ import annotations

import copy
import csv
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from llmpricing.services.usage_log.audit.redaction import without_told
from tests.commands import Commands, commands_on
from tests.made_invoices import SELLERS, Seller, chance_of, cur_with_other_lines, made_log
from tests.planted_invoices import files_of
from tests.usage_twins import FOLDER

SECRET = "zanzibar"
_WORDS = (SECRET, f"Consulting for {SECRET}", f"Sales tax for {SECRET}", f"credit grant {SECRET} deal 4711")
_NUMBER_OR_TIME = re.compile(r"-?[\d.]+|\d{4}-\d\d-\d\d.*|")


@pytest.fixture(scope="module")
def commands(tmp_path_factory: pytest.TempPathFactory, full_book_of_module: str, redis_url: str) -> Commands:
    """Commands on the bundled price lists."""
    return commands_on(tmp_path_factory.mktemp("commands"), full_book_of_module, redis_url)


@pytest.fixture(scope="module")
def book(full_book_of_module: str) -> Iterator[Session]:
    """The bundled price lists."""
    engine = create_engine(full_book_of_module)
    with Session(engine) as session:
        yield session
    engine.dispose()


def planted(row: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The row once more for each of its texts and each secret in the place of or beside it, of nested ones too."""
    for name, value in row.items():
        if isinstance(value, dict):
            yield from ({**row, name: inner} for inner in planted(value))
        elif (value is None or isinstance(value, str)) and not _NUMBER_OR_TIME.fullmatch(value or "-"):
            told = [*_WORDS, f"{value} {SECRET}", f"ft:gpt-4.1-mini-2025-04-14:{SECRET}::abc123"]
            yield from ({**copy.deepcopy(row), name: text} for text in told)


def plant(path: Path) -> int:
    """Add lines with secrets to the invoice; returns how many."""
    if path.suffix == ".csv":
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        more = [
            one
            for row in (rows[0], rows[-1])
            for one in planted(row)
            if "USD" in one.values() or "USD" not in row.values()
        ]
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows([*rows, *more])
        return len(more)
    page = json.loads(path.read_text("utf-8"))
    results = page["data"][0]["results"]
    more = [
        one
        for row in (results[0], results[-1])
        for one in planted(row)
        if SECRET not in str(one.get("currency")) and SECRET not in str(one["amount"])
    ]
    results += more
    path.write_text(json.dumps(page), "utf-8")
    return len(more)


@pytest.mark.parametrize("seller", SELLERS, ids=lambda seller: seller.name)
def test_no_word_of_a_redacted_invoice_is_told_whatever_field_it_stands_in(
    commands: Commands, book: Session, tmp_path: Path, seller: Seller
) -> None:
    _, items = made_log(book, seller, chance_of(3))
    (costs,) = files_of(seller, tmp_path, items, with_usage=False)
    if seller.name == "cur.csv":
        cur_with_other_lines(costs, items)
    assert plant(costs) > 5
    asked = ("audit", str(FOLDER / "litellm-spendlogs.csv"), "--charged", str(costs))
    assert SECRET in commands.run(*asked).output
    page = tmp_path / "report.html"
    said = commands.run(*asked, "--redact").output
    told = commands.run(*asked, "--redact", "--json", "--html", str(page)).output
    for text in (said, told, page.read_text("utf-8")):
        assert "From the log to the invoice" in text or "charged" in text
        assert SECRET not in text.lower()
        assert "lines of a line" not in text


_PROFILE = "arn:aws:bedrock:us-east-1:471147114711"
_OWNED_NAMES = [
    ("gpt-4.1-mini", "openai", True),
    (f"ft:gpt-4.1-mini-2025-04-14:{SECRET}-corp:{SECRET}:Ab12Cd", "openai", False),
    ("ft:gpt-4.1-mini-2025-04-14:openai:mini:Zanzibar", "openai", False),
    (f"{SECRET}-prod-deployment", "azure", False),
    (f"{SECRET}/gpt-4.1-mini", "openai", None),
    (f"{SECRET}-smart-group", "", False),
    (
        "arn:aws:bedrock:us-east-1:471147114711:inference-profile/us.anthropic.claude-haiku-4-5-20251001-v1:0",
        "bedrock",
        None,
    ),
    (f"{_PROFILE}:application-inference-profile/{SECRET}", "bedrock", False),
    (f"accounts/{SECRET}/models/llama-v3p1-8b-instruct", "fireworks_ai", None),
    ("gpt-4.1-mini", f"{SECRET}-gateway", None),
]


def owned_log(folder: Path) -> Path:
    """A log in a folder of its owner's name, whose models bear it too."""
    (path := folder / SECRET / f"{SECRET}.ndjson").parent.mkdir()
    rows = [
        {
            "request_id": f"r{number}",
            "call_type": "acompletion",
            "spend": 0.5,
            "startTime": "2026-11-20T10:00:00Z",
            "model": model,
            "custom_llm_provider": provider,
            "status": "success",
            "cache_hit": "False",
            "metadata": {"usage_object": {"prompt_tokens": 1000, "completion_tokens": 10, "total_tokens": 1010}},
        }
        for number, (model, provider, _) in enumerate(_OWNED_NAMES)
    ]
    rows.append({**rows[0], "request_id": "r99", "status": SECRET})
    path.write_text("\n".join(map(json.dumps, rows)), "utf-8")
    return path


def test_the_names_of_models_tell_no_owner_and_cost_the_same_where_they_are_redacted(
    commands: Commands, tmp_path: Path
) -> None:
    log, page, out = owned_log(tmp_path), tmp_path / "report.html", tmp_path / "rows.csv"
    asked = ("audit", str(log), "--json", "--by", "model,provider", "--force")
    plain = commands.run(*asked, "-o", str(out)).output
    before = list(csv.DictReader(out.read_text("utf-8").splitlines()))
    told = commands.run(*asked, "--redact", "-o", str(out), "--html", str(page)).output
    after = list(csv.DictReader(out.read_text("utf-8").splitlines()))
    said = commands.run("audit", str(log), "--redact").output
    ahead = commands.run("outlook", str(log), "--redact", "--json").output
    assert SECRET in plain.lower()
    for text in (told, said, ahead, page.read_text("utf-8"), out.read_text("utf-8")):
        assert SECRET not in text.lower()
        assert "471147114711" not in text
        assert "Ab12Cd" not in text
    assert [(one["cost"], one["state"], one["offering"], one["warnings"]) for one in before] == [
        (one["cost"], one["state"], one["offering"], one["warnings"]) for one in after
    ]
    for (model, _, is_known), one in zip(_OWNED_NAMES, after, strict=False):
        assert is_known is None or bool(one["cost"]) is is_known
        assert (model == "gpt-4.1-mini") <= (one["model"] == model)


def test_an_error_of_a_redacted_file_does_not_tell_its_name(commands: Commands, tmp_path: Path) -> None:
    log = owned_log(tmp_path)
    rows = [json.loads(line) for line in log.read_text("utf-8").splitlines()]
    rows[0]["metadata"]["usage_object"]["quantum_tokens"] = 7
    log.write_text("\n".join(map(json.dumps, rows)), "utf-8")
    for command in ("audit", "outlook"):
        failed = commands.run(command, str(log), "--redact")
        assert failed.exit_code == 2
        assert "quantum_tokens" in failed.output
        assert "file 1" in failed.output
        assert SECRET not in failed.output.lower()


def test_a_redacted_file_that_cannot_be_read_or_recognised_does_not_tell_its_name(
    commands: Commands, tmp_path: Path
) -> None:
    (folder := tmp_path / SECRET).mkdir()
    (text := folder / f"{SECRET}.txt").write_text("no usage in here\nat all\n")
    (cut := folder / f"{SECRET}.json.gz").write_bytes(b"\x1f\x8b\x08\x00cut")
    log = owned_log(folder)
    for words in ([str(text)], [str(text), str(log)], [str(cut)], [f"{folder}/absent.csv"], [str(folder / "*.none")]):
        for command in ("audit", "outlook"):
            failed = commands.run(command, *words, "--redact")
            assert failed.exit_code != 0
            assert SECRET not in failed.output.lower(), failed.output
            assert "Error: " in failed.output
        assert "file 1" in failed.output or "None of these files" in failed.output
    failed = commands.run("audit", str(log), "--charged", str(text), "--redact")
    assert (failed.exit_code, SECRET in failed.output.lower()) == (1, False), failed.output
    assert "invoice file 1" in failed.output


def test_a_model_whose_name_is_hidden_is_told_without_a_command_that_cannot_work(
    commands: Commands, tmp_path: Path
) -> None:
    log = tmp_path / "calls.ndjson"
    log.write_text(json.dumps({"model": f"{SECRET}-large", "at": "2026-11-20T10:00:00Z", "input_tokens": 5}) + "\n")
    for command in ("audit", "outlook"):
        plain, hidden = (commands.run(command, str(log), *more).output for more in ([], ["--redact"]))
        assert f"--map {SECRET}-large=OFFERING" in plain
        assert "unknown model" in hidden
        assert "run it without --redact" in hidden
        assert "alias add" not in hidden
        assert "--map '" not in hidden


def test_reasons_and_names_tell_no_word_of_the_file_whatever_signs_it_has(commands: Commands, tmp_path: Path) -> None:
    """A tier that no seller has, quotes of both kinds, a model of one's own with a tool's words, columns and labels."""
    secrets = ("falcon", "bob", "acme")
    head = (
        "at,model,input_tokens,output_tokens,service_tier,charged\n2026-11-20T00:00:00Z,openai/gpt-4.1,5,10,batch,0.5\n"
    )
    rows = (
        "2026-11-20T00:00:00Z,openai/gpt-4.1,5,10,falcon-tier,0.5",
        '2026-11-20T00:00:00Z,openai/gpt-4.1,"it\'s ""Bob"", (Falcon)",10,,0.5',
        "2026-11-20T00:00:00Z,acme-web-search-for-bob,5,10,,0.5",
    )
    for number, row in enumerate(rows):
        log = tmp_path / f"log{number}.csv"
        log.write_text(head + row + "\n", "utf-8")
        plain = commands.run("audit", str(log)).output
        told = "".join(commands.run("audit", str(log), "--redact", *more).output for more in ((), ("--json",)))
        assert any(word in plain.casefold() for word in secrets)
        assert not any(word in told.casefold() for word in secrets)
        assert "service_tier" in told or number
    own, columns = tmp_path / "own.csv", tmp_path / "own.toml"
    own.write_text("when,dep,inp,outp,falcon_customer\n2026-11-20T00:00:00Z,openai/gpt-4.1,5,10,x\n", "utf-8")
    columns.write_text(
        'model="dep"\nat="when"\n[counts]\ninput_tokens="inp"\noutput_tokens="outp"\n[labels]\nacme="falcon_customer"\n',
        "utf-8",
    )
    asked = ("audit", str(own), "--columns", str(columns))
    told = "".join(commands.run(*asked, "--redact", *more).output for more in ((), ("--json",)))
    assert "falcon_customer" in commands.run(*asked).output
    assert not any(word in told.casefold() for word in secrets)


@pytest.mark.parametrize(
    "reason",
    [
        "unitOfMeasure is per 1K units, Project Falcon, of which it is not known how many tokens it means",
        "the request failed (Falcon (Bob) secret thing)",
        "name 'it's \"Bob\" Falcon' is not known",
    ],
)
def test_what_a_reason_repeats_is_left_out_to_its_end(reason: str) -> None:
    told = without_told(reason)
    assert "..." in told
    assert not any(word in told for word in ("Falcon", "Bob", "thing"))
