"""The line of models that a name says, such as claude-opus, and which version of it."""

from __future__ import annotations

import re

from llmpricing.domain.names.identities import identity

_VERSION = re.compile(r"[1-9]?\d", re.ASCII)  # 05 is a month and 0613 a day


def line_and_version(api_id: str) -> tuple[tuple[str, ...], tuple[int, ...] | None]:
    """What a lab calls each model of a line, in the order of the alphabet and with its size, and the version; None
    where the name says none, or a number that is none of a version.
    """
    own = identity(api_id)
    numbers = [one for one in own.numbers if not one[-1].isalpha()]
    line = (*own.words, *(one for one in own.numbers if one[-1].isalpha()), own.variant)
    told = numbers and all(_VERSION.fullmatch(one) for one in numbers)
    return line, tuple(map(int, numbers)) if told else None
