"""A made-up usage log: requests to many models over three months, with caches, batches and long contexts."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pyarrow as pa

UNTIL = datetime(2026, 11, 20, tzinfo=UTC)
_DAYS = 90
_SEED = 20261122


def usage_log(rows: int, models: list[str], tiers: tuple[str, ...] = ("", "", "", "", "batch")) -> pa.Table:
    """So many requests in order of time; the first models are asked most. Times are text with Z, as logs have them."""
    random = np.random.default_rng(_SEED)
    last = int(UNTIL.timestamp() * 1000)
    at = np.sort(random.integers(last - _DAYS * 86_400_000, last, rows))
    texts = pa.array(at, pa.timestamp("ms", "UTC")).cast(pa.timestamp("ms")).cast(pa.string())
    requests = np.where(random.random(rows) < 0.02, 200_000, 0) + random.integers(1, 30_000, rows)
    cached = (requests * np.where(random.random(rows) < 0.5, random.random(rows), 0)).astype(np.int64)
    popular = np.minimum(random.zipf(1.3, rows), len(models)) - 1
    return pa.table(
        {
            "request_id": pa.array(np.arange(rows)).cast(pa.string()),
            "at": pa.compute.binary_join_element_wise(texts, "Z", ""),
            "model": pa.array(models).take(pa.array(popular)),
            "service_tier": pa.array(tiers).take(pa.array(random.integers(0, len(tiers), rows))),
            "input_tokens": requests,
            "cache_read_tokens": cached,
            "output_tokens": random.integers(0, 4000, rows),
        }
    )
