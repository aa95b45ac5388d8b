"""The reader's month as a form: the same fields in the same words wherever a page asks for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from llmpricing.services.quotes.workloads import Workload
from llmpricing.web.site import display
from llmpricing.web.workloads import PRESETS, REQUEST_TOKENS, USUAL

WORKLOAD_LABELS = {
    "preset": "My month",
    "tokens": "Tokens a month",
    "input_share": "Input share",
    "cached_share": "Input cached",
    "requests": "Requests a month",
}
WORKLOAD_FIELDS = tuple(WORKLOAD_LABELS)
NUMBERS = ("tokens", "input_share", "requests")  # that a preset states too
JUST = "just-"  # before a preset that is chosen in the place of numbers of one's own


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
    def presets(self) -> list[tuple[str, str, bool]]:
        """Value, text and whether it is the one, of each month to choose: where numbers were typed, it is one's own,
        and what it keeps of its preset is that preset's.
        """
        base = self.typed.get("preset", "").strip()
        labels = {name: f"{name}: {display.tokens(tokens)}" for name, (tokens, _) in PRESETS.items()}
        if self.by_request or any(self.typed.get(name, "").strip() for name in NUMBERS):
            own = f"own: {display.tokens(self.workload.tokens)}" if self.workload else "own"
            return [(base, own, True), *((f"{JUST}{name}", text, False) for name, text in labels.items())]
        chosen = base or USUAL
        stray = [(base, base, True)] if chosen not in labels else []
        return [(name if name != USUAL else "", text, name == chosen) for name, text in labels.items()] + stray
