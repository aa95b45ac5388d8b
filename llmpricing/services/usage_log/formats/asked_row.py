"""Which fields of its rows a reader asks for, and as what: the same of all rows that it cannot tell apart by these."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from llmpricing.domain.usage.quantities import Quantity
from llmpricing.services.usage_log.formats.row import Flat, Row
from llmpricing.services.usage_log.formats.unread import Unread, suspects


class ReadByItself(Exception):
    """A row's fields do not tell together with others' what it means."""


@dataclass
class AskedFields:
    """Names of fields: read as counts, or as anything else, or understood without being read; and those of which
    matters how they begin, with the beginnings.
    """

    counted: set[str] = field(default_factory=set)
    consulted: set[str] = field(default_factory=set)
    known: set[str] = field(default_factory=set)
    begun: dict[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def size(self) -> tuple[int, int]:
        """Grows with every name that is new to it."""
        return len(self.counted), len(self.consulted) + len(self.begun)

    @property
    def numbers(self) -> list[str]:
        """The fields that are read as nothing but counts."""
        return sorted(self.counted - self.consulted)

    def suspect(self, names: Iterable[str]) -> None:
        """Among the fields of these names are some that may mean money, and are looked at though nobody asks."""
        self.consulted.update(set(suspects(tuple(names))) - self.known - self.counted)


class AskedRow(Row):
    """A row that remembers what it was asked."""

    __slots__ = ("_is_opened", "asked")

    def __init__(self, raw: Mapping[str, Any], unread: Unread, asked: AskedFields) -> None:
        super().__init__(raw, unread)
        self.asked = asked
        self._is_opened = False

    def value(self, *names: str) -> Any:
        """What the first of these names states; None where none does."""
        self.asked.consulted.update(names)
        return super().value(*names)

    def text(self, *names: str) -> str:
        """The same as a text, empty where nothing is stated."""
        self.asked.consulted.update(names)
        return super().text(*names)

    def count(self, *names: str) -> Quantity | None:
        """A count that is not negative; raises UsageError."""
        self.asked.counted.update(names)
        self.known(*names)
        return Row(self.raw, self.unread).count(*names)

    def beginning(self, name: str, *starts: str) -> str:
        """The first of these that the text of that name begins with; empty where none is."""
        self.asked.begun[name] = starts
        return Row(self.raw, self.unread).beginning(name, *starts)

    def opened(self, name: str, *fields: str) -> Row:
        """The row with these fields of the object of that name as its own, whose block must show them so too."""
        self._is_opened = True
        row = AskedRow(super().opened(name, *fields).raw, self.unread, self.asked)
        row._read = self._read
        return row

    def looks_at(self, *names: str) -> None:
        """Say that what these fields hold is looked at, but for single values."""
        self.asked.consulted.update(names)

    def looks_at_all(self) -> None:
        """Say the same of all fields; raises ReadByItself where most of an object was passed over."""
        if self._is_opened:
            raise ReadByItself
        self.asked.consulted.update(name for name, value in self.raw.items() if _may_hold_fields(value))

    def flattened(self, flat: Flat) -> Row:
        """The row with what its attributes hold beside its own fields; raises ReadByItself where it has some."""
        if flat(self.raw) != self.raw:
            raise ReadByItself
        return self

    def known(self, *names: str) -> None:
        """Say that these fields are understood: sums of others, or nothing that is billed."""
        self.asked.known.update(names)
        super().known(*names)


def _may_hold_fields(value: Any) -> bool:
    return value is None or isinstance(value, dict | list) or (type(value) is str and value.lstrip()[:1] in ("{", "["))
