"""Files of any known shapes as one stream of records: each told once, what repeats marked as such."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from itertools import chain, islice
from pathlib import Path
from typing import Any

from llmpricing.domain.usage.counting_names import counts_things
from llmpricing.domain.usage.likely import told_meter
from llmpricing.domain.usage.wording import Message, Parameter, Way
from llmpricing.services.usage_log.columns import BY_MAP, LogError, UncountedError
from llmpricing.services.usage_log.formats.file_copies import copied
from llmpricing.services.usage_log.formats.file_reader import EachRow, FileReader, ReadBatch, counted_fields
from llmpricing.services.usage_log.formats.file_remarks import (
    denying,
    lacking_pages,
    of_unclear_day,
    overlapping,
    with_a_page_twice,
)
from llmpricing.services.usage_log.formats.looked_ahead import KeptFile, LookAhead
from llmpricing.services.usage_log.formats.missing_pages import missing_pages
from llmpricing.services.usage_log.formats.noted_numbers import number_signs
from llmpricing.services.usage_log.formats.otlp import holds_requests
from llmpricing.services.usage_log.formats.own_columns import may_tell_a_tier
from llmpricing.services.usage_log.formats.pages import are_repeated, pages_of
from llmpricing.services.usage_log.formats.quote_table import quote_table
from llmpricing.services.usage_log.formats.raw_rows import header_of, holds_json, raw_rows
from llmpricing.services.usage_log.formats.record import FileTold, UsageRecord, unpriced
from llmpricing.services.usage_log.formats.registry import SAMPLE, recognised
from llmpricing.services.usage_log.formats.row_blocks import AlikeRows
from llmpricing.services.usage_log.formats.shape import Shape
from llmpricing.services.usage_log.formats.tool_columns import QUOTE_TABLE
from llmpricing.services.usage_log.formats.tool_names import by_tool_names, tool_rows
from llmpricing.services.usage_log.formats.total_rows import total_rows
from llmpricing.services.usage_log.formats.undated import dated
from llmpricing.services.usage_log.formats.unread import Unread
from llmpricing.services.usage_log.formats.usage_file import UsageFile


def _no_matter() -> None:
    pass


_METRICS = "scopeMetrics"
_SHOWN = 3  # totals of a file that are not its sums


class UnknownShape(LogError):
    """The file is of no shape that is known."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            Message(
                f"{path} is of no shape that is known. llmpricing formats lists those that are",
                Way("; ", Parameter("shape"), " names one"),
                ". Of any other table say what its columns mean: llmpricing formats --suggest FILE > map.toml",
                Way(", then ", Parameter("columns_map", ("map.toml",))),
                "; one with the columns of a quote is priced by itself, as .csv, .ndjson or .parquet.",
            )
        )


class NoRecords(UnknownShape):
    """The file is an answer of an API without any records, as the last page may be."""

    def __init__(self, path: Path) -> None:
        LogError.__init__(
            self,
            f"{path} is an answer without any records, so that there is nothing to price: give the other pages of it "
            "too, or fetch it for a time in which something was used.",
        )


class MetricsAlone(UnknownShape):
    """The file is an export of metrics, whose sums tell neither requests nor, where they go on growing, what is new."""

    def __init__(self, path: Path) -> None:
        LogError.__init__(
            self,
            f"{path} holds metrics of OpenTelemetry, such as claude_code.token.usage, which are sums without requests: "
            "give its events or spans instead (OTEL_LOGS_EXPORTER=otlp in Claude Code), or the tool's own sessions.",
        )


def empty_page(path: Path, shape: Shape) -> UsageFile:
    """A file that is NoRecords as a page of answers of this shape: it tells what follows, and counts as nothing."""
    return UsageFile(path, shape, pages=pages_of(path, _no_matter, whatever_it_says=True))


def usage_file(
    path: Path, shape: Shape | None = None, each_row: EachRow = _no_matter, now: datetime | None = None
) -> UsageFile:
    """The file with its shape, told by its first rows unless it is given; raises LogError (NoRecords of an answer that
    holds none), and what ``each_row`` raises, which is called for every row. A plain table that tells no time is of
    ``now``, or of no known shape; so are records of another shape that tell none, or have no price.
    """
    found = shape
    if found is None:
        rows = list(counted_fields(islice(raw_rows(path), SAMPLE), each_row))
        if not rows and holds_json(path):
            raise NoRecords(path)
        rows = rows or [dict.fromkeys(header_of(path), "")]
        found = recognised(rows) or quote_table(dict.fromkeys(name for row in rows for name in row), now)
        if any(_METRICS in row for row in rows) and not holds_requests(rows):
            raise MetricsAlone(path)
    if found is None:
        raise UnknownShape(path)
    found = dated(found, now)
    signs, pages = number_signs(path, found, each_row, now), pages_of(path, each_row)
    return UsageFile(path, found, signs=signs, pages=pages, totals=total_rows(path, found, signs, each_row))


def is_as_quotes_write(file: UsageFile) -> bool:
    """Whether it is a plain table in all: names as quotes write them, plain numbers, no rows of totals."""
    if file.shape.name != QUOTE_TABLE or file.signs is not None or file.totals:
        return False
    names = {name for row in islice(raw_rows(file.path), SAMPLE) for name in row.fields} or {*header_of(file.path)}
    return not any(map(may_tell_a_tier, names)) and {*by_tool_names(file.shape, dict.fromkeys(names, ""))} == names


