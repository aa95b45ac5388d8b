"""How the command line calls the parameters that a message of the core names: by the options of the running command."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

import click

from llmpricing.domain.usage.wording import Parameter, ParameterWords, in_python

if TYPE_CHECKING:
    from llmpricing.services.price_book import Reads

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
    "region": "region",
    "tier": "tier",
    "provider": "provider",
    "map": "offerings",
    "fresh": "fresh",
}
_OF_HIDDEN = "run it without --redact, which names the model, and say by --map what it means"
_OF_FILES = ("region", "tier", "provider")  # what audit can be told of whole files, where the running command cannot


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


def words_of(reads: Reads, *, is_redacted: bool = False) -> ParameterWords:
    """The words of the command that runs, which reads these prices: of a file what its options can say, of a price book
    of one's own also the commands that enter what it does not know. Where names ``is_redacted`` no command is told with
    one, which nothing else knows by it.
    """
    from llmpricing.book.price_book import PriceBook  # what reads files is loaded where one is opened

    options, is_file = option_words(), isinstance(reads, PriceBook)

    def said(parameter: Parameter) -> str | None:
        name, values = parameter
        command = None if is_file else in_python(parameter)
        if name in ("own_name", "meant") and is_redacted:
            return _OF_HIDDEN
        if name in ("own_name", "meant"):
            by_option = options(Parameter("map", ("=".join(values),)))
            by_command = None if is_file else in_python(Parameter("own_name", values))
            return ", or for all files: ".join(filter(None, [by_option, by_command])) or None
        if name == "exchange":
            return _stated_exchange(*values, is_file=is_file)
        if name in ("lists", "pin"):
            return command or options(Parameter("fresh"))
        if name in _OF_FILES and options(Parameter(name)) is None:
            return f"llmpricing audit FILE --{name} {shlex.join(values)}"
        return options(parameter)

    return said


def _stated_exchange(currency: str, *, is_file: bool) -> str:
    worth = f"USD_PER_{currency}"
    if is_file:
        return f"llmpricing book build prices.book --exchange {currency}={worth}, then --book prices.book"
    return f"llmpricing exchange add {currency} {worth} --from DAY --source WHO_SAYS_SO"
