"""Logs with known mistakes: each planted record bears a figure made by plain arithmetic, not by the audit's code."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from random import Random
from typing import NamedTuple

from llmpricing.domain.usage.quantities import count
from llmpricing.services.usage_log.formats.record import UsageRecord, not_billed
from tests.planted_figures import NOON
from tests.planted_mistakes import PAIRS, PLANTS, RIGHT, Plant


class PlantedRecord(NamedTuple):
    """A record, the cause that it was planted with (empty where it is right), and by how much it is wrong."""

    record: UsageRecord
    cause: str
    money: Decimal


def planted(plant: Plant, counts: Mapping[str, int], name: str) -> PlantedRecord:
    """The record of a plant."""
    right, logged = plant.right(counts), plant.logged(counts)
    record = UsageRecord(
        plant.model, plant.at, count(counts), None, context=plant.context, charged=logged, record_id=name
    )
    return PlantedRecord(record, plant.cause, logged - right)


def planted_log(seed: int, rows: int, wrong: float = 0.2, pairs: float = 0.05) -> list[PlantedRecord]:
    """A log of so many rows: some wrong by one mistake each, in equal parts, some by two, some failed and billed or
    told twice, the rest right; in a random order.
    """
    rng = Random(seed)  # noqa: S311 - a log for tests
    found = []
    for number in range(rows):
        name, chance = f"r{seed}-{number}", rng.random()
        if chance < pairs:
            plant = PAIRS[number % len(PAIRS)]
            found.append(planted(plant, plant.counts(rng), name))
        elif chance < pairs + wrong:
            plant = PLANTS[number % len(PLANTS)]
            found.append(planted(plant, plant.counts(rng), name))
        else:
            found.append(_right(rng, name))
    failed = [_failed(one) for one in found[: rows // 50]]
    rng.shuffle(found)
    return [*found, *failed]


def _right(rng: Random, name: str) -> PlantedRecord:
    model, made, figure, where = RIGHT[rng.randrange(len(RIGHT))]
    counts = made(rng)
    day = NOON - timedelta(days=rng.randrange(3), minutes=rng.randrange(700))
    logged = figure(counts)
    noisy = Decimal(repr(float(logged)))  # what a tool that counts in floating point writes
    record = UsageRecord(model, day, count(counts), None, context=where, charged=noisy, record_id=name)
    return PlantedRecord(record, "", noisy - logged)


def _failed(one: PlantedRecord) -> PlantedRecord:
    """The same call, failed, and billed all the same."""
    charged = one.record.charged or Decimal(0)
    record = UsageRecord(
        one.record.model,
        NOON,
        None,
        None,
        charged=charged,
        record_id=f"{one.record.record_id}-failed",
        outcome=not_billed("failed"),
    )
    return PlantedRecord(record, "charged_but_not_billed", charged)