@dataclass
class UsageFiles:
    """The records of several files, in order. ``ignored`` fields are never taken for money; ``each_row`` is called for
    every row that is read and for what is found in one, and may raise to end the reading. Rows that are alike are read
    together, unless ``one_by_one``, which is the measure of it. Where they are ``numbered``, each record says its file,
    and sums that several of them tell are left to who asked for that.

    Reading raises LogError where a file cannot be read to its end, and UncountedError, after the last record, where
    fields that may mean money were not understood.
    """

    files: Sequence[UsageFile]
    ignored: Collection[str] = ()
    each_row: EachRow = _no_matter
    one_by_one: bool = False
    numbered: bool = False
    _untold: dict[Path, Collection[str]] = field(default_factory=dict)  # of files that were read before
    _scanned: dict[str, Any] = field(default_factory=dict)  # by the name of a shape that scans all its files
    _alike: dict[int, AlikeRows] = field(default_factory=dict)  # by the identity of their shape, which is held

    def records(self) -> Iterator[UsageRecord]:
        """All records; one that was told before has the outcome REPEATED."""
        for batch in self.batches():
            yield from batch.in_order()

    def batches(self) -> Iterator[ReadBatch]:
        """The same, some thousand at a time, as columns as far as they are alike."""
        unread: list[tuple[UsageFile, Unread]] = []
        copies, missing = copied([file.path for file in self.files]), self._missing_pages()
        ahead = LookAhead(self._read, self.ignored, self.each_row, by_file=self.numbered)
        ahead.learn([file for file in self.files if file.path not in copies])
        first: dict[str, Shape] = {}  # by whose usage it is, the shape that told of it first
        for number, file in enumerate(self.files, 1):
            kept = ahead.kept.pop(file.path, None) or KeptFile(Unread(self.ignored), ())
            unread.append((file, kept.unread))
            said, is_said = missing.get(file.path), False
            batches = iter(kept.batches) if kept.batches else self._read(file, kept.unread).batches()
            for batch in batches:
                told = batch.retold() if file.path in copies else ahead.marked(file, batch)
                others = [first.setdefault(one, file.shape) for one in file.shape.of]
                for other in [one for one in others if one.whose_ids != file.shape.whose_ids][:1]:
                    told = told.changed(partial(overlapping, other.name, file.shape.name))
                if denied := [one.denied for one in file.pages if one.denied]:
                    told = told.changed(partial(denying, "; ".join(denied[:_SHOWN])))
                if file.signs and file.signs.unclear_day:
                    told = told.changed(partial(of_unclear_day, file.signs.unclear_day))
                if are_repeated(file.pages):
                    told = told.changed(with_a_page_twice)
                if said:
                    told = told.changed(partial(lacking_pages, said))
                    is_said = is_said or told.has_billed
                yield told.changed(partial(_of_file, FileTold(number, file.shape.name))) if self.numbered else told
            if said and not is_said:
                yield ReadBatch(None, [(0, UsageRecord(outcome=unpriced(said), labels={"file": str(file.path)}))])
        if asked := [one for one in unread if one[1].fields]:
            raise UncountedError(_refusal(asked))

    def _missing_pages(self) -> Mapping[Path, str]:
        """By file what is said of the pages that are not among the files."""
        found: dict[Path, str] = {}
        for name in {file.shape.name for file in self.files if any(one.more or one.numbers for one in file.pages)}:
            some = [file for file in self.files if file.shape.name == name]
            pages = {
                file.path: file.pages or pages_of(file.path, self.each_row, whatever_it_says=True) for file in some
            }
            found |= missing_pages(pages)
        return found

    def _read(self, file: UsageFile, unread: Unread) -> FileReader:
        """A reader of the file, which understands what rows of its shape in files before it were understood."""
        shape = file.shape
        is_alike_everywhere = shape.scan is None and not shape.sometimes and shape.nesting is None
        known = self._alike.get(id(shape)) if is_alike_everywhere else None
        reader = FileReader(
            shape,
            file.path,
            unread,
            self.each_row,
            one_by_one=self.one_by_one or bool(file.totals),
            alike=known,
            signs=file.signs,
            totals=file.totals,
            pages=file.pages,
            untold=self._untold.get(file.path),
            scanned=self._scanned_of(file),
        )
        self._untold[file.path] = reader.untold
        if is_alike_everywhere and reader.alike is not None:
            self._alike[id(shape)] = reader.alike
            reader.alike.begin()
        return reader

    def _scanned_of(self, file: UsageFile) -> Any:
        """What is found in all files of a shape whose files tell of each other; None of any other shape."""
        shape = file.shape
        if shape.scan is None or not shape.scans_all:
            return None
        if shape.name not in self._scanned:
            some = [one for one in self.files if one.shape.name == shape.name]
            rows = (row for one in some for row in tool_rows(one.path, shape, one.signs))
            self._scanned[shape.name] = shape.scan(counted_fields(rows, self.each_row))
        return self._scanned[shape.name]


def _of_file(source: FileTold, record: UsageRecord) -> UsageRecord:
    return replace(record, source=source)


def _refusal(unread: Sequence[tuple[UsageFile, Unread]]) -> Message:
    """Of a table of one's own no flag is proposed by which what is probably usage would be left out."""
    lines = [f"{file.path}: {line}" for file, found in unread for line in found.told()]
    own = {name for file, found in unread if file.shape.name == QUOTE_TABLE for name in found.fields}
    usage = [name for name in sorted(own) if told_meter(name) or counts_things(name)]
    others = [name for name in dict.fromkeys(chain(*(one.fields for _, one in unread))) if name not in usage]
    by_map = (f"\nTo leave out {', '.join(usage)} could bill too little: rename it as quotes name usage", BY_MAP, ".")
    left_out = (
        "\nLook up whether these are billed. If nobody is billed for them, leave them out",
        Way(": ", Parameter("columns.ignored", tuple(others))),
        ".",
    )
    return Message(
        "Nothing was priced: some fields may mean money and are not understood.\n  " + "\n  ".join(lines),
        *(by_map if usage else ()),
        *(left_out if others else ()),
    )
