"""`llmpricing`: one command with subcommands, each imported only when it is used."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from threading import current_thread, main_thread
from types import FrameType
from typing import Any, NoReturn

import click

from llmpricing.scripts.terminal import told
from llmpricing.settings_error import SettingsError

_ROOM = "llmpricing.scripts.commands"
GROUPS = {
    "Ask": {
        "quote": "quote:quote",
        "changes": "changes:changes",
        "calendar": "calendar:calendar",
    },
    "Check a bill": {
        "audit": "audit:audit",
        "outlook": "outlook:outlook",
        "elsewhere": "elsewhere:elsewhere",
        "price": "price:price",
        "formats": "formats:formats",
        "names": "names:names",
    },
    "Keep prices right": {
        "import": "import_lists:import_",
        "import-benchmarks": "import_benchmarks:import_benchmarks",
        "week": "week:week",
        "review": "review:review",
        "pin": "pin:pin",
        "unpin": "pin:unpin",
        "trust": "trust:trust",
        "decisions": "decisions:decisions",
    },
    "Own terms": {
        "rate": "rate:rate",
        "alias": "alias:alias",
        "exchange": "exchange:exchange",
    },
    "Run": {
        "run": "run:run",
        "serve": "serve:serve",
        "stores": "stores:stores",
        "book": "book:book",
        "feed": "feed:feed",
        "backup": "backup:backup",
        "restore": "backup:restore",
        "verify": "verify:verify",
        "token": "token:token",
        "admin": "admin:admin",
    },
}
COMMANDS = {name: f"{_ROOM}.{place}" for group in GROUPS.values() for name, place in group.items()}


@contextmanager
def tidied_up_on_sigterm() -> Iterator[None]:
    """Let SIGTERM unwind the block, so that no part of a file stays behind, and end with 143 as shells call it."""
    if current_thread() is not main_thread():  # others can set no handler
        yield
        return

    def end(_number: int, _frame: FrameType | None) -> NoReturn:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)  # once: what follows is tidying up
        raise SystemExit(128 + signal.SIGTERM)

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


class Commands(click.Group):
    """Subcommands out of the table; an error that people can act on ends with its words and exit code 1."""

    def list_commands(self, _context: click.Context) -> list[str]:
        """The names, in the order of the table."""
        return list(COMMANDS)

    def get_command(self, _context: click.Context, name: str) -> click.Command | None:
        """The command of that name, imported now."""
        if name not in COMMANDS:
            return None
        module, attribute = COMMANDS[name].split(":")
        command: click.Command = getattr(import_module(module), attribute)
        return command

    def format_commands(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        """The commands by what they are for, each with its first sentence."""
        widest = max(map(len, COMMANDS))
        for title, names in GROUPS.items():
            found = {name: self.get_command(context, name) for name in names}
            with formatter.section(title):
                formatter.write_dl(
                    [(name.ljust(widest), one.get_short_help_str(90)) for name, one in found.items() if one]
                )

    def invoke(self, context: click.Context) -> Any:
        """Run the subcommand; problems of the settings are told without a traceback, all problems in plain signs."""
        try:
            with tidied_up_on_sigterm():
                return super().invoke(context)
        except SettingsError as error:
            raise told(click.ClickException(str(error))) from None
        except click.ClickException as error:
            raise told(error) from None


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="llmpricing")
def main() -> None:
    """The price book of the LLM market.

    \b
    llmpricing run            start everything and serve http://localhost:6543
    llmpricing stores status  see which PostgreSQL and Redis are used

    llmpricing COMMAND --help tells each with examples. Exit codes: 0 done, 1 failed (the message ends with what to do
    next), 2 asked wrongly, 3 where a check says no (audit, outlook, changes --models, stores status).
    """


if __name__ == "__main__":
    main()
