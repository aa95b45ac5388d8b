"""Whatever lies under a key of ours in Redis, the answer is the right one, and the key holds it again."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from hashlib import sha256
from typing import Any

import pytest
import redis
from webtest import TestApp

from tests.conftest import running_app
from tests.functional.addresses import EXAMPLES
from tests.functional.test_sources_api import load
from tests.lists import cost_map
from tests.servers import StoreUrls, new_database

PREFIX = "llmpricing:"
Spoil = Callable[[redis.Redis, str], None]


@pytest.fixture
def server(redis_url: str) -> Iterator[redis.Redis]:
    """Redis itself, empty of our keys."""
    with redis.Redis.from_url(redis_url) as client:
        for key in client.scan_iter(f"{PREFIX}*"):
            client.delete(key)
        yield client


@pytest.fixture(scope="module")
def testapp(store_urls: StoreUrls, small_book: str) -> Iterator[TestApp]:
    """The application over the small price book, with sources that differ."""
    with new_database(store_urls, small_book) as url:
        load(url, "litellm", cost_map(**{"acme-large": 3, "acme-embed": 0.05}), "2026-11-10")
        with running_app(url, store_urls.redis) as found:
            yield found


@pytest.fixture(scope="module")
def keeping(testapp: TestApp, redis_url: str) -> list[str]:
    """Addresses of which something is kept in Redis; of some only what another has not kept before."""
    found = []
    with redis.Redis.from_url(redis_url) as client:
        for path in EXAMPLES.values():
            for key in keys(client):
                client.delete(key)
            testapp.get(path)
            found += [path] if keys(client) else []
    return found


def keys(server: redis.Redis) -> set[str]:
    """Keys of answers; health tries its writing under one of its own."""
    return {key.decode() for key in server.scan_iter(f"{PREFIX}*") if not key.startswith(b"llmpricing:health")}


def data_of(answer: Any) -> Any:
    """What an answer promises; a page as it is, without its clock."""
    if answer.request.path == "/metrics":
        return sorted(re.findall("^# TYPE .*", answer.text, re.M))  # its numbers count the requests themselves
    return answer.json.get("data") if "json" in answer.content_type else answer.text


def a_list(server: redis.Redis, key: str) -> None:
    server.delete(key)
    server.rpush(key, "not ours")


def text(words: bytes) -> Spoil:
    return lambda server, key: bool(server.set(key, words))


def older_shape(server: redis.Redis, key: str) -> None:
    """What is kept there, without the first field of each object."""

    def without_first(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: without_first(item) for name, item in list(value.items())[1:]}
        return [without_first(item) for item in value] if isinstance(value, list) else value

    kept = json.loads(server.get(key) or b"null")
    older = [without_first(item) for item in kept] if isinstance(kept, list) else without_first(kept)
    assert older != kept
    server.set(key, json.dumps(older))


def newer_shape(server: redis.Redis, key: str) -> None:
    """What is kept there, with a field more."""
    kept = json.loads(server.get(key) or b"null")
    for item in kept if isinstance(kept, list) else [kept]:
        item["a_field_of_tomorrow"] = 1
    server.set(key, json.dumps(kept))


GARBAGE: dict[str, Spoil] = {
    "a list of Redis": a_list,
    "nothing": text(b""),
    "no JSON": text(b"\xff\x00 <html>"),
    "deep JSON": text(b"[" * 100_000),
    "a number": text(b"1"),
    "another object": text(b'{"data": [{}], "meta": {}}'),
    "another list": text(b'[{"offering": 1}]'),
    "null": text(b"null"),
    "an older shape": older_shape,
    "a newer shape": newer_shape,
}


def test_lists_rankings_and_disagreements_are_kept(testapp: TestApp, server: redis.Redis) -> None:
    for path in EXAMPLES.values():
        testapp.get(path)
    assert {key.split(":")[1] for key in keys(server)} == {"models", "calculator", "disagreements", "agreements"}


@pytest.mark.parametrize("spoil", GARBAGE.values(), ids=GARBAGE.keys())
def test_garbage_under_any_key_is_built_anew_and_replaced(
    testapp: TestApp, keeping: list[str], server: redis.Redis, spoil: Spoil
) -> None:
    spoiled = 0
    for path in keeping:
        before = keys(server)
        right = data_of(testapp.get(path))
        own = keys(server) - before
        for key in own:
            spoil(server, key)
            spoiled += 1
        assert data_of(testapp.get(path)) == right
        assert {key: server.type(key) for key in own} == dict.fromkeys(own, b"string")
    assert spoiled >= 2


def test_a_key_bears_the_book_the_version_and_the_shape(testapp: TestApp, server: redis.Redis) -> None:
    version = testapp.get("/api/v1/models").json["meta"]["catalogue_version"]
    (key,) = keys(server)
    _, name, shape, book, at_version, *_ = key.split(":")
    assert (name, len(shape), len(book), at_version) == ("models", 12, 32, str(version))


def test_static_files_bear_their_contents_hash_and_may_be_kept_for_good(testapp: TestApp) -> None:
    found = set(re.findall(r'(?:href|src)="(/static/[^"]+)"', testapp.get("/").text))
    assert len(found) >= 3
    for address in found:
        answer = testapp.get(address)
        assert address.partition("?x=")[2] == sha256(answer.body).hexdigest()[:12]
        assert "max-age=31536000" in answer.headers["Cache-Control"]


def test_a_static_file_has_one_address(testapp: TestApp) -> None:
    testapp.get("/static/base.css", status=200)
    moved = testapp.get("/static/base.css/", status=301)
    assert moved.headers["Location"] == "http://localhost/static/base.css"
