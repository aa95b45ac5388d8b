"""Why there is no quote, as the API and the pages say it: which field, and which candidates or values would do."""

from __future__ import annotations

from dataclasses import asdict
from shlex import quote
from typing import NamedTuple

import structlog

from llmpricing.domain.names.matching import MAX_LENGTH, Why
from llmpricing.domain.quotes.context import NOT_STATED, ContextError
from llmpricing.domain.quotes.contract_rates import RateIdError
from llmpricing.domain.quotes.requote import ClashingPriceIds, PriceIdError
from llmpricing.domain.usage.quantities import UsageError
from llmpricing.services.quotes.quoting import AmbiguousModel, QuoteError, UnknownModel
from llmpricing.web.errors import Refused, invalid

log = structlog.get_logger()

MOST_ECHOED = 20  # of the ids that a request named
_UNKNOWN = {
    Why.NO_SUCH_NAME: "No offering bears this name. Ids look like openai/gpt-4o.",
    Why.NO_SUCH_SELLER: "No seller bears this name, API host or URL. GET /api/v1/providers lists the sellers.",
    Why.NOT_SOLD: "This seller offers nothing of that name. Leave the seller out to see who does.",
    Why.OWN: "This is a profile or deployment of your own, no model's name. Run: llmpricing alias add {} OFFERING",
    Why.DEPLOYMENT: "This seller offers nothing of that name. If it is a deployment of your own, run:"
    " llmpricing alias add {} OFFERING",
    Why.NOT_YET: "Nothing of this name was known yet at known_at. Leave known_at out for what is known now.",
}


class Place(NamedTuple):
    """Where in a request a question stands, so that errors name the caller's field."""

    item: str = ""
    usage: str = "usage."
    context: str = "context."


def refusal(error: QuoteError, place: Place) -> Refused:
    """Why there is no quote, with the candidates or the values that would do."""
    if isinstance(error, UnknownModel | AmbiguousModel):
        return unresolved(error, f"{place.item}model")
    if isinstance(error, ContextError):
        return _unknown_fact(error, f"{place.item}{place.context}{error.field}")
    if isinstance(error, RateIdError):
        field = f"{place.item}rate_ids"
        return invalid(
            field, f"{field} names contract rates that are not for this offering.", unknown=error.ids[:MOST_ECHOED]
        )
    if isinstance(error, PriceIdError):
        return _useless_ids(error, f"{place.item}price_ids")
    log.error("prices_contradict", reason=str(error))
    message = "The stored prices of this offering contradict each other. The request is not at fault; it was logged."
    return Refused(500, "PRICES_CONTRADICT", message)


def unresolved(error: UnknownModel | AmbiguousModel, field: str) -> Refused:
    """The 404 or 409 of a name."""
    if isinstance(error, UnknownModel):
        field = f"{field.removesuffix('model')}provider" if error.why is Why.NO_SUCH_SELLER else field
        message = _UNKNOWN[error.why].format(quote(error.name[:MAX_LENGTH]))
        return Refused(404, "MODEL_NOT_FOUND", message, field=field, suggestions=error.suggestions)
    message = "Several offerings bear this name: choose one of the candidates, or name the provider."
    differences = [asdict(one) for one in error.differences]
    return Refused(409, "MODEL_AMBIGUOUS", message, field=field, candidates=error.candidates, differences=differences)


def _unknown_fact(error: ContextError, field: str) -> Refused:
    if error.value == NOT_STATED:
        return invalid(field, f"{field} must be stated: too many prices depend on it.", known=error.known)
    known = f"known are {', '.join(error.known)}" if error.known else "no price of this offering depends on it"
    return invalid(field, f"{field} does not know that value; {known}.", known=error.known)


def _useless_ids(error: PriceIdError, field: str) -> Refused:
    if isinstance(error, ClashingPriceIds):
        return invalid(
            field,
            f"{field} names two prices of one meter; those of one answer never do.",
            clashing=error.ids[:MOST_ECHOED],
        )
    return invalid(field, f"{field} names prices that are not this offering's.", unknown=error.ids[:MOST_ECHOED])


def bad_usage(error: UsageError, place: Place) -> Refused:
    """The 400 that names the quantity at fault by the caller's own name of it."""
    field = f"{place.item}usage" if error.field == "usage" else f"{place.item}{place.usage}{error.field}"
    end = "" if error.message.endswith("?") else "."
    return invalid(field[:200], f"{field[:200]} {error.message}{end}")
