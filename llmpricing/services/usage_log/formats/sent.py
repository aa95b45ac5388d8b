"""A usage file that somebody sends: unpacked onto the disk within bounds, whatever its packing promises."""

from __future__ import annotations

import gzip
import shutil
import zipfile
import zlib
from tempfile import TemporaryFile
from typing import IO, Any

import pyarrow as pa

from llmpricing.services.usage_log.columns import LogError
from llmpricing.services.usage_log.formats.opened_file import in_archive
from llmpricing.services.usage_log.formats.parquet_lines import write_lines

MOST_PARTS = 5_000_000  # lines, and objects and lists of JSON: a record has some dozen
_CHUNK = 1 << 18
_GZIP, _ZSTD, _PARQUET, _ZIP = b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"PAR1", b"PK\x03\x04"
_MOST_ENTRIES, _ENTRY = 1_000, b"PK\x01\x02"  # of an archive's directory, each of which takes memory
_PLAIN_PACKERS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # others may ask for any memory
_NO_ARCHIVE = "The ZIP archive holds {} to read: send what is in it by itself, as it is, or packed by gzip."
_NOT_READ = {  # by how they begin: small ones of these may unpack to anything
    _GZIP: "The file is packed twice: unpack it once, then send it again.",
    _ZSTD: "The file is packed twice: unpack it once, then send it again.",
    _ZIP: "The file is an archive in an archive, or a workbook: unpack it once, or save the table as CSV.",
    b"BZh": "The file is packed by bzip2: unpack it (bunzip2 FILE) and send it as it is, or packed by gzip.",
    b"\xfd7zXZ\x00": "The file is packed by xz: unpack it (unxz FILE) and send it as it is, or packed by gzip.",
}


class SentTooMuch(LogError):
    """The file is larger than what is taken."""


def unpack_sent(stream: IO[bytes], file: IO[bytes], most_bytes: int) -> None:
    """Write what the stream holds, unpacked where it is gzip, zstd or a ZIP archive of one file, Parquet as JSON lines,
    to an empty ``file``; raises LogError where nothing is sent, it cannot be unpacked, or is something that is not read
    here, SentTooMuch where it is too much.
    """
    if _copied(stream, file, most_bytes):
        with TemporaryFile() as packed:
            file.seek(0)
            shutil.copyfileobj(file, packed)
            packed.flush()
            file.seek(0)
            file.truncate()
            write_lines(packed, file, most_bytes)


def _copied(stream: IO[bytes], file: IO[bytes], most_bytes: int) -> bool:
    """Write it as it is inside; whether that is Parquet."""
    begin = stream.read(4)
    stream.seek(0)
    size = parts = 0
    is_parquet = False
    try:
        raw = _unpacked(stream, begin)
        while chunk := raw.read(_CHUNK):
            if not size:
                _check_begin(chunk)
                is_parquet = chunk.startswith(_PARQUET)
            size += len(chunk)
            parts += 0 if is_parquet else chunk.count(b"\n") + chunk.count(b"{") + chunk.count(b"[")
            if size > most_bytes or parts > MOST_PARTS:
                raise SentTooMuch(_too_much(size, most_bytes))
            file.write(chunk)
        file.flush()
    except (OSError, EOFError, zlib.error, zipfile.BadZipFile, NotImplementedError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise LogError("The file cannot be unpacked: get it anew.") from None
    if not size:
        raise LogError("The file is empty: get it anew.")
    return is_parquet


def _unpacked(stream: IO[bytes], begin: bytes) -> Any:
    if begin.startswith(_GZIP):
        return gzip.GzipFile(fileobj=stream)
    if begin == _ZIP:
        return _in_archive(stream)
    return pa.CompressedInputStream(pa.PythonFile(stream, "r"), "zstd") if begin == _ZSTD else stream


def _in_archive(stream: IO[bytes]) -> Any:
    """The only file of a ZIP archive; raises LogError, before its directory is read where that is too long."""
    entries, tail = 0, b""
    while chunk := stream.read(_CHUNK):
        entries += (tail + chunk).count(_ENTRY)
        tail = chunk[1 - len(_ENTRY) :]
    if entries > _MOST_ENTRIES:
        raise LogError(_NO_ARCHIVE.format("too many files"))
    stream.seek(0)
    found = in_archive(stream, _NO_ARCHIVE)
    if found.compress_type not in _PLAIN_PACKERS:
        raise LogError(_NO_ARCHIVE.format("nothing that is packed in a way"))
    return zipfile.ZipFile(stream).open(found)


def _check_begin(chunk: bytes) -> None:
    for begin, message in _NOT_READ.items():
        if chunk.startswith(begin):
            raise LogError(message)


def _too_much(size: int, most_bytes: int) -> str:
    if size > most_bytes:
        return f"The file is larger than {most_bytes >> 20} MiB once it is unpacked."
    return f"The file has more than {MOST_PARTS:,} lines, or objects and lists."
