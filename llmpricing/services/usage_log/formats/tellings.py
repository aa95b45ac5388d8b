"""How much records count, and what tells their tellings apart: the same numbers by record and by column."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from hashlib import blake2b
from typing import NamedTuple

import numpy as np

from llmpricing.services.usage_log.batch import Numbers
from llmpricing.services.usage_log.formats.record import UsageRecord
from llmpricing.services.usage_log.formats.record_columns import RecordColumns

_ALL_BITS, _SIGN = 2**64 - 1, 2**63


class Telling(NamedTuple):
    """A record as 64 bits each: the sum of all that it counts, 0 where it tells no usage, and what else of it decides
    its price, counts included. Of two tellings the fuller one is the larger, whatever comes first.
    """

    weight: int
    facts: int


class TellingColumns(NamedTuple):
    """The same of many records."""

    weight: Numbers
    facts: Numbers


def telling_of(record: UsageRecord) -> Telling:
    """The telling that a record is."""
    stated = {meter: int(number) for meter, number in record.usage.stated.items()} if record.usage else {}
    return told(((meter, number) for meter, number in stated.items()), _facts_of(record), has_usage=bool(record.usage))


def told(stated: Iterable[tuple[str, int]], facts: int, *, has_usage: bool) -> Telling:
    """The telling of these counts and ``facts``."""
    weight, found = int(has_usage), facts
    for meter, number in stated:
        weight += number
        found += _number_of(meter) * number
    return Telling(weight, _signed(found))


def tellings_of(columns: RecordColumns) -> TellingColumns:
    """The tellings that the records of columns are."""
    heads = [head.record for head in columns.heads]
    weight = np.array([head.usage is not None for head in heads], np.int64)[columns.which]
    facts = np.array([_facts_of(head) for head in heads], np.int64)[columns.which]
    for meter, numbers in columns.counts.items():
        counted: Numbers = np.maximum(numbers, 0)
        weight += counted
        facts += counted * np.int64(_number_of(meter))  # past 64 bits it begins anew, as _signed does
    return TellingColumns(weight, facts)


def _facts_of(record: UsageRecord) -> int:
    where = record.context
    return _number_of(f"{record.model}\n{record.provider}\n{where.service_tier}\n{where.region}\n{where.extra}")


@lru_cache(maxsize=10_000)
def _number_of(text: str) -> int:
    """64 bits of a text, the same in every process: which of two tellings is billed hangs on nothing else."""
    return _signed(int.from_bytes(blake2b(text.encode("utf-8", "replace"), digest_size=8).digest()))


def _signed(number: int) -> int:
    """A number as NumPy's 64 bits hold it."""
    return ((number + _SIGN) & _ALL_BITS) - _SIGN
