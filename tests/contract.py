"""Every answer that a test gets of the API is held against its own document: status, media type, and shape."""

from __future__ import annotations

import os
from functools import cache
from typing import Any

from pyramid.interfaces import IRoutesMapper
from webob import Request
from webtest import TestApp
from webtest.response import TestResponse

from llmpricing.web import openapi
from llmpricing.web.routes import OPERATIONS

try:
    import jsonschema_rs
except ImportError:  # an older environment: what lands is checked with it
    if os.environ.get("CI"):
        raise
    jsonschema_rs = None  # type: ignore[assignment]

SELECTED = {"$ref": "#/components/schemas/SelectedAnswer"}
MOVED = 301
BY_NAME = {operation.name: operation for operation in OPERATIONS}


class CheckedApp(TestApp):
    """The application as tests ask it: an answer that the document does not allow fails the test."""

    def do_request(self, req: Any, status: Any = None, expect_errors: Any = None) -> TestResponse:
        answer = super().do_request(req, status, expect_errors)
        complain_of(self, req, answer)
        return answer


def complain_of(app: TestApp, req: Any, answer: TestResponse) -> None:
    """Raise where an answer of an operation differs from what the document says of it."""
    if jsonschema_rs is None or not hasattr(app.app, "registry"):
        return
    if req.method == "HEAD":
        return
    try:
        asked = Request.blank(req.path_info, base_url=req.host_url)
    except UnicodeDecodeError:  # no address of ours
        return
    info = app.app.registry.getUtility(IRoutesMapper)(asked)
    operation = BY_NAME.get(info["route"].name) if info["route"] else None
    if operation is None or operation.method != req.method:
        return
    assert answer.headers["X-Request-Id"]
    told = document()["paths"][operation.path][operation.method.lower()]["responses"].get(str(answer.status_int))
    assert told is not None, f"{operation.name} answers {answer.status_int}, which the document does not name"
    if answer.content_type not in told.get("content", ()):
        assert not answer.body or answer.status_int == MOVED, f"{operation.name} answers {answer.content_type}"
        return
    if answer.content_type != "application/json":
        return
    chosen = answer.status_int == 200 and bool(req.GET.get("fields", "").strip())
    validator(operation.path, operation.method.lower(), answer.status_int, chosen).validate(answer.json)


@cache
def document() -> dict[str, Any]:
    return openapi.document(OPERATIONS)


@cache
def validator(path: str, method: str, status: int, chosen: bool = False) -> Any:
    """Of the body of one operation's answer, of fields that were ``chosen`` or of all; a status that the document does
    not name is an error.
    """
    told = document()["paths"][path][method]["responses"][str(status)]["content"]["application/json"]["schema"]
    if not chosen and "anyOf" in told:
        told = {"anyOf": [one for one in told["anyOf"] if one != SELECTED]}
    schema = {**told, "components": document()["components"], "$schema": "https://json-schema.org/draft/2020-12/schema"}
    return jsonschema_rs.validator_for(schema, validate_formats=True)
