"""What an address of the API takes and answers: one declaration, by which it is read, served and described."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, get_type_hints

from pyramid.request import Request

from llmpricing.web.conditional import conditional, conditional_where_dated
from llmpricing.web.parameters import Reader, read_parameters
from llmpricing.web.selecting import FORMATS, fields_of, selecting

_ALWAYS = (400, 401, 403, 500, 503)
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
    rows: Any = None  # the type of one item of ``data``, whose fields may be asked for
    is_list: bool = True
    asks_the_book: bool = False  # and nothing else, so that the database may be away
    is_lasting: bool = False  # until the price book changes or the next known step
    is_dated: bool = False  # it tells the moment it is made for: lasting where that is stated
    has_tag: bool = False  # an ETag that the view makes
    media: str = "application/json"  # of the answer
    also: Mapping[int, tuple[Any, ...]] = field(default_factory=dict)  # types of errors in a shape of their own

    @property
    def pattern(self) -> str:
        """The path as Pyramid's routes are written: an id may hold slashes."""
        return self.path.replace("{id}", "{id:.+}")

    @cached_property
    def readers(self) -> dict[str, Reader]:
        """All parameters of the address."""
        found = dict(self.parameters)
        if self.rows is not None:
            found |= selection(self.rows)
            if not self.is_list:
                del found["format"]
        return found

    @property
    def served(self) -> Callable[[Request], Any]:
        """The view with what every answer of its kind has."""
        view = self.view
        if self.rows is not None:
            view = selecting(self.name.removesuffix("_csv"), self.readers["fields"], field_names(self.rows), view)
        if self.is_dated:
            return conditional_where_dated(view)
        return conditional(view) if self.is_lasting else view

    @property
    def is_tagged(self) -> bool:
        """Whether an answer bears an ETag, at least where its moment is stated, and is a 304 when asked with it."""
        return self.is_lasting or self.is_dated or self.has_tag

    @property
    def errors(self) -> tuple[int, ...]:
        """The statuses of all errors that may come."""
        return tuple(sorted({*_ALWAYS, *(_POSTED if self.method == "POST" else ()), *self.refusals}))

    def read(self, request: Request) -> dict[str, Any]:
        """The values of the address' parameters by name; raises the 400 that names the field."""
        return read_parameters(request, self.readers, self.repeatable)


def selection(rows: Any) -> dict[str, Reader]:
    """The readers of which part of a list of these rows is asked for, and in what form."""
    return {"fields": fields_of(field_names(rows)), "format": FORMATS}


def field_names(shape: Any) -> tuple[str, ...]:
    """The fields of a struct or a dataclass, in order."""
    return tuple(get_type_hints(shape))
