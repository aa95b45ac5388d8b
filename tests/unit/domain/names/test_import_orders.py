"""A name's answer does not get worse by an import, whatever the order of the lists."""

from itertools import permutations

import pytest

from llmpricing.domain.names.index import IndexedOffering, build_index
from llmpricing.domain.names.matching import Resolution, resolve
from llmpricing.sources.bundled import bundled
from llmpricing.sources.registry import bundled_lists

LISTS = {source.slug: source.parse(bundled(source).data) for source in bundled_lists(["bundled"])}


def index_of(*names, lists=LISTS):
    """The index of these lists, read in this order; clauses and descriptions are the most trusted list's, as ever."""
    entries, providers, aliases = {}, {}, []
    for name in names:
        for provider in lists[name].providers:
            providers.setdefault(provider.slug, provider)
        for offering in lists[name].offerings:
            clauses = (offering.match,) if offering.match else ()
            known = entries.get(offering.slug)
            if known is None or (clauses and not known.clauses):
                entries[offering.slug] = IndexedOffering(offering.slug, offering.provider, offering.api_id, clauses)
        aliases += lists[name].aliases
    described = {p.slug: p for p in reversed(lists["genai-prices"].providers)} if "genai-prices" in names else {}
    trusted = sorted(entries.values(), key=lambda entry: (not entry.clauses, _place(entry), entry.slug))
    return build_index(trusted, {**providers, **described}.values(), sorted(aliases))


def _place(entry):
    return PLACES.get(entry.slug, 0) if entry.clauses else 0


PLACES = {offering.slug: place for place, offering in enumerate(LISTS["genai-prices"].offerings)}
ASKED = [("claude-3-5-sonnet-latest", None), ("gemini-2.5-pro", None), ("gpt-4o", "azure"), ("grok-4", "xai")]
ASKED += [(offering.api_id, offering.provider) for offering in LISTS["genai-prices"].offerings[::3]]
ASKED += [(offering.api_id, None) for offering in LISTS["genai-prices"].offerings[::3]]


@pytest.mark.parametrize("order", [*permutations(LISTS)][1:])
def test_the_order_of_the_lists_does_not_change_what_a_name_means(order):
    first, other = index_of(*LISTS), index_of(*order)
    changed = {asked: (resolve(first, *asked), resolve(other, *asked)) for asked in ASKED}
    assert {asked: pair for asked, pair in changed.items() if _slug(pair[0]) != _slug(pair[1])} == {}


def _slug(found):
    return found.slug if isinstance(found, Resolution) else sorted(getattr(found, "candidates", ()))


def test_no_name_is_lost_and_none_changes_its_seller_by_another_list():
    before, after = index_of("genai-prices"), index_of(*LISTS)
    found = {asked: (resolve(before, *asked), resolve(after, *asked)) for asked in ASKED}
    resolved = {asked: pair for asked, pair in found.items() if isinstance(pair[0], Resolution)}
    assert len(resolved) > 1000
    lost = [asked for asked, (_, now) in resolved.items() if not isinstance(now, Resolution)]
    moved = [
        asked
        for asked, (then, now) in resolved.items()
        if isinstance(now, Resolution) and not then.stands_in_for and now.provider != then.provider
        if asked[0].lower() not in {*after.slugs, *after.aliases}  # else a list says something new about the name
    ]
    assert [asked for asked in lost if not _several_sell(after, asked)] == []
    assert moved == []


def _several_sell(index, asked):
    """A bare name that only one seller had and others have now: to pick one would be a guess."""
    name, provider = asked
    return provider is None and len(index.sold.get(name.lower(), ())) > 1
