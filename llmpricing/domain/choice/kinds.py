"""What a model is for: chat, embedding, image, audio, video, rerank, moderation or decision, by lists or by its id."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from types import MappingProxyType

KINDS = ("chat", "embedding", "image", "audio", "video", "rerank", "moderation", "decision")
SILENT = ("embedding", "rerank", "moderation")  # kinds that are asked for no text
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
            "decision": "evaluation decisions",
        }.items()
        for mode in modes.split()
    }
)
_NAMED = (
    ("rerank", re.compile(r"rerank")),
    ("embedding", re.compile(r"embed|\b(?:bge|gte|e5|voyage)-")),
    ("moderation", re.compile(r"moderation|guard")),
    ("decision", re.compile(r"\bdecider\b|\bdecide\b")),
    ("audio", re.compile(r"whisper|transcri|\btts\b|-tts|speech|\basr\b|lyria|chirp|voice")),
    ("video", re.compile(r"\bveo\b|veo-|sora|video|\bkling|seedance|\bwan[-\d]")),
    ("image", re.compile(r"imagen|dall-e|gpt-image|flux|diffusion|sdxl|image-\d|-image\b|text-to-image|seedream")),
)
# What no chat model's id says: lists call models so that they put under ``chat`` for want of a word.
_NEVER_CHAT = (("embedding", re.compile(r"\bembed")), ("audio", re.compile(r"\blyria\b|-tts\b")))


def kind_of(mode: str | None, gives: Collection[str] | None, api_id: str) -> str:
    """The kind: what a list calls it, else what alone it gives, else what its id says, else chat.

    Where a list says no more than ``chat`` and the id tells of what answers no chat, the id counts.
    """
    lowered = api_id.lower()
    if mode and mode in _MODES:
        kind = _MODES[mode]
        return next((other for other, words in _NEVER_CHAT if words.search(lowered)), kind) if kind == CHAT else kind
    if gives and "text" not in gives and len(gives) == 1 and (only := next(iter(gives))) in KINDS:
        return only
    return next((kind for kind, words in _NAMED if words.search(lowered)), CHAT)
