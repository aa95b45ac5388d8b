"""Which schema this code needs."""

from __future__ import annotations

from llmpricing.models.migrations import head

__all__ = ["head"]
