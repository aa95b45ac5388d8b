"""Names resolved against all offerings of the bundled lists, checked by a reading of names of the test's own."""

import re
from collections import Counter, defaultdict

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from llmpricing.domain.names.index import IndexedOffering, build_index
from llmpricing.domain.names.matching import Ambiguous, Resolution, Unknown, resolve
from llmpricing.sources.bundled import bundled
from llmpricing.sources.registry import bundled_lists

TIERS = ("mini", "nano", "pro", "max", "ultra", "turbo", "lite", "flash", "preview", "thinking", "high", "low", "fast")
KINDS = ("instruct", "chat", "vision", "audio", "image", "realtime", "coder", "reasoning", "non", "small", "medium")
KINDS += ("large", "tiny", "free", "extended", "exp", "beta", "search", "transcribe", "tts", "plus", "air", "ft")
PLACES = ("us", "eu", "apac", "au", "ca", "jp", "in", "us-gov", "global", "regional")
UNDATED = re.compile(r"-20\d{6}$|-20\d\d-\d\d-\d\d$|-2[3-7]\d\d$|(?<=preview)-\d\d-(\d{4}|\d\d)$")
BEDROCK_BUILD = re.compile(r"-v1:0$")
DATE = re.compile(r"(?<!\d)(20\d\d)-?(0[1-9]|1[0-2])-?(0[1-9]|[12]\d|3[01])(?!\d)")


def _read():
    lists = [source.parse(bundled(source).data) for source in bundled_lists(["bundled"])]
    entries, providers, aliases = {}, {}, []
    for price_list in lists:
        for provider in price_list.providers:
            providers.setdefault(provider.slug, provider)
        for offering in price_list.offerings:
            clauses = (offering.match,) if offering.match else ()
            known = entries.get(offering.slug)
            entries[offering.slug] = known or IndexedOffering(
                offering.slug, offering.provider, offering.api_id, clauses
            )
        aliases += price_list.aliases
    return list(entries.values()), list(providers.values()), aliases


ENTRIES, PROVIDERS, ALIASES = _read()
CATALOGUE = build_index(ENTRIES, PROVIDERS, ALIASES)
BY_SLUG = {entry.slug: entry for entry in ENTRIES}
SAID_ALIASES = {(alias.lower(), slug) for _, alias, slug in ALIASES}


def _operands(tree):
    ((operator, operand),) = tree.items()
    if operator in ("or", "and"):
        return {text for part in operand for text in _operands(part)}
    return {operand.lower()} if operator != "regex" else set()


def place_of(api_id):
    """The place that an id of Bedrock begins with, and the rest."""
    place, _, rest = api_id.lower().partition(".")
    return (place, rest) if place in PLACES else ("", api_id.lower())


# What a clause says of a model of Bedrock, it says of the same model in another place.
NAMED = defaultdict(set)
for _entry in ENTRIES:
    NAMED[_entry.provider, place_of(_entry.api_id)[1]] |= {t for tree in _entry.clauses for t in _operands(tree)}
IDS = {entry.slug.lower() for entry in ENTRIES}
CLAUSED = {entry.provider for entry in ENTRIES if entry.clauses}


def dates(name):
    return ["".join(match.groups()) for match in DATE.finditer(name)]


def told(name):
    """How often a name says each number (a size's among them) and each word for a tier or a kind; without dates."""
    rest = DATE.sub(" ", name.lower())
    return Counter(re.findall(r"\d+", rest)) + Counter(w for w in re.findall(r"[a-z]+", rest) if w in TIERS + KINDS)


def stem(name):
    """A model's name but its dates and its seller's path, for telling which dates are listed of it."""
    return tuple(sorted(re.findall(r"[a-z]+|\d+", DATE.sub(" ", name.lower().rpartition("/")[2]))))


LISTED_DATES = defaultdict(set)
for _entry in ENTRIES:
    for _seller in (_entry.provider, None):
        LISTED_DATES[_seller, stem(_entry.api_id)].update(dates(_entry.api_id))


def respelled(name):
    """The name without what its sender may add: a version mark, an own part of a fine-tune, a routing suffix."""
    name = re.sub(r"@(default|latest)$|-latest$|:(nitro|floor|exacto|online)$", "", name.lower()).replace("@", "-")
    return re.sub(r"(ft:[^:]+):.+|(.+\.ft-).+", r"\1\2", name)


