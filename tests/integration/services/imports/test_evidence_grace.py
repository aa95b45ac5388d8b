"""For how long a source speaks on after its last list is a setting: who changes it has all prices chosen anew."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from llmpricing.domain.components import ComponentKey
from llmpricing.domain.usage.formats import read_usage
from llmpricing.models import BookVersion, PriceRow
from llmpricing.services.decisions.reviews_and_pins import Decider, HeldPrice, hold_price
from llmpricing.services.imports.fetches import ReadList
from llmpricing.services.imports.importing import import_lists
from llmpricing.services.price_book import book_state
from llmpricing.services.quotes.document import quote_document
from llmpricing.services.quotes.quoting import Asked, quote_one
from llmpricing.sources.registry import SOURCES
from tests.commands import commands_on
from tests.conftest import NOW
from tests.lists import cost_map, price_list

OLD, NEW = (datetime(2026, month, day, tzinfo=UTC) for month, day in ((10, 20), (11, 10)))  # 21 days apart
AT = NEW - timedelta(days=1)


def _lists() -> list[tuple[Any, ReadList]]:
    """LiteLLM's map of October prices large, the list of genai-prices of November another model of that seller."""
    return [
        (SOURCES["litellm"], ReadList(cost_map(large=2), OLD, NOW, "a test's map")),
        (SOURCES["genai-prices"], ReadList(price_list(small=1), NEW, NOW, "a test's list")),
    ]


def _answer(session: Session, known_at: datetime | None = None) -> tuple[str | None, list[str], str]:
    """Total, warnings and evidence of a million input tokens of large."""
    asked = Asked("acme/large", read_usage({"input_tokens": 1_000_000}), AT, known_at)
    found = quote_document(quote_one(session, asked))
    return found.total, [warning.code for warning in found.warnings], found.lines[0].evidence.basis


SEEN, CARRIED = ("2", [], "seen"), ("2", ["DATE_UNKNOWN"], "carried")


def test_with_ten_days_an_answer_is_carried_that_is_fresh_with_45(empty_session: Session) -> None:
    import_lists(empty_session, _lists())
    assert _answer(empty_session) == SEEN
    before = book_state(empty_session)
    again = import_lists(empty_session, _lists(), grace_days=10)
    assert not any(summary.noted for summary in again)  # the lists are known, the grace alone is new
    assert _answer(empty_session) == CARRIED
    assert _answer(empty_session, before.last_change) == SEEN
    import_lists(empty_session, _lists(), grace_days=45)
    assert _answer(empty_session) == SEEN


def test_the_same_grace_again_changes_nothing(empty_session: Session) -> None:
    import_lists(empty_session, _lists(), grace_days=10)
    rows = empty_session.execute(select(PriceRow.id, PriceRow.recorded)).all()
    before = book_state(empty_session)
    import_lists(empty_session, _lists(), grace_days=10)
    assert book_state(empty_session) == before
    assert empty_session.execute(select(PriceRow.id, PriceRow.recorded)).all() == rows


def test_whoever_publishes_between_two_imports_keeps_the_grace_of_the_book(empty_session: Session) -> None:
    import_lists(empty_session, _lists(), grace_days=10)
    held = HeldPrice("acme/large", ComponentKey("output_tokens", ""), Decimal(9), 1_000_000)
    hold_price(empty_session, held, Decider("a test", NOW + timedelta(hours=1)))
    assert _answer(empty_session) == CARRIED
    import_lists(empty_session, _lists())  # without a word of it
    assert empty_session.scalar(select(BookVersion.evidence_grace_days)) == 10
    assert _answer(empty_session) == CARRIED


def test_the_setting_counts_at_the_next_import(tmp_path: Path, empty_book_url: str, redis_url: str) -> None:
    plain = commands_on(tmp_path, empty_book_url, redis_url)
    (tmp_path / "map.json").write_bytes(cost_map(large=2))
    (tmp_path / "list.json").write_bytes(price_list(small=1))
    plain.run("import litellm", str(tmp_path / "map.json"), "--published", "2026-10-20")

    def evidence(days: str) -> str:
        commands = replace(plain, environ=plain.environ | {"LLMPRICING_EVIDENCE_GRACE_DAYS": days})
        result = commands.run("import genai-prices", str(tmp_path / "list.json"), "--published", "2026-11-10")
        assert result.exit_code == 0, result.output
        quoted = commands.run("quote acme/large --at 2026-11-09 --json --usage", json.dumps({"input_tokens": 1000}))
        found: str = json.loads(quoted.stdout)["lines"][0]["evidence"]["basis"]
        return found

    assert [evidence("45"), evidence("10"), evidence("45")] == ["seen", "carried", "seen"]
