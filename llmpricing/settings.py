"""The one place that reads ini values and environment: typed, frozen, all problems reported at once."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from llmpricing.setting_values import (
    AccessToken,
    GroupScope,
    OperatorPassword,
    address,
    choice,
    folder,
    groups,
    header,
    hosts,
    integer,
    limit,
    passwords,
    seconds,
    seeds,
    tokens,
)
from llmpricing.settings_error import SettingsError
from llmpricing.stores.urls import database_options, redis_options

DEVELOPMENT_PASSWORD = "dev_password"  # noqa: S105 - public by design; production refuses it
# Words for what the sources declare, which lie above this module.
BUNDLED_LISTS = "bundled"
OWN_HOSTS = "sources"


def _database_url(raw: str) -> str:
    database_options(raw)
    return raw


def _redis_url(raw: str) -> str:
    redis_options(raw)
    return raw


def _setting(key: str, read: Callable[[str], Any], help_text: str, default: str | None = None) -> Any:
    """Describe one setting; ``default`` is text like an ini value, None means it must be given."""
    return field(metadata={"key": key, "read": read, "help": help_text, "default": default})


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Everything the application can be told. Durations are seconds."""

    database_url: str = _setting("sqlalchemy.url", _database_url, "PostgreSQL, postgresql+psycopg2://...")
    redis_url: str = _setting("redis.url", _redis_url, "Redis or Valkey, redis://HOST:PORT/NUMBER")
    environment: str = _setting(
        "llmpricing.environment",
        choice("development", "production"),
        "production refuses development secrets",
        "production",
    )
    seed: tuple[str, ...] = _setting(
        "llmpricing.seed",
        seeds,
        "price lists that a new price book loads; `bundled`: all that come with us",
        BUNDLED_LISTS,
    )
    auth_tokens: tuple[AccessToken, ...] = _setting(
        "auth.tokens",
        tokens,
        "who may ask beside the tokens of the database, in words that `llmpricing token new` makes",
        "none",
    )
    auth_passwords: tuple[OperatorPassword, ...] = _setting(
        "auth.passwords",
        passwords,
        "who may sign in at /admin beside those of the database, in words that `llmpricing admin hash-password` makes",
        "none",
    )
    auth_user_header: str = _setting(
        "auth.user_header",
        header,
        "header in which the trusted proxy names who is signed in, such as X-Forwarded-User; `none`: no sign-in",
        "none",
    )
    auth_groups_header: str = _setting(
        "auth.groups_header", header, "header in which it names that one's groups, with commas between them", "none"
    )
    auth_groups: tuple[GroupScope, ...] = _setting(
        "auth.groups",
        groups,
        "what each group may see, in words such as finance:rates; `*`: whoever is signed in; signs such as blanks and "
        "commas of a group percent-encoded",
        "*:read",
    )
    book_dir: str | None = _setting(
        "llmpricing.book_dir",
        folder,
        "folder of the price book's files, from which prices are answered, without the database too; `none`: by the "
        "database alone",
        "none",
    )
    memory_mib: int = _setting(
        "llmpricing.memory_mib",
        integer(16, 65_536),
        "what one process makes of the price book and keeps takes no more, about: what was not asked for longest goes",
        "128",
    )
    metrics_listen: tuple[str, int] | None = _setting(
        "llmpricing.metrics_listen",
        address,
        "address for metrics alone, such as 127.0.0.1:9464, which asks for no token; `none`: /metrics beside the API",
        "none",
    )
    log_format: str = _setting("llmpricing.log_format", choice("text", "json"), "log lines", "text")
    pool_size: int = _setting("llmpricing.pool_size", integer(1, 100), "database connections kept by one process", "8")
    database_slots: int = _setting(
        "llmpricing.database_slots",
        integer(1, 100),
        "requests at the database at once: at least 2 fewer than waitress has threads, which health needs",
        "6",
    )
    pool_timeout_s: float = _setting("llmpricing.pool_timeout_s", seconds(0.1, 30), "wait for a free connection", "2")
    connect_timeout_s: float = _setting(
        "llmpricing.connect_timeout_s", seconds(0.1, 30), "wait for a new connection", "2"
    )
    statement_timeout_s: float = _setting(
        "llmpricing.statement_timeout_s", seconds(0.1, 3600), "the server ends a longer statement", "30"
    )
    request_deadline_s: float = _setting(
        "llmpricing.request_deadline_s",
        seconds(0.1, 300),
        "a request waits no longer for the database, then 503",
        "10",
    )
    coverage_timeout_s: float = _setting(
        "llmpricing.coverage_timeout_s",
        seconds(0.01, 300),
        "looking up the names of one coverage question takes no longer, then 400",
        "5",
    )
    drain_timeout_s: float = _setting(
        "llmpricing.drain_timeout_s",
        seconds(0, 600),
        "a server that is stopped waits no longer for requests in flight",
        "20",
    )
    retry_attempts: int = _setting(
        "llmpricing.retry_attempts", integer(0, 10), "retries after a transient database error", "3"
    )
    script_retry_delay_s: float = _setting(
        "llmpricing.script_retry_delay_s",
        seconds(0, 60),
        "scripts wait up to this long between their retries",
        "5",
    )
    script_lock_timeout_s: float = _setting(
        "llmpricing.script_lock_timeout_s",
        seconds(0.1, 3600),
        "a command waits no longer for what another one holds; after 2 s it says for whom",
        "120",
    )
    script_statement_timeout_s: float = _setting(
        "llmpricing.script_statement_timeout_s",
        seconds(1, 86400),
        "one statement of a command takes no longer",
        "600",
    )
    redis_timeout_s: float = _setting(
        "llmpricing.redis_timeout_s", seconds(0.01, 10), "wait for one answer of the cache", "0.5"
    )
    health_timeout_s: float = _setting(
        "llmpricing.health_timeout_s", seconds(0.1, 10), "wait for a store in a health check", "1.5"
    )
    max_source_age_days: int | None = _setting(
        "llmpricing.max_source_age_days",
        limit(0, 3650),
        "the health check warns of a source whose newest list is older, and does not fail; `none`: it does not warn",
        "none",
    )
    max_open_reviews: int | None = _setting(
        "llmpricing.max_open_reviews",
        limit(0, 1_000_000),
        "the health check warns where more suspicious prices wait for a person; `none`: it does not warn",
        "none",
    )
    lock_timeout_s: float = _setting(
        "llmpricing.lock_timeout_s", seconds(0.1, 600), "a migration waits no longer for a lock", "10"
    )
    bill_max_mib: int = _setting(
        "llmpricing.bill_max_mib",
        integer(1, 1024),
        "a usage file sent to /bill is no larger; unpacked four times that",
        "64",
    )
    fetch_hosts: tuple[str, ...] = _setting(
        "llmpricing.fetch_hosts",
        hosts,
        "hosts that importers may fetch from, such as a company mirror; `sources`: those of the lists' own addresses",
        OWN_HOSTS,
    )
    fetch_timeout_s: float = _setting("llmpricing.fetch_timeout_s", seconds(1, 600), "a download takes no longer", "60")
    fetch_max_mib: int = _setting("llmpricing.fetch_max_mib", integer(1, 1024), "a price list is no larger", "64")
    import_max_entries: int = _setting(
        "llmpricing.import_max_entries",
        integer(1, 10_000_000),
        "a price list holds no more entries; the largest known ones hold some 5,000",
        "100000",
    )
    evidence_grace_days: int = _setting(
        "llmpricing.evidence_grace_days",
        integer(1, 3650),
        "days that a source's prices count as seen after its last list; changed, all prices are chosen anew at the "
        "next initialisation or import",
        "45",
    )


