"""How the FastAPI peers come by their answers: out of memory, out of Redis, by asyncpg."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable
from importlib import import_module
from typing import Any

Answer = Callable[[Any], Awaitable[bytes]]

# A page of the list by its base prices, as short as it can be written: neither counted nor with evidence. It ends as
# soon as it has its rows.
LISTING = """
select o.slug as id, o.name, v.slug as provider, o.lab, o.status, o.context_window, o.max_output_tokens,
       o.capabilities, o.input_modalities, o.output_modalities, base.input::text as input_per_mtok,
       base.output::text as output_per_mtok, base.cache_read::text as cache_read_per_mtok,
       base.cache_write::text as cache_write_per_mtok, base.since as price_since, base.currency, s.slug as source
  from offering o
  join provider v on v.id = o.provider_id
 cross join lateral (
       select max(p.amount * (1000000::numeric / p.per_quantity)) filter (where p.meter = 'input_tokens') as input,
              max(p.amount * (1000000::numeric / p.per_quantity)) filter (where p.meter = 'output_tokens') as output,
              max(p.amount * (1000000::numeric / p.per_quantity))
                  filter (where p.meter = 'cache_read_tokens') as cache_read,
              max(p.amount * (1000000::numeric / p.per_quantity))
                  filter (where p.meter = 'cache_write_tokens') as cache_write,
              max(lower(p.valid)) as since, max(p.currency) as currency, max(p.source_id) as source_id
         from price p
        where p.offering_id = o.id and p.condition_key = '' and p.state in ('priced', 'free')
          and p.valid @> now() and p.recorded @> now()) base
  left join source s on s.id = base.source_id
 where base.input <= $1 and base.currency = 'USD'
 order by o.slug
 limit $2
"""


def out_of_memory(body: bytes) -> Answer:
    """These bytes."""

    async def answer(_: Any) -> bytes:
        return body

    return answer


def out_of_redis(body: bytes, url: str) -> Answer:
    """These bytes, of which Redis is asked each time."""
    cache, key = import_module("redis.asyncio").from_url(url), f"benchmark:{os.getpid()}"
    filled: list[bool] = []

    async def answer(_: Any) -> bytes:
        if not filled:
            await cache.set(key, body, ex=600)
            filled.append(True)
        found: bytes = await cache.get(key)
        return found

    return answer


def listing_in(url: str) -> Answer:
    """The list under a filter: a pool, a prepared statement, orjson."""
    asyncpg, orjson, decimal = import_module("asyncpg"), import_module("orjson"), import_module("decimal")
    address, pools = url.replace("postgresql+psycopg2", "postgresql"), list[Any]()

    async def answer(request: Any) -> bytes:
        if not pools:
            pools.append(await asyncpg.create_pool(address, min_size=4, max_size=4))
        most = decimal.Decimal(request.query_params.get("max_input_price", "1000"))
        limit = int(request.query_params.get("limit", "50"))
        async with pools[0].acquire() as connection:
            rows = await connection.fetch(LISTING, most, limit)
        found: bytes = orjson.dumps({"data": [dict(row) for row in rows], "meta": {"count": len(rows)}})
        return found

    return answer
