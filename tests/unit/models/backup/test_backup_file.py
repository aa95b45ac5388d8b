"""The file of a backup: what was written is read, and nothing of a file that was cut or changed."""

from __future__ import annotations

import gzip
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from llmpricing.models.backup.file import BackupError, checked_lines, write_lines

LINES = st.lists(st.binary(max_size=40).filter(lambda line: b"\n" not in line), max_size=8)


@given(LINES)
@example([b""])
@example([b"\r", b" "])
def test_what_was_written_is_read_and_zcat_reads_it_too(lines: list[bytes]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "backup"
        write_lines(file, lines)
        assert list(checked_lines(file)) == lines
        assert gzip.decompress(file.read_bytes()) == b"".join(line + b"\n" for line in lines)
        assert [found.name for found in Path(folder).iterdir()] == ["backup"]


def test_each_cut_and_each_changed_bit_is_refused_before_the_first_line(tmp_path: Path) -> None:
    file = tmp_path / "backup"
    write_lines(file, [b'{"a": 1}', b"[1, 2]"])
    whole = file.read_bytes()
    damaged = [whole[:length] for length in range(len(whole))]
    damaged += [
        whole[:at] + bytes([whole[at] ^ 1 << bit]) + whole[at + 1 :] for at in range(len(whole)) for bit in range(8)
    ]
    damaged += [whole + b"\0", whole + whole]
    for content in damaged:
        file.write_bytes(content)
        with pytest.raises(BackupError, match="Nothing was restored"):
            next(checked_lines(file))


def test_the_same_lines_give_the_same_bytes_for_their_owner_alone(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    assert write_lines(first, [b"1"]) == write_lines(second, [b"1"])
    assert first.read_bytes() == second.read_bytes()
    assert stat.S_IMODE(first.stat().st_mode) == 0o600


def test_a_file_that_could_not_be_written_leaves_nothing_behind_and_the_old_one_in_place(tmp_path: Path) -> None:
    file = tmp_path / "backup"
    write_lines(file, [b"1"])
    before = file.read_bytes()

    def broken() -> Iterator[bytes]:
        yield b"2"
        raise BackupError("the database went away")

    with pytest.raises(BackupError):
        write_lines(file, broken())
    assert [found.name for found in tmp_path.iterdir()] == ["backup"]
    assert file.read_bytes() == before
