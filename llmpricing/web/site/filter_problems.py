"""What the fields of the table are called, and what is wrong with one."""

from __future__ import annotations

from dataclasses import dataclass

from llmpricing.web.errors import Refused
from llmpricing.web.field_words import LABELS as LABELS
from llmpricing.web.field_words import worded as worded


@dataclass(frozen=True)
class FilterProblem:
    """What is wrong with a field, in plain words."""

    field: str
    message: str


def problem_of(refused: Refused) -> FilterProblem:
    """What a reader had against a field, by the words that stand before it."""
    field = str(refused.details.get("field", "")).partition(".")[0]
    label = LABELS.get(field)
    if label is None:
        return FilterProblem(field, refused.message)
    return FilterProblem(field, worded(refused.message, field, label))
