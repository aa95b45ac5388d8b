"""The same text is the same time, or refused, on the web, on the command line and in a log."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.commands import commands_on
from tests.conftest import running_app

PRICED = ("2026-11-20", "2026-11-20T10:00:00Z", "2026-11-20t10:00:00z", "2026-11-20 10:00Z", "2026-11-20T10:00:00+01")
REFUSED = ("2026-W01-1", "2026-001", "20261120", "2026-W01-1T10:00:00Z", "2026-11-20T10:00:00+0100", "٢٠٢٦-١١-٢٠")


@pytest.mark.parametrize("suffix", [".csv", ".ndjson"])
def test_all_ways_take_and_refuse_the_same_times(tmp_path: Path, book_url: str, redis_url: str, suffix: str) -> None:
    commands, taken = commands_on(tmp_path, book_url, redis_url), {}
    with running_app(book_url, redis_url) as app:
        for number, text in enumerate((*PRICED, *REFUSED)):
            asked = {"model": "acme/acme-large", "input_tokens": "1000", "at": text}
            web = app.get("/api/v1/quote", asked, expect_errors=True).status_int == 200
            line = commands.run("quote", "acme/acme-large", "--input", "1000", "--at", text).exit_code == 0
            log = tmp_path / f"{number}{suffix}"
            row = {
                ".csv": f"model,at,input_tokens\nacme/acme-large,{text},1000\n",
                ".ndjson": f'{{"model":"acme/acme-large","at":"{text}","input_tokens":1000}}\n',
            }
            log.write_text(row[suffix])
            done = commands.run("price", str(log))
            taken[text] = (web, line, "priced: 1 " in done.output)
    assert taken == dict.fromkeys(PRICED, (True,) * 3) | dict.fromkeys(REFUSED, (False,) * 3)
