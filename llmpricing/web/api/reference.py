"""GET /api/v1/openapi.json and /api/docs: the API's document, and a page to read it and try it out."""

from __future__ import annotations

from hashlib import sha256
from importlib.util import find_spec
from typing import Any

from pyramid.request import Request
from pyramid.response import Response

from llmpricing.web.access import is_private
from llmpricing.web.conditional import FRESH_S, kept_page
from llmpricing.web.errors import Refused

DOCUMENT = "llmpricing.openapi"  # in the registry: the document's bytes
ASSETS = "swagger_ui:static"  # of the installed package swagger-ui-py
_MISSING = (
    "The reference page needs the package swagger-ui-py. Next: pip install 'llmpricing[reference]', then restart."
)


def show_document(request: Request) -> Response:
    """The document as it stands for this process; asked with its ETag it is a 304."""
    document: bytes = request.registry[DOCUMENT]
    found = Response(document, content_type="application/json", charset=None, conditional_response=True)
    found.headers["ETag"] = f'W/"{sha256(document).hexdigest()[:24]}"'
    found.headers["Cache-Control"] = f"{'private, ' if is_private(request) else ''}max-age={FRESH_S}"
    return found


def show_page(request: Request) -> Any:
    """The page that reads the document in the browser; all that it loads comes from here."""
    if find_spec("swagger_ui") is None:
        raise Refused(404, "NOT_FOUND", _MISSING)
    return kept_page(request) or {"assets": ASSETS}


def includeme(config: Any) -> None:
    """Serve the files that the page loads, where they are installed."""
    if find_spec("swagger_ui") is not None:
        config.add_static_view("static/reference", ASSETS, cache_max_age=365 * 86400)
