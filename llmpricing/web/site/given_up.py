"""Who leads a ranking though its maker gave its model up, and the first that is sold as ever."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from llmpricing.domain.scores.best_value import ValuedOffering
from llmpricing.services.catalogue.listed_models import SoldModel


def lead_given_up(
    ranked: Sequence[ValuedOffering], sold: Mapping[str, tuple[SoldModel, Any]]
) -> tuple[str, str | None] | None:
    """The leading offering and the first that is not given up, by id; None where the leading one is not."""
    ids = [one.offering.id for one in ranked]
    if not ids or not _is_given_up(*sold[ids[0]]):
        return None
    return ids[0], next((slug for slug in ids if not _is_given_up(*sold[slug])), None)


def _is_given_up(model: SoldModel, row: Any) -> bool:
    return row.status == "deprecated" or model.status_at_maker(row) is not None
