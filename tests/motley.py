"""A price book of offerings made at random, with every condition that prices know, and a usage log to match it."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import insert
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from llmpricing.domain.conditions import BASE, STANDARD, Conditions, Schedule, Step, conditions
from llmpricing.domain.meters import METERS
from llmpricing.models import (
    BookVersion,
    ContractRateRow,
    ExchangeRate,
    MeterRow,
    Offering,
    OfferingAlias,
    PriceRow,
    Provider,
    ScheduleRow,
    Source,
)

START = datetime(2025, 1, 1, tzinfo=UTC)
BELIEVED = datetime(2026, 11, 1, tzinfo=UTC)
OFFERINGS = 40
NIGHT = Schedule("Europe/Berlin", ((22 * 60, 6 * 60),))
OFFICE = Schedule("America/New_York", ((9 * 60, 17 * 60),), (1, 2, 3, 4, 5), (date(2025, 7, 4),))
CONDITIONS = (
    BASE,
    BASE,
    BASE,
    conditions("batch"),
    conditions(step=Step(200_000)),
    conditions(step=Step(100, inclusive=True)),
    conditions(step=Step(1000, marginal=True)),
    conditions(schedule=NIGHT),
    conditions(schedule=OFFICE),
    conditions(region="eu"),
    conditions("batch", step=Step(200_000)),
    conditions(resolution="1080p"),
)
COUNTED = (
    "input_tokens",
    "output_tokens",
    "cache_read_tokens",
    "cache_write_tokens",
    "cache_write_1h_tokens",
    "input_audio_tokens",
    "cache_audio_read_tokens",
    "output_reasoning_tokens",
    "web_searches",
    "requests",
    "audio_seconds",
)


def fill(session: Session) -> None:
    """Write the book: 40 offerings of one seller, own rates for some, an exchange rate, and an alias that moves."""
    chance = random.Random(7)  # noqa: S311 - the same book every time
    session.add(BookVersion(id=1, version=1, changed_at=BELIEVED))
    session.add(Source(id=1, slug="motley", name="Motley", trust_rank=1, states_dates=True))
    session.add(Provider(id=1, slug="motley", name="Motley"))
    for meter in METERS.values():
        session.add(MeterRow(slug=meter.slug, family=meter.family, per_quantity=meter.per, dimensions={}))
    for schedule in (NIGHT, OFFICE):
        windows, days = [list(window) for window in schedule.windows], list(schedule.weekdays)
        session.add(
            ScheduleRow(
                key=schedule.key,
                time_zone=schedule.time_zone,
                weekdays=days,
                windows=windows,
                holidays=list(schedule.holidays),
            )
        )
    session.flush()
    for number in range(1, OFFERINGS + 1):
        facts = {"created_at": START, "updated_at": START}
        session.add(
            Offering(id=number, slug=f"motley/m{number}", provider_id=1, api_id=f"m{number}", name="M", **facts)
        )
    session.flush()
    session.execute(insert(PriceRow), [row for number in range(1, OFFERINGS + 1) for row in _prices(chance, number)])
    _agree(session)


def _prices(chance: random.Random, offering: int) -> list[dict[str, Any]]:
    """Up to 30 prices without two that apply alike; each meter has a base price in most periods."""
    found: dict[tuple[str, str, int], dict[str, Any]] = {}
    currency = "EUR" if offering % 13 == 0 else "USD"
    dated = offering % 3 != 0
    for meter in chance.sample(COUNTED, chance.randint(5, 10)):
        some = [(chance.choice(CONDITIONS), chance.randint(0, 2) if dated else 0) for _ in range(chance.randint(0, 4))]
        base = [(BASE, period) for period in range(3 if dated else 1) if chance.random() < 0.97]
        for asked, period in (*base, *some):
            found[meter, asked.key, period] = _price(chance, offering, meter, asked, period if dated else None)
            found[meter, asked.key, period]["currency"] = currency
    return list(found.values())


def _price(chance: random.Random, offering: int, meter: str, asked: Conditions, period: int | None) -> dict[str, Any]:
    state = chance.choices(["priced", "free", "not_offered", "included", "subscription"], [30, 1, 1, 1, 1])[0]
    first = None if period is None else START + timedelta(days=100 * period)
    return {
        "offering_id": offering,
        "meter": meter,
        "condition_key": asked.key,
        "service_tier": asked.service_tier,
        "region": asked.region,
        "step_above": asked.step.above if asked.step else None,
        "step_inclusive": bool(asked.step and asked.step.inclusive),
        "step_marginal": bool(asked.step and asked.step.marginal),
        "schedule_key": asked.schedule.key if asked.schedule else None,
        "extra": dict(asked.extra),
        "state": state,
        "amount": Decimal(chance.randint(1, 10**9)).scaleb(-7) if state == "priced" else None,
        "per_quantity": chance.choice([METERS[meter].per, 1_000_000, 3600, 7]),
        "minimum_quantity": Decimal(10) if meter == "audio_seconds" and chance.random() < 0.3 else None,
        "valid": Range(first, first and first + timedelta(days=100)),
        "recorded": Range(START, None),
        "basis": "documented",
        "bracket_from": None,
        "source_id": 1,
        "observed_at": START,
        "known_from": START,
        "source_url": None,
    }


def _agree(session: Session) -> None:
    """Own rates, a currency's worth, and a name that meant another model until June 2025."""
    ever, june = Range(START, None), START + timedelta(days=151)
    shared = {"provider": "motley", "currency": "USD", "recorded": ever}
    session.add(ContractRateRow(api_id_glob="m1*", discount=Decimal("0.125"), valid=Range(june, None), **shared))
    own = {"meter": "input_tokens", "amount": Decimal("1.7"), "per_quantity": 1_000_000}
    session.add(ContractRateRow(api_id_glob="m2", valid=Range(START, june), **own, **shared))
    session.add(ExchangeRate(currency="EUR", usd=Decimal("1.13"), source="a bank", valid=ever, recorded=ever))
    for offering, valid in ((4, Range(START, june)), (5, Range(june, None))):
        named = {"namespace": "own", "alias": "our-model", "source_id": None}
        session.add(OfferingAlias(offering_id=offering, valid=valid, recorded=ever, **named))


