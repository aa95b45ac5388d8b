"""One name per seller: the table of the resolver serves the importers too."""

from __future__ import annotations

from llmpricing.domain.names.providers import canonical

__all__ = ["canonical"]
