"""`llmpricing run`: stores, price book and web server by one command."""

from __future__ import annotations

from pathlib import Path

import click

from llmpricing.local_stores.home import home_beside
from llmpricing.local_stores.opening import used_stores
from llmpricing.scripts import supervisor
from llmpricing.scripts.first_lists import fetch_first_lists
from llmpricing.scripts.ini import stated_settings
from llmpricing.scripts.options import own_stores_option
from llmpricing.scripts.terminal import say
from llmpricing.scripts.web_port import claim_web_port


@click.command()
@click.argument("ini", default="development.ini", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--offline", is_flag=True, help="Fetch no price lists: those of the installation do.")
@own_stores_option
def run(ini: Path, offline: bool, own_stores: bool) -> None:
    """Start what is missing, fill the price book, serve it.

    The first time, today's public lists are fetched before, where there is a network, for 60 s at most.

    Uses the PostgreSQL and Redis that INI (development.ini) names if they answer with its role and database;
    otherwise starts servers of its own, with their data in var/ beside INI. So two checkouts share one price book,
    unless the second says --own-stores (and has another port in [server:main]). Ctrl-C stops everything it started.

    \b
    llmpricing run
    llmpricing run production.ini --offline
    """
    settings = stated_settings(ini)
    address = claim_web_port(ini)
    try:
        with (
            supervisor.interrupted_by_signals(),
            used_stores(settings, home_beside(ini), say, only_own=own_stores) as stores,
        ):
            supervisor.initialise(ini, stores)
            if not offline:
                fetch_first_lists(ini, stores)
            supervisor.serve(ini, stores, address, settings.drain_timeout_s)
    except KeyboardInterrupt:
        say("Bye.")
