"""Many rows at once: as they were given, whatever their types, and never all in memory together."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from llmpricing.domain.observations import Basis, State
from llmpricing.models import MatchRule, Offering, OfferingAlias, PriceRow, Provider, Source
from llmpricing.models.bitemporal import since
from llmpricing.models.inserting import insert_all
from tests.conftest import NOW
from tests.queries import recorded

ODD = 'a "quoted", {braced} \\ back\\slashed; 価格 name\n\twith \U0001f4b0'


def test_every_type_of_column_comes_back_as_it_was_given(session: Session) -> None:
    offering, source = session.scalars(select(Offering.id)).first(), session.scalars(select(Source.id)).first()
    valid = Range(datetime(2026, 1, 31, 23, 59, 59, 999999, UTC), None, bounds="[)")
    given = {
        "offering_id": offering,
        "meter": "input_tokens",
        "condition_key": ODD,
        "service_tier": "flex",
        "region": "",
        "step_above": 2**40,
        "step_inclusive": True,
        "step_marginal": False,
        "schedule_key": None,
        "extra": {"size": ODD, "deep": {"list": [1, None, True]}},
        "state": State.PRICED,
        "amount": Decimal("0.00000000000000000001234567890123456789"),
        "currency": "USD",
        "per_quantity": 1_000_000,
        "minimum_quantity": Decimal("1E+3"),
        "valid": valid,
        "recorded": since(NOW),
        "basis": Basis.DOCUMENTED,
        "bracket_from": datetime(1, 1, 1, tzinfo=UTC),
        "source_id": source,
        "observed_at": NOW,
        "first_seen": None,
        "superseded_at": None,
        "fresh_from": None,
        "fresh_until": None,
        "known_from": NOW,
        "source_url": ODD,
    }
    insert_all(session, PriceRow, [given])
    kept = session.execute(select(PriceRow.__table__).where(PriceRow.condition_key == ODD)).one()._asdict()
    assert {name: kept[name] for name in given} == given
    assert str(kept["amount"]) == str(given["amount"])


def test_lists_dates_and_trees_come_back_as_they_were_given(session: Session) -> None:
    provider = session.scalars(select(Provider.id)).first()
    given = {
        "slug": f"acme/{ODD}",
        "provider_id": provider,
        "api_id": ODD,
        "name": ODD,
        "capabilities": ["a,b", 'c"d', "{e}", ""],
        "input_modalities": [],
        "output_modalities": None,
        "deprecated_on": date(2026, 2, 28),
        "facts": {"a": {"published_at": NOW.isoformat()}},
        "created_at": NOW,
        "updated_at": NOW,
    }
    insert_all(session, Offering, [given])
    kept = session.execute(select(Offering.__table__).where(Offering.api_id == ODD)).one()._asdict()
    assert {name: kept[name] for name in given} == given
    tree = {"or": [{"equals": ODD}, {"starts_with": ""}]}
    rule = {"offering_id": kept["id"], "source_id": 1, "position": 1, "clause": tree, "recorded": since(NOW)}
    insert_all(session, MatchRule, [rule])
    assert session.scalars(select(MatchRule.clause).where(MatchRule.offering_id == kept["id"])).one() == tree


def _aliases(offering: int, count: int) -> Iterator[dict[str, Any]]:
    for number in range(count):
        period = Range(NOW, NOW + timedelta(days=1))
        named = {"namespace": "many", "alias": f"n{number}", "offering_id": offering, "source_id": None}
        yield named | {"valid": period, "recorded": since(NOW)}


def test_many_rows_take_few_statements_and_keep_their_order(session: Session) -> None:
    offering = session.scalars(select(Offering.id)).first()
    assert offering
    taken = []
    with recorded() as queries:
        insert_all(session, OfferingAlias, (taken.append(row) or row for row in _aliases(offering, 12_001)))  # type: ignore[func-returns-value]
    queries.within(statements=3, rows=12_001)
    assert len(taken) == 12_001
    names = select(OfferingAlias.alias).where(OfferingAlias.namespace == "many").order_by(OfferingAlias.id)
    assert list(session.scalars(names)) == [row["alias"] for row in taken]


def test_no_rows_are_no_statement(session: Session) -> None:
    with recorded() as queries:
        insert_all(session, OfferingAlias, iter(()))
    assert not queries.asked


def test_the_rows_are_taken_as_they_come(session: Session) -> None:
    """A generator that looks at the table sees the first thousands there before the last one is made."""
    offering = session.scalars(select(Offering.id)).first()
    assert offering
    there = []

    def rows() -> Iterator[dict[str, Any]]:
        for number, row in enumerate(_aliases(offering, 12_000)):
            if number == 11_999:
                there.extend(session.scalars(select(OfferingAlias.id).where(OfferingAlias.namespace == "many")))
            yield row

    insert_all(session, OfferingAlias, rows())
    assert len(there) >= 5_000


def test_what_the_database_refuses_is_an_error_of_its_own(session: Session) -> None:
    with pytest.raises(IntegrityError):
        insert_all(session, OfferingAlias, _aliases(-1, 1))
