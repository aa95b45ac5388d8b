"""What lines of invoices are charged for, as their own words tell it."""

from __future__ import annotations

import pytest

from llmpricing.domain.meters import METERS
from llmpricing.services.usage_log.formats.charged_for import ANTHROPIC_TOKENS, beside_usage, fee_of, is_fee
from llmpricing.services.usage_log.formats.files import UsageFiles, usage_file
from tests.usage_twins import FOLDER

IN, READ, OUT, SEARCH = "input_tokens", "cache_read_tokens", "output_tokens", "web_searches"
INVOICES = {
    "anthropic-console-cost.csv": [IN, READ, OUT, SEARCH],
    "anthropic-cost-report.json": [IN, OUT, SEARCH],
    "openai-costs.json": [IN, READ, OUT, OUT, SEARCH],
    "openai-costs.csv": [READ, SEARCH],
    "aws-cur2.csv": [IN, OUT, READ, IN, OUT, READ],
    "aws-cur-legacy.csv": [IN, OUT, READ, IN, OUT, READ],
    "aws-focus.csv": [IN, OUT, OUT],
    "azure-cost.csv": [IN, READ, OUT, IN, OUT],
    "azure-focus.csv": [IN, OUT],
    "gcp-billing.ndjson": [IN, OUT, OUT, READ],
}


@pytest.mark.parametrize("name", INVOICES)
def test_every_invoice_hands_on_the_kind_that_its_lines_tell(name: str) -> None:
    records = UsageFiles([usage_file(FOLDER / name)]).records()
    assert [one.charged_for for one in records if one.model] == INVOICES[name]


def test_fees_of_tools_are_told_by_their_words_and_models_are_none() -> None:
    told = {
        "Web Search Usage": "web_searches",
        "web search tool calls": "web_searches",
        "file search tool calls": "storage_searches",
        "code_execution".replace("_", " "): "code_executions",
        "code interpreter sessions": "code_sessions",
        "gpt-4o-search-preview": "",
        "gpt-5-codex, input": "",
    }
    assert {line: fee_of(line) for line in told} == told
    assert {*ANTHROPIC_TOKENS.values(), *filter(None, told.values())} <= METERS.keys()
    assert (is_fee("web_searches"), is_fee("input_tokens"), is_fee("")) == (True, False, False)


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("credit grant", "credit"),
        ("Credits", "credit"),
        ("Discount", "credit"),
        ("Refund", "credit"),
        ("Adjustment", "credit"),
        ("Tax", "tax"),
        ("VAT 21%", "tax"),
        ("TVA 20%", "tax"),
        ("IVA", "tax"),
        ("Umsatzsteuer 19 %", "tax"),
        ("19% MwSt.", "tax"),
        ("Sales tax for Initech", "tax"),
        ("Gutschrift", "credit"),
        ("Credit card surcharge", "commitment"),
        ("Tax research assistant", ""),
        ("SavingsPlanRecurringFee", "commitment"),
        ("commitment", "commitment"),
        ("gpt-4.1, input", ""),
        ("web search tool calls", ""),
    ],
)
def test_what_is_asked_beside_usage_is_told_by_its_words(line: str, kind: str) -> None:
    assert beside_usage(line) == kind
