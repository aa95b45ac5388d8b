"""What the stores' URLs tell the drivers, read by the drivers' own parsers and checked without a connection.

Both functions raise ValueError in words that follow the setting's name and hold nothing of the URL.
"""

from __future__ import annotations

from typing import Any

import psycopg2
from psycopg2.extensions import make_dsn
from redis.connection import parse_url
from sqlalchemy import URL, make_url
from sqlalchemy.exc import SQLAlchemyError

# libpq looks at these only when it connects.
_LIBPQ_WORDS = {
    "sslmode": ("disable", "allow", "prefer", "require", "verify-ca", "verify-full"),
    "channel_binding": ("disable", "prefer", "require"),
    "gssencmode": ("disable", "prefer", "require"),
    "target_session_attrs": ("any", "read-write", "read-only", "primary", "standby", "prefer-standby"),
}
_LIBPQ_NUMBERS = (
    "connect_timeout",
    "keepalives",
    "keepalives_count",
    "keepalives_idle",
    "keepalives_interval",
    "tcp_user_timeout",
)
# redis-py lets a URL override every argument, also the time budgets that this service lives by.
_REDIS_LOGIN = ("db", "password", "username")
_REDIS_TLS = ("ssl_ca_certs", "ssl_ca_path", "ssl_cert_reqs", "ssl_certfile", "ssl_check_hostname", "ssl_keyfile")
_REDIS_CERTIFICATES = ("none", "optional", "required")


def database_options(text: str) -> dict[str, Any]:
    """libpq's options of a ``postgresql+psycopg2://`` URL, unquoted; the last word on its password and host."""
    url = _url(text)
    if url.drivername != "postgresql+psycopg2":
        raise ValueError("must begin with postgresql+psycopg2://")
    if not url.host or not url.database:
        raise ValueError("must name a host and a database, as in postgresql+psycopg2://USER:PASSWORD@HOST:5432/NAME")
    try:
        _, options = url.get_dialect()().create_connect_args(url)
        make_dsn(**options)
    except (SQLAlchemyError, psycopg2.ProgrammingError, TypeError):
        raise ValueError("holds an option behind its ? that libpq does not know") from None
    for name, value in options.items():
        if isinstance(value, tuple):
            raise ValueError(f"names {name} more than once")
        if name in _LIBPQ_WORDS and value not in _LIBPQ_WORDS[name]:
            raise ValueError(f"holds an unknown {name}: it must be one of {', '.join(_LIBPQ_WORDS[name])}")
        if name in _LIBPQ_NUMBERS and not value.isdecimal():
            raise ValueError(f"holds a {name} that is no whole number")
    return dict(options)


def redis_options(text: str) -> dict[str, Any]:
    """redis-py's options of a ``redis://`` or ``rediss://`` URL, unquoted."""
    url = _url(text)
    if url.drivername not in ("redis", "rediss"):
        raise ValueError("must begin with redis:// or rediss://")
    if not url.host:
        raise ValueError("must name a host, as in redis://HOST:6379/0")
    if (url.database or "0").strip("/") and not (url.database or "0").strip("/").isdecimal():
        raise ValueError("must end with a database number, as in redis://HOST:6379/0")
    known = (*_REDIS_LOGIN, *(_REDIS_TLS if url.drivername == "rediss" else ()))
    if not url.query.keys() <= set(known):
        raise ValueError(f"holds an option behind its ? that is none of {', '.join(known)}")
    try:
        options: dict[str, Any] = parse_url(text)  # type: ignore[no-untyped-call]
    except ValueError:
        options = {"db": -1}
    if options.get("db", 0) < 0:
        raise ValueError("holds a db that is no database number")
    if options.get("ssl_cert_reqs", "none") not in _REDIS_CERTIFICATES:
        raise ValueError(f"holds an unknown ssl_cert_reqs: it must be one of {', '.join(_REDIS_CERTIFICATES)}")
    return options


def _url(text: str) -> URL:
    try:
        url = make_url(text)
    except (SQLAlchemyError, ValueError):
        raise ValueError("is not a URL with a valid host and port") from None
    if url.port is not None and not 1 <= url.port <= 65535:
        raise ValueError("names a port that is not between 1 and 65535")
    if "\0" in f"{url.username}{url.password}{url.host}{url.database}{url.query}":
        raise ValueError("holds a NUL, which no name may")
    return url
