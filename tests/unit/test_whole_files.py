"""Files that appear whole or not at all, in one way for the whole house."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import llmpricing
from llmpricing.whole_files import part_file, write_whole


def test_there_is_one_way_of_writing_a_file_whole() -> None:
    sources = Path(llmpricing.__file__).parent.rglob("*.py")
    assert {file.name for file in sources if "O_EXCL" in (text := file.read_text()) or ".part" + '"' in text} == {
        "whole_files.py"
    }


def test_a_file_is_replaced_whole_and_nothing_is_left_beside_it(tmp_path: Path) -> None:
    path = tmp_path / f"{'long' * 50}.json"
    for data in (b"first", b"second"):
        write_whole(path, data)
        assert path.read_bytes() == data
    assert list(tmp_path.iterdir()) == [path]


def test_what_is_not_kept_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "prices.json"
    write_whole(path, b"whole")
    with part_file(path, 0o644) as part:
        part.file.write(b"half")
    assert path.read_bytes() == b"whole"
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_has_the_mode_that_is_asked_for_or_that_of_any_new_file(tmp_path: Path) -> None:
    for mode in (None, 0o600):
        write_whole(tmp_path / "file", b"", mode)
        (tmp_path / "new").touch()
        wanted = (tmp_path / "new").stat().st_mode & 0o777 if mode is None else mode
        assert (tmp_path / "file").stat().st_mode & 0o777 == wanted


def test_an_error_names_the_file_that_was_asked_for(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as raised:
        write_whole(tmp_path / "no" / "file", b"")
    assert raised.value.filename == str(tmp_path / "no" / "file")


def test_a_link_in_the_place_of_the_file_is_replaced_and_not_followed(tmp_path: Path) -> None:
    (tmp_path / "other").write_bytes(b"other")
    os.symlink(tmp_path / "other", tmp_path / "file")
    write_whole(tmp_path / "file", b"mine")
    assert (tmp_path / "other").read_bytes() == b"other"
    assert not (tmp_path / "file").is_symlink()


KILLED = """
import os, signal, sys
from pathlib import Path
from llmpricing.whole_files import part_file
with part_file(Path(sys.argv[1]), 0o644) as part:
    part.file.write(b"half")
    part.file.flush()
    os.kill(os.getpid(), signal.SIGKILL)
"""


def _left_behind(path: Path) -> Path:
    """The part file of a writer that was killed, a while ago."""
    before = {*path.parent.iterdir()}
    subprocess.run([sys.executable, "-c", KILLED, str(path)], check=False)
    (left,) = {*path.parent.iterdir()} - before
    os.utime(left, (0, 0))
    return left


def test_the_next_writer_takes_away_what_a_killed_one_left_of_the_same_file(tmp_path: Path) -> None:
    left, others = _left_behind(tmp_path / "rows.csv"), _left_behind(tmp_path / "rows.csv.2")
    mine = tmp_path / ".rows.csv.mine.part"
    mine.write_bytes(b"of somebody")
    os.utime(mine, (0, 0))
    write_whole(tmp_path / "rows.csv", b"whole")
    assert {*tmp_path.iterdir()} == {tmp_path / "rows.csv", others, mine}
    assert not left.exists()


def test_a_writer_that_lives_keeps_its_part_however_long_it_takes_and_one_just_begun_as_well(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    with part_file(path, 0o644) as slow:
        slow.file.write(b"first")
        slow.file.flush()
        (part,) = tmp_path.iterdir()
        os.utime(part, (0, 0))
        write_whole(path, b"second")
        assert path.read_bytes() == b"second"
        slow.keep()
    assert path.read_bytes() == b"first"
    left = _left_behind(path)
    os.utime(left)
    write_whole(path, b"third")
    assert left.exists()
