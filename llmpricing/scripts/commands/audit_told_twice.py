"""What two files of an invoice tell, in words and for programs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from llmpricing.domain.money import to_text

if TYPE_CHECKING:
    from llmpricing.services.usage_log.audit.bridge import Bridge

_REPEATED = "LINES_REPEATED"


def told_twice_document(bridge: Bridge, files: Sequence[str]) -> list[dict[str, Any]]:
    """What two files tell, with the files' names: the one that is counted comes first."""
    found = [
        {
            "code": one.code,
            "provider": one.seller,
            "what": "usage" if one.is_usage else "charges",
            "files": [files[one.kept - 1], files[one.other - 1]],
            "first": one.first,
            "last": one.last,
            "lines": one.lines,
            "money": to_text(one.money),
            "low": to_text(one.low),
            "high": to_text(one.high),
        }
        for one in bridge.told_twice
    ]
    repeated = [
        {
            "code": _REPEATED,
            "provider": one.seller,
            "what": "charges",
            "files": [files[one.file.number - 1]],
            "lines": one.lines,
            "money": to_text(one.money),
        }
        for one in bridge.repeats
    ]
    return [*found, *repeated]


def _usd(amount: str) -> str:
    return f"USD {amount}"


def told_twice_words(
    one: Mapping[str, Any], written: Callable[[str], str] = _usd, dated: Callable[[str], str] = str
) -> str:
    """One of them in words, with what to do; ``written`` writes its amounts, ``dated`` its days (but none of a file's
    name).
    """
    seller, lines = one["provider"] or "a seller not named", one["lines"]
    number = f"{lines:,} line{'s' if lines != 1 else ''}"
    if one["code"] == _REPEATED:
        return (
            f"{one['files'][0]} repeats {number} of {seller} that stand in a file before it, by their ids or as a "
            f"copy: {written(one['money'])}, counted once ({one['code']})"
        )
    kept, other = one["files"]
    from llmpricing.services.usage_log.audit.bridge_days import days_in_words, stretch
    from llmpricing.services.usage_log.audit.bridge_told_twice import DIFFERS, TWICE

    money, low, high = (written(one[name]) for name in ("money", "low", "high"))
    of_days = f"of {seller}, {dated(days_in_words(stretch(one['first'], one['last']))) or 'days that are not told'}"
    if one["code"] == TWICE:
        return (
            f"{number} of {other} ({of_days}) {'tell' if lines != 1 else 'tells'} the same {one['what']} as {kept}: "
            f"{money}, counted once "
            f"({one['code']})"
        )
    if one["code"] == DIFFERS:
        return (
            f"{kept} and {other} tell the same {one['what']} ({of_days}), but for {number}: {low} to "
            f"{high}, of which the larger of each is counted; export both anew, or leave the older one out "
            f"({one['code']})"
        )
    return (
        f"{kept} and {other} may tell the same {one['what']} ({of_days}): together they are {high}, as is "
        f"counted, and {low} if they do; leave one of them out, or if both are parts, export them with what "
        f"tells them apart (project, key, account) ({one['code']})"
    )
