"""An alias that changes its model takes facts of lists of now alone: an older list spoke of the model before."""

from __future__ import annotations

import json
from datetime import date, timedelta
from itertools import permutations
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from llmpricing.models import Offering, OfferingPast
from tests.conftest import NOW
from tests.integration.services.imports.test_importing import load

ALIAS, VERSION = "~acme/claw-latest", "acme/claw-5-latest"
Lists = tuple[str, bytes, str]


def described(published: str, context: int) -> Lists:
    facts = {
        "release_date": "2026-04-27",
        "knowledge": "2026-01",
        "tool_call": True,
        "limit": {"context": context, "output": 64_000},
    }
    models = {one: {"id": one, "name": "Claw Latest", **facts} for one in (ALIAS, VERSION)}
    return "models-dev", json.dumps({"acme": {"id": "acme", "name": "Acme", "models": models}}).encode(), published


def priced(published: str, context: int, price: float = 1) -> Lists:
    prices = {"input_mtok": price, "output_mtok": 5}
    models = [
        {"id": one, "name": one, "match": {"equals": one}, "prices": prices, "context_window": context}
        for one in (ALIAS, VERSION)
    ]
    listed = [{"id": "acme", "name": "Acme", "api_pattern": "acme", "models": models}]
    return "genai-prices", json.dumps(listed).encode(), published


def told(session: Session, api_id: str = ALIAS) -> tuple[Any, ...]:
    one = session.scalars(select(Offering).where(Offering.api_id == api_id).execution_options(populate_existing=True))
    found = one.one()
    return (
        found.context_window,
        found.max_output_tokens,
        found.released_on,
        found.knowledge_cutoff,
        bool(found.capabilities),
    )


def test_an_alias_keeps_nothing_of_a_list_that_spoke_of_the_model_before(empty_session: Session) -> None:
    lists = [described("2026-05-21", 200_000), priced("2026-11-10", 1_000_000)]
    for order in permutations(lists):
        with empty_session.begin_nested() as savepoint:
            for minute, (source, data, published) in enumerate(order):
                load(empty_session, data, published, NOW + timedelta(minutes=minute), source)
            assert told(empty_session) == (1_000_000, None, None, None, False)
            # a version stays one: nothing of it is another model's
            assert told(empty_session, VERSION) == (1_000_000, 64_000, date(2026, 4, 27), "2026-01", True)
            savepoint.rollback()


def test_lists_of_the_same_days_tell_of_an_alias_together(empty_session: Session) -> None:
    for source, data, published in (described("2026-11-05", 900_000), priced("2026-11-10", 1_000_000)):
        load(empty_session, data, published, source=source)
    assert told(empty_session) == (1_000_000, 64_000, date(2026, 4, 27), "2026-01", True)


def test_a_list_that_says_the_same_later_ends_what_an_older_one_says_and_what_was_believed_stays(
    empty_session: Session,
) -> None:
    source, data, published = described("2026-11-01", 900_000)
    load(empty_session, data, published, source=source)
    source, data, published = priced("2026-11-02", 1_000_000)
    load(empty_session, data, published, NOW + timedelta(minutes=1), source)
    assert told(empty_session)[1:] == (64_000, date(2026, 4, 27), "2026-01", True)
    load(empty_session, data, "2026-11-20", NOW + timedelta(minutes=2), source)
    assert told(empty_session) == (1_000_000, None, None, None, False)
    past = empty_session.scalars(select(OfferingPast).order_by(OfferingPast.until.desc()).limit(1)).one()
    assert (past.max_output_tokens, past.knowledge_cutoff) == (64_000, "2026-01")
