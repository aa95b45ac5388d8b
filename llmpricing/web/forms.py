"""What a form of a page sends: its fields read as parameters are, the one at fault named."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from typing import Any

from pyramid.request import Request

from llmpricing.web.errors import Refused, invalid
from llmpricing.web.json_body import MAX_BYTES
from llmpricing.web.parameters import Reader, read_parameters, read_values

FORM_FIELD = "csrf_token"  # by which a form shows that it comes from a page of ours


def posted(request: Request) -> dict[str, list[Any]]:
    """All fields of a form as they came, texts and files; raises 413 for a large one and 400 for what is no form."""
    if (request.content_length or 0) > MAX_BYTES:
        raise Refused(413, "BODY_TOO_LARGE", f"The form is larger than {MAX_BYTES >> 20} MiB. Send less at once.")
    fields: dict[str, list[Any]] = {}
    try:
        for name, value in request.POST.items():
            fields.setdefault(name, []).append(value)
    except (ValueError, UnicodeError):
        message = "The form could not be read. Open the page again and send it from there."
        raise Refused(400, "BAD_REQUEST", message) from None
    return fields


def read_form(request: Request, readers: Mapping[str, Reader], repeatable: tuple[str, ...] = ()) -> dict[str, Any]:
    """Values of a form's fields by name, empty ones left out, as ``read_parameters`` reads those of an address."""
    read_parameters(request, {})
    fields = posted(request)
    fields.pop(FORM_FIELD, None)
    with ExitStack() as closing:
        for name, values in fields.items():
            for part in values:
                if hasattr(part, "file"):
                    closing.enter_context(part.file)
                    raise invalid(name[:200], f"{name[:60]} takes text, not a file.")
    return read_values(fields, readers, repeatable)
