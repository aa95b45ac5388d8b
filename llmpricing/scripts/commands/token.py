"""`llmpricing token`: tokens for those who may ask."""

from __future__ import annotations

import re
from hashlib import sha256
from secrets import token_urlsafe

import click

from llmpricing.scripts.terminal import say
from llmpricing.settings import SCOPES


@click.group(short_help="Tokens for those who may ask.")
def token() -> None:
    """Tokens for those who may ask; where one is set, nobody asks without."""


@token.command()
@click.argument("name")
@click.option("--scope", type=click.Choice(SCOPES), default="read", show_default=True, help="What it may see.")
def new(name: str, scope: str) -> None:
    """Make a token, shown once, and the words for the setting llmpricing.auth_tokens, which holds only its digest."""
    if not re.fullmatch(r"[A-Za-z0-9._-]{1,64}", name):
        raise click.BadParameter("takes letters, digits, dots and dashes.", param_hint="NAME")
    made = f"llmp_{token_urlsafe(32)}"
    say(f"Token (shown this once): {made}")
    say(f"Add to llmpricing.auth_tokens, or to LLMPRICING_AUTH_TOKENS, and restart: {name}:{scope}:{_digest(made)}")


def _digest(made: str) -> str:
    return sha256(made.encode()).hexdigest()
