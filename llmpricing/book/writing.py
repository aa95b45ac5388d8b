"""Writing the file of a book; Arrow is loaded for that alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from llmpricing.book.columns import batch_of, schema
from llmpricing.book.file import BookHeader, content_of
from llmpricing.book.shape import SHAPE, ColumnKinds
from llmpricing.whole_files import write_whole


def write_book(path: Path, header: BookHeader, tables: Mapping[str, Iterable[Sequence[Any]]]) -> str:
    """Write a book of these rows, whose values are the parts of those of SHAPE, in its order; returns its SHA-256.

    The file appears at the end, whole and on the disk; with ``own_terms`` nobody but its owner may read it. Raises
    OSError.
    """
    digest, content = content_of(header, {name: table_bytes(columns, tables[name]) for name, columns in SHAPE.items()})
    write_whole(path, content, 0o600 if header.own_terms else None)
    return digest


def table_bytes(columns: ColumnKinds, rows: Iterable[Sequence[Any]]) -> Any:
    """A table as an Arrow IPC file of one record batch."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_file(sink, schema(columns)) as writer:
        writer.write_batch(batch_of(columns, rows))
    return sink.getvalue()
