"""`llmpricing token`: tokens for those who may ask."""

from __future__ import annotations

from pathlib import Path

import click

from llmpricing.domain.times import day
from llmpricing.scripts.command_group import CommandGroup
from llmpricing.scripts.deciding import decides, decision, lists, say_all
from llmpricing.scripts.options import Decorator
from llmpricing.scripts.terminal import say
from llmpricing.services.decisions.access_tokens import (
    NAME,
    TokenRecord,
    add_token,
    digest_of,
    forget_tokens,
    list_tokens,
    make_token,
    revoke_token,
)
from llmpricing.setting_values import SCOPES

scope_option: Decorator = click.option(
    "--scope", type=click.Choice(SCOPES), default="read", show_default=True, help="What it may see."
)


@click.group(cls=CommandGroup, short_help="Tokens for those who may ask.")
def token() -> None:
    """Tokens for those who may ask; once one was made, nobody asks without.

    feed reads exports; read all but contract rates; rates these too; admin all.
    """


@token.command()
@click.argument("name")
@scope_option
@decides
def add(name: str, scope: str, actor: str | None, note: str | None, ini: Path) -> None:
    """Make a token, shown once; the database keeps only its digest.

    \b
    llmpricing token add grafana --scope read
    """
    with decision(ini, actor, note) as (session, by):
        made = add_token(session, by, name, scope)
    say(f"Token (shown this once): {made}")
    say(f"It opens {scope} within 2 s, sent as Authorization: Bearer TOKEN. To end it: llmpricing token revoke {name}")


@token.command(name="list")
@lists
def list_(as_json: bool, ini: Path) -> None:
    """Show the tokens of the database, those that were revoked last; those in the settings are not among them.

    \b
    llmpricing token list
    """
    none = "There are none. To make one: llmpricing token add NAME --scope read"
    say_all(ini, as_json, "tokens", list_tokens, _line, none)


def _line(one: TokenRecord) -> str:
    made = f"made {day(one.made_at)} by {one.made_by}"
    ended = f", revoked {day(one.revoked_at)} by {one.revoked_by}" if one.revoked_at else ""
    return f"{one.name}  {one.scope}  {made}{ended}{f'  ({one.note})' if one.note else ''}"


@token.command()
@click.argument("name")
@decides
def revoke(name: str, actor: str | None, note: str | None, ini: Path) -> None:
    """Let the token of this name open nothing any more: on every server within 2 s.

    \b
    llmpricing token revoke grafana
    """
    with decision(ini, actor, note) as (session, by):
        revoke_token(session, by, name)
        is_last = not any(one.revoked_at is None for one in list_tokens(session))
    say(f"{name} opens nothing any more, on every server within 2 s.")
    if is_last:
        say("It was the last one of the database, and nobody asks without. To make another: llmpricing token add NAME")
        say("To let everybody ask again: llmpricing token open")


@token.command(name="open")
@decides
def open_(actor: str | None, note: str | None, ini: Path) -> None:
    """Let everybody ask again, when all tokens are revoked; what the settings say stays.

    \b
    llmpricing token open
    """
    with decision(ini, actor, note) as (session, by):
        forget_tokens(session, by)
    say("The database names nobody who may ask: within 2 s everybody may, unless the settings name some.")


@token.command()
@click.argument("name")
@scope_option
def new(name: str, scope: str) -> None:
    """Make a token, shown once, and the words for the setting auth.tokens, which holds only its digest.

    \b
    llmpricing token new grafana --scope feed
    """
    if not NAME.fullmatch(name):
        raise click.BadParameter("takes letters, digits, dots and dashes.", param_hint="NAME")
    made = make_token()
    say(f"Token (shown this once): {made}")
    say(f"Add to auth.tokens, or to LLMPRICING_AUTH_TOKENS, and restart: {name}:{scope}:{digest_of(made)}")
