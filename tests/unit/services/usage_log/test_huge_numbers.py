"""Numbers that nothing can count or cost: each is told with its field, and costs neither its file nor any time."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from decimal import Decimal
from itertools import islice
from pathlib import Path

import pytest

from llmpricing.domain.money import to_text
from llmpricing.scripts.commands.audit_document import _percent
from llmpricing.services.usage_log.columns import LogError, UncountedError
from llmpricing.services.usage_log.formats.files import UsageFiles, usage_file
from llmpricing.services.usage_log.formats.raw_rows import raw_blocks, raw_rows
from llmpricing.services.usage_log.formats.record import OutcomeKind, UsageRecord
from llmpricing.services.usage_log.formats.taken_for import taken_for
from llmpricing.services.usage_log.layout import ColumnRoles
from llmpricing.services.usage_log.read.blocks import LARGEST_LINE
from llmpricing.services.usage_log.read.csv import read_csv
from llmpricing.services.usage_log.read.ndjson import read_ndjson
from tests import usage_twins as twins

HUGE = [
    *("1e22", "-1e25", "1e28", "123456789012345678901234567890.123", "1e400", "1e999999", "-1e999999", "1e1000000"),
    *("1e2147483648", "1e-2147483648", "1" + "0" * 400),
]
MOST = Decimal(10**20)
GOOD = 12
_NUMBER = re.compile(r'(?<=: )-?[0-9]+(?:\.[0-9]+)?(?=[,}])|(?<=: ")-?[0-9]+(?:\.[0-9]+)?(?=")')
_MOST_PLACES = 60


@pytest.mark.parametrize("name", twins.NAMES)
def test_no_number_in_any_field_costs_the_file(tmp_path: Path, name: str) -> None:
    documents = twins.documents(name)
    for text in _texts_with_huge_numbers(twins.lines(documents).decode()):
        for record in _records(tmp_path, text.encode()):
            assert record.charged is None or abs(record.charged) < MOST
            assert len(to_text(record.charged or Decimal(0))) < 100


@pytest.mark.parametrize("number", HUGE)
def test_one_bad_charge_among_good_records_is_told_and_the_others_are_summed(tmp_path: Path, number: str) -> None:
    """Together and one by one; 0.25 each."""
    path = tmp_path / "upload.ndjson"
    good = [_generation(place, "0.25") for place in range(GOOD)]
    path.write_text("\n".join([*good[:5], _generation(99, number), *good[5:]]))
    for one_by_one in (False, True):
        records = list(UsageFiles([usage_file(path)], one_by_one=one_by_one).records())
        (bad,) = [one for one in records if one.outcome.kind is OutcomeKind.UNPRICED]
        assert "total_cost is " in bad.outcome.reason
        assert bad.charged is None
        assert sum(one.charged for one in records if one.charged) == Decimal("0.25") * GOOD


@pytest.mark.parametrize("number", ["1e999999", "1e2147483648", "1" + "0" * 400])
def test_one_bad_count_among_good_records_is_told_and_keeps_what_was_charged(tmp_path: Path, number: str) -> None:
    path = tmp_path / "upload.ndjson"
    good = [_generation(place, "0.25") for place in range(GOOD)]
    path.write_text("\n".join([*good[:5], _generation(99, "0.25", number), *good[5:]]))
    for one_by_one in (False, True):
        records = list(UsageFiles([usage_file(path)], one_by_one=one_by_one).records())
        (bad,) = [one for one in records if one.outcome.kind is OutcomeKind.UNPRICED]
        assert "native_tokens_prompt is " in bad.outcome.reason
        assert "no count or amount is so large" in bad.outcome.reason
        assert sum(one.charged for one in records if one.charged) == Decimal("0.25") * (GOOD + 1)


@pytest.mark.parametrize("number", HUGE)
def test_what_fields_are_taken_for_is_told_beside_such_a_number(tmp_path: Path, number: str) -> None:
    path = tmp_path / "upload.ndjson"
    path.write_text("\n".join([_generation(1, "0.25"), _generation(2, number), _generation(3, "0.25", number)]))
    assert taken_for(usage_file(path))


def test_a_huge_exponent_takes_no_time() -> None:
    """In a process of its own: what makes a number of it holds all threads, and no signal ends it."""
    code = (
        "import sys, io; from tests.unit.services.usage_log.test_huge_numbers import huge_bill;"
        "print(*[one.outcome.reason for one in huge_bill(sys.argv[1])], sep='|')"
    )
    root = Path(__file__).parents[4]
    done = subprocess.run(
        [sys.executable, "-c", code, str(root)], cwd=root, capture_output=True, text=True, timeout=120, check=False
    )
    assert "usage.amount is 1e+2147483648: no count or amount is so large" in done.stdout, done.stderr


@pytest.mark.parametrize("text", ["model,input_tokens\ngpt-4o,2\n", 'model,input_tokens\ngpt-4o,2\n"'])
def test_a_row_without_an_end_is_refused_with_its_number(tmp_path: Path, text: str) -> None:
    """As of a device or an empty disk image: no more is read than a record may have."""
    path = tmp_path / "table.csv"
    with path.open("wb") as file:
        file.write(text.encode())
        file.truncate(LARGEST_LINE * 40)
    for rows in (raw_rows(path), (row for block in raw_blocks(path, 100) for row in block.rows(range(len(block))))):
        with pytest.raises(LogError, match=r"table\.csv: Row 3 is larger than 67,108,864 bytes.*get it anew"):
            list(rows)
    for read in (read_csv, read_ndjson):
        with pytest.raises(LogError, match=r"table\.csv: line \d is larger than 67,108,864 bytes.*get it anew"):
            list(read(path, ColumnRoles()))


@pytest.mark.parametrize("digits", [13, 5000])
def test_a_unit_of_more_tokens_than_any_is_told_of(tmp_path: Path, digits: int) -> None:
    for name, unit in (("azure-cost.csv", "1K"), ("aws-cur2.csv", "1K tokens")):
        text = twins.content(name).decode()
        assert f",{unit}," in text
        reasons = [
            one.outcome.reason
            for one in _records(tmp_path, text.replace(f",{unit},", f",{'9' * digits} tokens,", 1).encode())
        ]
        assert any("is not known how many tokens it means" in one for one in reasons)


def test_a_share_of_money_beyond_all_digits_is_told() -> None:
    share = Decimal(f"{'9' * 30}.5")
    assert _percent(share) == f"{'9' * 30}50"


def huge_bill(_root: str) -> list[UsageRecord]:
    """The records of a bill of which one line counts beyond all bounds."""
    import tempfile

    rows = twins.lines(twins.documents("gcp-billing.ndjson")).decode()
    row = next(json.loads(line) for line in rows.splitlines() if json.loads(line).get("usage", {}).get("amount"))
    row["usage"]["amount"] = "HERE"
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "upload.ndjson"
        path.write_text(rows.rstrip() + "\n" + json.dumps(row).replace('"HERE"', "1e2147483648"))
        return list(UsageFiles([usage_file(path)]).records())


def _generation(number: int, cost: str, taken: str = "100") -> str:
    return (
        f'{{"id": "gen-{number}", "created_at": "2026-11-20T11:01:00+00:00", "model": "openai/gpt-4.1", '
        f'"is_byok": false, "total_cost": {cost}, "native_tokens_prompt": {taken}, "native_tokens_completion": 10, '
        '"native_tokens_cached": 0}'
    )


def _texts_with_huge_numbers(text: str) -> Iterator[str]:
    """The text with one number after the other replaced, each by another huge one in turn."""
    for place, found in enumerate(islice(_NUMBER.finditer(text), _MOST_PLACES)):
        yield text[: found.start()] + HUGE[place % len(HUGE)] + text[found.end() :]


def _records(folder: Path, text: bytes) -> list[UsageRecord]:
    """What can be read; fields that may mean money and are unknown may be refused, as always."""
    path = folder / "upload"
    path.write_bytes(text)
    found: list[UsageRecord] = []
    with suppress(UncountedError):
        for record in UsageFiles([usage_file(path)]).records():
            found.append(record)
    taken_for(usage_file(path))
    return found
