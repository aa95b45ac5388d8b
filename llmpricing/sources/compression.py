"""Price lists come plain, as gzip or as xz; none may grow beyond a bound when it is unpacked."""

from __future__ import annotations

import gzip
import lzma
import zlib
from io import BytesIO

from llmpricing.sources.errors import SourceError

_GZIP, _XZ = b"\x1f\x8b", b"\xfd7zXZ\x00"
_XZ_MEMORY = 128 * 1024 * 1024  # xz -9 needs 65 MiB to unpack; a header may ask for 4 GiB


def unpacked(data: bytes, max_bytes: int) -> bytes:
    """The list itself, told by its first bytes; SourceError where it is broken or larger than ``max_bytes``."""
    try:
        if data.startswith(_GZIP):
            plain = gzip.GzipFile(fileobj=BytesIO(data)).read(max_bytes + 1)
        elif data.startswith(_XZ):
            plain = _read_xz(data, max_bytes + 1)
        else:
            plain = data
    except (OSError, EOFError, zlib.error, lzma.LZMAError):
        raise SourceError("the file is compressed, but broken or cut short; get it again") from None
    if len(plain) > max_bytes:
        raise SourceError(too_large(max_bytes))
    return plain


def packed(data: bytes) -> bytes:
    """The list as gzip: of the same bytes always the same."""
    return gzip.compress(data, 9, mtime=0)


def too_large(max_bytes: int) -> str:
    """What to do about a list beyond the bound."""
    return (
        f"the list is larger than {max_bytes // 2**20} MiB. If that is right, "
        "raise llmpricing.fetch_max_mib (LLMPRICING_FETCH_MAX_MIB)"
    )


def _read_xz(data: bytes, max_bytes: int) -> bytes:
    unpacker = lzma.LZMADecompressor(memlimit=_XZ_MEMORY)
    plain = unpacker.decompress(data, max_bytes)
    if not unpacker.eof and len(plain) < max_bytes:
        raise EOFError
    return plain
