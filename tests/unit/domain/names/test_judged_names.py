"""Names as logs, SDKs and clouds write them, each judged by hand: its offering, or why there is no one answer.

The bundled lists are read with a sample in LiteLLM's shape before them and after them.
"""

import csv
from pathlib import Path

import pytest

from llmpricing.domain.names.matching import Ambiguous, Resolution, resolve
from llmpricing.sources.registry import SOURCES
from tests.unit.domain.names.test_import_orders import LISTS, index_of

FIXTURES = Path(__file__).parents[3] / "fixtures"
SAMPLE = SOURCES["litellm"].parse((FIXTURES / "litellm_sample.json").read_bytes())
JUDGED = list(csv.DictReader((FIXTURES / "judged_names.csv").read_text(encoding="utf-8").splitlines()))
WITH_SAMPLE = {**LISTS, "litellm": SAMPLE}
WITHOUT = index_of(*LISTS)
ORDERS = {
    "after": index_of(*LISTS, "litellm", lists=WITH_SAMPLE),
    "before": index_of("litellm", *LISTS, lists=WITH_SAMPLE),
}


def answer(index, row):
    found = resolve(index, row["name"], row["provider"] or None)
    return found.slug if isinstance(found, Resolution) else "ambiguous" if isinstance(found, Ambiguous) else "unknown"


def test_there_are_enough_of_them():
    assert len({(row["name"], row["provider"]) for row in JUDGED}) == len(JUDGED) >= 250
    assert sum(row["answer"] == "unknown" for row in JUDGED) >= 25


@pytest.mark.parametrize("order", ORDERS)
def test_every_name_means_what_it_was_judged_to_mean(order):
    wrong = {
        (row["name"], row["provider"]): (found, row["answer"])
        for row in JUDGED
        if (found := answer(ORDERS[order], row)) != row["answer"]
    }
    assert wrong == {}


def test_the_sample_loses_no_name_and_changes_no_seller_but_by_the_sellers_own_price():
    held = {offering.slug for offering in SAMPLE.offerings}
    for row in JUDGED:
        before = answer(WITHOUT, row)
        if before in ("unknown", "ambiguous"):
            continue
        assert row["answer"].partition("/")[0] == before.partition("/")[0] or row["answer"] in held, row