def row(chance: random.Random) -> dict[str, str]:
    """One row of a log, as texts: most can be priced, some say too little, some say nonsense."""
    model = chance.choices([f"motley/m{chance.randint(1, OFFERINGS)}", "our-model", "nobody/knows"], [30, 2, 1])[0]
    found = {"model": model, "at": _time(chance), "note": chance.choice(["", "a, b", 'said "no"'])}
    found["service_tier"] = chance.choices(["", STANDARD, "batch", "default", "sometime"], [20, 3, 6, 2, 1])[0]
    found["region"] = chance.choices(["", "eu", "us"], [20, 8, 1])[0]
    found["resolution"] = chance.choices(["", "1080p", STANDARD, "8k"], [30, 2, 2, 1])[0]
    found |= dict.fromkeys(COUNTED, "")
    for meter in chance.sample(COUNTED, chance.choice([0, 1, 1, 2, 3, 6])):
        found[meter] = chance.choice(["0", "1", "17", "500", "1001", str(chance.randint(1, 5000))])
    if chance.random() < 0.9:  # the whole is no less than its parts
        parts = sum(int(found[meter] or 0) for meter in COUNTED[2:7])
        found["input_tokens"] = str(parts + chance.choice([0, 1, 99, 100, 101, 199_999, 200_000, 200_001, 10**6]))
        found["output_tokens"] = str(int(found["output_reasoning_tokens"] or 0) + chance.randint(0, 5000))
    if chance.random() < 0.05:
        odd = ("12.5", "-3", "1e3", "NaN", "many", "0x1F", str(10**12), str(10**13), " 7 ", "3.0", "٣")
        found[chance.choice(COUNTED)] = chance.choice(odd)
    return found


def _time(chance: random.Random) -> str:
    moment = START + timedelta(days=chance.randint(-5, 330), seconds=chance.randint(0, 86_399))
    if chance.random() < 0.1:
        moment = START + timedelta(days=chance.choice([0, 100, 200, 151]))
    shapes = (moment.isoformat(), f"{moment:%Y-%m-%dT%H:%M:%SZ}", moment.date().isoformat(), "yesterday", "")
    return chance.choices(shapes, [20, 20, 5, 1, 1])[0]
