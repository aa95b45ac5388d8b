"""Reports of LiteLLM's proxy: its activity by day, and its sums of spend, which count no tokens by kind."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import Any

from llmpricing.domain.money import to_text
from llmpricing.domain.usage.quantities import UsageError
from llmpricing.services.usage_log.formats.counts import usage_of
from llmpricing.services.usage_log.formats.own_totals import differing, number_of
from llmpricing.services.usage_log.formats.record import UsageRecord, not_billed, uncounted, unpriced
from llmpricing.services.usage_log.formats.row import Row
from llmpricing.services.usage_log.formats.shape import ChargeFields, RecordReader, Shape, ToldSums, each, signs
from llmpricing.services.usage_log.formats.told_usage import labels

_DAY, _CENT = timedelta(days=1), Decimal("0.01")
_CHARGE = ChargeFields(("spend",))
_COUNTED = {
    "input_tokens": "prompt_tokens",
    "output_tokens": "completion_tokens",
    "cache_read_tokens": "cache_read_input_tokens",
    "cache_write_tokens": "cache_creation_input_tokens",
}
_COST_ONLY = uncounted("cost only: the report counts no tokens by kind; take GET /user/daily/activity")


def _day(row: Row) -> Iterator[UsageRecord]:
    """https://docs.litellm.ai/docs/proxy/cost_tracking: a day by model and key, and what it sums up beyond these."""
    models = row.inner("breakdown").inner("models")
    found = [(name, models.inner(name)) for name in models.raw]
    for name, model in found:
        yield from _model(row, name, model)
    day, told = row.inner("metrics"), _sums([model.inner("metrics") for _, model in found])
    beyond = {name: total - part for name, total, part in differing(day.raw, told)}
    if beyond:
        yield from each([day], partial(_beyond, row, beyond), _CHARGE)


def _model(row: Row, name: str, model: Row) -> Iterator[UsageRecord]:
    """A model by its keys, where they tell of all that it did."""
    whole, by_key = model.inner("metrics"), model.inner("api_key_breakdown")
    keys = [(key, by_key.inner(key)) for key in by_key.raw]
    if keys and not list(differing(whole.raw, _sums([one.inner("metrics") for _, one in keys]))):
        for key, one in keys:
            said = one.inner("metadata")
            facts = labels(key=said.text("key_alias") or key, team=said.text("team_id"))
            yield from each([one.inner("metrics")], partial(_sum, row, name, facts), _CHARGE)
    else:
        yield from each([whole], partial(_sum, row, name, {}), _CHARGE)


def _sums(parts: Sequence[Row]) -> dict[str, Decimal]:
    names = (*_COUNTED.values(), "spend")
    return {name: sum((number_of(one.value(name)) or Decimal(0) for one in parts), Decimal(0)) for name in names}


def _sum(day: Row, model: str, facts: Mapping[str, str], row: Row) -> UsageRecord:
    at, charged = day.instant("date"), row.amount("spend")
    counts = {meter: row.count(name) for meter, name in _COUNTED.items()}
    requests, failed = row.count("successful_requests"), row.count("failed_requests")
    row.known("api_requests", "total_tokens")
    row.close_counts()
    if not any(counts.values()) and not requests:
        reason = not_billed("all requests failed" if failed else "no request was made")
        return UsageRecord(model, at, None, None, _DAY, charged=charged, labels=facts, outcome=reason)
    usage = usage_of(counts, total=row.count("total_tokens") or None, requests=requests, is_sum=True)
    return UsageRecord(model, at, usage, None, _DAY, charged=charged, labels=facts)


def _beyond(day: Row, beyond: Mapping[str, Decimal], _metrics: Row) -> UsageRecord:
    """What the sums of a day count and its models do not, or less."""
    told = ", ".join(f"{to_text(number)} {name}" for name, number in beyond.items())
    reason = unpriced(f"the day counts more or less than its models: {told}; export it anew, whole")
    return UsageRecord("", day.instant("date"), None, None, _DAY, charged=beyond.get("spend"), outcome=reason)


def _is_day(row: Mapping[str, Any]) -> bool:
    found = row.get("breakdown")
    return isinstance(found, Mapping) and "models" in found


def _spend(row: Row) -> Iterator[UsageRecord]:
    """Spend by model, of a day and its teams, customers or keys (/global/spend/report), or of a day (/spend/logs).
    Several of these are views of one spend, of which the first is taken; raises UsageError where they differ.
    """
    views = [view for view in (*_by_owner(row), _by_model(row)) if view]
    sums = [sum((number_of(one.value("spend")) or Decimal(0) for _, one in view), Decimal(0)) for view in views]
    if max(sums, default=Decimal(0)) - min(sums, default=Decimal(0)) > _CENT:
        raise UsageError(
            "spend", f"is told by several views of the day, as {' and '.join(map(to_text, sums))}: keep one"
        )
    for facts, line in views[0] if views else ():
        yield from each([line], partial(_cost, row, ("group_by_day", "startTime"), facts), _CHARGE)


_SpendView = list[tuple[Mapping[str, str], Row]]


def _by_owner(row: Row) -> Iterator[_SpendView]:
    for group, label in (("teams", "team_name"), ("customers", "customer"), ("api_keys", "api_key")):
        name = group.removesuffix("s").removeprefix("api_")
        yield [
            (labels(**{name: owner.text(label)}), one) for owner in row.rows(group) for one in owner.rows("metadata")
        ]


def _by_model(row: Row) -> _SpendView:
    models = row.inner("models").raw
    return [({}, Row({"model": name, "spend": amount}, row.unread)) for name, amount in models.items()]


def _cost(day: Row, at: tuple[str, ...], facts: Mapping[str, str], row: Row) -> UsageRecord:
    charged, found = row.amount("spend"), {**facts, **labels(key=row.text("api_key"))}
    model, when = row.text("model"), day.instant(*at)
    return UsageRecord(model, when, None, None, _DAY, charged=charged, labels=found, outcome=_COST_ONLY)


def _is_spend(row: Mapping[str, Any]) -> bool:
    return isinstance(row.get("models", {}), Mapping)


def _days(_found: object) -> RecordReader:
    return _day


def _spends(_found: object) -> RecordReader:
    return _spend


_KEYED = (
    *("models", "model_groups", "mcp_servers", "providers", "api_keys", "entities", "endpoints"),
    *("api_key_breakdown", "users"),
)
SHAPES = (
    Shape(
        "litellm-daily-activity",
        "LiteLLM's activity by day (/user/daily/activity and those of teams, tags and others)",
        "sums of a day, model and key, caches inside prompt_tokens",
        signs("date metrics breakdown"),
        _days,
        _is_day,
        always={meter: (f"metrics.{name}",) for meter, name in {**_COUNTED, "requests": "successful_requests"}.items()},
        of=("LiteLLM",),
        keyed=_KEYED,
        sums=ToldSums.PARTED,
    ),
    Shape(
        "litellm-spend",
        "LiteLLM's reports of spend (/global/spend/report, /spend/logs by day)",
        "amounts by model, without counts by kind",
        signs("group_by_day teams", "group_by_day customers", "group_by_day api_keys", "startTime spend users models"),
        _spends,
        _is_spend,
        of=("LiteLLM",),
        keyed=_KEYED,
        sums=ToldSums.BUCKETS,
    ),
)
