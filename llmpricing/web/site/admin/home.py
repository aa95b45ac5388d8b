"""/admin: what waits for an operator, each with the page that settles it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from pyramid.request import Request

from llmpricing.domain.observations import TOLD
from llmpricing.services.catalogue.freshness import source_ages
from llmpricing.services.catalogue.gaps import catalogue_gaps
from llmpricing.services.decisions.pin_drift import drifted_pins
from llmpricing.services.decisions.review_groups import ReviewFilter, grouped
from llmpricing.services.decisions.review_queue import waiting_reviews
from llmpricing.services.decisions.upcoming import coming_prices, retired_aliases
from llmpricing.web.parameters import read_parameters
from llmpricing.web.site import display
from llmpricing.web.site.ages import is_old
from llmpricing.web.site.changes import amount_in_words

LATE_DAYS = 7
_COMING = timedelta(days=30)
_SHOWN = 20  # of a kind


def show(request: Request) -> dict[str, Any]:
    """The dashboard: in review, stale, incomplete, drifted, retired and coming."""
    read_parameters(request, {})
    session, now = request.dbsession, datetime.now(UTC)
    groups = grouped(waiting_reviews(session, now), ReviewFilter())
    return {
        "show": display,
        "amount": amount_in_words,
        "conditions": display.conditions,
        "groups": groups[:_SHOWN],
        "waiting": sum(len(group.reviews) for group in groups),
        "late": [age for age in source_ages(session, now, outcomes=TOLD) if age.age_days >= LATE_DAYS],
        "late_days": LATE_DAYS,
        "is_old": is_old,
        "gaps": catalogue_gaps(session, now),
        "drifts": drifted_pins(session, now)[:_SHOWN],
        "retired": retired_aliases(session, now)[:_SHOWN],
        "coming": coming_prices(session, now, _COMING)[:_SHOWN],
    }
