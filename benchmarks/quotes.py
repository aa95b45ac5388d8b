"""Quotes over HTTP: a batch of 1,000 items from a served price book with all bundled prices, and one quote alone.

    python -m benchmarks.quotes

Scratch stores, a real waitress server in this process. The first batch finds nothing remembered; the others are the
best of several. Beside it stands genai_prices.calc_price on the same models and usages, in process.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.client import HTTPConnection
from threading import Thread
from typing import Any

import genai_prices
from genai_prices.data import providers
from sqlalchemy import create_engine
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool
from waitress.server import create_server

from benchmarks.timing import best_of, ms, once
from llmpricing import main as make_app
from llmpricing.local_stores import running_stores
from llmpricing.models import migrations
from llmpricing.services.imports.seeding import seed

ITEMS, LIMIT_S, ROUNDS = 1000, 0.2, 10
AT = datetime(2026, 11, 1, tzinfo=UTC)


def main() -> None:
    """Print the figures; exit code 1 where the batch is too slow."""
    models = [(seller, model) for seller in providers for model in seller.models if model.prices][:ITEMS]
    usages = [{"input_tokens": 1000 + n, "cache_read_tokens": 200, "output_tokens": 500} for n in range(ITEMS)]
    items = [
        {"model": f"{seller.id}/{model.id}", "usage": usage, "at": AT.isoformat()}
        for (seller, model), usage in zip(models, usages, strict=True)
    ]
    with served() as port:
        batch, single = json.dumps({"items": items}), json.dumps(items[0])
        cold_s, answer = once(lambda: post(port, batch))
        warm_s = best_of(ROUNDS, lambda: post(port, batch))
        one_s = best_of(ROUNDS, lambda: post(port, single))
    priced = sum(item.get("total") is not None for item in answer["data"]["items"])
    theirs_s = best_of(ROUNDS, lambda: [calculated(*pair) for pair in zip(models, usages, strict=True)])
    print(f"batch of {ITEMS} over HTTP, nothing remembered   {ms(cold_s)} ({priced} priced)")
    print(f"batch of {ITEMS} over HTTP                       {ms(warm_s)} (limit {ms(LIMIT_S)})")
    print(f"one quote over HTTP                           {ms(one_s)}")
    print(f"the same {ITEMS} by genai_prices, in process     {ms(theirs_s)}: ours {warm_s / theirs_s:.1f} x")
    raise SystemExit(warm_s > LIMIT_S)


def calculated(pair: tuple[Any, Any], usage: dict[str, int]) -> Any:
    """What genai_prices says."""
    seller, model = pair
    return model.calc_price(genai_prices.Usage(**usage), seller, genai_request_timestamp=AT)


def post(port: int, body: str) -> Any:
    """The answer to posted questions."""
    connection = HTTPConnection("127.0.0.1", port)
    connection.request("POST", "/api/v1/quotes", body, {"Content-Type": "application/json"})
    answer = connection.getresponse()
    data = answer.read()
    connection.close()
    assert answer.status == 200, data
    return json.loads(data)


@contextmanager
def served() -> Iterator[int]:
    """The port of a server with all bundled prices."""
    with running_stores() as stores:
        engine = create_engine(stores.database_url, poolclass=NullPool)
        with engine.connect() as connection:
            migrations.upgrade(connection, lock_timeout_s=10)
        with Session(engine) as session, session.begin():
            seed(session, ["genai-prices", "model-prices", "models-dev"], datetime.now(UTC), lambda done, total: None)
        urls = {"sqlalchemy.url": stores.database_url, "redis.url": stores.redis_url}
        app = make_app(None, **urls, **{"llmpricing.environment": "development"})
        server = create_server(app, host="127.0.0.1", port=0, threads=4)
        thread = Thread(target=server.run, daemon=True)
        thread.start()
        yield int(server.effective_port)
        server.close()
        app.registry["llmpricing.engine"].dispose()


if __name__ == "__main__":
    main()
