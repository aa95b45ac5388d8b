"""What the tests of pages in a real browser share: the site, served, and the browser."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from sqlalchemy import create_engine, update
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from llmpricing.models import Offering
from llmpricing.services.scores.seeding_scores import seed_scores
from llmpricing.sources.bundled_scores import bundled_scores
from tests.browser import chromium
from tests.browser.chromium import Browser
from tests.servers import StoreUrls, new_database
from tests.unplugged.serving import serving

CAPABILITIES = [  # as many as the bundled lists know
    "audio", "batch", "caching", "computer_use", "parallel_tools", "pdf", "prefill", "reasoning",
    "structured_output", "tools", "vision", "web_search",
]  # fmt: skip


@pytest.fixture(scope="session")
def site(
    store_urls: StoreUrls, small_book: str, redis_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """The address of the application, served to a browser."""
    with new_database(store_urls, small_book) as url:
        with create_engine(url, poolclass=NullPool).begin() as connection:
            connection.execute(update(Offering).values(capabilities=CAPABILITIES))
        settings = {"sqlalchemy.url": url, "redis.url": redis_url, "llmpricing.environment": "development"}
        with serving(tmp_path_factory.mktemp("site"), settings) as running:
            yield f"http://127.0.0.1:{running.port}"


@pytest.fixture(scope="session")
def bundled(
    store_urls: StoreUrls, full_book: str, redis_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """The address of the application over the lists and scores that come with it."""
    with new_database(store_urls, full_book) as url:
        with Session(create_engine(url, poolclass=NullPool)) as session, session.begin():
            seed_scores(session, bundled_scores(), datetime.now(UTC))
        settings = {"sqlalchemy.url": url, "redis.url": redis_url, "llmpricing.environment": "development"}
        with serving(tmp_path_factory.mktemp("bundled"), settings) as running:
            yield f"http://127.0.0.1:{running.port}"


@pytest.fixture(scope="module")  # no longer: while Playwright is there, no test of this process may run an event loop
def browser() -> Iterator[Browser]:
    with chromium.chromium() as found:
        yield found


@pytest.fixture(autouse=True)
def _no_complaints_of_others(request: pytest.FixtureRequest) -> None:
    """What pages of an earlier test wrote to the console is no matter of the next."""
    if "browser" in request.fixturenames:
        request.getfixturevalue("browser").complaints()
