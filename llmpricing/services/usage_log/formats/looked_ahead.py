"""What has to be known of all files before any record is told: which repeat others, and which lie within which."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import numpy as np

from llmpricing.services.usage_log.batch import Numbers
from llmpricing.services.usage_log.formats.file_reader import EachRow, FileReader, ReadBatch, counted_fields
from llmpricing.services.usage_log.formats.nested_calls import NestedCalls
from llmpricing.services.usage_log.formats.span_calls import links_of
from llmpricing.services.usage_log.formats.sums_once import SumsOnce, may_tell_sums_twice
from llmpricing.services.usage_log.formats.told_once import ToldOnce
from llmpricing.services.usage_log.formats.tool_names import tool_blocks, tool_rows, words_told
from llmpricing.services.usage_log.formats.unread import Unread
from llmpricing.services.usage_log.formats.usage_file import UsageFile
from llmpricing.services.usage_log.formats.varying_cells import texts_of

_MOST_KEPT, _OF_ITS_OWN = 100_000, 4  # records in columns, and those that fill the room of one that is none
_ROWS = 8_192


class KeptFile(NamedTuple):
    """The records of a file that were read already, and what of it was not understood."""

    unread: Unread
    batches: Sequence[ReadBatch]


@dataclass
class LookAhead:
    """Looks at all files that may tell a record twice. As long as there is room, their records are ``kept`` for the
    telling, so that no file is read again; of a larger one whose records do not grow the ids alone are looked at, and
    the rest only where one of them is told twice. Sums are compared with those of all files, or ``by_file`` of each.
    """

    read: Callable[[UsageFile, Unread], FileReader]
    ignored: Collection[str]
    each_row: EachRow
    by_file: bool = False
    once: ToldOnce = field(default_factory=ToldOnce)
    nested: NestedCalls = field(default_factory=NestedCalls)
    kept: dict[Path, KeptFile] = field(default_factory=dict)
    _sums: dict[Path | None, SumsOnce] = field(default_factory=lambda: defaultdict(SumsOnce))
    _room: int = _MOST_KEPT

    def learn(self, files: Sequence[UsageFile]) -> None:
        """Learn all that there is to know of these files."""
        groups = [[file] for file in files] if self.by_file else [files]
        sums = {path for some in groups for path in may_tell_sums_twice(some)}
        for some in filter(None, groups):
            self._sums_of(some[0]).gather(some)
        files = [file for file in files if file.shape.tells_ids or file.path in sums]
        whole = [file for file in files if file.shape.is_weighed_whole or file.path in sums]
        large: list[UsageFile] = []
        for file in [*whole, *(file for file in files if file not in whole)]:
            if not self._note(file, is_needed=file in whole):
                large.append(file)
        again = {name for name in {file.shape.name for file in large} if self._tells_again(files, name)}
        for file in large:
            if file.shape.name in again:
                self._note(file, is_needed=True)
        self.once.settle()
        for one in self._sums.values():
            one.settle()
        self.nested.settle(lambda: self._links(whole))

    def marked(self, file: UsageFile, batch: ReadBatch) -> ReadBatch:
        """The records of the file, of which those that are told elsewhere are marked as such."""
        told = self._sums_of(file).marked(file, batch) if batch.parts else batch
        told = self.once.marked(file.shape, told)
        return self.nested.marked(told, file.shape.nesting) if file.shape.nesting else told

    def _sums_of(self, file: UsageFile) -> SumsOnce:
        return self._sums[file.path if self.by_file else None]

    def _note(self, file: UsageFile, *, is_needed: bool) -> bool:
        """Note the records of the file; whether that was done: not where there is no room, and it is not needed."""
        if self._room < 0 and not is_needed:
            return False
        unread, kept, nesting = Unread(self.ignored), list[ReadBatch](), file.shape.nesting
        tells_parents = nesting is None or bool(words_told(file.path, file.shape, nesting.fields))
        for batch in self.read(file, unread).batches():
            columns, others = batch.columns, batch.others
            self._room -= (len(columns) if columns is not None else 0) + _OF_ITS_OWN * len(others)
            if self._room >= 0:
                kept.append(batch)
            elif not is_needed:
                return False
            if is_needed:
                self._note_batch(file, batch, tells_parents=tells_parents)
        if self._room >= 0:
            self.kept[file.path] = KeptFile(unread, kept)
            for batch in () if is_needed else kept:
                self._note_batch(file, batch, tells_parents=tells_parents)
        return True

    def _note_batch(self, file: UsageFile, batch: ReadBatch, *, tells_parents: bool) -> None:
        self.once.note(file.shape, batch)
        if batch.parts:
            self._sums_of(file).note(file, batch)
        if file.shape.nesting:
            self.nested.add(batch, file.shape.nesting, tells_parents=tells_parents)

    def _tells_again(self, files: Sequence[UsageFile], name: str) -> bool:
        """Whether files of this shape have an id twice."""
        parts = [part for file in files if file.shape.name == name for part in self._ids(file)]
        digests = np.concatenate([np.zeros(0, np.int64), *parts])
        digests.sort()
        return bool((digests[1:] == digests[:-1]).any())

    def _ids(self, file: UsageFile) -> Iterator[Numbers]:
        """64 bits of each id of the file."""
        varying = file.shape.varying
        for block in tool_blocks(file.path, file.shape, _ROWS, varying.opens if varying else {}, file.signs):
            for _ in range(len(block)):
                self.each_row()
            texts = [texts_of(block.column, names, len(block)) for names in file.shape.id_fields]
            found = [hash(some) for some in zip(*texts, strict=True) if some[0]]
            yield np.array(found, np.int64)

    def _links(self, files: Sequence[UsageFile]) -> Iterator[tuple[int, int]]:
        for file in files:
            if file.shape.nesting:
                rows = tool_rows(file.path, file.shape, file.signs)
                for link in links_of(file.shape.nesting, counted_fields(rows, self.each_row)):
                    self.each_row()
                    yield link
