"""`llmpricing stores`: the stores by hand."""

from __future__ import annotations

import re
import secrets
from pathlib import Path

import click

from llmpricing.local_stores.home import home_beside
from llmpricing.local_stores.opening import another_folder, shown, used_stores
from llmpricing.local_stores.postgres import SUPERUSER
from llmpricing.local_stores.processes import ServerProcess
from llmpricing.local_stores.reset import drop_our_tables, empty_cache, empty_database
from llmpricing.local_stores.wanted import WantedStore, wanted_stores
from llmpricing.models import Base
from llmpricing.scripts.command_group import CommandGroup
from llmpricing.scripts.ini import stated_settings
from llmpricing.scripts.options import own_stores_option
from llmpricing.scripts.terminal import say
from llmpricing.settings import environment_name

INI = click.argument("ini", default="development.ini", type=click.Path(exists=True, dir_okay=False, path_type=Path))
NOT_RUNNING = 3
_ROLE = re.compile(r"[a-z][a-z0-9_]{0,39}")


@click.group(cls=CommandGroup)
def stores() -> None:
    """PostgreSQL and Redis for machines without Docker.

    Servers of our own keep their data in var/ beside INI (development.ini). Servers that somebody else started are
    used where INI names them, and never stopped.
    """


@stores.command()
@INI
@own_stores_option
def up(ini: Path, own_stores: bool) -> None:
    """Start what does not run yet, and let it run.

    \b
    llmpricing stores up
    """
    home = home_beside(ini)
    with used_stores(stated_settings(ini), home, say, only_own=own_stores) as opened:
        if not home.idle:
            home.keep(True)
        for wanted, store in zip(wanted_stores(stated_settings(ini)), (opened.database, opened.cache), strict=True):
            if store.url.port != wanted.url.port:
                say(
                    f"Note: {wanted.key} names port {wanted.url.port}. Commands find port {store.url.port} by "
                    f"themselves; for pserve set {wanted.variable} to the same URL with port {store.url.port}."
                )


@stores.command()
@INI
def down(ini: Path) -> None:
    """Stop our own servers; the data stays.

    \b
    llmpricing stores down
    """
    home = home_beside(ini)
    stopped: list[str] = []
    if home.folder.exists():
        with home.locked(say):
            home.keep(False)
            stopped = home.stop()
    say(f"Stopped {' and '.join(stopped)}." if stopped else "No server of our own was running.")


@stores.command()
@INI
@click.pass_context
def status(context: click.Context, ini: Path) -> None:
    """Show what runs where; exit code 0 if both answer, 3 if not.

    \b
    llmpricing stores status production.ini
    """
    home = home_beside(ini)
    database, cache = wanted_stores(stated_settings(ini))
    running = [_show(database, home.postgres), _show(cache, home.valkey)]
    if not all(running):
        say("Next: `llmpricing stores up` or `llmpricing run` starts what is missing.")
        context.exit(NOT_RUNNING)


@stores.command()
@INI
@click.option("--yes", is_flag=True, help="Do not ask.")
def reset(ini: Path, yes: bool) -> None:
    """Delete our tables and our keys, nothing else; on a server of our own the database's whole content.

    \b
    llmpricing stores reset
    """
    settings = stated_settings(ini)
    if settings.environment == "production":
        raise click.ClickException(
            "The setting llmpricing.environment says production, whose data is not deleted from here.\n"
            "Next: name a development ini file, as in llmpricing stores reset development.ini"
        )
    with used_stores(settings, home_beside(ini), say) as opened:
        places = f"  {opened.database.url}\n  {opened.cache.url} (keys llmpricing:*)"
        own = opened.database.server is not None
        tables = "all tables" if own else "our tables"
        if not yes and not click.confirm(f"This deletes {tables} and our keys in\n{places}\nDelete them?"):
            say("Nothing was deleted.")
            return
        if own:
            empty_database(opened.database.url)
        else:
            drop_our_tables(opened.database.url, [table.name for table in reversed(Base.metadata.sorted_tables)])
        keys = empty_cache(opened.cache.url)
        say(f"Deleted {tables} in database {opened.database.url.database} and {keys} keys of the cache.")
    say(f"Next: `llmpricing run {ini}` or `initialize_llmpricing_db {ini}` fills the price book again.")


@stores.command()
@click.argument("name")
@INI
def role(name: str, ini: Path) -> None:
    """Make role NAME with a password and a database of its own on our embedded PostgreSQL.

    For trying what production.ini asks for, which refuses the development password. Again, it gives a new password.

    \b
    llmpricing stores role prices
    """
    if not _ROLE.fullmatch(name):
        raise click.UsageError(f"{name[:40]!r} is no role: up to 40 of a to z, 0 to 9 and _, first a letter.")
    settings = stated_settings(ini)
    with used_stores(settings, home_beside(ini), say) as opened:
        server, url = opened.database.server, opened.database.url
        if server is None:
            raise click.ClickException(
                f"The PostgreSQL at {url.host}:{url.port} is not ours, so no role is made there.\n"
                "Next: make one as its administrator, with the statements of docs/operations.md."
            )
        if name in (url.username, SUPERUSER):
            raise click.UsageError(f"Role {name} is in use on this server: choose another name.")
        own = url.set(username=name, password=secrets.token_urlsafe(18), database=name)
        if not server.admits(own):
            raise click.ClickException("PostgreSQL does not answer.\nNext: llmpricing stores status")
        say(f"Role {name} has a password and database {name}. Commands and pserve use them after:")
        say(f"  export {environment_name('sqlalchemy.url')}='{own.render_as_string(hide_password=False)}'")
        say(f"  export {environment_name('redis.url')}='{opened.cache.url.set(database='1')}'")
    say("Next: llmpricing stores up, then initialize_llmpricing_db production.ini && pserve production.ini")


def _show(wanted: WantedStore, server: ServerProcess) -> bool:
    url, answer = wanted.url, server.ask(wanted.url)
    if server.pid is not None and server.port != url.port and not (answer.ready and wanted.refusal):
        url = wanted.url.set(port=server.port)  # as commands find it
        answer = server.ask(url)
    own = server.pid is not None and server.port == url.port
    say(f"{server.label}: {'running' if answer.ready else f'not usable, {answer.reason}'}")
    say(f"  url      {url}")
    if own:
        say(f"  process  {server.pid}, started by llmpricing")
        say(f"  data     {shown(server.folder)}")
    elif answer.ready and (other := another_folder(wanted, server)):
        say("  process  started by llmpricing for another folder, whose data are shared")
        say(f"  data     {other}")
    elif answer.ready:
        say("  process  not started by llmpricing, which leaves it alone")
    return answer.ready
