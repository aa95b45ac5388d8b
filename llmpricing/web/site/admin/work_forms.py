"""The forms of /admin: each is declared once, by which it is shown, filled again with what was typed, and read."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from pyramid.request import Request

from llmpricing.domain.meters import METERS
from llmpricing.web import parameters as p
from llmpricing.web.errors import invalid
from llmpricing.web.forms import read_form
from llmpricing.web.parameters import Reader

_AMOUNT = re.compile(r"[0-9]{1,15}(\.[0-9]{1,12})?", re.ASCII)


def _amount(name: str, raw: str) -> Decimal:
    if not _AMOUNT.fullmatch(raw):
        raise invalid(name, f"{name} takes an amount such as 2.50, 0 meaning free.")
    return Decimal(raw)


amount = Reader(_amount, {})
meter = p.one_of(*METERS)


@dataclass(frozen=True)
class AskedField:
    """A field of a form. ``required`` is what to say where it is left out, empty where it may be; ``choices`` are the
    values of a list to choose from; ``hint`` stands in the empty field, ``usual`` is in it at first.
    """

    name: str
    label: str
    reader: Reader
    required: str = ""
    choices: tuple[str, ...] = ()
    hint: str = ""
    usual: str = ""
    is_long: bool = False  # has room for a sentence
    is_file: bool = False
    is_kept: bool = False  # never typed: the page fills it in


@dataclass(frozen=True)
class WorkForm:
    """A form that is sent to ``action``; ``name`` tells its fields from those of the page's other forms."""

    name: str
    action: str
    button: str
    fields: tuple[AskedField, ...]

    @property
    def takes_file(self) -> bool:
        return any(field.is_file for field in self.fields)

    @property
    def readers(self) -> dict[str, Reader]:
        """By the fields' names."""
        return {field.name: field.reader for field in self.fields}

    def read(self, request: Request) -> dict[str, Any]:
        """What was sent, by name, empty fields left out; raises the 4xx that names the field at fault."""
        files = tuple(field.name for field in self.fields if field.is_file)
        found = read_form(request, self.readers, files=files)
        for field in self.fields:
            if field.required and field.name not in found:
                raise invalid(field.name, field.required)
        return found

    def was_sent(self, path: str, typed: Mapping[str, str], fixed: Mapping[str, Any]) -> bool:
        """Whether it is this one of the page's forms that was sent, ``fixed`` being what it always says."""
        return path == self.action and all(typed.get(name) == str(value) for name, value in fixed.items())


WHY = AskedField("note", "Why, for the audit log", p.text_of(500), "Say why, for the audit log.", is_long=True)
# Which price of an offering is meant.
OFFERING = AskedField("offering", "Offering", p.text, "Name the offering, such as openai/gpt-4o.", hint="openai/gpt-4o")
METER = AskedField(
    "meter", "Meter", meter, "Choose what is counted.", choices=tuple(METERS), usual="input_tokens"
)  # fmt: skip
CONDITIONS = AskedField("conditions", "Conditions", p.text, hint="tier=batch")
AMOUNT = AskedField("amount", "Amount", amount, "Say the amount; 0 means free.", hint="2.50")
PER = AskedField("per", "Per how many units", p.whole(1, 10**9), hint="as usual")
CURRENCY = AskedField("currency", "Currency", p.currency, usual="USD")
