"""What readers make of the published files: runs in an environment of its own, of feedparser, DuckDB and Polars.

Arguments: the address of the folder, the query of the docs, a file of usage in NDJSON; one object of JSON out.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from urllib.request import urlopen

import duckdb
import feedparser
import polars

_RATES = "prices.parquet"
_USAGE = (
    'create table usage as select model, "at"::timestamptz as "at", input_tokens, output_tokens from read_json_auto(?)'
)


def _atom(address: str) -> dict:
    found = feedparser.parse(f"{address}/changes.atom")
    if found.bozo:
        return {"error": repr(found.bozo_exception)}
    entries = [{"id": one.id, "title": one.title, "at": one.updated, "page": one.link} for one in found.entries]
    return {"version": found.version, "title": found.feed.title, "entries": entries}


def _by_duckdb(query: str, usage: str) -> float:
    duckdb.execute("set timezone = 'UTC'")
    duckdb.execute(_USAGE, [usage])
    return float(duckdb.sql(query).fetchall()[0][0])


def _by_polars(usage: str) -> float:
    rates = polars.read_parquet(_RATES).filter("is_flat")
    used = polars.read_ndjson(usage).with_columns(polars.col("at").str.to_datetime(time_zone="UTC"))
    at, since, until = polars.col("at"), polars.col("valid_from"), polars.col("valid_until")
    counted = used.join(rates, left_on="model", right_on="offering").filter(
        (since.is_null() | (since <= at)) & (until.is_null() | (at < until))
    )
    paid = [polars.col(f"{kind}_tokens") * polars.col(f"{kind}_per_mtok").cast(float) for kind in ("input", "output")]
    return float(counted.select((paid[0] + paid[1]).sum()).item()) / 1e6


def main(address: str, query: str, usage: str) -> None:
    with urlopen(f"{address}/{_RATES}") as answer:  # noqa: S310 - a server of the test
        Path(_RATES).write_bytes(answer.read())
    costs = {"DuckDB": _by_duckdb(query, usage), "Polars": _by_polars(usage)}
    print(json.dumps({"atom": _atom(address), "costs": costs}))


if __name__ == "__main__":
    main(*sys.argv[1:])
