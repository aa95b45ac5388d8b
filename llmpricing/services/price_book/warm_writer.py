"""A process that writes the file of the newest version whenever it is told to: loaded once, it takes a quarter of a
second of a processor for it, of which a new process takes more than one.

python -m llmpricing.services.price_book.warm_writer FOLDER     the stores are those of the environment

A line in is a request, a line out its answer: what went wrong, nothing where the file is there. It ends with its input,
which closes when who started it is gone, however that came.
"""

from __future__ import annotations

import sys
from pathlib import Path

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from llmpricing.models.session import make_script_engine
from llmpricing.services.price_book.export import warm_up
from llmpricing.services.price_book.folder import keep_book
from llmpricing.settings import read_settings
from llmpricing.stores.words import words_for


def main() -> None:
    """Answer requests until there are no more."""
    engine = make_script_engine(read_settings({}), "llmpricing book")
    warm_up()
    for _ in sys.stdin.buffer:
        print(_written(engine, Path(sys.argv[1])), flush=True)


def _written(engine: Engine, folder: Path) -> str:
    """What kept the file from being written, on a line; empty where it is there."""
    try:
        keep_book(engine, folder)
    except DBAPIError as error:
        words = words_for(error)
        return words.line if words else _last_line(error.orig)
    except Exception as error:  # noqa: BLE001 - told; the next request may go well
        return _last_line(error)
    return ""


def _last_line(error: BaseException | None) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())}"


if __name__ == "__main__":
    main()
