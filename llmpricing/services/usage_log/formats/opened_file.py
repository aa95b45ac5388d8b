"""A usage file opened: what holds its rows, unpacked, and what is said where that fails."""

from __future__ import annotations

import bz2
import csv
import gzip
import io
import lzma
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import pyarrow as pa

from llmpricing.domain.usage.wording import told_behind
from llmpricing.services.usage_log.columns import LogError
from llmpricing.services.usage_log.whole_files import opened_whole

_GZIP, _ZSTD, _PARQUET = b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"PAR1"
_ZIP, _BZIP2, _XZ = b"PK\x03\x04", b"BZh", b"\xfd7zXZ\x00"
_OF_A_WORKBOOK, _OF_MACOS = "[Content_Types].xml", "__MACOSX/"
_LOCKED = 1  # of the flags of a file in an archive
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
MARK = b"\xef\xbb\xbf"
_CHUNK = 2**20
_NO_SINGLE = "The ZIP archive holds {}: unpack it into a folder, and name that."


@contextmanager
def failures_told(path: Path) -> Iterator[None]:
    """Raise what goes wrong with the file as a LogError that names it, but for failures of the disk."""
    try:
        yield
    except LogError as error:
        if type(error) is not LogError or str(path) in str(error):
            raise  # which tells more than that this file cannot be read
        raise LogError(told_behind(f"{path}: ", error)) from None
    except UnicodeDecodeError:
        raise LogError(f"{path} is no UTF-8 text: save it as UTF-8.") from None
    except OSError as error:
        if error.errno is not None:
            raise
        raise LogError(f"{path} cannot be unpacked ({str(error)[:80]}): get it anew.") from None
    except (EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, NotImplementedError, pa.ArrowInvalid) as error:
        raise LogError(f"{path} cannot be unpacked or read to its end ({str(error)[:80]}): get it anew.") from None
    except csv.Error as error:
        raise LogError(f"{path} is no table that can be read ({error}): get it anew, as it was.") from None


def is_parquet(path: Path) -> bool:
    """Whether the file is one of Parquet, by its first bytes."""
    with path.open("rb") as file:
        return file.read(4) == _PARQUET


def is_json(stream: io.BufferedReader) -> bool:
    """Whether a text begins as JSON does; raises LogError where it is none, but an archive or of another encoding."""
    start = stream.peek(2**16)[: 2**16]
    if start.startswith(_ZIP):
        raise LogError("The file is an archive in an archive, or a workbook: unpack it, or save the table as CSV.")
    if start.startswith(_UTF16):
        raise LogError("The file is UTF-16: save it as UTF-8.")
    return start.removeprefix(MARK).lstrip()[:1] in (b"{", b"[")


@contextmanager
def unpacked(path: Path) -> Iterator[io.BufferedReader]:
    """The bytes of the file, unpacked where it is packed with gzip, zstd, bzip2 or xz, or alone in a ZIP archive.

    Raises LogError where it is cut meanwhile, or lies with others in an archive.
    """
    with opened_whole(path) as file:
        raw = _unpacked(file, file.peek(len(_XZ)))
        yield file if raw is file else io.BufferedReader(raw, 2**17)


def overlapping_parts(
    stream: io.BufferedReader, overlap: int, start: bytes = b"\n", each_chunk: Callable[[], None] = lambda: None
) -> Iterator[bytes]:
    """What is left of the stream behind ``start``, in parts to search through: each begins with the last ``overlap``
    bytes of the one before, so that what is no longer is found whole; the last part ends with a line end. After a
    whole chunk ``each_chunk`` may end the search through a large file.
    """
    tail = start
    while chunk := stream.read(_CHUNK):
        part = tail + chunk
        yield part
        tail = part[-overlap:]
        if len(chunk) == _CHUNK:
            each_chunk()
    yield tail + b"\n"


def _unpacked(file: io.BufferedReader, start: bytes) -> Any:
    if start.startswith(_GZIP):
        return gzip.GzipFile(fileobj=file)
    if start.startswith(_ZSTD):
        return pa.CompressedInputStream(pa.PythonFile(file), "zstd")
    if start.startswith(_BZIP2):
        return bz2.BZ2File(file)
    if start.startswith(_XZ):
        return lzma.LZMAFile(file)
    return zipfile.ZipFile(file).open(in_archive(file)) if start.startswith(_ZIP) else file


def in_archive(file: IO[bytes], no_single: str = _NO_SINGLE) -> zipfile.ZipInfo:
    """The only file in a ZIP archive, as browsers and macOS make them; raises LogError, by ``no_single`` (of how many
    files) where there are others.
    """
    found = [
        one for one in zipfile.ZipFile(file).infolist() if not one.is_dir() and not one.filename.startswith(_OF_MACOS)
    ]
    if any(one.filename == _OF_A_WORKBOOK for one in found):
        raise LogError("The file is a workbook: save the table in it as CSV.")
    if len(found) != 1:
        raise LogError(no_single.format(f"{len(found):,} files"))
    if found[0].flag_bits & _LOCKED:
        raise LogError("The ZIP archive is locked by a password: unpack it, and name what was in it.")
    return found[0]
