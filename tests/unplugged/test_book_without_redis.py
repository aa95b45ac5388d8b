"""The book answers, pages and charts too, whatever happens to Redis; health says what it is, within its budget."""

from __future__ import annotations

from contextlib import closing, contextmanager

import pytest
from redis import Redis, ResponseError
from sqlalchemy.engine import make_url

from tests.unplugged.faults import closed_port, frozen, kill, wait_until
from tests.unplugged.priced import PATIENCE_S, READY, VERSION, answers, assert_answers_unmarked, health

TOLD = {
    "refused": "refused",
    "wrong password": "authentication failed",
    "killed": "refused",
    "frozen": "timed out",
    "full": "out of memory",
    "read-only": "read-only",
}


def assert_degraded(site, way):
    """Health says so: what needs trying is tried every few seconds."""
    wait_until(lambda: health(site)["status"] == "degraded", PATIENCE_S)
    found = health(site)
    assert found["services"] == {"database": "ok", "redis": "error"}
    assert found["checks"]["redis"]["error"].startswith(TOLD[way])


@pytest.mark.parametrize("way", ["refused", "wrong password"])
def test_a_redis_that_was_never_there_is_not_missed(priced_stores, serve_book, book_site, folder, way):
    well = answers(book_site)
    changes = {"refused": {"port": closed_port()}, "wrong password": {"username": "someone", "password": "another"}}
    url = make_url(priced_stores.redis_url).set(**changes[way])
    with serve_book(folder, redis_url=url.render_as_string(hide_password=False)) as site:
        wait_until(lambda: site.get(READY).json.get("book") == VERSION, PATIENCE_S)
        assert_answers_unmarked(site, well)
        assert_degraded(site, way)


@pytest.mark.parametrize("way", ["killed", "frozen", "wrong password", "full", "read-only"])
def test_a_redis_that_fails_is_not_missed_and_used_again_by_itself(priced_stores, book_site, way):
    well = answers(book_site)
    with failing(priced_stores, way):
        assert_answers_unmarked(book_site, well)
        assert_degraded(book_site, way)
    wait_until(lambda: health(book_site)["status"] == "healthy", PATIENCE_S)


@contextmanager
def failing(stores, way):
    if way == "killed":
        kill(stores.valkey.pid)
        wait_until(lambda: stores.valkey.pid is None)
        try:
            yield
        finally:
            stores.start_valkey()
    elif way == "frozen":
        with frozen(stores.valkey.pid):
            yield
    elif way == "wrong password":
        with closing(Redis.from_url(stores.redis_url)) as client, another_password(client, stores.redis_url):
            yield
    else:
        with closing(Redis.from_url(stores.redis_url)) as client, taking_no_writes(client, way):
            yield


@contextmanager
def another_password(client, url):
    """Who is connected goes, and comes in no more."""
    client.config_set("requirepass", "another")
    client.client_kill_filter(skipme=True)
    try:
        yield
    finally:
        client.config_set("requirepass", make_url(url).password or "")


@contextmanager
def taking_no_writes(client, way):
    before = client.config_get("maxmemory*")
    if way == "full":
        client.config_set("maxmemory-policy", "noeviction")
        client.config_set("maxmemory", 1)
    else:
        client.replicaof("127.0.0.1", "1")  # its primary is away: it serves what it has
    try:
        with pytest.raises(ResponseError):
            client.set("is", "refused")
        yield
    finally:
        client.replicaof("NO", "ONE")
        for name, value in before.items():
            client.config_set(name, value)
