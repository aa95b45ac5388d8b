"""`llmpricing`: one command with subcommands, each imported only when it is used."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import click

from llmpricing.scripts.terminal import told
from llmpricing.settings import SettingsError

COMMANDS = {
    "alias": "llmpricing.scripts.commands.alias:alias",
    "changes": "llmpricing.scripts.commands.changes:changes",
    "import": "llmpricing.scripts.commands.import_lists:import_",
    "names": "llmpricing.scripts.commands.names:names",
    "pin": "llmpricing.scripts.commands.pin:pin",
    "price": "llmpricing.scripts.commands.price:price",
    "quote": "llmpricing.scripts.commands.quote:quote",
    "rate": "llmpricing.scripts.commands.rate:rate",
    "exchange": "llmpricing.scripts.commands.exchange:exchange",
    "review": "llmpricing.scripts.commands.review:review",
    "run": "llmpricing.scripts.commands.run:run",
    "stores": "llmpricing.scripts.commands.stores:stores",
    "trust": "llmpricing.scripts.commands.trust:trust",
    "unpin": "llmpricing.scripts.commands.pin:unpin",
    "verify": "llmpricing.scripts.commands.verify:verify",
}


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

    def invoke(self, context: click.Context) -> Any:
        """Run the subcommand; problems of the settings are told without a traceback, all problems in plain signs."""
        try:
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
    """


if __name__ == "__main__":
    main()
