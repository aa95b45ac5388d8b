"""What a price is for: a meter under conditions, and how that is written in the history, in reviews and pins."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import NamedTuple

from llmpricing.domain.conditions import BASE, Conditions, Schedule, parse_key
from llmpricing.domain.meters import ancestors, uncached


class ComponentKey(NamedTuple):
    """A component as the database writes it: the meter and the key of its conditions, empty for the base price."""

    meter: str
    conditions: str

    @property
    def text(self) -> str:
        """``input_tokens|tier=batch``."""
        return f"{self.meter}|{self.conditions}"

    @property
    def label(self) -> str:
        """As messages name it: ``input_tokens`` or ``input_tokens [tier=batch]``."""
        return f"{self.meter} [{self.conditions}]" if self.conditions else self.meter

    @classmethod
    def parse(cls, text: str) -> ComponentKey:
        """The inverse of ``text``."""
        meter, _, conditions = text.partition("|")
        return cls(meter, conditions)


class Component(NamedTuple):
    """One meter's slug under one set of conditions: what a price, an observation, a review or a pin is about."""

    meter: str
    conditions: Conditions

    @property
    def text(self) -> str:
        """``input_tokens|tier=batch``."""
        return ComponentKey(self.meter, self.conditions.key).text

    @property
    def series(self) -> Component:
        """The component without step and schedule."""
        return Component(self.meter, self.conditions.series)

    @classmethod
    def parse(cls, text: str, schedules: Mapping[str, Schedule]) -> Component:
        """The inverse of ``text``; ``schedules`` by their own keys. Raises KeyError for an unknown schedule."""
        meter, key = ComponentKey.parse(text)
        return cls(meter, parse_key(key, schedules))


def uncached_beside(component: Component) -> Iterator[Component]:
    """What the same tokens are charged as where no cache is used, the nearest first: as what they are before as what
    counts them too, and under the component's own conditions before those that stand for them.
    """
    when, plain = component.conditions, uncached(component.meter)
    for conditions in dict.fromkeys((when, replace(when, step=None), when.series, BASE)):
        for meter in (plain, *ancestors(plain)):
            yield Component(meter, conditions)
