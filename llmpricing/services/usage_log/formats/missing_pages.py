"""Pages that files say there are, and that are not among these files: of which files what follows is missing."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from llmpricing.services.usage_log.formats.pages import ApiPage

MISSING = "PAGES_MISSING"
_STEP = "what they hold is not counted: fetch them too, and give all together"
_MORE = f"the file says that more pages follow, and they are not among the files; {_STEP}"
_MOST_NAMED = 5


def missing_pages(pages: Mapping[Path, Sequence[ApiPage]]) -> dict[Path, str]:
    """By file what is said of the pages that follow its own, or lie before them, and are not there; ``pages`` are those
    of files of one shape.
    """
    told = [(file, page) for file, some in pages.items() for page in some]
    numbered = [(file, page) for file, page in told if page.number is not None and page.numbers]
    others = [(file, page) for file, page in told if page.number is None or not page.numbers]
    found = _by_numbers(numbered)
    for file, page in others:
        if page.more and file not in found and not _is_continued(page, [one for _, one in others]):
            found[file] = _MORE
    return found


def _by_numbers(numbered: Sequence[tuple[Path, ApiPage]]) -> dict[Path, str]:
    """Which numbers are missing, of answers of as many pages; of one that grew meanwhile, of all pages together."""
    groups: dict[int, dict[int, set[Path]]] = defaultdict(lambda: defaultdict(set))
    for file, page in numbered:
        groups[page.numbers][page.number or 0].add(file)
    missing = {numbers: _left(some, numbers) for numbers, some in groups.items()}
    if not any(missing.values()) or (_is_each_once(groups) and not _left(_numbers_of(groups), max(groups))):
        return {}
    said: dict[Path, str] = {}
    for numbers, left in missing.items():
        if left:
            text = f"the file says that there are {numbers:,} pages, and {_named(left)} not among the files; {_STEP}"
            said |= {file: text for files in groups[numbers].values() for file in files}
    return said


def _left(there: Iterable[int], numbers: int) -> list[int]:
    some = {*there}
    first = 0 if 0 in some else 1
    return [number for number in range(first, first + min(numbers, 10**6)) if number not in some]


def _numbers_of(groups: Mapping[int, Mapping[int, set[Path]]]) -> set[int]:
    return {number for some in groups.values() for number in some}


def _is_each_once(groups: Mapping[int, Mapping[int, set[Path]]]) -> bool:
    return max(Counter(number for some in groups.values() for number in some).values()) == 1


def _named(left: Sequence[int]) -> str:
    shown = ", ".join(map(str, left[:_MOST_NAMED])) + (", ..." if len(left) > _MOST_NAMED else "")
    return f"page {shown} is" if len(left) == 1 else f"pages {shown} are"


def _is_continued(page: ApiPage, all_pages: Sequence[ApiPage]) -> bool:
    """Whether the page that follows is among these: by its name, by the time at which it begins, else any that says
    that it is the last one.
    """
    others = [one for one in all_pages if one.digest != page.digest and _may_be_of_one(one, page)]
    if page.follows and any(one.own for one in others):
        return any(one.own == page.follows for one in others)
    if page.ends is not None and all(one.begins is not None for one in others):
        return any(
            one.begins <= page.ends < (one.ends or page.ends) or one.begins == page.ends for one in others if one.begins
        )
    return any(not one.more for one in others)


def _may_be_of_one(one: ApiPage, other: ApiPage) -> bool:
    return one.kind == other.kind or not one.kind or not other.kind
