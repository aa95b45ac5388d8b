"""Regular expressions out of price lists, compiled by RE2: linear time, whatever a list or a request holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import re2

_LOOKAHEAD = "^(?!"  # RE2 knows none; genai-prices begins some patterns with one, which is a pattern of its own
_SHOWN = 80  # characters of a pattern that an error quotes
# Bytes of one compiled pattern. RE2's time is linear in the text and in the pattern's size: with its own 8 MiB a
# pattern such as "(.?){1000}" thirty times over takes 126 s on 399 characters. The largest of a real list needs 20 KiB.
_MAX_PATTERN_BYTES = 1 << 16


class MatchError(ValueError):
    """The text is no pattern or the tree no match clause; the message says which part."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """A compiled pattern. ``refused``, where given, must not match at the beginning of the text."""

    _wanted: Any
    _refused: Any = None

    def search(self, text: str) -> str | None:
        """What the pattern matches first, anywhere in the text; None where nothing."""
        return self._found(self._wanted.search, text)

    def match(self, text: str) -> bool:
        """Whether the pattern matches at the beginning of the text."""
        return self._found(self._wanted.match, text) is not None

    def _found(self, seek: Any, text: str) -> str | None:
        if not text.isascii():  # RE2 reads UTF-8, which has no lone surrogates
            text = text.encode("utf-8", "replace").decode()
        if self._refused is not None and self._refused.match(text):
            return None
        found = seek(text)
        return None if found is None else str(found[0])


def compile_pattern(text: str) -> Pattern:
    """The pattern that a list writes; raises MatchError for what RE2 cannot run in linear time."""
    if text.startswith(_LOOKAHEAD) and (end := _end_of_group(text)):
        refused, rest = text[len(_LOOKAHEAD) : end], text[end + 1 :]
        if not _has_alternatives(rest):
            return Pattern(_compiled(f"^{rest}"), _compiled(f"^(?:{refused})"))
    return Pattern(_compiled(text))


def _compiled(text: str) -> Any:
    options = re2.Options()
    options.log_errors = False
    options.max_mem = _MAX_PATTERN_BYTES
    try:
        return re2.compile(text, options)
    except UnicodeEncodeError:
        raise MatchError(f"the regular expression {text[:_SHOWN]!r} is no text") from None
    except re2.error as error:
        why = error.args[0].decode(errors="replace") if error.args else "unknown syntax"
        raise MatchError(f"the regular expression {text[:_SHOWN]!r} is not one of RE2: {why[:_SHOWN]}") from None


def _end_of_group(text: str) -> int | None:
    """Where the group that the text begins with (after ``^``) ends."""
    return next((at for at, depth, _ in _depths(text) if at and depth == 0 and text[at] == ")"), None)


def _has_alternatives(text: str) -> bool:
    return any(depth == 0 and character == "|" for _, depth, character in _depths(text))


def _depths(text: str) -> list[tuple[int, int, str]]:
    """Each place that is neither escaped nor inside a class, with how many groups are open after it."""
    found, depth, at, is_class = [], 0, 0, False
    while at < len(text):
        character = text[at]
        if character == "\\":
            at += 2
            continue
        if is_class:
            is_class = character != "]"
        elif character == "[":
            is_class = True
            at += 1 if text[at + 1 : at + 2] != "^" else 2
            at += text[at : at + 1] == "]"  # a bracket that comes first is one of the class
            continue
        else:
            depth += (character == "(") - (character == ")")
            found.append((at, depth, character))
        at += 1
    return found
