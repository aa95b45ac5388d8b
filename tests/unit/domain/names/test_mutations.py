"""Ids with a number, size, word or day changed, and ids at other sellers: what still means an offering, and why."""

import re
from datetime import date, timedelta
from itertools import pairwise
from random import Random

import pytest

from llmpricing.domain.names.identities import identity
from llmpricing.domain.names.matching import Resolution, read
from llmpricing.domain.names.providers import surfaces_of
from tests.unit.domain.names.test_import_orders import LISTS, index_of, operands

INDEX = index_of(*LISTS)
OFFERINGS = {offering.slug: offering for price_list in LISTS.values() for offering in price_list.offerings}
WORDS = (
    "mini",
    "pro",
    "max",
    "ultra",
    "turbo",
    "lite",
    "flash",
    "preview",
    "thinking",
    "high",
    "fast",
    "nano",
    "vision",
)
DATE = re.compile(r"(?<!\d)(20\d\d)(-?)(0[1-9]|1[0-2])\2(0[1-9]|[12]\d|3[01])(?!\d)")


def listed_names():
    """(seller, name) of every id, alias and exact clause: what a list says itself."""
    found = set()
    for price_list in LISTS.values():
        for offering in price_list.offerings:
            texts = (offering.api_id, *(operands(offering.match) if offering.match else ()))
            found |= {(offering.provider, text.lower()) for text in texts}
        found |= {(slug.partition("/")[0], alias.lower()) for _, alias, slug in price_list.aliases}
    return found


def numbers(name):
    """Where the numbers of a name stand, its dates apart."""
    return list(re.finditer(r"\d+", DATE.sub(lambda found: "x" * len(found[0]), name)))


def other_numbers(name):
    for found in numbers(name):
        for step in (-1, 1):
            if int(found[0]) + step >= 0:
                yield f"{name[: found.start()]}{int(found[0]) + step}{name[found.end() :]}"


def swapped_numbers(name):
    for one, other in pairwise(numbers(name)):
        yield f"{name[: one.start()]}{other[0]}{name[one.end() : other.start()]}{one[0]}{name[other.end() :]}"


def other_size(name):
    sized = re.sub(r"\d+(?=b\b)", "9", name, count=1, flags=re.IGNORECASE)
    yield sized if sized != name else f"{name}-9b"


def word_added(name):
    yield f"{name}-{WORDS[len(name) % len(WORDS)]}"


def word_dropped(name):
    head, slash, last = name.rpartition("/")
    parts = re.split(r"(?=[-.:@])", last)
    for place in range(1, len(parts)):
        if re.search("[a-z]", parts[place]):
            yield head + slash + "".join(parts[:place] + parts[place + 1 :])


def other_day(name):
    if found := DATE.search(name):
        year, dash, month, day = found.groups()
        try:
            days = [date(int(year), int(month), int(day)) + timedelta(days=step) for step in (-1, 1)]
        except ValueError:
            return
        for one in days:
            yield f"{name[: found.start()]}{one.strftime(f'%Y{dash}%m{dash}%d')}{name[found.end() :]}"


MUTATIONS = (other_numbers, swapped_numbers, other_size, word_added, word_dropped, other_day)
# What lists and sellers say is one model beside its identity, and so is asked for by these mutants.
BEDROCK_BUILD = re.compile(r"(-v1)?:0$|-v[12](:0)?$")  # Bedrock's first build, or its only one, with its only date


def mutants():
    listed = listed_names()
    for offering in OFFERINGS.values():
        for mutate in MUTATIONS:
            for name in mutate(offering.api_id):
                if (offering.provider, name.lower()) not in listed:
                    yield name, offering.provider


def reason(name, found):
    """Why a mutant means an offering all the same; empty where nothing tells."""
    api_id = found.slug.partition("/")[2]
    if found.stands_in_for:
        return "the answer says that it stands in"
    asked, meant = identity(name), identity(api_id)
    if (asked.words, asked.numbers, asked.variant, asked.date) == (
        meant.words,
        meant.numbers,
        meant.variant,
        meant.date,
    ):
        return "the same words, numbers and date, written otherwise: a listed id"
    if found.provider == "google-vertex" and not asked.date and asked.model == meant.model:
        return "Vertex' only date of that model"
    if found.provider == "aws" and (asked.date in ("", meant.date)):
        bare, listed = (identity(BEDROCK_BUILD.sub("", text)) for text in (name, api_id))
        if set(bare.words) <= {*listed.words, "anthropic"} and bare.numbers == listed.numbers:
            return "Bedrock's id without the number of its build, or without its only date"
    return ""


# Mutants that a list's own clause or a seller's own spelling means.
TOLD = {
    "a loose clause of its list names all of it": {
        *("claude-3-5-haiku", "claude-3-7-sonnet", "claude-3-opus", "claude-4-5-haiku-latest", "claude-4-opus-latest"),
        *("claude-4-sonnet", "gemini-2.5-flash-lite-preview", "gemini-3.5-flash-preview", "gpt-4o-mini-audio"),
        *("gpt-4o-mini-realtime", "gpt-4o-realtime", "kimi-k2-turbo", "amazon.titan-embed-text-v2"),
        *("amazon.titan-embed-text", "amazon.titan-text-express", "amazon.titan-text-lite"),
        *("workers-ai/@cf/meta/llama-3.1-8b-instruct-fast", "regional.claude-3-5-haiku-20241022-v1:0"),
        *("regional.claude-3-5-sonnet-20240620-v1:0", "regional.claude-3-5-sonnet-20241022-v2:0"),
        *("regional.claude-3-7-sonnet-20250219-v1:0", "regional.claude-3-haiku-20240307-v1:0"),
        *("regional.claude-3-opus-20240229-v1:0", "regional.claude-3-sonnet-20240229-v1:0"),
    },
    "a build of Google's where none is listed": {"gemini-1.0-pro-001"},
    "-latest where the seller has no such alias": {
        *("gpt-5-latest", "gpt-5.1-latest", "gpt-5.2-latest"),
        *("openai/gpt-5-latest", "openai/gpt-5.1-latest", "openai/gpt-5.2-latest"),
    },
}


def test_of_changed_ids_less_than_one_in_a_thousand_means_an_offering_and_each_for_a_reason():
    asked = dict.fromkeys(mutants())
    found = {one: meant for one in asked if isinstance(meant := read(INDEX, *one), Resolution)}
    untold = {one: meant for one, meant in found.items() if not reason(one[0], meant)}
    names = {name for name, _ in untold}
    assert len(asked) > 50_000
    assert names - {name for told in TOLD.values() for name in told} == set()
    assert len(untold) * 1000 <= len(asked)


@pytest.mark.parametrize("seed", range(3))
def test_an_id_at_another_seller_means_what_that_one_sells_or_what_stands_in_for_it(seed):
    chance = Random(seed)  # noqa: S311 - chooses sellers, keeps no secret
    sellers = sorted(INDEX.sellers)
    for offering in chance.sample(list(OFFERINGS.values()), 3000):
        seller = chance.choice(sellers)
        found = read(INDEX, offering.api_id, seller)
        if isinstance(found, Resolution):
            is_there = found.provider in surfaces_of(seller) or bool(found.stands_in_for)
            is_there |= seller == "huggingface" and found.provider.startswith("huggingface_")  # one of its routes
            assert is_there or " not of " in found.detail, (offering.api_id, seller, found)
            assert reason(offering.api_id, found) or found.rule in ("clause", "source alias", "id", "model id")
