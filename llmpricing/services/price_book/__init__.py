"""Which price book this is, when it last changed, and how a change begins and ends: the one place that knows.

Whatever is recorded is recorded later than the last change before it, and becomes visible in the transaction that
moves the last change on. So all that was recorded up to a last change that a reader sees stays as it is for ever:
that makes answers repeatable, and safe to remember.
"""

from __future__ import annotations

from llmpricing.services.price_book.reads import BookRead, Reads
from llmpricing.services.price_book.state import BookState, book_state

__all__ = ("BookRead", "BookState", "Reads", "book_state")