def is_true(name, found):
    """Whether the offering is what the name says, by the source's own word or by every number, word and date in it."""
    meant = BY_SLUG[found.slug]
    if found.rule == "id":
        return found.slug.lower() == name.lower()
    _, _, after = name.lower().partition("/")
    if found.rule == "source alias":
        return bool({(name.lower(), found.slug), (after, found.slug)} & SAID_ALIASES)
    if found.stands_in_for:  # said to be another date's price: all but that date must be the same
        name, after = UNDATED.sub("", name), UNDATED.sub("", after)
    if found.detail == "a build of the model":
        name, after = re.sub(r"-00[12]$", "", name), re.sub(r"-00[12]$", "", after)
    texts = [text.lower() for text in (name, after) if text]
    return any(_says(text, meant) for text in [*texts, *(BEDROCK_BUILD.sub("", text) for text in texts)])


def _says(bare, meant):
    place, model = place_of(meant.api_id)
    asked_place, _ = place_of(bare)
    if asked_place != place and f"{meant.provider}/{asked_place}.{model}" in IDS:
        return False
    operands = NAMED[meant.provider, model]
    if {bare, respelled(bare)} & operands:
        return True
    bare = respelled(bare)
    if any(text.endswith("-0") and text in bare for text in operands):
        bare = re.sub(r"-00\d$", "-0", bare)  # a build of the model, as gemini-2.0-flash-001
    asked = told(bare)
    named = [told(text) for text in operands if text in bare and told(text) <= asked]
    ids = [told(meant.api_id), told(BEDROCK_BUILD.sub("", meant.api_id))]
    is_said = any(
        asked <= listed | text and listed - asked <= listed - text for listed in ids for text in [*named, listed]
    )
    new = [date for date in dates(bare) if date not in dates(meant.api_id)]
    return is_said and len(new) <= 1 and all(_is_true_date(date, bare, meant, operands) for date in new)


def _is_true_date(date, bare, meant, operands):
    """One that a seller lists of this model, if any lists dates of it; the offering's own seller lists none apart."""
    if bare.startswith("ft:"):
        return date in LISTED_DATES[meant.provider, stem(bare.removeprefix("ft:"))]
    if any(text.endswith(f"{date[:4]}-") and bare.startswith(text) for text in operands):
        return True
    everywhere = LISTED_DATES[None, stem(bare)]
    return not LISTED_DATES[meant.provider, stem(bare)] and date in (everywhere or {date})


def test_every_id_resolves_to_itself():
    found = [(entry.slug, resolve(CATALOGUE, entry.slug)) for entry in ENTRIES]
    assert [slug for slug, result in found if result != Resolution(slug, "id")] == []


def test_every_model_id_of_a_provider_resolves_to_itself():
    found = [(entry, resolve(CATALOGUE, entry.api_id, entry.provider)) for entry in ENTRIES]
    missed = [entry for entry, result in found if not isinstance(result, Resolution) or result.slug != entry.slug]
    own_forms = [entry for entry, result in found if entry in missed and result == Resolution(entry.api_id, "id")]
    assert [entry.slug for entry in own_forms] == ["perplexity/perplexity/sonar"]  # perplexity/sonar means itself
    missed = [entry for entry in missed if entry not in own_forms]
    assert [entry.slug for entry in missed if entry.provider != "huggingface"] == []
    routes = {entry: resolve(CATALOGUE, entry.api_id, entry.provider) for entry in missed}
    assert all(entry.slug in result.candidates for entry, result in routes.items())  # one name, several routes


def other_date(name):
    return DATE.sub("20240229", name) if DATE.search(name) else f"{name}-20240229"


def other_version(name):
    return (
        re.sub(r"\d+", lambda found: str(int(found[0]) + 1), name, count=1) if re.search(r"\d", name) else f"{name}-2"
    )


def other_size(name):
    return re.sub(r"\d+b\b", "9b", name) if re.search(r"\d+b\b", name) else f"{name}-9b"


def other_tier(name):
    found = re.search(rf"\b({'|'.join(TIERS)})\b", name)
    return name[: found.start()] + "ultra" + name[found.end() :] if found else f"{name}-mini"


