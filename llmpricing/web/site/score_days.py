"""When a score was measured, in words: the day, or the release of the benchmark that it is of."""

from __future__ import annotations

import re
from datetime import date

from llmpricing.web.site import display

_RELEASE = re.compile(r"release (\d{4}-\d{2}-\d{2})(?:, (.+))?")
_DAY = re.compile(r"\b\d{4}-\d{2}-\d{2}\b", re.ASCII)


def measured(day: str | None, note: str | None) -> list[str]:
    """The day and the note: a note that names the day of the benchmark's release is the date where no other is."""
    if day is not None:
        return [display.long_day(date.fromisoformat(day)), *_told(note)]
    if note and (found := _RELEASE.fullmatch(note)):
        try:
            of_release = f"benchmark of {display.long_day(date.fromisoformat(found[1]))}"
            return [of_release, *([found[2]] if found[2] else [])]
        except ValueError:  # no day of the calendar
            pass
    return ["no date stated", *_told(note)]


def _told(note: str | None) -> list[str]:
    """The note, the days in it as the pages write them."""
    return [_DAY.sub(_in_words, note)] if note else []


def _in_words(found: re.Match[str]) -> str:
    try:
        return display.long_day(date.fromisoformat(found[0]))
    except ValueError:  # no day of the calendar
        return found[0]
