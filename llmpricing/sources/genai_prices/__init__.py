"""genai-prices, Pydantic's list of all providers: the default seed, and an oracle of the tests."""

from datetime import UTC, datetime

from llmpricing.sources.declaration import BundledPackage, SourceInfo
from llmpricing.sources.genai_prices.bundled import read_bundled
from llmpricing.sources.genai_prices.price_list import SLUG, parse

SOURCE = SourceInfo(
    slug=SLUG,
    title="genai-prices",
    url="https://raw.githubusercontent.com/pydantic/genai-prices/refs/heads/main/prices/new_data/v2/data.json",
    licence="MIT",
    trust_rank=1,
    states_dates=True,
    parse=parse,
    keeps_lists=True,
    bundled=BundledPackage(
        name="genai-prices",
        version="0.2.3",
        published_at=datetime(2026, 11, 10, tzinfo=UTC),  # the wheel holds no date: the day of its release
        read=read_bundled,
    ),
)
