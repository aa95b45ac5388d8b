"""What an address of the API takes and answers: one declaration, by which it is read, served and described."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pyramid.request import Request

from llmpricing.web.parameters import Reader, read_parameters

_ALWAYS = (400, 500, 503)
_POSTED = (413, 415)


@dataclass(frozen=True, kw_only=True)
class Operation:
    """One method of one address. ``body`` and ``answers`` are types as msgspec knows them, of which any may come;
    ``refusals`` are the statuses of errors besides those that every address has.
    """

    name: str
    path: str
    view: Callable[[Request], Any]
    title: str
    answers: tuple[Any, ...]
    method: str = "GET"
    about: str = ""
    parameters: Mapping[str, Reader] = field(default_factory=dict)
    repeatable: tuple[str, ...] = ()
    required: tuple[str, ...] = ()
    body: tuple[Any, ...] = ()
    parts: tuple[Any, ...] = ()  # types that others refer to by name
    refusals: tuple[int, ...] = ()
    also: Mapping[int, tuple[Any, ...]] = field(default_factory=dict)  # types of errors in a shape of their own

    @property
    def pattern(self) -> str:
        """The path as Pyramid's routes are written: an id may hold slashes."""
        return self.path.replace("{id}", "{id:.+}")

    @property
    def errors(self) -> tuple[int, ...]:
        """The statuses of all errors that may come."""
        return tuple(sorted({*_ALWAYS, *(_POSTED if self.method == "POST" else ()), *self.refusals}))

    def read(self, request: Request) -> dict[str, Any]:
        """The values of the address' parameters by name; raises the 400 that names the field."""
        return read_parameters(request, self.parameters, self.repeatable)
