"""`llmpricing serve`: the web server in production, one process a core."""

from __future__ import annotations

import os
from pathlib import Path

import click

from llmpricing.log import configure
from llmpricing.scripts.ini import stated_settings
from llmpricing.scripts.options import ini_option
from llmpricing.scripts.supervisor import interrupted_by_signals
from llmpricing.scripts.web_port import listening
from llmpricing.scripts.workers import Workers


@click.command()
@ini_option
@click.option(
    "--workers",
    type=click.IntRange(1, 64),
    default=lambda: len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
    show_default="one a core",
    help="How many processes serve.",
)
def serve(ini: Path, workers: int) -> None:
    """Serve by several processes that share a port.

    The address is that of [server:main] in INI.

    They share the price book's file too (llmpricing.book_dir). One that dies is replaced. SIGTERM, Ctrl-C and
    a closed terminal let requests in flight end first, within llmpricing.drain_timeout_s. The stores must run
    and the price book be prepared (initialize_llmpricing_db).

    \b
    llmpricing serve -c production.ini --workers 4
    """
    if os.name == "nt":
        raise click.ClickException("Windows lets no processes share a port.\nNext: pserve INI, which is one process.")
    settings = stated_settings(ini)
    configure(settings.log_format)
    try:
        with interrupted_by_signals():
            serving = Workers(ini, workers, listening(ini))
            try:
                serving.watch()
            finally:
                serving.stop(settings.drain_timeout_s)
    except KeyboardInterrupt:
        return