_ENVIRONMENT_NAMES = {"sqlalchemy.url": "LLMPRICING_DATABASE_URL", "redis.url": "LLMPRICING_REDIS_URL"}


def environment_name(key: str) -> str:
    """The environment variable that overrides the ini key, e.g. ``LLMPRICING_POOL_SIZE``."""
    return _ENVIRONMENT_NAMES.get(key) or "LLMPRICING_" + key.removeprefix("llmpricing.").upper().replace(".", "_")


def describe() -> list[tuple[str, str, str | None, str]]:
    """(ini key, environment variable, default, meaning) of every setting, in order."""
    return [
        (f.metadata["key"], environment_name(f.metadata["key"]), f.metadata["default"], f.metadata["help"])
        for f in fields(Settings)
    ]


def read_settings(
    ini: Mapping[str, Any], environ: Mapping[str, str] | None = None, *, lists: Collection[str] | None = None
) -> Settings:
    """Settings from ini values, each overridden by its environment variable; empty counts as missing.

    ``lists`` are the price lists that may be seeded; left out, the seeding itself tells which it does not know. Raises
    SettingsError with every problem, naming keys and variables but never a secret.
    """
    environ = os.environ if environ is None else environ
    values: dict[str, Any] = {}
    problems: list[str] = []
    for f in fields(Settings):
        key, name = f.metadata["key"], environment_name(f.metadata["key"])
        raw = environ.get(name, "").strip() or str(ini.get(key) or "").strip() or f.metadata["default"]
        if raw is None:
            problems.append(f"{key} is missing: set it in the ini file or in {name}")
            continue
        try:
            values[f.name] = f.metadata["read"](raw)
        except ValueError as error:
            problems.append(f"{key} ({name}) {error}")
    problems += _contradictions(values)
    if lists is not None:
        problems += _unknown_lists(values.get("seed", ()), lists)
    if problems:
        raise SettingsError(problems)
    return Settings(**values)


def _unknown_lists(seed: Iterable[str], lists: Collection[str]) -> list[str]:
    unknown = [name for name in seed if name not in (BUNDLED_LISTS, *lists)]
    if not unknown:
        return []
    known = f"{', '.join(lists)}, {BUNDLED_LISTS} for all of them, or none"
    return [f"llmpricing.seed ({environment_name('llmpricing.seed')}) knows {known}, not {', '.join(unknown)}"]


def _contradictions(values: Mapping[str, Any]) -> list[str]:
    """What each setting may say, but not beside the others."""
    problems = []
    if "pool_size" in values and values.get("database_slots", 0) > values["pool_size"]:
        problems.append(
            f"llmpricing.database_slots ({environment_name('llmpricing.database_slots')}) must not be more than "
            f"llmpricing.pool_size ({environment_name('llmpricing.pool_size')})"
        )
    if values.get("auth_groups_header") and not values.get("auth_user_header"):
        problems.append("auth.groups_header says nothing without auth.user_header: set both or neither")
    if any(group != "*" for group, _ in values.get("auth_groups", ())) and not values.get("auth_groups_header"):
        problems.append("auth.groups names groups, but auth.groups_header does not say which header holds them")
    if values.get("environment", "production") == "development":
        return problems
    for name, key, options in (
        ("database_url", "sqlalchemy.url", database_options),
        ("redis_url", "redis.url", redis_options),
    ):
        if name in values and options(values[name]).get("password") == DEVELOPMENT_PASSWORD:
            problems.append(
                f"{key} ({environment_name(key)}) holds the development password: choose another for production"
            )
    return problems
