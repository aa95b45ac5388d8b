"""Events with fields instead of sentences: ``log.info("import_finished", source="litellm", changed=3)``."""

from __future__ import annotations

import logging
import sys
from typing import TextIO

import structlog


def configure(log_format: str) -> None:
    """Write events to standard error, as ``text`` for people or ``json`` for machines; library warnings too."""
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer() if log_format == "json" else structlog.dev.ConsoleRenderer(colors=False)
    )
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*shared, structlog.processors.format_exc_info, renderer],
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        cache_logger_on_first_use=True,
    )
    _take_over(logging.getLogger(), _library_handler(shared, renderer))
    logging.captureWarnings(True)


def _take_over(root: logging.Logger, handler: logging.Handler) -> None:
    """Make it the one handler that writes to a terminal: pserve and alembic bring their own, which write otherwise."""
    for other in root.handlers[:]:
        if type(other) is logging.StreamHandler:
            root.removeHandler(other)
    root.addHandler(handler)
    root.setLevel(logging.WARNING)


def _library_handler(
    shared: list[structlog.typing.Processor], renderer: structlog.typing.Processor
) -> logging.StreamHandler[TextIO]:
    """A handler that writes what libraries log as our own events: one line of JSON each, where JSON is asked for."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_logger_name, *shared],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                renderer,
            ],
        )
    )
    return handler
