"""The programs that are installed: where packages lack that they need, one line says which and how to get them."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import NoReturn


def llmpricing() -> None:
    """`llmpricing`."""
    _run(_commands)


def initialize() -> None:
    """`initialize_llmpricing_db`."""
    _run(_initialisation)


def _commands() -> None:
    from llmpricing.scripts.cli import main

    main()


def _initialisation() -> None:
    from llmpricing.scripts.initialize_db import main

    main()


def _run(program: Callable[[], None]) -> None:
    try:
        program()
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] == "llmpricing":
            raise
        _refuse(error.name)


def _refuse(module: str) -> NoReturn:
    sys.exit(
        f"The command line needs {module}, which is not installed: llmpricing lies here without its dependencies.\n"
        "Next: pip install 'llmpricing[seed,bulk]'; what is here answers in Python by llmpricing.Pricer."
    )
