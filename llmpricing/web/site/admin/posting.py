"""A form of /admin that does something: then the page that shows it, or the form again with what is wrong in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.request import Request
from pyramid.response import Response

from llmpricing.services.decisions.reviews_and_pins import DecisionRefused
from llmpricing.web.errors import Refused, wants_json
from llmpricing.web.forms import posted
from llmpricing.web.operators import AdminView, for_operators
from llmpricing.web.site import display
from llmpricing.web.site.admin.work_forms import WHY, WorkForm
from llmpricing.web.site.changes import amount_in_words
from llmpricing.web.site.filter_problems import worded

SHOWN = 500  # rows of a table; the command line lists all
_ANY = WorkForm("any", "", "", (WHY,))  # what every form asks
AdminPage = Callable[[Request], dict[str, Any]]


def does(act: Callable[[Request], Any], page: AdminPage, needs: str | None = None) -> AdminView:
    """The view of a form: ``act`` returns the answer, or the page's values to show; what it refuses stands in ``page``.

    A refusal commits nothing: its status vetoes the transaction.
    """

    def answering(request: Request) -> Any:
        try:
            return act(request)
        except DecisionRefused as error:
            refused = Refused(409, "REFUSED", str(error))
            refused.details.update({"field": error.field} if error.field else {})
        except Refused as error:
            refused = error
        if refused.status >= 500 or wants_json(request):
            raise refused
        request.dbsession.expunge_all()  # what was not done is not to be shown
        request.response.status_int = refused.status
        request.response.headers.update(refused.headers)
        shown = page(request)
        name, label = refused.details.get("field"), _at_fault(refused, shown)
        if name and label:
            refused.message = worded(refused.message, name, label)
        return {**shown, "problem": refused, "at_fault": label, "typed": _texts(request)}

    return for_operators(answering, needs)


def _at_fault(refused: Refused, shown: Mapping[str, Any]) -> str | None:
    """The field at fault, as the page's forms call it."""
    name = refused.details.get("field")
    forms = [*(one for one in shown.values() if isinstance(one, WorkForm)), _ANY]
    return next((one.label for form in forms for one in form.fields if one.name == name and one.label), name)


def done(path: str, **told: Any) -> Response:
    """To the page that shows what was done; ``told`` stands in its address."""
    query = urlencode({name: value for name, value in told.items() if value is not None})
    return HTTPSeeOther(f"{path}?{query}" if query else path)


def words() -> dict[str, Any]:
    """How the pages write prices and times."""
    told = {"show": display, "amount": amount_in_words, "conditions": display.conditions}
    return told | {"now": datetime.now(UTC)}


def _texts(request: Request) -> Mapping[str, str]:
    """What was typed, to stand in the fields again."""
    return {name: values[0] for name, values in posted(request).items() if isinstance(values[0], str)}