def fewer(name):
    return re.sub(rf"[-.:@]({'|'.join(TIERS)}|v?\d+b?)(?=$|[-.:@])", "", name, count=1)


def other_build(name):
    return f"{name}-001" if not re.search(r"-00\d$", name) else f"{name[:-1]}9"


@pytest.mark.parametrize("changed", [other_build, str, other_date, other_version, other_size, other_tier, fewer])
def test_no_listed_id_that_is_changed_means_an_offering_of_other_numbers_dates_or_tiers(changed):
    names = {changed(entry.api_id) for entry in ENTRIES}
    names |= {f"{entry.provider}/{changed(entry.api_id)}" for entry in ENTRIES if entry.provider in CLAUSED}
    found = {name: resolve(CATALOGUE, name) for name in sorted(names)}
    assert {n: m for n, m in found.items() if isinstance(m, Resolution) and not is_true(n, m)} == {}


@st.composite
def mutated(draw):
    """An id with digits, a tier or a part changed, added or left out."""
    entry = ENTRIES[draw(st.integers(0, len(ENTRIES) - 1))]
    name = entry.api_id
    spots = [match.span() for match in re.finditer(rf"\d+|\b(?:{'|'.join(TIERS)})\b", name)]
    if not spots or draw(st.booleans()):
        added = ["1", ".5", "-8b", "-70b", "-0125", "-001", "-v2:0", ":free", "-20250101", "-2025-01-01"]
        return entry, name + draw(st.sampled_from([*added, *(f"-{tier}" for tier in TIERS)]))
    start, end = draw(st.sampled_from(spots))
    other = draw(st.sampled_from(["", "1", "2", "8", "70", "20250101"] if name[start].isdigit() else ["", *TIERS]))
    return entry, name[:start] + other + name[end:]


def found(api_id, name):
    """A mutant that a run found once, beside the offering it was made from."""
    return BY_SLUG[api_id], name


@settings(max_examples=2000, deadline=None)
@given(mutated(), st.booleans())
@example(found("anthropic/claude-sonnet-4-0", "claude-sonnet-4-0-001"), True)
@example(found("anthropic/claude-sonnet-4-0", "claude-sonnet-4-0-001"), False)
@example(found("anthropic/claude-opus-4-0", "claude-opus-4-0-001"), False)
@example(found("openrouter/anthropic/claude-opus-4", "anthropic/claude-opus-4.20250101"), True)
def test_a_changed_version_date_size_or_tier_never_means_another_offering(mutant, with_provider):
    entry, name = mutant
    asked = f"{entry.provider}/{name}" if with_provider else name
    found = resolve(CATALOGUE, asked)
    assert not isinstance(found, Resolution) or is_true(asked, found)


@settings(max_examples=1000, deadline=None)
@given(st.text(max_size=60), st.one_of(st.none(), st.text(max_size=30)))
def test_any_text_is_answered(name, provider):
    assert isinstance(resolve(CATALOGUE, name, provider), Resolution | Ambiguous | Unknown)


@pytest.mark.parametrize("name", ["gemini-2.0-flash-001", "google/gemini-2.0-flash-001", "gemini/gemini-2.0-flash-001"])
def test_a_build_that_its_seller_names_is_its_model(name):
    assert resolve(CATALOGUE, name).slug == "google/gemini-2.0-flash"


@pytest.mark.parametrize("name", ["gemini-2.0-flash-011", "google/gemini-2.5-flash-003", "gemini-2.0-flash-001-x"])
def test_no_other_number_is_taken_for_a_build(name):
    assert isinstance(resolve(CATALOGUE, name), Unknown)


def test_a_name_of_bedrock_without_a_place_may_mean_other_places_and_an_offering_s_own_id_only_itself():
    slug = "aws/anthropic.claude-sonnet-4-6"
    assert resolve(CATALOGUE, slug).other_places == ()
    bare = resolve(CATALOGUE, slug.partition("/")[2])
    assert {"aws/global.anthropic.claude-sonnet-4-6-v1:0", "aws/regional.anthropic.claude-sonnet-4-6-v1:0"} <= set(
        bare.other_places
    )
    assert resolve(CATALOGUE, "us.anthropic.claude-sonnet-4-6").other_places == ()
