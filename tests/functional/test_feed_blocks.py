"""What docs/feeds.md and README print for clients runs as printed, on a server and folders of the test."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from threading import Thread
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest
from sqlalchemy import create_engine
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool
from webtest import TestApp

from llmpricing.services.imports.fetches import ReadList
from llmpricing.services.imports.importing import import_lists
from llmpricing.sources.models_dev import SOURCE
from tests.commands import commands_on
from tests.conftest import NOW, running_app
from tests.functional.test_feed_of_models_dev import AS_BYTES
from tests.functional.test_feeds import MAP, bring
from tests.functional.test_langfuse import KEYS, Recorder

ROOT = Path(__file__).parents[2]
PRINTED = "https://prices.example"
DOCS = (ROOT / "docs/feeds.md").read_text("utf-8")
README = (ROOT / "README.md").read_text("utf-8")
_ADDRESS = re.compile(re.escape(PRINTED) + r"(/[\w./-]*\w)")


def block(of: str, language: str = "sh") -> str:
    """What is printed for that client."""
    section = DOCS.split(f"\n## {of}\n")[1].split("\n## ")[0]
    return section.split(f"```{language}\n")[1].split("```")[0]


@pytest.fixture
def fed_url(book_url: str) -> str:
    """The small price book after an import of a LiteLLM map and of models.dev's list."""
    bring(book_url, MAP)
    engine = create_engine(book_url, poolclass=NullPool)
    with Session(engine) as session, session.begin():
        reading = ReadList(AS_BYTES, datetime(2026, 11, 12, tzinfo=UTC), NOW, "a test", describes_only=True)
        import_lists(session, [(SOURCE, reading)])
    engine.dispose()
    return book_url


@pytest.fixture
def app(fed_url: str, redis_url: str) -> Iterator[TestApp]:
    with running_app(fed_url, redis_url) as found:
        yield found


class _Quiet(WSGIRequestHandler):
    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def address(app: TestApp) -> Iterator[str]:
    """Where the application answers over HTTP."""
    with make_server("127.0.0.1", 0, app.app, handler_class=_Quiet) as server:
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_each_printed_address_is_one_of_ours(app: TestApp) -> None:
    for text, at_least in ((DOCS, 3), (README, 4)):
        found = {one.removesuffix("/export/models.dev") for one in _ADDRESS.findall(text)}
        assert len(found) >= at_least
        for path in found:
            app.get(path + "/export/models.dev/api.json" if path == "/api/v1" else path, status=200)


def test_the_lines_of_readme_are_those_of_the_docs() -> None:
    for client in ("LiteLLM", "models.dev", "Langfuse", "ccusage"):
        for line in block(client).splitlines():
            words = re.sub(r"\s+#.*|\s--dry-run", "", line)
            assert f"`{words}`" in README, words


def run(lines: str, home: Path, environ: dict[str, str]) -> str:
    """Run the lines in a shell of the home folder, where `llmpricing` is ours."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["/bin/sh", "-e", "-c", lines],
        cwd=home,
        env=os.environ | environ | {"HOME": str(home), "PATH": path},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_genai_prices_takes_the_feed_by_the_printed_lines(address: str) -> None:
    lines = block("genai-prices", "python").replace(PRINTED, address)
    assert lines.rstrip().endswith("    ...")
    before = (
        "from genai_prices import Usage, calc_price\nfrom genai_prices.update_prices import wait_prices_updated_sync"
    )
    asked = "calc_price(Usage(input_tokens=10**6), 'acme-large', provider_id='acme')"
    body = f"assert wait_prices_updated_sync(30)\n    print({asked}.total_price)"
    done = subprocess.run(
        [sys.executable, "-c", f"{before}\n{lines.replace('...', body)}"],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "2.50\n"), done.stderr


def test_ccusage_s_file_is_written_where_there_was_no_folder(tmp_path: Path, fed_url: str, redis_url: str) -> None:
    commands = commands_on(tmp_path, fed_url, redis_url)
    commands.ini.rename(tmp_path / "development.ini")
    export, ask = block("ccusage").splitlines()
    assert ask == "ccusage daily"
    run(export, tmp_path, commands.environ)
    assert "pricingOverrides" in (tmp_path / ".config/claude/ccusage.json").read_text()


def test_langfuse_is_asked_by_the_printed_lines(tmp_path: Path, fed_url: str, redis_url: str) -> None:
    commands = commands_on(tmp_path, fed_url, redis_url)
    commands.ini.rename(tmp_path / "development.ini")
    with Recorder() as server:
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        lines = block("Langfuse").replace("https://langfuse.example", f"http://127.0.0.1:{server.server_port}")
        lines = lines.replace("pk-lf-...", KEYS[0]).replace("sk-lf-...", KEYS[1])
        told = run(lines, tmp_path, commands.environ)
        server.shutdown()
        thread.join()
    assert told.startswith("To do: ")
    assert server.asked == []
