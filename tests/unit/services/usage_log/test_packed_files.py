"""Usage files as they are packed: what is unpacked, and what is said of the rest."""

from __future__ import annotations

import bz2
import io
import lzma
import zipfile
from pathlib import Path

import pytest

from llmpricing.services.usage_log.columns import LogError
from llmpricing.services.usage_log.formats.files import UsageFiles, usage_file
from llmpricing.services.usage_log.formats.opened_file import overlapping_parts
from llmpricing.services.usage_log.formats.record import UsageRecord
from tests import usage_twins as twins

PLAIN = twins.content("helicone.csv")


def archive(*names: str, content: bytes = PLAIN) -> bytes:
    found = io.BytesIO()
    with zipfile.ZipFile(found, "w", zipfile.ZIP_DEFLATED) as made:
        for name in names:
            made.writestr(name, content)
    return found.getvalue()


def records(path: Path, data: bytes) -> list[UsageRecord]:
    path.write_bytes(data)
    return list(UsageFiles([usage_file(path)]).records())


PACKED = {
    "gzip": twins.gzipped(PLAIN),
    "zstd": twins.zstandard(PLAIN),
    "bzip2": bz2.compress(PLAIN),
    "xz": lzma.compress(PLAIN),
    "zip": archive("activity.csv"),
    "zip of macOS": archive("activity.csv", "__MACOSX/._activity.csv"),
    "zip with a folder": archive("export/", "export/activity.csv"),
}


@pytest.mark.parametrize("name", PACKED)
def test_a_packed_file_is_read_as_it_is(tmp_path: Path, name: str) -> None:
    found = records(tmp_path / "packed", PACKED[name])
    assert found == records(tmp_path / "plain", PLAIN)
    assert len(found) == len(twins.documents("helicone.csv"))


REFUSED = {
    "two files": (archive("a.csv", "b.csv"), "holds 2 files: unpack it into a folder"),
    "no file": (archive("a/"), "holds 0 files"),
    "a workbook": (archive("[Content_Types].xml", "xl/workbook.xml"), "workbook: save the table in it as CSV"),
    "an archive in another": (archive("a.zip", content=archive("a.csv")), "archive in an archive"),
    "a locked archive": (
        archive("a.csv").replace(b"PK\x01\x02\x14\x03\x14\x00\x00", b"PK\x01\x02\x14\x03\x14\x00\x01"),
        "locked by a password",
    ),
    "a cut archive": (archive("a.csv")[:-30], "get it anew"),
    "a cut bzip2": (bz2.compress(PLAIN)[:-9], "get it anew"),
    "a cut xz": (lzma.compress(PLAIN)[:-40], "get it anew"),
    "a damaged xz": (lzma.compress(PLAIN)[:40] + bytes(200), "get it anew"),
    "a damaged bzip2": (bz2.compress(PLAIN)[:40] + bytes(200), "get it anew"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_unpacked_says_the_next_step(tmp_path: Path, name: str) -> None:
    data, said = REFUSED[name]
    with pytest.raises(LogError, match=said):
        records(tmp_path / "packed", data)


@pytest.mark.parametrize("place", [0, 2**20 - 8, 2**20 - 3, 2**20, 2**21 - 5, 2**21 + 1000])
def test_a_word_is_found_whole_wherever_the_parts_of_a_large_file_meet(place: int) -> None:
    word, chunks = b"\nneedle\n", list[None]()
    text = b"." * place + word[1:] if not place else b"." * place + word[:-1]
    stream = io.BufferedReader(io.BytesIO(text))
    parts = list(overlapping_parts(stream, len(word), each_chunk=lambda: chunks.append(None)))
    assert any(word in part for part in parts)
    assert len(chunks) == len(text) // 2**20
    assert max(map(len, parts)) <= 2**20 + len(word)
