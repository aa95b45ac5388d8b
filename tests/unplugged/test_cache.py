"""The cache saves work while Redis is there and stops nothing while it is not."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager

import pytest
import redis
from pyramid.config import Configurator
from pyramid.request import Request, apply_request_extensions
from sqlalchemy.engine import make_url

from llmpricing.cache import Cache
from tests.unplugged.faults import closed_port, frozen, kill, proxied, wait_until

TIMEOUT_S = 0.3


@pytest.fixture
def make_cache():
    """Caches that are closed at the end."""
    caches = []

    def make(url):
        caches.append(Cache(url, TIMEOUT_S))
        return caches[-1]

    yield make
    for cache in caches:
        cache.close()


@pytest.fixture
def cache(stores, make_cache):
    return make_cache(stores.redis_url)


@pytest.fixture
def server(stores):
    """Redis itself, to look behind the cache."""
    with redis.Redis.from_url(stores.redis_url) as client:
        yield client


@contextmanager
def within(seconds):
    started = time.monotonic()
    yield
    assert time.monotonic() - started < seconds


def never():
    raise AssertionError("it is cached, nothing is to be built")


def test_a_value_is_kept_under_our_prefix_for_its_time_only(cache, server):
    cache.set("bytes", b"\x00\xff", ttl_s=60)
    assert cache.get("bytes") == b"\x00\xff"
    assert server.get("llmpricing:bytes") == b"\x00\xff"
    assert 0 < server.pttl("llmpricing:bytes") <= 60_000


def test_a_value_whose_time_is_over_is_gone(cache):
    cache.set("short", b"x", ttl_s=0.05)
    time.sleep(0.1)
    assert cache.get("short") is None


@pytest.mark.parametrize("ttl_s", [0, -1])
def test_a_value_without_an_end_is_refused(cache, ttl_s):
    with pytest.raises(ValueError, match="lives"):
        cache.set("eternal", b"x", ttl_s)


def test_remember_builds_once_and_keeps(cache, server):
    assert cache.remember("answer", 60, lambda: b"42") == b"42"
    assert cache.remember("answer", 60, never) == b"42"
    assert 0 < server.pttl("llmpricing:answer") <= 60_000


def test_an_error_of_the_builder_is_the_callers_and_nothing_is_kept(cache):
    def fail():
        raise redis.RedisError("the builder's own")

    with pytest.raises(redis.RedisError, match="the builder's own"):
        cache.remember("broken", 60, fail)
    assert cache.remember("broken", 60, lambda: b"mended") == b"mended"


def test_a_stampede_builds_once(cache):
    built, answers, gate = [], [], threading.Barrier(16)

    def build():
        built.append(1)
        time.sleep(0.2)
        return b"slow"

    def ask():
        gate.wait()
        answers.append(cache.remember("stampede", 60, build))

    _in_threads(ask, 16)
    assert built == [1]
    assert answers == [b"slow"] * 16


def test_those_who_waited_for_a_builder_that_failed_build_their_own(cache):
    waiting = threading.Event()

    def fail():
        waiting.set()
        time.sleep(0.2)
        raise RuntimeError("the first one's own misfortune")

    def first():
        with pytest.raises(RuntimeError):
            cache.remember("unlucky", 60, fail)

    thread = threading.Thread(target=first)
    thread.start()
    waiting.wait()
    assert cache.remember("unlucky", 60, lambda: b"fine") == b"fine"
    thread.join()


def test_a_stampede_builds_once_also_while_redis_is_away(make_cache):
    cache, built, gate = make_cache(f"redis://127.0.0.1:{closed_port()}/0"), [], threading.Barrier(8)

    def build():
        built.append(1)
        time.sleep(0.2)
        return b"slow"

    def ask():
        gate.wait()
        cache.remember("stampede", 60, build)

    _in_threads(ask, 8)
    assert built == [1]


def test_without_redis_everything_is_built(make_cache):
    cache = make_cache(f"redis://127.0.0.1:{closed_port()}/0")
    cache.set("key", b"x", 60)
    assert cache.get("key") is None
    assert cache.remember("key", 60, lambda: b"built") == b"built"


def test_a_frozen_redis_costs_one_timeout_and_the_next_ones_nothing(stores, cache):
    cache.set("key", b"old", 60)
    with frozen(stores.valkey.pid):
        with within(2 * TIMEOUT_S):
            assert cache.remember("key", 60, lambda: b"built") == b"built"
        with within(0.05):
            assert cache.remember("key", 60, lambda: b"built") == b"built"


def test_after_a_timeout_no_answer_is_taken_for_anothers(stores, cache):
    cache.set("one", b"1", 60)
    cache.set("two", b"2", 60)
    with frozen(stores.valkey.pid):
        assert cache.get("one") is None
    time.sleep(1)
    assert cache.get("two") == b"2"
    assert cache.get("one") == b"1"


def test_a_killed_redis_is_used_again_once_it_is_back(stores, cache):
    cache.set("key", b"x", 60)
    kill(stores.valkey.pid)
    wait_until(lambda: stores.valkey.pid is None)
    assert cache.remember("key", 60, lambda: b"built") == b"built"
    stores.valkey.start(stores.valkey.port, make_url(stores.redis_url))
    wait_until(lambda: cache.remember("key", 60, lambda: b"again") and cache.get("key") is not None)


def test_a_line_that_breaks_costs_no_answer(stores, make_cache):
    with proxied(stores.redis_url) as proxy:
        cache = make_cache(proxy.url)
        cache.set("key", b"x", 60)
        proxy.cut()
        assert cache.remember("key", 60, lambda: b"x") == b"x"


def test_what_redis_refuses_does_not_keep_others_from_it(cache, server):
    server.lpush("llmpricing:list", "not ours")
    assert cache.get("list") is None
    cache.set("key", b"x", 60)
    assert cache.get("key") == b"x"


def test_every_request_has_the_one_cache_of_its_process(make_settings):
    with Configurator(settings={"llmpricing": make_settings()}) as config:
        config.include("llmpricing.cache")
    first, second = Request.blank("/"), Request.blank("/")
    for request in (first, second):
        request.registry = config.registry
        apply_request_extensions(request)
    first.cache.set("of-requests", b"x", 60)
    assert second.cache.get("of-requests") == b"x"
    assert second.cache is first.cache
    first.cache.close()


def _in_threads(action, count):
    threads = [threading.Thread(target=action) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
