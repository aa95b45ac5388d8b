"""A usage file that somebody sends: unpacked onto the disk within bounds, whatever its packing promises."""

from __future__ import annotations

import gzip
import zlib
from pathlib import Path
from typing import IO, Any

import pyarrow as pa

from llmpricing.services.usage_log.columns import LogError

MOST_BYTES = 32 << 20  # unpacked
MOST_PARTS = 1_000_000  # lines, and objects and lists of JSON: a record has some dozen
_CHUNK = 1 << 18
_GZIP, _ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
_NOT_READ = {  # by how they begin: small ones of these may unpack to anything
    _GZIP: "The file is packed twice: unpack it once, then send it again.",
    _ZSTD: "The file is packed twice: unpack it once, then send it again.",
    b"PK\x03\x04": "The file is a ZIP archive or a workbook: send the table in it as CSV, or packed by gzip.",
    b"PAR1": "The file is Parquet, which the command line reads.",
}


class SentTooMuch(LogError):
    """The file is larger than what is taken."""


def unpack_sent(stream: IO[bytes], path: Path) -> None:
    """Write what the stream holds, unpacked where it is gzip or zstd, to ``path``; raises LogError where it is empty,
    cannot be unpacked, or is something that is not read here, SentTooMuch where it is too much.
    """
    begin = stream.read(4)
    stream.seek(0)
    size = parts = 0
    try:
        raw = _unpacked(stream, begin)
        with path.open("wb") as file:
            while chunk := raw.read(_CHUNK):
                if not size:
                    _check_begin(chunk)
                size += len(chunk)
                parts += chunk.count(b"\n") + chunk.count(b"{") + chunk.count(b"[")
                if size > MOST_BYTES or parts > MOST_PARTS:
                    raise SentTooMuch(_too_much(size))
                file.write(chunk)
    except (OSError, EOFError, zlib.error) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise LogError("The file cannot be unpacked: get it anew.") from None
    if not size:
        raise LogError("The file is empty: get it anew.")


def _unpacked(stream: IO[bytes], begin: bytes) -> Any:
    if begin.startswith(_GZIP):
        return gzip.GzipFile(fileobj=stream)
    return pa.CompressedInputStream(pa.PythonFile(stream, "r"), "zstd") if begin == _ZSTD else stream


def _check_begin(chunk: bytes) -> None:
    for begin, message in _NOT_READ.items():
        if chunk.startswith(begin):
            raise LogError(message)


def _too_much(size: int) -> str:
    if size > MOST_BYTES:
        return f"The file is larger than {MOST_BYTES >> 20} MiB once it is unpacked."
    return f"The file has more than {MOST_PARTS:,} lines, or objects and lists."
