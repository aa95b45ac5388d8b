"""Names resolved against all offerings of the bundled lists."""

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from llmpricing.domain.catalogues import Entry, build_catalogue
from llmpricing.domain.identities import is_date, swallowed
from llmpricing.domain.matching import Ambiguous, Resolution, Unknown, resolve
from llmpricing.sources import genai_prices, model_prices, models_dev
from llmpricing.sources.bundled import bundled

TIERS = ("mini", "nano", "pro", "max", "ultra", "turbo", "lite", "flash", "preview", "thinking", "high", "low", "fast")


def _read():
    lists = [source.parse(bundled(source.SOURCE).data) for source in (genai_prices, model_prices, models_dev)]
    entries, providers, aliases = {}, {}, []
    for price_list in lists:
        for provider in price_list.providers:
            providers.setdefault(provider.slug, provider)
        for offering in price_list.offerings:
            clauses = (offering.match,) if offering.match else ()
            known = entries.get(offering.slug)
            entries[offering.slug] = known or Entry(offering.slug, offering.provider, offering.api_id, clauses)
        aliases += price_list.aliases
    return list(entries.values()), list(providers.values()), aliases


ENTRIES, PROVIDERS, ALIASES = _read()
CATALOGUE = build_catalogue(ENTRIES, PROVIDERS, ALIASES)
BY_SLUG = {entry.slug: entry for entry in ENTRIES}


def _named_outright(tree):
    """The operands of a clause: a name that is one of them is stated, not guessed."""
    ((operator, operand),) = tree.items()
    if operator in ("or", "and"):
        return {text for part in operand for text in _named_outright(part)}
    return {operand.lower()} if operator != "regex" else set()


OUTRIGHT = {entry.slug: {t for tree in entry.clauses for t in _named_outright(tree)} for entry in ENTRIES}


def test_every_id_resolves_to_itself():
    found = [(entry.slug, resolve(CATALOGUE, entry.slug)) for entry in ENTRIES]
    assert [slug for slug, result in found if result != Resolution(slug, "id")] == []


def test_every_model_id_of_a_provider_resolves_to_itself():
    missed = [entry.slug for entry in ENTRIES if resolve(CATALOGUE, entry.api_id, entry.provider).slug != entry.slug]
    assert missed == []


_ANY_ENTRY = st.sampled_from(ENTRIES)


@st.composite
def mutated(draw):
    """An id with a digit or a tier changed, added or left out."""
    entry = draw(_ANY_ENTRY)
    name = entry.api_id
    spots = [match.span() for match in re.finditer(rf"\d|\b(?:{'|'.join(TIERS)})\b", name)]
    if not spots or draw(st.booleans()):
        return entry, name + draw(st.sampled_from(["1", ".5", "-8b", "-70b", *(f"-{tier}" for tier in TIERS)]))
    start, end = draw(st.sampled_from(spots))
    other = draw(st.sampled_from("0123456789" if name[start].isdigit() else ["", *TIERS]))
    return entry, name[:start] + other + name[end:]


@settings(max_examples=2000, deadline=None)
@given(mutated(), st.booleans())
def test_a_changed_version_date_size_or_tier_never_means_an_existing_offering(mutant, with_provider):
    entry, name = mutant
    found = resolve(CATALOGUE, f"{entry.provider}/{name}" if with_provider else name)
    if isinstance(found, Ambiguous | Unknown) or found.rule in ("id", "source alias"):
        return  # nothing picked, or the changed name is itself listed
    meant = BY_SLUG[found.slug]
    bare = name.lower().removeprefix(f"{meant.provider}/")
    if bare in OUTRIGHT[meant.slug] or re.sub(r"[@:].*|-latest$", "", bare) in OUTRIGHT[meant.slug]:
        return  # the source itself says so
    passed_over = swallowed(bare, meant.api_id, *(t for t in OUTRIGHT[meant.slug] if t in bare))
    assert all(is_date(mark) for mark in passed_over)


@settings(max_examples=1000, deadline=None)
@given(st.sampled_from([e for e in ENTRIES if re.search(r"20\d\d-?[01]\d-?[0-3]\d", e.api_id)]), st.data())
def test_a_changed_date_of_a_listed_model_is_unknown_unless_it_is_listed_too(entry, data):
    spot = re.search(r"20\d\d-?[01]\d-?[0-3]\d", entry.api_id)
    at = data.draw(st.integers(spot.start(), spot.end() - 1).filter(lambda i: entry.api_id[i].isdigit()))
    digit = data.draw(st.sampled_from("0123456789").filter(lambda d: d != entry.api_id[at]))
    name = f"{entry.provider}/{entry.api_id[:at]}{digit}{entry.api_id[at + 1 :]}"
    found = resolve(CATALOGUE, name)
    if isinstance(found, Resolution):
        assert swallowed(name.partition("/")[2], BY_SLUG[found.slug].api_id) == () or (
            name.partition("/")[2].lower() in OUTRIGHT[found.slug]
        )


@settings(max_examples=1000, deadline=None)
@given(st.text(max_size=60), st.one_of(st.none(), st.text(max_size=30)))
def test_any_text_is_answered(name, provider):
    assert isinstance(resolve(CATALOGUE, name, provider), Resolution | Ambiguous | Unknown)
