"""What is wrong with the settings, all of it at once; apart from them, so that who only catches it loads no driver."""

from __future__ import annotations


class SettingsError(Exception):
    """The settings cannot be used; the message lists every problem and holds no secret."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        super().__init__("\n".join(["llmpricing cannot start:", *(f"  - {p}" for p in problems)]))
