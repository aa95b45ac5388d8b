"""/changes.json and /changes.atom: what happened to prices and offerings, for readers and chat bots."""

from __future__ import annotations

import gzip

from pyramid.request import Request
from pyramid.response import Response

from llmpricing.services.feeds.changes import MEDIA, change_feed
from llmpricing.web import parameters as p
from llmpricing.web.api.feed_bytes import Packed, packed_answer

_MODEL = {"model": p.text.of("of these offerings, by id")}


def show_json(request: Request) -> Response:
    """What happened, as a JSON Feed."""
    return _answered(request, "changes.json")


def show_atom(request: Request) -> Response:
    """What happened, as an Atom feed."""
    return _answered(request, "changes.atom")


def _answered(request: Request, name: str) -> Response:
    models = p.read_parameters(request, _MODEL, ("model",)).get("model")
    data = change_feed(name, request.reads, request.period.start, models)
    return packed_answer(request, MEDIA[name], Packed(gzip.compress(data, 6, mtime=0), request.period.until))
