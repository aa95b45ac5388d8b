"""What a model is for: chat, embedding, image, audio, video, rerank or moderation, by what lists say or by its id."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from types import MappingProxyType

KINDS = ("chat", "embedding", "image", "audio", "video", "rerank", "moderation")
CHAT = "chat"
_MODES: Mapping[str, str] = MappingProxyType(
    {
        mode: kind
        for kind, modes in {
            "chat": "chat responses completion realtime search",
            "embedding": "embedding vector_store",
            "image": "image_generation image_edit image",
            "audio": "audio_transcription audio_speech audio",
            "video": "video_generation video",
            "rerank": "rerank",
            "moderation": "moderation guardrail",
        }.items()
        for mode in modes.split()
    }
)
_NAMED = (
    ("rerank", re.compile(r"rerank")),
    ("embedding", re.compile(r"embed|\b(?:bge|gte|e5|voyage)-")),
    ("moderation", re.compile(r"moderation|guard")),
    ("audio", re.compile(r"whisper|transcri|\btts\b|-tts|speech|\basr\b|lyria|chirp|voice")),
    ("video", re.compile(r"\bveo\b|veo-|sora|video|kling|seedance|\bwan[-\d]")),
    ("image", re.compile(r"imagen|dall-e|gpt-image|flux|diffusion|sdxl|image-\d|-image\b|text-to-image|seedream")),
)


def kind_of(mode: str | None, gives: Collection[str] | None, api_id: str) -> str:
    """The kind: what a list calls it, else what alone it gives, else what its id says, else chat."""
    if mode and mode in _MODES:
        return _MODES[mode]
    if gives and "text" not in gives and len(gives) == 1 and (only := next(iter(gives))) in KINDS:
        return only
    lowered = api_id.lower()
    return next((kind for kind, words in _NAMED if words.search(lowered)), CHAT)
