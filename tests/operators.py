"""People who work on the pages of /admin, in tests."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import UTC, datetime
from typing import Any
from unittest.mock import patch

import redis
from argon2 import PasswordHasher
from sqlalchemy import create_engine
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool
from webtest import TestApp

from llmpricing.services.decisions import operator_passwords
from llmpricing.services.decisions.operator_passwords import set_password
from llmpricing.services.decisions.reviews_and_pins import Decider

PASSWORD = "correct horse battery"
_quick = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)  # else 64 MiB: a check takes what the hash says


def let_in(database_url: str, name: str = "ada", password: str = PASSWORD, in_earnest: bool = False) -> None:
    """Give somebody a password, which is hashed and checked in no time or ``in_earnest``."""
    engine = create_engine(database_url, poolclass=NullPool)
    with Session(engine) as session, session.begin(), ExitStack() as changed:
        if not in_earnest:
            changed.enter_context(patch.object(operator_passwords, "_hasher", lambda: _quick))
        set_password(session, Decider("me", datetime.now(UTC)), name, password)
    engine.dispose()


def forget_attempts(redis_url: str) -> None:
    """Let everybody try to sign in as if for the first time."""
    with redis.Redis.from_url(redis_url) as client:
        for key in client.scan_iter("llmpricing:sign-in*"):
            client.delete(key)


def sign_in(app: TestApp, name: str = "ada", password: str = PASSWORD, address: str = "192.0.2.9", **more: Any) -> Any:
    """Fill in the form of the sign-in and send it, from this address."""
    form = app.get("/admin/sign-in").form
    form["name"], form["password"] = name, password
    return form.submit(extra_environ={"REMOTE_ADDR": address}, **more)
