"""The filters of the table as a form: each field with its label, its value as typed, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from webob.multidict import MultiDict

from llmpricing.domain.choice.needs import NEEDS
from llmpricing.services.catalogue.filter_values import FilterValues
from llmpricing.web.errors import Refused
from llmpricing.web.list_query import CLOCKS
from llmpricing.web.need_query import ASKED
from llmpricing.web.site import display
from llmpricing.web.site.addresses import address
from llmpricing.web.site.filter_problems import LABELS, FilterProblem, problem_of
from llmpricing.web.site.workload_form import WORKLOAD_FIELDS
from llmpricing.web.workloads import USUAL

Option = tuple[str, str]  # value, label

PER_M = "$ per M tokens"  # what a price bound caps
NEWEST, MONTH = "-released_on", "month"  # orders
MARKED = "models"  # those to be compared
_MORE = (
    "usage",
    "usage_format",
    "released_since",
    "updated_within_days",
    "as_of",
    "by_maker",
    "dated",
)  # folded away at first, on every screen
_FOLDED = ("input_share", "requests", "max_input_price", "provider", "lab", "sort")  # on a phone
_OPEN = ("q", "min_context", "max_output_price", "max_month", "capability")  # the fields that are never folded away
_KEPT = ("known_at", "limit", "kind", "show", "group", "unsaid", "stated", "columns", MARKED)
_CONTEXTS = (32_000, 128_000, 200_000, 1_000_000)
_PERIODS = (7, 30, 90, 365)
_UNASKED = ("preset", USUAL)  # what the list does anyhow: no address needs to say it
_COMMON_NEEDS = ("reasoning", "tools", "vision", "web_search", "structured_output", "prompt_caching")  # asked most
_SORTS: tuple[Option, ...] = (
    (NEWEST, "Newest release"),
    (MONTH, "Cheapest month"),
    ("name", "Name"),
    ("input_per_mtok", "Cheapest input"),
    ("-input_per_mtok", "Dearest input"),
    ("output_per_mtok", "Cheapest output"),
    ("-output_per_mtok", "Dearest output"),
    ("cache_read_per_mtok", "Cheapest cache read"),
    ("-context_window", "Largest context"),
    ("-max_output_tokens", "Longest output"),
    ("-price_since", "Newest price"),
    ("-sellers", "Most sellers"),
    ("id", "Id"),
)


@dataclass(frozen=True)
class Filters:
    """The form as it was sent. ``problem`` names at most one field: the readers stop at the first."""

    pairs: Sequence[tuple[str, str]]
    known: FilterValues
    problem: FilterProblem | None = None
    labs: Sequence[Option] = ()

    def value(self, name: str) -> str:
        """The text typed into a field, or nothing."""
        return next(iter(self.values(name)), "")

    def values(self, name: str) -> list[str]:
        return [text for found, text in self.pairs if found == name]

    def error(self, name: str) -> str | None:
        """What is wrong with this field."""
        return self.problem.message if self.problem and self.problem.field == name else None

    @property
    def problems(self) -> dict[str, str]:
        """What is wrong, by field."""
        return {self.problem.field: self.problem.message} if self.problem else {}

    @property
    def stray_error(self) -> str | None:
        """What is wrong with something that the form has no field for."""
        return self.problem.message if self.problem and self.problem.field not in LABELS else None

    @cached_property
    def kept(self) -> list[Option]:
        """What the form sends along though it has no field for it."""
        at_fault = self.problem.field if self.problem else ""
        return [pair for pair in self.pairs if pair[0] in _KEPT and pair[0] != at_fault]

    @cached_property
    def active(self) -> list[tuple[str, str, bool]]:
        """Every filter that is set, in words, with the address of the table without it, and whether its field stands
        open on every screen.
        """
        set_here = [
            pair
            for pair in self.pairs
            if pair[0] in LABELS and pair[0] not in ("sort", "usage", "usage_format", *WORKLOAD_FIELDS)
        ]
        return [(self._in_words(*pair), self.without(*pair), pair[0] in _OPEN) for pair in set_here]

    def others(self, *names: str) -> list[Option]:
        """What the address asks beside these fields and its page."""
        return [pair for pair in self.pairs if pair[0] not in (*names, "page")]

    @property
    def typed(self) -> dict[str, str]:
        """The first text of each field."""
        return {name: text for name, text in reversed(self.pairs)}

    @property
    def workload(self) -> list[Option]:
        """The workload and clocks, as another page takes them."""
        return [pair for pair in self.pairs if pair[0] in (*WORKLOAD_FIELDS, *CLOCKS)]

    @property
    def taken_along(self) -> list[Option]:
        """The same with what is asked of models, as a comparison takes it."""
        return [pair for pair in self.pairs if pair[0] in (*WORKLOAD_FIELDS, *CLOCKS, *ASKED)]

    @property
    def folded_at_fault(self) -> bool:
        """Whether one of the fields that a phone folds away is at fault."""
        return self.problem is not None and self.problem.field in _FOLDED

    @property
    def folded_set(self) -> int:
        """How many of them are set."""
        return len({name for name, _ in self.pairs} & {*_FOLDED})

    @property
    def more_at_fault(self) -> bool:
        """Whether one of the fields that are folded away at first is at fault."""
        return self.problem is not None and self.problem.field in _MORE

    @property
    def more_set(self) -> int:
        """How many of the fields that are folded away at first are set, the choice of columns being one."""
        return len({name for name, _ in self.pairs} & {*_MORE, "columns"})

    @cached_property
    def usual_order(self) -> str:
        """How the list is ordered where the address does not say."""
        return usual_order(self.pairs)

    @property
    def common_needs(self) -> list[Option]:
        """The needs that stand open on every screen."""
        return [(name, NEEDS[name].words) for name in _COMMON_NEEDS]

    @property
    def other_needs(self) -> list[Option]:
        """The others, and what the address asks that is none."""
        return [one for one in self.options("capability") if one[0] not in _COMMON_NEEDS]

    def options(self, name: str) -> list[Option]:
        """What a field offers; a value from the address that is not among it is added, so that the form is kept."""
        offered = self._offered(name)
        known = {value for value, _ in offered}
        return offered + [(text, text) for text in self.values(name) if text not in known]

    def _offered(self, name: str) -> list[Option]:
        if name == "provider":
            return [(slug, f"{title} ({count:,})") for slug, title, count, _ in self.known.providers if count]
        if name == "lab":
            return list(self.labs)
        if name == "min_context":
            return contexts()
        if name == "updated_within_days":
            return [(str(days), display.count(days, "day")) for days in _PERIODS]
        if name == "sort":
            return sorted(
                (("" if value == self.usual_order else value, text) for value, text in _SORTS), key=_is_stated
            )
        return [(need.id, need.words) for need in NEEDS.values()]

    def _in_words(self, name: str, text: str) -> str:
        if name == "q":
            return f"“{text}”"
        if name in ("max_input_price", "max_output_price"):
            return f"{LABELS[name]} ${text} per M tokens"
        if name == "max_month":
            return f"{LABELS[name]} ${text}"
        if name in ("min_context", "updated_within_days"):
            text = dict(self.options(name))[text]
        if name == "capability":
            return NEEDS[text].words if text in NEEDS else display.words(text)
        if name in ("by_maker", "dated"):
            return LABELS[name].lower()
        return f"{LABELS[name]}: {text}"

    def with_(self, name: str, text: str) -> str:
        """The address of this list with another value of a field, on its first page."""
        return address([*self.others(name), (name, text)])

    def adding(self, name: str, text: str) -> str:
        """The address of this list with one more value of a field that takes several."""
        return address([*self.others(), (name, text)])

    def without(self, name: str, text: str) -> str:
        """The address of this list without this value of a field."""
        return address(pair for pair in self.others() if pair != (name, text))

    def without_all(self, name: str) -> str:
        """The address of this list without any value of a field."""
        return address(self.others(name))

    def sorted_by(self, column: str, descending_first: bool = False) -> tuple[str, str]:
        """The address that sorts by the column, the other way round if it does already; and its aria-sort now."""
        order = self.value("sort") or self.usual_order
        first, second = (f"-{column}", column) if descending_first else (column, f"-{column}")
        state = {column: "ascending", f"-{column}": "descending"}.get(order, "none")
        turned = ("sort", second if order == first else first)
        return address([*self.others("sort"), *([] if turned[1] == self.usual_order else [turned])]), state


def usual_order(stated: Iterable[tuple[str, object]]) -> str:
    """The order of the list where none is asked for: who states a month of one's own is shown the cheapest first."""
    return MONTH if any(pair[0] in WORKLOAD_FIELDS and pair != _UNASKED for pair in stated) else NEWEST


def _is_stated(option: Option) -> bool:
    return bool(option[0])


def contexts(chosen: str = "") -> list[Option]:
    """The windows that are offered, and the chosen one where it is none of these."""
    offered = [(str(count), display.tokens(count)) for count in _CONTEXTS]
    return offered if chosen in ("", *dict(offered)) else [*offered, (chosen, chosen)]


def read_filters(
    sent: MultiDict[str, str], known: FilterValues, refused: Refused | None = None, labs: Sequence[Option] = ()
) -> Filters:
    """The form behind an address; ``refused`` is what the reader of the question had against it."""
    stated = [(name, text.strip()) for name, text in sent.items() if text.strip()]
    pairs = [pair for pair in stated if pair != _UNASKED]
    pairs = [pair for pair in pairs if pair != ("sort", usual_order(pairs))]
    return Filters(pairs, known, None if refused is None else problem_of(refused), labs)
