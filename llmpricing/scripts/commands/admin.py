"""`llmpricing admin`: who signs in on the pages of /admin by a password."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from llmpricing.domain.times import day
from llmpricing.scripts.asked_database import failures_told
from llmpricing.scripts.command_group import CommandGroup
from llmpricing.scripts.deciding import decides, decision, lists, say_all
from llmpricing.scripts.ini import ini_settings
from llmpricing.scripts.terminal import say
from llmpricing.services.decisions.operator_passwords import (
    PasswordRecord,
    hash_of,
    list_passwords,
    remove_password,
    set_password,
)


@click.group(cls=CommandGroup, short_help="Who signs in at /admin by a password.")
def admin() -> None:
    """Who signs in on the pages of /admin by a password; tokens of scope admin and a proxy's sign-in do too."""


@admin.command(name="set-password")
@click.argument("name")
@decides
def set_password_(name: str, actor: str | None, note: str | None, ini: Path) -> None:
    """Ask for a password that signs NAME in, in place of any before, or read it from a pipe.

    Whoever was signed in by the one before is so no more.

    \b
    llmpricing admin set-password ada
    """
    if any(one.name == name for one in ini_settings(ini).auth_passwords):
        raise click.ClickException(f"{name} has its password in the settings, which count first: see auth.passwords.")
    password = _asked()
    with decision(ini, actor, note) as (session, by):
        set_password(session, by, name, password)
    say(f"{name} signs in at /admin by this password from now on. To end that: llmpricing admin remove {name}")


@admin.command(name="list")
@lists
def list_(as_json: bool, ini: Path) -> None:
    """Show whose passwords are in the database; those in the settings are not among them.

    \b
    llmpricing admin list
    """
    none = "There are none. To set one: llmpricing admin set-password NAME"
    say_all(ini, as_json, "operators", list_passwords, _line, none)


def _line(one: PasswordRecord) -> str:
    return f"{one.name}  set {day(one.set_at)} by {one.set_by}"


@admin.command()
@click.argument("name")
@decides
def remove(name: str, actor: str | None, note: str | None, ini: Path) -> None:
    """Let nobody sign in by NAME any more; whoever is signed in by it is so no more.

    \b
    llmpricing admin remove ada
    """
    with decision(ini, actor, note) as (session, by):
        remove_password(session, by, name)
    say(f"Nobody signs in by {name} any more.")


@admin.command(name="hash-password")
@click.argument("name")
def hash_password(name: str) -> None:
    """Ask for a password and show the words for the setting auth.passwords, which holds only its hash.

    \b
    llmpricing admin hash-password ada
    """
    password = _asked()
    with failures_told():
        made = hash_of(name, password)
    say(f"Add to auth.passwords, or to LLMPRICING_AUTH_PASSWORDS, and restart: {name}:{made}")


def _asked() -> str:
    """The password, typed twice unseen, or the first line of a pipe."""
    if sys.stdin.isatty():
        typed: str = click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
        return typed
    return sys.stdin.readline().rstrip("\r\n")
