"""Tables and the session, nothing else."""

from __future__ import annotations

from llmpricing.models.catalogue import Catalogue, MatchRule, Model, Offering, OfferingAlias, Provider
from llmpricing.models.meta import Base
from llmpricing.models.prices import MeterRow, PriceRow, ScheduleRow
from llmpricing.models.sources import Observation, Source, SourceFetch

__all__ = [
    "Base",
    "Catalogue",
    "MatchRule",
    "MeterRow",
    "Model",
    "Observation",
    "Offering",
    "OfferingAlias",
    "PriceRow",
    "Provider",
    "ScheduleRow",
    "Source",
    "SourceFetch",
]
