"""What an import holds back, on a real price book: by rank and age, and by what other sellers ask for the model."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from llmpricing.models import Offering, PriceRow, Review
from llmpricing.services.imports.fetches import ReadList
from llmpricing.services.imports.importing import import_lists
from llmpricing.sources.registry import SOURCES
from tests.conftest import NOW
from tests.lists import listed


@pytest.fixture
def session(empty_book_url: str) -> Iterator[Session]:
    with Session(create_engine(empty_book_url, poolclass=NullPool)) as session:
        yield session


def sold(*entries: tuple[str, str, float], mode: str = "chat") -> bytes:
    """LiteLLM's map of (seller, key, input in USD per million tokens); output asks three times as much."""
    return json.dumps(
        {
            key: {
                "litellm_provider": seller,
                "mode": mode,
                "input_cost_per_token": amount / 1_000_000,
                "output_cost_per_token": amount * 3 / 1_000_000,
            }
            for seller, key, amount in entries
        }
    ).encode()


def load(session: Session, data: bytes, on: str, source: str = "litellm", **more: Any) -> None:
    published = datetime.fromisoformat(on).replace(tzinfo=UTC)
    import_lists(session, [(SOURCES[source], ReadList(data, published, NOW, "a list", **more))])
    session.commit()


def waiting(session: Session) -> list[tuple[str, str, str]]:
    query = select(Offering.slug, Review.component, Review.rule).join(Review, Review.offering_id == Offering.id)
    found = session.execute(query.where(Review.closed_at.is_(None)).order_by(Offering.slug, Review.component))
    return [(slug, component.removesuffix("|"), str(rule)) for slug, component, rule in found]


def input_price(session: Session, slug: str) -> Decimal | None:
    query = select(PriceRow.amount).join(Offering, Offering.id == PriceRow.offering_id)
    current = query.where(Offering.slug == slug, PriceRow.meter == "input_tokens", PriceRow.current())
    return session.scalars(current.where(PriceRow.valid.contains(NOW))).one_or_none()


def test_an_old_map_alone_does_not_hold_todays_price(session: Session) -> None:
    load(session, sold(("acme", "acme/command-light", 15)), "2023-11-01")
    load(session, listed("acme", {"command-light": (0.3, 0.6)}), "2026-11-10", "genai-prices")
    assert waiting(session) == []
    assert input_price(session, "acme/command-light") == Decimal("0.3")


def test_a_new_id_a_hundred_times_dearer_than_the_model_elsewhere_waits(session: Session) -> None:
    load(session, sold(("groq", "groq/llama-3.3-70b", 0.6), ("novita", "novita/llama-3.3-70b", 0.5)), "2026-11-01")
    entries = (
        ("groq", "groq/llama-3.3-70b", 0.6),
        ("novita", "novita/llama-3.3-70b", 0.5),
        ("nebius", "nebius/meta/Llama-3.3-70B", 55),
        ("nscale", "nscale/llama-3.3-8b", 55),  # another size
    )
    load(session, sold(*entries), "2026-11-12")
    assert waiting(session) == [
        ("nebius/meta/Llama-3.3-70B", "input_tokens", "far_from_other_sellers"),
        ("nebius/meta/Llama-3.3-70B", "output_tokens", "far_from_other_sellers"),
    ]
    assert input_price(session, "nebius/meta/Llama-3.3-70B") is None


def test_what_waits_for_other_sellers_passes_when_another_source_says_so_too(session: Session) -> None:
    test_a_new_id_a_hundred_times_dearer_than_the_model_elsewhere_waits(session)
    load(session, listed("nebius", {"meta/Llama-3.3-70B": (50, 150)}), "2026-11-14", "genai-prices")
    assert waiting(session) == []
    assert input_price(session, "nebius/meta/Llama-3.3-70B") == 50


@pytest.mark.parametrize("beside", [{}, {"input_cost_per_image": 0.0001}])
def test_a_zeroed_embedding_price_is_held(session: Session, beside: dict[str, float]) -> None:
    def embedding(amount: float) -> bytes:
        entry = {"litellm_provider": "acme", "mode": "embedding", "input_cost_per_token": amount, **beside}
        return json.dumps({"acme/embed-9": entry}).encode()

    load(session, embedding(2e-8), "2026-10-01")
    load(session, embedding(0), "2026-11-01")
    assert waiting(session) == [("acme/embed-9", "input_tokens", "zero_where_priced")]
    assert input_price(session, "acme/embed-9") == Decimal("0.02")
