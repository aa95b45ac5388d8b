"""model-prices: dated prices of first-party providers, each with its evidence; the default seed of history."""

from datetime import UTC, datetime
from importlib.resources import files

from llmpricing.sources.declaration import BundledPackage, SourceInfo
from llmpricing.sources.model_prices.price_list import SLUG, parse

SOURCE = SourceInfo(
    slug=SLUG,
    title="model-prices",
    url="https://raw.githubusercontent.com/wakamex/model-prices/main/src/model_prices/snapshot.json",
    licence="MIT",
    trust_rank=2,
    states_dates=True,
    parse=parse,
    derived_from="models-dev",  # it quotes models.dev where a seller's own page is not read
    bundled=BundledPackage(
        name="model-prices",
        version="0.0.5",
        published_at=datetime(2026, 10, 26, 18, 46, 35, tzinfo=UTC),  # "updated_at" of this version's snapshot
        read=lambda: files("model_prices").joinpath("snapshot.json").read_bytes(),
    ),
)
