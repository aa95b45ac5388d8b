"""Events with fields instead of sentences: ``log.info("import_finished", source="litellm", changed=3)``."""

from __future__ import annotations

import logging
import sys
from typing import TextIO, cast

import msgspec
import structlog


class _PresentStandardError:
    """Writes to what ``sys.stderr`` is by then: threads of a process write on after a caller took its own away."""

    def write(self, text: str) -> int:
        return sys.stderr.write(text)

    def flush(self) -> None:
        sys.stderr.flush()


_out = cast(TextIO, _PresentStandardError())
_plain = msgspec.json.Encoder()
_any = structlog.processors.JSONRenderer()


def configure(log_format: str) -> None:
    """Write events to standard error, as ``text`` for people or ``json`` for machines; library warnings too."""
    renderer: structlog.typing.Processor = (
        _json if log_format == "json" else structlog.dev.ConsoleRenderer(colors=False)
    )
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*shared, structlog.processors.format_exc_info, renderer],
        logger_factory=structlog.WriteLoggerFactory(file=_out),
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        cache_logger_on_first_use=True,
    )
    _take_over(logging.getLogger(), _library_handler(shared, renderer))
    logging.captureWarnings(True)


def _json(logger: structlog.typing.WrappedLogger, name: str, event: structlog.typing.EventDict) -> str | bytes:
    """A line of JSON in ASCII, whatever is in the event. Most are plain, which takes msgspec a tenth of the time."""
    try:
        return _plain.encode(event).decode("ascii")
    except (TypeError, ValueError, OverflowError):  # of another type, beyond ASCII, half a character
        return _any(logger, name, event)


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
    handler = logging.StreamHandler(_out)
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
