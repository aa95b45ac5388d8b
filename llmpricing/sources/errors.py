"""What can be wrong with a price list, in plain words."""

from __future__ import annotations


class SourceError(ValueError):
    """The list as a whole cannot be read, is empty, or is not installed."""


class EntryError(ValueError):
    """One entry cannot be read; the parser reports it as a Problem and goes on."""


class FetchError(SourceError):
    """The list could not be had; the message says why and what to do."""
