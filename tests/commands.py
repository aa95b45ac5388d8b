"""The command line on a price book, run as people and cron run it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from llmpricing.scripts.cli import main

INI = """\
[app:main]
use = egg:llmpricing
llmpricing.environment = development
llmpricing.seed = none
"""


@dataclass
class Commands:
    """Commands on one price book, whatever the environment of the tests names."""

    ini: Path
    environ: dict[str, str]

    def run(self, command: str, *words: str, data: bytes | None = None) -> Result:
        """Run in this process."""
        return CliRunner().invoke(main, [*command.split(), *words, "-c", str(self.ini)], input=data, env=self.environ)

    def json(self, command: str, *words: str, exit_code: int = 0) -> Any:
        """What the command says with --json."""
        result = self.run(command, *words, "--json")
        assert result.exit_code == exit_code, result.output
        return json.loads(result.stdout)

    def start(self, command: str, *words: str) -> subprocess.Popen[str]:
        """Start it as a program of its own."""
        return subprocess.Popen(
            [sys.executable, "-m", "llmpricing.scripts.cli", *command.split(), *words, "-c", str(self.ini)],
            env=os.environ | self.environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=_hears_interrupts,  # noqa: PLW1509 - it takes no lock that a thread could hold
        )


def _hears_interrupts() -> None:
    """A shell that runs the tests in the background has Ctrl-C ignored, and all that they start would inherit that."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def commands_on(folder: Path, database_url: str, redis_url: str) -> Commands:
    """Commands with an ini file of their own in the folder."""
    ini = folder / "book.ini"
    ini.write_text(INI)
    return Commands(ini, {"LLMPRICING_DATABASE_URL": database_url, "LLMPRICING_REDIS_URL": redis_url})
