"""What a command says before it tries again."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy.exc import OperationalError

from llmpricing.scripts.failures import UNSURE, with_retries
from llmpricing.settings import read_settings

URLS = {"sqlalchemy.url": "postgresql+psycopg2://a:b@localhost/c", "redis.url": "redis://localhost"}


@pytest.mark.parametrize("unsure", [False, True])
def test_nothing_is_said_to_be_unchanged_where_the_line_broke_in_a_commit(
    capsys: pytest.CaptureFixture[str], unsure: bool
) -> None:
    settings = replace(read_settings(URLS, environ={}), script_retry_delay_s=0)
    error = OperationalError("commit", None, Exception("server closed the connection"), connection_invalidated=True)
    if unsure:
        error.add_note(UNSURE)
    tries = iter((error, None))

    def work() -> None:
        if (broken := next(tries)) is not None:
            raise broken

    with_retries(work, settings, patiently=False)
    told = capsys.readouterr().err
    assert told.startswith("The database broke off")
    assert ("nothing was changed" in told) is not unsure
