"""Tables and the session, nothing else. ``includeme`` gives every request its own session."""

from __future__ import annotations

from typing import Any

from pyramid_retry import RetryableExecutionPolicy
from sqlalchemy.orm import Session

from llmpricing.models.catalogue import (
    BookVersion,
    MatchRule,
    Model,
    Offering,
    OfferingAlias,
    Provider,
    ProviderDescription,
)
from llmpricing.models.deadline import install, within_deadline
from llmpricing.models.decisions import AuditEvent, ContractRateRow, ExchangeRate, Pin, Review
from llmpricing.models.meta import Base
from llmpricing.models.prices import MeterRow, PriceRow, ScheduleRow
from llmpricing.models.session import make_engine, request_session, session_factories
from llmpricing.models.sources import ObservationRow, ProviderTrust, Source, SourceFetch
from llmpricing.settings import Settings

__all__ = [
    "AuditEvent",
    "Base",
    "BookVersion",
    "ContractRateRow",
    "ExchangeRate",
    "MatchRule",
    "MeterRow",
    "Model",
    "ObservationRow",
    "Offering",
    "OfferingAlias",
    "Pin",
    "PriceRow",
    "Provider",
    "ProviderDescription",
    "ProviderTrust",
    "Review",
    "ScheduleRow",
    "Source",
    "SourceFetch",
]

SAFE_METHODS = ("GET", "HEAD", "OPTIONS")


def includeme(config: Any) -> None:
    """Bind ``request.dbsession`` to the request's transaction; safe methods, and views added with ``read_only=True``,
    read only.
    """
    settings: Settings = config.registry.settings["llmpricing"]
    config.add_settings(
        {
            "tm.manager_hook": "pyramid_tm.explicit_manager",
            "tm.commit_veto": "pyramid_tm.default_commit_veto",
        }
    )
    config.include("pyramid_tm")
    config.include("pyramid_retry")
    retrying = RetryableExecutionPolicy(settings.retry_attempts + 1)
    config.set_execution_policy(within_deadline(retrying, settings.request_deadline_s))
    engine = make_engine(settings)
    install(engine, settings.connect_timeout_s)
    config.registry["llmpricing.engine"] = engine
    writing, reading = session_factories(engine)

    def dbsession(request: Any) -> Session:
        # A test hands its own session over in the environ, to look inside an open transaction.
        given: Session | None = request.environ.get("app.dbsession")
        if given is not None:
            return given
        reads_only = request.method in SAFE_METHODS or getattr(request, "reads_only", False)
        return request_session(reading if reads_only else writing, request.tm)

    config.add_request_method(dbsession, reify=True)
    config.add_view_deriver(_read_only)


def _read_only(view: Any, info: Any) -> Any:
    """A view added with ``read_only=True`` answers a question: its method may be POST, its transaction is READ ONLY."""
    if not info.options.get("read_only"):
        return view

    def asking(context: Any, request: Any) -> Any:
        request.reads_only = True
        return view(context, request)

    return asking


_read_only.options = ("read_only",)  # type: ignore[attr-defined]  # how Pyramid learns a deriver's option
