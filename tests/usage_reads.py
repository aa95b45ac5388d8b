"""What usage files say when they are read, so that two ways of writing them can be compared."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from llmpricing.services.usage_log.formats.files import UsageFiles, usage_file
from llmpricing.services.usage_log.formats.record import UsageRecord
from tests.usage_twins import DAY


def told(record: UsageRecord) -> tuple[Any, ...]:
    """What a record says of its price, whatever order its counts came in."""
    usage = record.usage
    counts = (
        (sorted(usage.stated.items()), usage.request_input, len(usage.told.parts) if usage.told else 0) if usage else ()
    )
    charged = record.charged.normalize() if record.charged else None
    where = (record.provider, record.span, record.context, record.currency)
    return (
        record.model,
        str(record.at),
        str(where),
        str(charged),
        str(record.outcome),
        str(counts),
    )


def read(folder: Path, *parts: bytes) -> tuple[str, list[tuple[Any, ...]]]:
    """The shape of files with these contents, and what their records say, in no order."""
    files = []
    for number, data in enumerate(parts):
        path = folder / f"upload-{number}.dat"
        path.write_bytes(data)
        files.append(usage_file(path, now=DAY))
    (name,) = {file.shape.name for file in files}
    return name, sorted(map(told, UsageFiles(files).records()))
