"""Tables and the session, nothing else. ``includeme`` gives every request its own session."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from llmpricing.models.access import AccessTokenRow, OperatorPasswordRow, OperatorSessionRow
from llmpricing.models.catalogue import (
    BookVersion,
    MatchRule,
    Model,
    Offering,
    OfferingAlias,
    OfferingPast,
    Provider,
    ProviderDescription,
)
from llmpricing.models.deadline import install
from llmpricing.models.decisions import AuditEvent, ContractRateRow, ExchangeRate, Pin, Review, ReviewOutcome
from llmpricing.models.meta import Base
from llmpricing.models.prices import MeterRow, OtherPriceRow, PriceRow, ScheduleRow
from llmpricing.models.scores import ScoreRow
from llmpricing.models.session import make_engine, request_session, session_factories
from llmpricing.models.sources import (
    KeptList,
    NewestObservationRow,
    ObservationRow,
    ProviderTrust,
    Source,
    SourceFailure,
    SourceFetch,
)
from llmpricing.settings import Settings

__all__ = [
    "AccessTokenRow",
    "AuditEvent",
    "Base",
    "BookVersion",
    "ContractRateRow",
    "ExchangeRate",
    "KeptList",
    "MatchRule",
    "MeterRow",
    "Model",
    "NewestObservationRow",
    "ObservationRow",
    "Offering",
    "OfferingAlias",
    "OfferingPast",
    "OperatorPasswordRow",
    "OperatorSessionRow",
    "OtherPriceRow",
    "Pin",
    "PriceRow",
    "Provider",
    "ProviderDescription",
    "ProviderTrust",
    "Review",
    "ReviewOutcome",
    "ScheduleRow",
    "ScoreRow",
    "Source",
    "SourceFailure",
    "SourceFetch",
]


def includeme(config: Any) -> None:
    """Bind ``request.dbsession`` to the request's transaction, READ ONLY where ``request.reads_only``."""
    settings: Settings = config.registry.settings["llmpricing"]
    config.add_settings(
        {
            "tm.manager_hook": "pyramid_tm.explicit_manager",
            "tm.commit_veto": "pyramid_tm.default_commit_veto",
        }
    )
    config.include("pyramid_tm")
    config.include("pyramid_retry")
    engine = make_engine(settings)
    install(engine, settings.connect_timeout_s)
    config.registry["llmpricing.engine"] = engine
    config.registry.setdefault("llmpricing.closing", []).append(engine.dispose)
    writing, reading = session_factories(engine)

    def dbsession(request: Any) -> Session:
        # A test hands its own session over in the environ, to look inside an open transaction.
        given: Session | None = request.environ.get("app.dbsession")
        if given is not None:
            return given
        return request_session(reading if request.reads_only else writing, request.tm)

    config.add_request_method(dbsession, reify=True)
