"""How the command line calls the parameters that a message of the core names: by the options of the running command."""

from __future__ import annotations

import shlex

import click

from llmpricing.domain.usage.wording import Parameter, ParameterWords

_OPTIONS = {
    "usage_format": "usage_format",
    "columns.model": "model_column",
    "columns.at": "at_column",
    "columns.usage_format": "usage_format",
    "columns.ignored": "ignored",
    "columns_map": "columns",
    "assume_utc": "assume_utc",
    "shape": "shape",
    "charged": "charged",
}


def option_words(context: click.Context | None = None) -> ParameterWords:
    """The words of the command that runs: ``--at-column ts``; None for what is no option of it."""
    found = context or click.get_current_context()
    options = {one.name: max(one.opts, key=len) for one in found.command.params if isinstance(one, click.Option)}

    def said(parameter: Parameter) -> str | None:
        option = options.get(_OPTIONS.get(parameter.name, ""))
        if option is None or not parameter.values:
            return option
        return " ".join(f"{option} {shlex.quote(value)}" for value in parameter.values)

    return said
