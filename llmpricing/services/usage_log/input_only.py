"""Models that take input and make no tokens, as their names say."""

from __future__ import annotations

import re

_INPUT_ONLY = re.compile(r"embed|rerank|moderation|voyage|(?:^|[/.-])(?:bge|gte|e5)-", re.IGNORECASE)


def makes_no_tokens(model: str) -> bool:
    """Whether it embeds, ranks or judges: such models have no output, and read from no cache."""
    return _INPUT_ONLY.search(model) is not None
