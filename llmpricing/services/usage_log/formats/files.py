"""Files of any known shapes as one stream of records: each told once, what repeats marked as such."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import file_digest
from itertools import islice
from pathlib import Path
from typing import Any

from llmpricing.domain.usage.quantities import UsageError
from llmpricing.services.usage_log.columns import LogError, UncountedError
from llmpricing.services.usage_log.formats.record import REPEATED, OutcomeKind, UsageRecord, unpriced
from llmpricing.services.usage_log.formats.registry import SAMPLE, recognised
from llmpricing.services.usage_log.formats.row import Row, Unread
from llmpricing.services.usage_log.formats.shape import Shape
from llmpricing.services.usage_log.formats.source import BROKEN, RawRow, raw_rows

EachRow = Callable[[], None]


def _no_matter() -> None:
    pass


@dataclass(frozen=True)
class UsageFile:
    """A file and the shape that it is of."""

    path: Path
    shape: Shape


_TOLD_TWICE = "the same sum stands in an earlier file too, and is counted again: give each period once"


class UnknownShape(LogError):
    """The file is of no shape that is known."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"{path} is of no shape that is known. llmpricing formats lists those that are; --format names one, "
            "and a table with the columns of a quote is priced by itself, as .csv, .ndjson or .parquet."
        )


def usage_file(path: Path, shape: Shape | None = None, each_row: EachRow = _no_matter) -> UsageFile:
    """The file with its shape, told by its first rows unless it is given; raises LogError, and what ``each_row``
    raises, which is called for every row.
    """
    found = shape or recognised(_fields(islice(raw_rows(path), SAMPLE), each_row))
    if found is None:
        raise UnknownShape(path)
    return UsageFile(path, found)


@dataclass
class UsageFiles:
    """The records of several files, in order. ``ignored`` fields are never taken for money; ``each_row`` is called for
    every row that is read, and may raise to end the reading.

    Reading raises LogError where a file cannot be read to its end, and UncountedError, after the last record, where
    fields that may mean money were not understood.
    """

    files: Sequence[UsageFile]
    ignored: Collection[str] = ()
    each_row: EachRow = _no_matter
    _sums: set[int] = field(default_factory=set)
    _seen: set[int] = field(default_factory=set)
    _largest: dict[int, int] = field(default_factory=dict)

    def records(self) -> Iterator[UsageRecord]:
        """All records; one that was told before has the outcome REPEATED."""
        unread: dict[Path, Unread] = {}
        for file in self.files:
            if file.shape.grows:
                self._weigh(file)
        copies = copied([file.path for file in self.files])
        for file in self.files:
            unread[file.path] = Unread(self.ignored)
            records = _read(file, unread[file.path], self.each_row)
            for record in self._sums_compared(file.shape, records) if len(self.files) > 1 else records:
                is_repeated = file.path in copies or self._is_repeated(file.shape, record)
                yield replace(record, outcome=REPEATED) if is_repeated else record
        if lines := [f"{path}: {line}" for path, found in unread.items() for line in found.told()]:
            fields = [name for found in unread.values() for name in found.fields]
            raise UncountedError(_refusal(lines, fields))

    def _weigh(self, file: UsageFile) -> None:
        for record in _read(file, Unread(self.ignored), self.each_row):
            if record.record_id is not None and record.outcome.kind is not OutcomeKind.NOT_BILLED:
                digest = _digest(file.shape, record)
                self._largest[digest] = max(self._largest.get(digest, 0), _weight(record))

    def _sums_compared(self, shape: Shape, records: Iterable[UsageRecord]) -> Iterator[UsageRecord]:
        """The records of one file; of a sum that an earlier file tells as well, that it does."""
        own = set()
        for record in records:
            if record.span is None or record.record_id is not None or record.outcome.kind is not OutcomeKind.BILLED:
                yield record
                continue
            digest = hash((shape.name, repr(record)))
            own.add(digest)
            yield replace(record, remark=_TOLD_TWICE) if digest in self._sums else record
        self._sums |= own

    def _is_repeated(self, shape: Shape, record: UsageRecord) -> bool:
        if record.record_id is None or record.outcome.kind is OutcomeKind.REPEATED:
            return False
        digest = _digest(shape, record)
        fullest = self._largest.get(digest, 0)
        if digest in self._seen or (fullest and _weight(record) < fullest):
            return True
        self._seen.add(digest)
        return False


def copied(paths: Sequence[Path]) -> set[Path]:
    """Those of the files that hold the same bytes as one before them, and some."""
    of_size: dict[int, list[Path]] = defaultdict(list)
    for path in paths:
        of_size[path.stat().st_size].append(path)
    found: set[Path] = set()
    for size, alike in of_size.items():
        seen: set[bytes] = set()
        for path in alike if size and len(alike) > 1 else ():
            with path.open("rb") as file:
                digest = file_digest(file, "sha256").digest()
            if digest in seen:
                found.add(path)
            seen.add(digest)
    return found


def _fields(rows: Iterable[RawRow], each_row: EachRow) -> Iterator[Mapping[str, Any]]:
    for row in rows:
        each_row()
        yield row.fields


def _read(file: UsageFile, unread: Unread, each_row: EachRow) -> Iterator[UsageRecord]:
    scan = file.shape.scan
    read = file.shape.reader(scan(_fields(raw_rows(file.path), each_row)) if scan else None)
    for number, fields in raw_rows(file.path):
        each_row()
        if BROKEN in fields or "" in fields:
            reason = fields.get(BROKEN, "it is no object with names")
            yield UsageRecord(outcome=unpriced(str(reason)), labels={"line": str(number)})
            continue
        try:
            yield from read(Row(fields, unread))
        except UsageError as error:
            yield UsageRecord(outcome=unpriced(str(error)), labels={"line": str(number)})


def _digest(shape: Shape, record: UsageRecord) -> int:
    """64 bits that tell records apart; a failed call may bear the id of the one that came after it."""
    is_billed = record.outcome.kind is not OutcomeKind.NOT_BILLED
    return hash((shape.name, is_billed, record.record_id))


def _weight(record: UsageRecord) -> int:
    """How much a record counts: of one that grows, the largest is the last."""
    return int(sum(record.usage.stated.values())) + 1 if record.usage else 0


def _refusal(lines: Sequence[str], fields: Sequence[str]) -> str:
    ignoring = " ".join(f"--ignore-column {name!r}" if " " in name else f"--ignore-column {name}" for name in fields)
    return (
        "Nothing was priced: some fields may mean money and are not understood.\n  "
        + "\n  ".join(lines)
        + f"\nLook up whether these are billed. If nobody is billed for them, say {ignoring}."
    )
