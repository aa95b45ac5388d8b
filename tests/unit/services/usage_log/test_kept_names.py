"""What is remembered of files' field names is bounded, whoever makes the names up."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable

import pytest

from llmpricing.domain.usage.openai import OpenAILike
from llmpricing.services.usage_log.formats.row import Row
from llmpricing.services.usage_log.formats.unread import Unread

NAMES, LENGTH = 60, 50_000


def read_as_usage(name: str) -> None:
    assert OpenAILike().gathered({name: 5}).remarks


def read_as_row(name: str) -> None:
    unread = Unread()
    Row({name: 5}, unread).close()
    assert list(unread.fields) == [name]  # it is judged all the same


@pytest.mark.parametrize("read", [read_as_row, read_as_usage])
def test_long_names_are_not_kept_once_their_file_is_read(read: Callable[[str], None]) -> None:
    read("warm_tokens")
    tracemalloc.start()
    try:
        for number in range(NAMES):
            read(f"{number:0{LENGTH}}_tokens")
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert kept < NAMES * LENGTH / 4
