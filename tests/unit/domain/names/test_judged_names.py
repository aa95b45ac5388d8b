"""Names as logs, SDKs and clouds write them, each judged by hand: its offering, or why there is no one answer.

The rows of all bundled lists are read with a sample in LiteLLM's shape before them and after them. Those of the priced
lists (the price book of a new installation) are read with it and without it; their answer is the first that the lists
hold of several, ``|`` between equal ones, ``~`` where it must say that it stands in, ``-`` where there must be none.
"""

import csv
from pathlib import Path

import pytest

from llmpricing.domain.names.matching import Ambiguous, Resolution, resolve
from llmpricing.sources.registry import SOURCES
from tests.unit.domain.names.test_import_orders import LISTS, PRICED, index_of

FIXTURES = Path(__file__).parents[3] / "fixtures"
SAMPLE = SOURCES["litellm"].parse((FIXTURES / "litellm_sample.json").read_bytes())
ROWS = list(csv.DictReader((FIXTURES / "judged_names.csv").read_text(encoding="utf-8").splitlines()))
JUDGED, PREFERRED = ([row for row in ROWS if row["lists"] == lists] for lists in ("all", "priced"))
WITH_SAMPLE = {**LISTS, "litellm": SAMPLE}
WITHOUT = index_of(*LISTS)
ORDERS = {
    "after": index_of(*LISTS, "litellm", lists=WITH_SAMPLE),
    "before": index_of("litellm", *LISTS, lists=WITH_SAMPLE),
}
BOOKS = {
    "without": index_of(*PRICED),
    "with it after": index_of(*PRICED, "litellm", lists=WITH_SAMPLE),
    "with it before": index_of("litellm", *PRICED, lists=WITH_SAMPLE),
}


def answer(index, row):
    found = resolve(index, row["name"], row["provider"] or None)
    return found.slug if isinstance(found, Resolution) else "ambiguous" if isinstance(found, Ambiguous) else "unknown"


def test_there_are_enough_of_them():
    assert len({(row["name"], row["provider"], row["lists"]) for row in ROWS}) == len(ROWS)
    assert len(JUDGED) >= 250
    assert len(PREFERRED) >= 900
    assert sum(row["answer"] == "unknown" for row in JUDGED) >= 25
    assert sum(row["answer"] == "-" for row in PREFERRED) >= 200


@pytest.mark.parametrize("order", ORDERS)
def test_every_name_means_what_it_was_judged_to_mean(order):
    wrong = {
        (row["name"], row["provider"]): (found, row["answer"])
        for row in JUDGED
        if (found := answer(ORDERS[order], row)) != row["answer"]
    }
    assert wrong == {}


def first_held(index, row):
    """The answers that are right by these lists."""
    held = {slug for slugs in index.slugs.values() for slug in slugs}
    for equal in row["answer"].split(" "):
        answers = equal.split("|")
        if any(one == "-" or one.removeprefix("~") in held for one in answers):
            return answers
    return ["-"]


def readings(index, row):
    """What was answered; what stands in is that offering as well."""
    found = resolve(index, row["name"], row["provider"] or None)
    if not isinstance(found, Resolution):
        return {"-"}
    return {found.slug, f"~{found.slug}"} if found.stands_in_for else {found.slug}


# A platform's own name of a model that a lab claims is refused without its seller: the lab may have meant it otherwise.
REFUSED = {("mixtral-8x7b-32768", "")}


@pytest.mark.parametrize("book", BOOKS)
def test_every_name_means_the_first_of_what_it_may_mean(book):
    index = BOOKS[book]
    wrong = {
        (row["name"], row["provider"]): (found, row["answer"])
        for row in PREFERRED
        if (found := readings(index, row)).isdisjoint(first_held(index, row))
    }
    assert {asked: pair for asked, pair in wrong.items() if asked not in REFUSED} == {}
    assert all(found == {"-"} for found, _ in wrong.values())


def test_the_sample_loses_no_name_and_changes_no_seller_but_by_the_sellers_own_price():
    held = {offering.slug for offering in SAMPLE.offerings}
    for row in JUDGED:
        before = answer(WITHOUT, row)
        if before in ("unknown", "ambiguous"):
            continue
        assert row["answer"].partition("/")[0] == before.partition("/")[0] or row["answer"] in held, row
