"""A command's subcommands, each told by its whole first sentence."""

from __future__ import annotations

import click

_LONGEST = 400  # a sentence is wrapped, not cut


class CommandGroup(click.Group):
    """A group whose --help cuts nothing short."""

    def format_commands(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        """The subcommands with what they do, in the order of their names."""
        named = {name: self.get_command(context, name) for name in self.list_commands(context)}
        with formatter.section("Commands"):
            formatter.write_dl([(name, one.get_short_help_str(_LONGEST)) for name, one in named.items() if one])
