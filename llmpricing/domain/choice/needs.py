"""What people ask a model for, in their words: twelve needs, each met by flags that lists write in many ways."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType

_NAMED_BY_ALL = frozenset({"image", "audio", "video"})  # PDF is a modality of some lists alone


@dataclass(frozen=True, slots=True)
class Need:
    """``flags`` are lists' capabilities any of which meets it, ``own`` those of them that mean just it, so that it is
    not met where a list says that they are false; ``takes`` and ``gives`` are modalities that meet it.

    What the model can do it can do at whatever seller; what is ``of_sellers`` each seller adds to it, or does not.
    """

    id: str
    words: str
    flags: frozenset[str]
    own: frozenset[str]
    takes: frozenset[str]
    gives: frozenset[str]
    of_sellers: bool

    def is_met(
        self,
        can: Collection[str] | None,
        cannot: Collection[str] | None,
        takes: Collection[str] | None,
        gives: Collection[str] | None,
    ) -> bool | None:
        """Whether a list says that it is met or that it is not; None where it says neither. It names all that a model
        takes or gives, but of flags what the model can: one that is missing denies nothing, one that is false does.
        """
        if self.flags & set(can or ()) or self.takes & set(takes or ()) or self.gives & set(gives or ()):
            return True
        if self.own & set(cannot or ()):
            return False
        asked = [(words, stated) for words, stated in ((self.takes, takes), (self.gives, gives)) if words]
        is_denied = bool(asked) and all(words <= _NAMED_BY_ALL and stated is not None for words, stated in asked)
        return False if is_denied else None


def _need(
    id_: str, words: str, own: str, more: str = "", takes: str = "", gives: str = "", *, of_sellers: bool = False
) -> Need:
    flags, own_flags, taken, given = (frozenset(text.split()) for text in (f"{own} {more}", own, takes, gives))
    return Need(id_, words, flags, own_flags, taken, given, of_sellers)


NEEDS: Mapping[str, Need] = MappingProxyType(
    {
        need.id: need
        for need in (
            _need("tools", "tools", "tools tool_call function_calling", "parallel_function_calling tool_choice"),
            _need(
                "structured_output",
                "structured output",
                "structured_output response_schema",
                "bedrock_native_structured_output",
                of_sellers=True,
            ),
            _need(
                "reasoning", "reasoning", "reasoning", "adaptive_thinking legacy_thinking anthropic_thinking_payload"
            ),
            _need("vision", "vision", "vision image_input", takes="image"),
            _need("audio_in", "audio in", "audio_input", takes="audio"),
            _need("audio_out", "audio out", "audio_output", gives="audio"),
            _need("image_out", "image out", "image_output", gives="image"),
            _need("video", "video", "video", "video_input", takes="video", gives="video"),
            _need("pdf", "PDF", "pdf pdf_input", takes="pdf"),
            _need("web_search", "web search", "web_search", of_sellers=True),
            _need(
                "prompt_caching",
                "prompt caching",
                "prompt_caching caching",
                "prompt_cache_breakpoint",
                of_sellers=True,
            ),
            _need("open_weights", "open weights", "open_weights"),
        )
    }
)
