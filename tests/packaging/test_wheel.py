"""The wheel is whole: installed alone, away from the checkout, it fills a price book and serves it."""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from llmpricing.local_stores import running_stores

pytestmark = pytest.mark.slow

CHECKOUT = Path(__file__).parents[2]
PIP = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]
NOT_SOURCE = shutil.ignore_patterns(".*", "var", "build", "dist", "tests", "*.egg-info", "__pycache__")


def run(command: list[str | Path], environment: dict[str, str], folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, env=environment, cwd=folder, capture_output=True, text=True, timeout=180, check=False
    )


def clean_environment(**variables: str) -> dict[str, str]:
    """What a person's shell holds, without our own settings and this Python's paths."""
    own = ("LLMPRICING_", "PYTHON", "VIRTUAL_ENV", "COV_")
    return {name: value for name, value in os.environ.items() if not name.startswith(own)} | variables


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from a copy so that no left-over of an earlier build gets in."""
    folder = tmp_path_factory.mktemp("wheel")
    shutil.copytree(CHECKOUT, folder / "source", ignore=NOT_SOURCE)
    command = [*PIP, "wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", folder, folder / "source"]
    built = run(command, clean_environment(), folder)
    assert built.returncode == 0, built.stderr
    return next(folder.glob("llmpricing-*.whl"))


@pytest.fixture(scope="module")
def programs(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of programs of an empty environment into which only the wheel and its needs were installed."""
    place = tmp_path_factory.mktemp("installed") / "environment"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", place], check=True)
    into = ["--python", place / "bin" / "python", "install", "--no-compile", "-c", CHECKOUT / "constraints.txt"]
    installed = run([*PIP, *into, f"{wheel}[seed,bulk]"], clean_environment(), place)
    assert installed.returncode == 0, installed.stderr
    return place / "bin"


@pytest.fixture
def ini(tmp_path: Path) -> Path:
    """production.ini on a free port, alone in a folder outside the checkout."""
    text = (CHECKOUT / "production.ini").read_text()
    assert "listen = 127.0.0.1:6543" in text
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    copy = tmp_path / "production.ini"
    copy.write_text(text.replace("127.0.0.1:6543", f"127.0.0.1:{port}"))
    return copy


@contextmanager
def served(programs: Path, ini: Path, environment: dict[str, str]) -> Iterator[str]:
    """Base address of a pserve that answers, stopped afterwards."""
    listen = next(line for line in ini.read_text().splitlines() if line.startswith("listen"))
    base = "http://" + listen.split("=")[1].strip()
    log = ini.with_name("pserve.log")
    with log.open("w") as output:
        server = subprocess.Popen(
            [programs / "pserve", ini], env=environment, cwd=ini.parent, stdout=output, stderr=output
        )
    try:
        wait_for(base + "/api/health/live", server, log)
        yield base
    finally:
        server.terminate()
        server.wait(timeout=20)


def fetch(url: str) -> bytes:
    with urlopen(url, timeout=10) as answer:  # noqa: S310 - our own server
        return answer.read()


def wait_for(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 30
    while True:
        assert server.poll() is None, log.read_text()
        try:
            fetch(url)
            return
        except URLError:
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.1)


def test_the_wheel_holds_every_module_migration_and_asset_of_the_checkout(wheel: Path):
    sources = {
        path.relative_to(CHECKOUT).as_posix()
        for folder in ("llmpricing", "alembic", "docs")
        for path in (CHECKOUT / folder).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and path.suffix != ".webp"  # README's picture
    }
    expected = {
        re.sub("^docs/", "llmpricing/docs/", re.sub("^alembic/", "llmpricing/migrations/", name)) for name in sources
    }
    held = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    assert held == expected
    assert {"llmpricing/migrations/env.py", "llmpricing/migrations/script.py.mako"} <= held
    assert any(name.startswith("llmpricing/migrations/versions/") for name in held)
    assert any(name.startswith("llmpricing/web/templates/") for name in held)
    assert any(name.startswith("llmpricing/web/static/") for name in held)


@pytest.fixture
def production() -> Iterator[dict[str, str]]:
    """The two variables that production needs, for stores of its own: the tests' role has the development password."""
    with running_stores(role="prices", password="not:the/public@one", database="prices") as stores:
        yield {"LLMPRICING_DATABASE_URL": stores.database_url, "LLMPRICING_REDIS_URL": stores.redis_url}


def test_an_installed_wheel_fills_an_empty_database_and_serves_it_in_production(
    programs: Path, ini: Path, production: dict[str, str]
):
    environment = clean_environment(**production)
    where = run([programs / "python", "-c", "import llmpricing; print(llmpricing.__file__)"], environment, ini.parent)
    assert where.stdout.startswith(str(programs.parent)), where.stdout + where.stderr

    filled = run([programs / "initialize_llmpricing_db", ini], environment, ini.parent)
    assert filled.returncode == 0, filled.stdout + filled.stderr

    with served(programs, ini, environment) as base:
        health = json.loads(fetch(base + "/api/health"))
        page = fetch(base + "/").decode()
        notices = fetch(base + "/docs/notices").decode()
    assert health["services"] == {"database": "ok", "redis": "ok"}
    assert health["data"]["offerings"] > 2000
    assert "openai" in page.lower()
    assert '<tr id="DATE_UNKNOWN">' in notices


def test_an_installed_wheel_without_its_two_addresses_names_both_and_stops(programs: Path, ini: Path):
    refused = run([programs / "pserve", ini], clean_environment(), ini.parent)
    assert refused.returncode != 0
    said = refused.stdout + refused.stderr
    assert "LLMPRICING_DATABASE_URL" in said
    assert "LLMPRICING_REDIS_URL" in said


def test_a_folder_of_sessions_is_audited_without_a_server_or_an_ini_file(programs: Path, tmp_path: Path) -> None:
    """msg_02 of the session is 900 x 1 + 4,000 x 1.25 + 120 x 5 in millionths; the rest of it needs other lists."""
    sessions = tmp_path / "projects" / "shop"
    sessions.mkdir(parents=True)
    shutil.copy(CHECKOUT / "tests" / "fixtures" / "usage" / "claude-code-session.jsonl", sessions)
    own = clean_environment(XDG_CACHE_HOME=str(tmp_path / "cache"))
    audited = run([programs / "llmpricing", "audit", sessions.parent, "--json"], own, tmp_path)
    assert audited.returncode == 0, audited.stderr
    found = json.loads(audited.stdout)
    assert found["files"][0]["shape"] == "claude-code-sessions"
    assert "0.0065" in {
        one["recomputed"] for one in found["by"] if one.get("model", "").startswith("anthropic/claude-haiku")
    }
    assert list((tmp_path / "cache" / "llmpricing").iterdir())
