"""The API's document: OpenAPI 3.1, made of the operations by which addresses are served and read."""

from __future__ import annotations

from collections.abc import Iterable
from http import HTTPStatus
from importlib.metadata import version
from typing import Any

import msgspec

from llmpricing.web.operations import Operation

_REF = "#/components/schemas/{name}"
_ABOUT = (
    "The price book of the LLM market. Prices are decimal strings, `0` where something is free and null where nobody "
    "says. Times are RFC 3339 in UTC. A parameter that is not listed, or stands twice where it may not, is a 400 that "
    "names it."
)


class SelectedAnswer(msgspec.Struct, forbid_unknown_fields=True):
    """An answer with the fields that were asked for."""

    data: list[dict[str, Any]] | dict[str, Any]
    meta: dict[str, Any]


class ErrorJson(msgspec.Struct, forbid_unknown_fields=True):
    """Why there is no answer: a stable code, plain words, and ``details`` such as the ``field`` at fault."""

    code: str
    message: str
    details: dict[str, Any]


class ErrorAnswer(msgspec.Struct, forbid_unknown_fields=True):
    """The one shape of all errors. The id is that of the ``X-Request-Id`` header, and of the line in the log."""

    error: ErrorJson
    request_id: str


def document(operations: Iterable[Operation]) -> dict[str, Any]:
    """The document of these operations."""
    listed = list(operations)
    types = list(
        dict.fromkeys(
            [ErrorAnswer, SelectedAnswer, *(kind for one in listed for kind in (*one.answers, *one.body, *one.parts))]
        )
    )
    schemas, components = msgspec.json.schema_components(types, ref_template=_REF)
    for component in components.values():
        if "description" in component:  # a docstring, with the indents of its lines
            component["description"] = " ".join(component["description"].split())
    of_type = dict(zip(types, schemas, strict=True))
    paths: dict[str, Any] = {}
    for one in listed:
        paths.setdefault(one.path, {})[one.method.lower()] = _operation(one, of_type)
    return {
        "openapi": "3.1.0",
        "info": {"title": "llmpricing", "version": version("llmpricing"), "description": _ABOUT},
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {"schemas": components, "headers": _HEADERS, "securitySchemes": _SCHEMES},
        "security": [{}, {"bearer": []}, {"basic": []}],
    }


_SCHEMES = {  # where tokens are set; elsewhere everybody may ask
    "bearer": {"type": "http", "scheme": "bearer", "description": "A token."},
    "basic": {"type": "http", "scheme": "basic", "description": "A token as the password, with any user name."},
}
_HEADERS = {
    "RequestId": {
        "description": "The id that the caller gave, or a fresh one: it stands in the log.",
        "required": True,
        "schema": {"type": "string", "pattern": "^[A-Za-z0-9._-]{1,64}$"},
    }
}
_LASTING = {
    "ETag": {"description": "Of this answer; asked with it in If-None-Match, a 304.", "schema": {"type": "string"}},
    "Cache-Control": {"description": "Never beyond the next known step.", "schema": {"type": "string"}},
}
_EACH = {"X-Request-Id": {"$ref": "#/components/headers/RequestId"}}
_UNCHANGED = {"description": "Not Modified: the client has it.", "headers": _EACH}
_MOVED = {
    "description": "The id is written otherwise, in another case or without a slash at its end: this leads to it.",
    "headers": {**_EACH, "Location": {"required": True, "schema": {"type": "string"}}},
}


def _operation(one: Operation, of_type: dict[Any, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {
        "operationId": one.name,
        "summary": one.title,
        **({"description": one.about} if one.about else {}),
        "parameters": [*_in_path(one), *_in_query(one)],
        "responses": {
            "200": _answer(one, of_type),
            **({"301": _MOVED} if "{id}" in one.path else {}),
            **({"304": _UNCHANGED} if one.is_tagged else {}),
            **{str(status): _refusal(status, one.also.get(status, (ErrorAnswer,)), of_type) for status in one.errors},
        },
    }
    if one.body:
        found["requestBody"] = {"required": True, "content": _json(one.body, of_type)}
    return found


def _answer(one: Operation, of_type: dict[Any, Any]) -> dict[str, Any]:
    headers = _EACH | (_LASTING if one.is_tagged else {})
    if one.media != "application/json":
        return {
            "description": "The answer.",
            "headers": headers,
            "content": {one.media: {"schema": {"type": "string"}}},
        }
    content = _json((*one.answers, *((SelectedAnswer,) if one.rows is not None else ())), of_type)
    if "format" in one.readers:
        content["text/csv"] = {"schema": {"type": "string"}}
    return {"description": "The answer.", "headers": headers, "content": content}


def _json(types: tuple[Any, ...], of_type: dict[Any, Any]) -> dict[str, Any]:
    found = [of_type[kind] for kind in types]
    return {"application/json": {"schema": found[0] if len(found) == 1 else {"anyOf": found}}}


def _refusal(status: int, types: tuple[Any, ...], of_type: dict[Any, Any]) -> dict[str, Any]:
    return {"description": HTTPStatus(status).phrase, "headers": _EACH, "content": _json(types, of_type)}


def _in_path(one: Operation) -> list[dict[str, Any]]:
    if "{id}" not in one.path:
        return []
    about = "Ids may hold slashes, which may stand as they are."
    schema = {"type": "string", "minLength": 1, "examples": ["openai/gpt-4o"]}
    return [{"name": "id", "in": "path", "required": True, "description": about, "schema": schema}]


def _in_query(one: Operation) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "in": "query",
            "required": name in one.required,
            **({"description": reader.about} if reader.about else {}),
            "schema": {"type": "array", "items": reader.schema} if name in one.repeatable else reader.schema,
        }
        for name, reader in one.readers.items()
    ]
