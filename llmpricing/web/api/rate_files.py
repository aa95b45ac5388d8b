"""/api/v1/prices.csv and .parquet: flat rates with their dates, for spreadsheets and databases of one's own."""

from __future__ import annotations

from functools import partial

from pyramid.request import Request
from pyramid.response import Response

from llmpricing.book.rate_files import WRITERS
from llmpricing.services.feeds.rate_table import rate_table
from llmpricing.web import parameters as p
from llmpricing.web.api.feed_bytes import ASKS, answer, asks_a_moment, asks_net, clocks_of
from llmpricing.web.operations import Operation

_MEDIA = {"prices.csv": "text/csv", "prices.parquet": "application/vnd.apache.parquet"}
_ASKS = ASKS | {"at": p.time.of("only the rates of that moment; those of all times where it is left out")}


def _show(name: str, request: Request) -> Response:
    found = answer(request, name, _MEDIA[name], partial(_bytes, name))
    found.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return found


def _bytes(name: str, request: Request) -> bytes:
    clocks, only_then, net = clocks_of(request), asks_a_moment(request), asks_net(request)
    return WRITERS[name](rate_table(request.reads, request.book, clocks, only_then=only_then, net=net))


RATE_FILES_READ = tuple(
    Operation(
        name=name.replace(".", "_"),
        path=f"/api/v1/{name}",
        view=partial(_show, name),
        title=f"Flat rates with their dates as {form}, and which offerings they cannot price",
        parameters=_ASKS,
        answers=(str,),
        asks_the_book=True,
        has_tag=True,
        media=_MEDIA[name],
    )
    for name, form in (("prices.csv", "CSV"), ("prices.parquet", "Parquet"))
)
