"""Parts of an answer: the fields that were asked for, and lists as CSV, in whose cells no formula begins."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable, Iterable, Sequence
from io import StringIO
from typing import Any
from urllib.parse import urlencode

import msgspec
from pyramid.request import Request
from pyramid.response import Response

from llmpricing.web.errors import invalid
from llmpricing.web.parameters import Reader, one_of

FORMATS = one_of("json", "csv").of("of the answer; csv holds all rows where no limit is given")
_FORMULA = re.compile(r"'*[=+\-@\t\r]")
_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")


def fields_of(names: Sequence[str]) -> Reader:
    """Reads names of fields with commas between them."""

    def read(name: str, raw: str) -> tuple[str, ...]:
        asked = tuple(dict.fromkeys(one.strip() for one in raw.split(",") if one.strip()))
        unknown = [one for one in asked if one not in names]
        if unknown:
            raise invalid(name, f"{name} does not know {unknown[0][:60]!r}.", known=list(names))
        return asked or tuple(names)

    one = "|".join(names)
    return Reader(read, {"type": "string", "pattern": f"^({one})(,({one}))*$"}, "these alone, with commas between them")


def selecting(name: str, reader: Reader, names: Sequence[str], view: Callable[[Request], Any]) -> Callable[..., Any]:
    """The view, answering only the fields asked for, or CSV."""

    def answering(request: Request) -> Any:
        answer = view(request)
        raw = request.GET.get("fields", "").strip()
        if isinstance(answer, Response) or not (raw or is_csv(request)):
            return answer
        wanted = reader("fields", raw) if raw else names
        told = msgspec.json.decode(msgspec.json.encode(answer))  # some of it is bytes already
        if is_csv(request):
            return _csv(request, name, wanted, told)
        data = told["data"]
        chosen = [_only(item, wanted) for item in data] if isinstance(data, list) else _only(data, wanted)
        return {"data": chosen, "meta": told["meta"]}

    return answering


def is_csv(request: Request) -> bool:
    """Whether the answer is asked for as CSV: by ``format``, or by an address that ends so."""
    return bool(request.GET.get("format", "").strip() == "csv" or request.matched_route.pattern.endswith(".csv"))


def _only(item: dict[str, Any], wanted: Iterable[str]) -> dict[str, Any]:
    return {name: item[name] for name in wanted}


def _csv(request: Request, name: str, wanted: Sequence[str], told: dict[str, Any]) -> Response:
    """The rows as CSV; where more follow a Link header names the next page."""
    text = StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(wanted)
    writer.writerows([cell(item[field]) for field in wanted] for item in told["data"])
    response = request.response
    response.content_type, response.charset = "text/csv", "utf-8"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    if following := told["meta"].get("next"):
        asked = [pair for pair in request.GET.items() if pair[0] != "cursor"]
        response.headers["Link"] = f'<{request.path}?{urlencode([*asked, ("cursor", following)])}>; rel="next"'
    response.text = text.getvalue()
    return response


def cell(value: Any) -> str:
    """A value as a cell: nothing for null, ``;`` between words, JSON for what has parts. Before a text that would be a
    formula in a spreadsheet stands an apostrophe.
    """
    if value is None:
        return ""
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        value = ";".join(value)
    if not isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    return f"'{value}" if _FORMULA.match(value) and not _NUMBER.fullmatch(value) else value
