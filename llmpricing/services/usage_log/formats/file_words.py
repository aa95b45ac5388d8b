"""Words that stand anywhere in a usage file."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import pyarrow as pa
from pyarrow import compute, parquet

from llmpricing.services.usage_log.formats.opened_file import failures_told, is_parquet, overlapping_parts, unpacked
from llmpricing.services.usage_log.formats.table_blocks import texts_of

_BATCH = 5000


def words_in(path: Path, words: Collection[str]) -> set[str]:
    """Those of the words that stand anywhere in the unpacked file: in names and texts, whether or not they are fields;
    of Parquet with nested columns, all.
    """
    with failures_told(path):
        if is_parquet(path):
            return _words_in_parquet(path, words)
        found, left = set[str](), {word: word.encode() for word in words}
        most = max(map(len, left.values()), default=1)
        with unpacked(path) as stream:
            for part in overlapping_parts(stream, most):
                found |= {word for word, signs in left.items() if signs in part}
                left = {word: signs for word, signs in left.items() if word not in found}
                if not left:
                    break
        return found


def _words_in_parquet(path: Path, words: Collection[str]) -> set[str]:
    with parquet.ParquetFile(path) as file:
        schema = file.schema_arrow
        if any(map(pa.types.is_nested, schema.types)):
            return {*words}
        names = " ".join(schema.names)
        found = {word for word in words if word in names}
        texts = [name for name, kind in zip(schema.names, schema.types, strict=True) if not _is_plain(kind)]
        for batch in file.iter_batches(_BATCH, columns=texts):
            if len(found) == len(words):
                break
            columns = [column.unique() for column in map(texts_of, batch.columns) if column is not None]
            found |= {word for word in words if word not in found and any(_holds(column, word) for column in columns)}
    return found


def _holds(texts: pa.Array, word: str) -> bool:
    return bool(compute.any(compute.match_substring(texts, word), min_count=0).as_py())


def _is_plain(kind: pa.DataType) -> bool:
    """Whether its cells hold no words."""
    return any(is_one(kind) for is_one in (pa.types.is_primitive, pa.types.is_null, pa.types.is_decimal))
