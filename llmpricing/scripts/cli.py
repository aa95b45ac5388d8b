"""`llmpricing`: one command with subcommands, each imported only when it is used."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import click

from llmpricing.settings import SettingsError

COMMANDS = {
    "alias": "llmpricing.scripts.alias_command:alias",
    "changes": "llmpricing.scripts.changes_command:changes",
    "import": "llmpricing.scripts.import_command:import_",
    "pin": "llmpricing.scripts.pin_command:pin",
    "price": "llmpricing.scripts.price_command:price",
    "quote": "llmpricing.scripts.quote_command:quote",
    "rate": "llmpricing.scripts.rate_command:rate",
    "exchange": "llmpricing.scripts.exchange_command:exchange",
    "review": "llmpricing.scripts.review_command:review",
    "run": "llmpricing.scripts.run_command:run",
    "stores": "llmpricing.scripts.stores_command:stores",
    "trust": "llmpricing.scripts.trust_command:trust",
    "unpin": "llmpricing.scripts.pin_command:unpin",
    "verify": "llmpricing.scripts.verify_command:verify",
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
        """Run the subcommand; problems of the settings are told without a traceback."""
        try:
            return super().invoke(context)
        except SettingsError as error:
            raise click.ClickException(str(error)) from None


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
