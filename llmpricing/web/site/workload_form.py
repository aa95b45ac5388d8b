"""The reader's month as a form: the same fields in the same words wherever a page asks for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from llmpricing.services.quotes.workloads import Workload
from llmpricing.web.field_words import WORKLOAD_LABELS as WORKLOAD_LABELS
from llmpricing.web.site import display
from llmpricing.web.workloads import PRESETS, REQUEST_TOKENS, USUAL

WORKLOAD_FIELDS = tuple(WORKLOAD_LABELS)
NUMBERS = ("tokens", "input_share", "requests")  # that a preset states too
JUST = "just-"  # before a preset that is chosen in the place of numbers of one's own


class PresetChoice(NamedTuple):
    """A month to choose: its tokens in a word or two, and ``split``, what of them goes in and comes out."""

    value: str
    text: str
    split: tuple[str, ...]
    is_chosen: bool = False


@dataclass(frozen=True, slots=True)
class WorkloadForm:
    """What was typed, and the workload it means, None where it cannot be read; ``problems`` are by field.
    ``by_request``: the month is told by one request elsewhere in the form, as a preset takes the place of.
    """

    typed: Mapping[str, str]
    workload: Workload | None
    problems: Mapping[str, str] = field(default_factory=dict)
    by_request: bool = False

    @property
    def labels(self) -> Mapping[str, str]:
        """The words before each field."""
        return WORKLOAD_LABELS

    def hint(self, name: str) -> str:
        """What counts where the field is left empty."""
        workload = self.workload
        if workload is None:
            tokens, share = PRESETS.get(self.typed.get("preset", "").strip(), PRESETS[USUAL])
            usual = {"tokens": display.tokens(tokens), "input_share": display.share(share)}
            return usual.get(name, "0%" if name == "cached_share" else f"1 per {REQUEST_TOKENS:,}")
        if name == "requests":
            return f"{workload.requests:,}"
        return display.tokens(workload.tokens) if name == "tokens" else display.share(getattr(workload, name))

    @property
    def is_split_assumed(self) -> bool:
        """Whether nobody said what of the typed tokens goes in, nor chose a preset, whose split would count."""
        said = [name for name in ("preset", "tokens", "input_share") if self.typed.get(name, "").strip()]
        return self.workload is not None and not self.by_request and said == ["tokens"]

    @property
    def presets(self) -> list[PresetChoice]:
        """The months to choose from: where numbers were typed, it is one's own, and what it keeps of its preset is that
        preset's.
        """
        base = self.typed.get("preset", "").strip()
        found = [
            PresetChoice(name if name != USUAL else "", f"{name}: {display.tokens(tokens)}", _split(tokens, share))
            for name, (tokens, share) in PRESETS.items()
        ]
        if self.by_request or any(self.typed.get(name, "").strip() for name in NUMBERS):
            others = [one._replace(value=f"{JUST}{one.value or USUAL}") for one in found]
            return [self._own(base), *others]
        stray = [PresetChoice(base, base, (), is_chosen=True)] if base not in ("", *PRESETS) else []
        chosen = "" if base == USUAL else base
        return [one._replace(is_chosen=one.value == chosen) for one in found] + stray

    def _own(self, base: str) -> PresetChoice:
        if self.workload is None:
            return PresetChoice(base, "own", (), is_chosen=True)
        tokens = self.workload.tokens
        return PresetChoice(
            base, f"own: {display.tokens(tokens)}", _split(tokens, self.workload.input_share), is_chosen=True
        )


def _split(tokens: int, input_share: Decimal | Fraction) -> tuple[str, str]:
    """What goes in and comes out of so many tokens: a share alone would be taken for that of the cache."""
    into = round(tokens * Fraction(input_share))
    return f"{display.tokens(into)} in", f"{display.tokens(tokens - into)} out"
