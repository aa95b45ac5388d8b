"""Times of reading names in process: the index, cold names, memory. Run: python -m benchmarks.names"""

from __future__ import annotations

import tracemalloc
from time import perf_counter

from llmpricing.domain.names import identities, marks, providers
from llmpricing.domain.names.index import IndexedOffering, NameIndex, build_index
from llmpricing.domain.names.matching import read
from llmpricing.sources.bundled import bundled
from llmpricing.sources.registry import bundled_lists

MOST = 6_000  # offerings
NAMES = 10_000


def forget() -> None:
    """Empty what the process remembers of ids, so that a build starts cold."""
    for remembered in (identities._remembered, marks._remembered, providers.called_exactly):
        remembered.cache_clear()


def build() -> NameIndex:
    """The index of the bundled lists' first offerings."""
    entries: dict[str, IndexedOffering] = {}
    sellers, aliases = {}, []
    for source in bundled_lists(["bundled"]):
        read = source.parse(bundled(source).data)
        for seller in read.providers:
            sellers.setdefault(seller.slug, seller)
        for offering in read.offerings:
            clauses = (offering.match,) if offering.match else ()
            entry = IndexedOffering(offering.slug, offering.provider, offering.api_id, clauses)
            entries.setdefault(offering.slug, entry)
        aliases += read.aliases
    kept = list(entries.values())[:MOST]
    forget()
    tracemalloc.start()
    index = build_index(kept, sellers.values(), aliases)
    mib = tracemalloc.get_traced_memory()[0] / 2**20
    tracemalloc.stop()
    del index
    forget()
    start = perf_counter()
    index = build_index(kept, sellers.values(), aliases)
    print(f"index of {len(kept):,} offerings: {perf_counter() - start:.3f} s, {mib:.1f} MiB")
    return index


def main() -> None:
    """Print the figures."""
    index = build()
    sold = [(entry.api_id, seller.slug) for seller in index.sellers.values() for entry in seller.by_id.values()]
    mixed = [*sold, *((name, None) for name, _ in sold)][:NAMES]
    start = perf_counter()
    for name, provider in mixed:
        read(index, name, provider)
    elapsed = perf_counter() - start
    print(f"{len(mixed):,} cold names: {elapsed:.3f} s, {elapsed / len(mixed) * 1e6:.0f} us a name")


if __name__ == "__main__":
    main()
