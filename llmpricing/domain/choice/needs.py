"""What people ask a model for, in their words: twelve needs, each met by flags that lists write in many ways."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType

_NAMED_BY_ALL = frozenset({"image", "audio", "video"})  # PDF is a modality of some lists alone


@dataclass(frozen=True, slots=True)
class Need:
    """``flags`` are lists' capabilities any of which meets it; ``takes`` and ``gives`` are modalities that do."""

    id: str
    words: str
    flags: frozenset[str] = frozenset()
    takes: frozenset[str] = frozenset()
    gives: frozenset[str] = frozenset()

    def met(
        self, flags: Collection[str] | None, takes: Collection[str] | None, gives: Collection[str] | None
    ) -> bool | None:
        """Whether a model meets it; None where no list says anything that could tell."""
        if self.flags & set(flags or ()) or self.takes & set(takes or ()) or self.gives & set(gives or ()):
            return True
        asked = [(self.flags, flags), (self.takes, takes), (self.gives, gives)]
        told = [stated for words, stated in asked if words]
        return False if any(stated is not None for stated in told) else None

    def is_denied(self, takes: Collection[str] | None, gives: Collection[str] | None) -> bool:
        """Whether lists say that a model does not meet it. They name all that it takes or gives, but of flags what it
        can: a flag that is missing denies nothing.
        """
        asked = [(words, stated) for words, stated in ((self.takes, takes), (self.gives, gives)) if words]
        return bool(asked) and all(
            words <= _NAMED_BY_ALL and stated is not None and not words & set(stated) for words, stated in asked
        )


def _need(id_: str, words: str, flags: str = "", takes: str = "", gives: str = "") -> Need:
    return Need(id_, words, *(frozenset(text.split()) for text in (flags, takes, gives)))


NEEDS: Mapping[str, Need] = MappingProxyType(
    {
        need.id: need
        for need in (
            _need("tools", "tools", "tools tool_call function_calling parallel_function_calling tool_choice"),
            _need(
                "structured_output",
                "structured output",
                "structured_output response_schema bedrock_native_structured_output",
            ),
            _need("reasoning", "reasoning", "reasoning adaptive_thinking legacy_thinking anthropic_thinking_payload"),
            _need("vision", "vision", "vision image_input", "image"),
            _need("audio_in", "audio in", "audio_input", "audio"),
            _need("audio_out", "audio out", "audio_output", gives="audio"),
            _need("image_out", "image out", "image_output", gives="image"),
            _need("video", "video", "video video_input", "video", "video"),
            _need("pdf", "PDF", "pdf pdf_input", "pdf"),
            _need("web_search", "web search", "web_search"),
            _need("prompt_caching", "prompt caching", "prompt_caching caching prompt_cache_breakpoint"),
            _need("open_weights", "open weights", "open_weights"),
        )
    }
)
