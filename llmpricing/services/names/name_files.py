"""Files of names: a log or a list with the names in use, and the file of aliases that is made of what nobody knows."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from io import StringIO
from itertools import chain
from typing import Any

from llmpricing.services.names.coverage import NamedAt

# Keys and columns of tools that name the model, the surest first, and the seller.
_MODELS = (
    *("model", "gen_ai.response.model", "gen_ai.request.model", "llm.model_name", "ai.response.model", "ai.model.id"),
    *("ls_model_name", "model_permaslug", "modelId", "modelName", "model_name", "provided_model_name", "ai_model"),
)
_PROVIDERS = (
    *("provider", "gen_ai.provider.name", "gen_ai.system", "custom_llm_provider", "llm.provider", "ai.model.provider"),
    *("ls_provider", "ai_org", "seller"),
)
_TELLING = {"model_permaslug": "openrouter"}  # keys of one seller's own exports
ALIAS_COLUMNS = ("name", "offering", "suggestions")
_LIST_COLUMNS = {*ALIAS_COLUMNS, *_PROVIDERS}  # beside which a column called name holds models
Roles = tuple[tuple[str, ...], tuple[str, ...]]


class NoNamesError(ValueError):
    """The file has columns or fields, and none of them holds names; ``columns`` are those it has."""

    def __init__(self, columns: Iterable[str]) -> None:
        self.columns = tuple(columns)
        super().__init__(f"none of its columns holds names: {', '.join(self.columns)}")


def read_names(text: str, model: str | None = None, provider: str | None = None) -> list[NamedAt]:
    """Each name once a seller, in order: out of a JSON document, lines of JSON, CSV, or one name a line. ``model`` and
    ``provider`` name the columns where they are none that tools write; raises NoNamesError where no column holds names,
    and json.JSONDecodeError for what begins like JSON and is none.
    """
    roles = (model,) if model else _MODELS, (provider,) if provider else _PROVIDERS
    text = text.removeprefix("\ufeff").strip()
    if text.startswith(("{", "[")):
        return _of_json(text, roles)
    lines = [line for line in text.splitlines() if line.strip()]
    if not lines:
        return []
    columns = [column.strip() for column in next(csv.reader(lines[:1]))]
    if len(columns) == 1 and columns[0] not in (*roles[0], "name"):  # no name holds a comma
        return _unique(NamedAt(line.strip()) for line in lines)
    rows = csv.DictReader(lines, columns)
    next(rows)
    return _of_table(rows, columns, roles, is_named=model is not None)


def names_of_rows(
    rows: Iterable[Mapping[str, Any]], model: str | None = None, provider: str | None = None
) -> list[NamedAt]:
    """The same of the rows of a table that is no text, whose cells may be objects; raises NoNamesError."""
    rows = iter(rows)
    first = next(rows, None)
    if first is None:
        return []
    roles = (model,) if model else _MODELS, (provider,) if provider else _PROVIDERS
    return _of_table(chain([first], rows), list(first), roles, is_named=model is not None)


def _of_table(
    rows: Iterable[Mapping[str, Any]], columns: Sequence[str], roles: Roles, *, is_named: bool
) -> list[NamedAt]:
    if not is_named and set(columns) <= _LIST_COLUMNS:
        roles = ("name",), roles[1]
    return _known(_unique(name for row in rows for name in _of_row(row, roles)), columns)


def _of_json(text: str, roles: Roles) -> list[NamedAt]:
    documents = _documents(text)
    first = next((one for one in documents if isinstance(one, Mapping)), {})
    return _known(_unique(name for one in documents for name in _inside(one, roles)), first)


def _documents(text: str) -> list[Any]:
    """The JSON document that the whole text is, else those of its lines."""
    try:
        return [json.loads(text)]
    except json.JSONDecodeError:
        return [json.loads(line) for line in text.splitlines() if line.strip()]


def _of_row(row: Mapping[str, Any], roles: Roles) -> Iterator[NamedAt]:
    """The name in a row's columns, else those in cells that hold objects or JSON, such as LangSmith's metadata."""
    if name := _named(row, roles):
        yield name
        return
    for cell in row.values():
        if isinstance(cell, str) and cell.startswith("{"):
            with suppress(json.JSONDecodeError):
                yield from _inside(json.loads(cell), roles)
        else:
            yield from _inside(cell, roles)


def _inside(document: Any, roles: Roles) -> Iterator[NamedAt]:
    """The names in a document, in order: of each object that names a model, what lies inside it is not looked at."""
    waiting = [document]
    while waiting:
        one = waiting.pop()
        if isinstance(one, Mapping):
            if name := _named({**one, **_attributes(one.get("attributes"))}, roles):
                yield name
            else:
                waiting += reversed(list(one.values()))
        elif isinstance(one, list):
            waiting += reversed(one)


def _attributes(stated: Any) -> dict[str, Any]:
    """The attributes of a span as OTLP writes them: a list of keys and typed values."""
    pairs = stated if isinstance(stated, list) else []
    return {
        str(one.get("key")): value.get("stringValue")
        for one in pairs
        if isinstance(one, Mapping) and isinstance(value := one.get("value"), Mapping)
    }


def _known(names: list[NamedAt], first: Iterable[str]) -> list[NamedAt]:
    if not names:
        raise NoNamesError(first)
    return names


def _named(row: Mapping[str, Any], roles: Roles) -> NamedAt | None:
    key = next((key for key in roles[0] if isinstance(value := row.get(key), str) and value.strip()), None)
    if key is None:
        return None
    said = (value.strip() for key in roles[1] if isinstance(value := row.get(key), str) and value.strip())
    return NamedAt(row[key].strip(), next(said, _TELLING.get(key)))


def _unique(found: Iterable[NamedAt]) -> list[NamedAt]:
    return list(dict.fromkeys(found))


def alias_file(unknown: Iterable[tuple[str, tuple[str, ...]]]) -> str:
    """A CSV with a line for each name, its offering left empty for a person to fill in, and what is like it."""
    written = StringIO()
    rows = csv.writer(written, lineterminator="\n")
    rows.writerow(ALIAS_COLUMNS)
    for name, suggestions in unknown:
        rows.writerow((name, "", " ".join(suggestions)))
    return written.getvalue()


def read_aliases(text: str) -> Iterator[tuple[str, str]]:
    """(name, offering) of the lines that were filled in; raises ValueError for a file without these columns."""
    rows = csv.DictReader(text.removeprefix("\ufeff").splitlines())
    if not {"name", "offering"} <= set(rows.fieldnames or ()):
        raise ValueError(
            "the file has no columns name and offering, as `llmpricing names FILE --aliases OUT` writes them"
        )
    for row in rows:
        if (name := (row["name"] or "").strip()) and (offering := (row["offering"] or "").strip()):
            yield name, offering
